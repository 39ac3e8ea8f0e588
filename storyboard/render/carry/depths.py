"""The depth that a chain's pictures have, from frame to frame.

A map of depth belongs to the anchor, as its picture does: it is carried along by the same moves,
and a model's is mended from time to time by another look at the anchor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from storyboard.motion import path
from storyboard.motion.depth.estimator import (
    DepthScale,
    Pipeline,
    load_pipeline,
    predict,
    scale_of,
    seen,
)
from storyboard.motion.depth.scene import Scene, scene_of, span_of
from storyboard.motion.depth.surface import Surface
from storyboard.motion.moves import Move, Step
from storyboard.plan import DepthPlan, Frame, Plan


@dataclass(frozen=True)
class HeldDepth:
    """The ``scene`` of a picture; ``key`` says what it was made for.

    ``scale`` is what a model's numbers mean, fixed when it first looked; None without a model.
    """

    key: str
    scene: Scene
    scale: DepthScale | None = None

    def to_plain(self) -> dict[str, Any]:
        """Return plain data for a checkpoint; a field is a formula, so its key is enough."""
        scale = self.scale and (self.scale.low, self.scale.high)
        surface = self.scene.surface
        maps = surface and (surface.inverse_depth, surface.first, surface.place)
        return {"key": self.key, "maps": maps, "scale": scale}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], depth: DepthPlan | None) -> HeldDepth | None:
        """Restore the data of `to_plain` if it is of this ``depth`` and has a map; else None."""
        if depth is None or plain["key"] != key_of(depth) or plain["maps"] is None:
            return None
        scale = plain["scale"] and DepthScale(*plain["scale"])
        return cls(plain["key"], Scene(surface=Surface(span_of(depth), *plain["maps"])), scale)


def key_of(depth: DepthPlan) -> str:
    """Return a key that is equal for depths that go on from one another, wherever their files
    lie.
    """
    file = depth.file and Path(depth.file.name)
    return str(replace(depth, file=file, model=Path(depth.model).name))


@dataclass
class Depths:
    """Gives the depth of a film's pictures; keeps the models that estimate it."""

    plan: Plan
    device: torch.device
    pipelines: dict[str, Pipeline] = field(default_factory=dict)

    def prepare(self, depth: DepthPlan | None) -> None:
        """Load what ``depth`` needs. Raises `UsageError`, `MissingWeights`."""
        if depth is not None and depth.kind == "model":
            self.prepare_model(depth.model)

    def prepare_model(self, name: str) -> None:
        """Load the depth-estimation model ``name`` once. Raises `UsageError`, `MissingWeights`."""
        if name not in self.pipelines:
            self.pipelines[name] = load_pipeline(name, self.device)

    def inverse_depth(self, name: str, picture: Tensor) -> Tensor:
        """Return what the model ``name`` sees in ``picture``, (1, 3, H, W): likewise, 0 for the
        farthest point and 1 for the nearest.
        """
        self.prepare_model(name)
        predicted = predict(self.pipelines[name], picture, gives="nearness")
        low, high = predicted.amin(), predicted.amax()
        near = (predicted - low) / (high - low).clamp(min=1e-9)
        return near.to(picture).expand(1, 3, -1, -1)

    def begin(self, anchor: Tensor, depth: DepthPlan | None, fov: float) -> HeldDepth | None:
        """Return the depth that a view is taken to have at first, None for a plane.

        ``anchor``, (1, 3, H, W), is the picture of that view, ``fov`` its camera's.
        """
        if depth is None:
            return None
        size = anchor.shape[-2], anchor.shape[-1]
        focal = 1 / math.tan(math.radians(fov) / 2)
        scene = scene_of(depth, size, focal, device=self._place)
        held = HeldDepth(key_of(depth), scene)
        return self.look(held, anchor, depth, passed_s=0.0) if depth.kind == "model" else held

    def look(
        self, held: HeldDepth, anchor: Tensor, depth: DepthPlan, *, passed_s: float
    ) -> HeldDepth:
        """Return ``held`` with what the model sees in ``anchor`` mixed in, ``passed_s`` after the
        last.
        """
        self.prepare(depth)
        predicted = predict(self.pipelines[depth.model], anchor, gives=depth.gives)
        predicted = predicted.to(self._place)
        scale = held.scale or scale_of(predicted)
        return replace(
            held, scene=seen(held.scene, predicted, scale, depth, passed_s=passed_s), scale=scale
        )

    def move(
        self, held: HeldDepth | None, anchor: Tensor, since: int, frame: Frame
    ) -> tuple[Move, HeldDepth | None]:
        """Return the move from ``anchor``, the picture of frame ``since`` with depth ``held``, to
        the view of ``frame``, and the depth in that view. Each shot between uses its own depth.
        """
        here, there = self.plan.frames[since], frame
        shots = self.plan.shots[here.shot.index : there.shot.index + 1]
        if all(shot.depth is None for shot in shots):
            return path.move(self.plan, since, frame.number), None
        legs = path.legs(self.plan, since, frame.number)
        aspect = self.plan.width / self.plan.height
        steps: list[Step] = []
        for leg, shot in zip(legs, shots, strict=True):
            held = self._at(held, anchor, shot.depth, leg[0].fov)
            if held is None:
                steps += path.between(*leg, aspect).steps
            else:
                m, scene = held.scene.travel([leg], aspect)
                steps += m.steps
                held = replace(held, scene=scene)
        return Move(tuple(steps)), held

    def refreshed(
        self, held: HeldDepth | None, anchor: Tensor, since: int, frame: Frame
    ) -> HeldDepth | None:
        """Return ``held``, the depth of the ``anchor`` of frame ``since``, after another look at
        that where a model is to have one before ``frame`` is painted.
        """
        depth = frame.shot.depth
        if held is None or depth is None or depth.kind != "model" or held.key != key_of(depth):
            return held
        looks = self._looks(frame, frame.number) - self._looks(frame, since)
        if looks <= 0 or held.scale is None:
            return held
        passed_s = max(looks * float(depth.every), (frame.number - since) / float(self.plan.fps))
        return self.look(held, anchor, depth, passed_s=passed_s)

    def _at(
        self, held: HeldDepth | None, anchor: Tensor, depth: DepthPlan | None, fov: float
    ) -> HeldDepth | None:
        """Return the depth with which a shot goes on: what was ``held``, where it is of the same
        kind.

        A formula is made anew, as it may change with the camera.
        """
        goes_on = held is not None and depth is not None and held.key == key_of(depth)
        if held is not None and goes_on and held.scene.surface is not None:
            return held
        return self.begin(anchor, depth, fov)

    def _looks(self, frame: Frame, number: int) -> int:
        """Count the depth estimates in the shot of ``frame`` up to frame ``number``."""
        depth = frame.shot.depth
        if depth is None or not depth.every:
            return number
        return math.floor((number - frame.shot.first) / (self.plan.fps * depth.every))

    @property
    def _place(self) -> torch.device:
        """Return the device of the maps: the CPU where the device lacks float64."""
        return torch.device("cpu") if self.device.type == "mps" else self.device
