"""Masks of prompts in the view of a frame: fixed to the screen, or carried by the camera.

A mask that is carried lies where a clip lies: in the picture as its shot sees it at rest (zoom 1,
no pan), and moves with the picture: with its plane, or through the depth that a formula or a file
gives it. In a shot that takes its prompts over, the camera goes on from there.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from storyboard.media.clip_file import ClipFile
from storyboard.media.picture_files import read_mask
from storyboard.motion import path
from storyboard.motion.depth.scene import Scene, scene_of
from storyboard.motion.moves import IDENTITY, Move, pixel_grid
from storyboard.motion.path import Leg
from storyboard.motion.sample import blur
from storyboard.motion.warp import warp
from storyboard.perceptors import Guide, Spot
from storyboard.plan import (
    Frame,
    Mask,
    PictureMask,
    Plan,
    Pose,
    ShapeMask,
    ShotPlan,
    WordsMask,
)
from storyboard.render.carry.depths import key_of

EVERY = 10
"""Steps after which words are looked for again in the picture that is painted."""

_KEPT = 8  # masks made last: frames of one shot share most of them
_SHARP = 0.25  # pixels of blur that change nothing to speak of
_LUMA = (0.299, 0.587, 0.114)


@dataclass
class Masks:
    """The masks of a film."""

    plan: Plan
    device: torch.device
    _clips: dict[Path, ClipFile] = field(default_factory=dict)
    _scenes: dict[int, Scene] = field(default_factory=dict)
    _made: OrderedDict[tuple[Mask, tuple[int, Pose]], Tensor] = field(default_factory=OrderedDict)

    def mask(self, mask: Mask, frame: Frame) -> Tensor:
        """Return ``mask`` in the view of ``frame``: (1, 1, H, W) in 0..1, 1 inside."""
        place = (frame.shot.index, frame.pose) if mask.carried else (0, Pose())
        key = mask, place
        if key not in self._made:
            inside = self._inside(mask, self._view(mask, frame)).clamp(0, 1)
            self._made[key] = (1 - inside if mask.outside else inside).to(self.device)
        self._made.move_to_end(key)
        while len(self._made) > _KEPT:
            self._made.popitem(last=False)
        return self._made[key]

    def known(self, mask: Mask, frame: Frame) -> Tensor | None:
        """Return `mask` in the view of ``frame``; None where words must be looked for."""
        return None if isinstance(mask.source, WordsMask) else self.mask(mask, frame)

    @property
    def size(self) -> tuple[int, int]:
        """Return (height, width) in pixels."""
        return self.plan.height, self.plan.width

    def _view(self, mask: Mask, frame: Frame) -> Move:
        """Return the move from where the mask lies to what the camera shows."""
        if not mask.carried:
            return IDENTITY
        shots = self.plan.shots[mask.owner : frame.shot.index + 1]
        if any(map(_is_known, shots)) and shots[-1].index == frame.shot.index:
            return self._through_depth(shots, frame)
        start, end = (mask.owner, Pose()), (frame.shot.index, frame.pose)
        if mask.owner == frame.shot.index:
            return path.between(Pose(), frame.pose, self._aspect)
        return path.travel(path.way(self.plan, start, end), self._aspect)

    @property
    def _aspect(self) -> float:
        return self.plan.width / self.plan.height

    def _through_depth(self, shots: Sequence[ShotPlan], frame: Frame) -> Move:
        """Return the move from the first of ``shots`` at rest to ``frame``, in the last of them,
        each through its own depth.
        """
        view = path.between(Pose(), self._begin(shots[0]), self._aspect)
        for shot in shots:
            leg = self._begin(shot), frame.pose if shot is shots[-1] else shot.exit
            view = self._travel(shot, leg)[0] @ view
        return view

    def _begin(self, shot: ShotPlan) -> Pose:
        """Return the pose to which the depth of ``shot`` belongs."""
        return self.plan.frames[shot.first].pose if shot.fresh else shot.entry

    def _travel(self, shot: ShotPlan, leg: Leg) -> tuple[Move, Scene | None]:
        if not _is_known(shot):
            return path.between(*leg, self._aspect), None
        return self._scene(shot).travel([leg], self._aspect)

    def _scene(self, shot: ShotPlan) -> Scene:
        """Return the scene that ``shot`` begins with: that of the shot before where the same depth
        goes on.
        """
        run = [shot]
        while run[0].index not in self._scenes and self._goes_on(run[0]):
            run.insert(0, self.plan.shots[run[0].index - 1])
        for before, one in zip([None, *run], run, strict=False):
            if one.index in self._scenes or one.depth is None:
                continue
            focal = 1 / math.tan(math.radians(self._begin(one).fov) / 2)
            scene = scene_of(one.depth, self.size, focal)
            if before is not None and scene.surface is not None:
                scene = self._travel(before, (self._begin(before), before.exit))[1] or scene
            self._scenes[one.index] = scene
        return self._scenes[shot.index]

    def _goes_on(self, shot: ShotPlan) -> bool:
        """Return whether ``shot`` goes on with the depth of the one before it."""
        if shot.fresh or not shot.index or shot.depth is None:
            return False
        before = self.plan.shots[shot.index - 1].depth
        return before is not None and key_of(before) == key_of(shot.depth)

    def _inside(self, mask: Mask, view: Move) -> Tensor:
        if isinstance(mask.source, ShapeMask):
            return shape(mask.source, self.size, mask.soft, view)
        if not isinstance(mask.source, PictureMask):
            return torch.ones(1, 1, *self.size)
        levels = self._levels(mask.source)
        deviation = mask.soft / 4 * self.plan.height
        for axis in (-1, -2) if deviation > _SHARP else ():
            levels = blur(levels, axis, deviation, "replicate")
        return warp(levels, view, border="zeros", resample="bilinear")

    def _levels(self, source: PictureMask) -> Tensor:
        """Return the picture, or the clip at its time, covering the frame: (1, 1, H, W)."""
        if not source.times:
            fitted = ImageOps.fit(read_mask(source.file), self.size[::-1], Image.Resampling.LANCZOS)
            return torch.from_numpy(np.array(fitted)).float()[None, None] / 255
        if source.file not in self._clips:
            self._clips[source.file] = ClipFile(source.file, self.size, "cover")
        clip = self._clips[source.file]
        planes = clip.picture(clip.timing.at(source.times[0])).astype(np.float32) / 65535
        grey = (planes[..., :3] @ np.array(_LUMA, np.float32)) * planes[..., 3]
        return torch.from_numpy(grey)[None, None]


def _is_known(shot: ShotPlan) -> bool:
    """Return whether ``shot`` has a depth that no model has to look for in its pictures."""
    return shot.depth is not None and shot.depth.kind != "model"


def shape(source: ShapeMask, size: tuple[int, int], soft: float, view: Move = IDENTITY) -> Tensor:
    """Return a shape in a view, computed at every pixel: (1, 1, H, W) in 0..1.

    Args:
        source: the shape at one frame.
        size: (height, width) in pixels.
        soft: width of the rim, in heights, whose middle is the shape's edge.
        view: the move from where the shape lies to the frame; what comes from nowhere is outside.
    """
    height, width = size
    points, held = view.back(pixel_grid(size))
    x, y = (points + 1) / 2
    numbers = source.numbers[0]
    aspect = width / height
    if source.kind == "circle":
        across, down, radius = numbers
        outside = torch.hypot((x - across) * aspect, y - down) - radius
    else:
        left, top, right, bottom = numbers
        sides = ((left - x) * aspect, (x - right) * aspect, top - y, y - bottom)
        outside = torch.stack(sides).amax(dim=0)
    share = (0.5 - outside / max(soft, 1 / height)).clamp(0, 1)
    share = share * share * (3 - 2 * share)
    return (share if held is None else share * held).float()[None, None]


@dataclass
class FoundSpot:
    """The part of a picture where perceptors find words, looked for every `EVERY` steps.

    ``emit`` is given the share of the picture that it covers, whenever it was looked for.
    """

    guide: Guide
    mask: Mask
    step: Callable[[], int]
    emit: Callable[[Mask, float], None]
    _spot: Spot | None = None
    _since: int = -1

    def __call__(self, picture: Tensor) -> Spot | None:
        """Return the part of ``picture`` (1, 3, H, W); None where nothing is found."""
        turn = self.step() // EVERY
        if turn != self._since and isinstance(self.mask.source, WordsMask):
            found = self.guide.relevance(picture.detach(), self.mask.source.text)
            found = 1 - found if self.mask.outside else found
            self.emit(self.mask, float(found.mean()))
            self._spot, self._since = Spot.of(found), turn
        return self._spot
