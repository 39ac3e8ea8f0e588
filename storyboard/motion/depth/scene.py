"""A scene: all that is known of the depth in one view, and how the camera moves through it.

Convention: as in `storyboard.motion.depth`. A scene is a formula (`DepthField`) or a map.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from storyboard.errors import BadValue, UsageError
from storyboard.media.picture_files import open_picture
from storyboard.motion.bends import bends
from storyboard.motion.depth import (
    DepthField,
    FieldStep,
    Flattened,
    Shift,
    Sphere,
    Tunnel,
    nearest_of,
)
from storyboard.motion.depth.map import solve
from storyboard.motion.depth.small_moves import shifts
from storyboard.motion.depth.surface import DepthRange, Surface, crisp
from storyboard.motion.moves import Move, Step
from storyboard.motion.path import Leg
from storyboard.plan import DepthPlan


@dataclass(frozen=True)
class Scene:
    """Depth in one view: a ``field``, or else the ``surface`` of a map; neither before a model has
    looked.

    A map is of the picture's own pixels, on the picture's device.
    """

    field: DepthField | None = None
    surface: Surface | None = None

    @property
    def nearest(self) -> float:
        """Return the largest inverse depth that there can be in the frame."""
        if self.field is not None:
            return nearest_of(self.field)
        return 0.0 if self.surface is None else self.surface.span.near

    def travel(self, legs: Iterable[Leg], aspect: float) -> tuple[Move, Scene]:
        """Return the move of a picture of this view along the camera's ``legs``, and the scene
        after it.

        Bends of the view (`storyboard.motion.bends`) are undone before each leg and applied after
        it: depth is that of the unbent view.
        """
        steps: list[Step] = []
        scene = self
        for start, end in legs:
            moves = shifts(start, end, aspect, nearest=scene.nearest)
            if not moves and bends(start, aspect) == bends(end, aspect):
                continue
            through, scene = scene.through(moves)
            undone = (bend.inverse() for bend in reversed(bends(start, aspect)))
            steps += [*undone, *through, *bends(end, aspect)]
        return Move(tuple(steps)), scene

    def through(self, moves: Iterable[Shift]) -> tuple[list[Step], Scene]:
        """Return the steps of a picture of this view by small ``moves``, and the scene after
        them.
        """
        if self.field is not None:
            return [FieldStep(self.field, move) for move in moves], self
        surface = self.surface
        if surface is None:
            raise UsageError("this scene has no depth yet")
        steps: list[Step] = []
        for move in moves:
            step = solve(surface, move)
            surface = step.after
            steps.append(step)
        return steps, replace(self, surface=surface)


def span_of(depth: DepthPlan) -> DepthRange:
    """Return the inverse depth of the farthest and the nearest that ``depth`` can show."""
    far, near = (1 + depth.strength * (1 / d - 1) for d in (depth.far, depth.near))
    return DepthRange(max(far, 0.0), max(near, 0.0))


def map_of(grey: Tensor, depth: DepthPlan) -> Tensor:
    """Return grey values, (H, W) from 0 (far) to 1 (near), as inverse depth on the fixed scale of
    ``depth``.

    Nearness, not depth, is even in the grey: so are the maps that models and painters make.
    """
    span = span_of(depth)
    return span.far + (span.near - span.far) * grey.to(torch.float64).clamp(0, 1)


def scene_of(
    depth: DepthPlan,
    size: tuple[int, int],
    focal: float,
    *,
    device: torch.device | str = "cpu",
) -> Scene:
    """Return the scene that ``depth`` begins with in a view of ``size``, (height, width) in pixels.

    ``focal`` is the distance of the picture plane in half heights. The scene of a model has no map
    before the model has seen a picture. Raises `UsageError` for a picture that cannot be read.
    """
    aspect = size[1] / size[0]
    span = span_of(depth)
    if depth.kind == "image":
        inverse_depth = map_of(read_grey(depth, size), depth).to(device)
        return Scene(surface=Surface.of(crisp(inverse_depth, span), span))
    if depth.kind == "model":
        return Scene()
    field: DepthField = (
        Sphere(aspect, focal, depth.radius)
        if depth.kind == "sphere"
        else Tunnel(aspect, depth.radius, depth.far)
    )
    if depth.strength != 1:
        field = Flattened(field, depth.strength)
    return Scene(field)


def read_grey(depth: DepthPlan, size: tuple[int, int]) -> Tensor:
    """Return the picture of ``depth`` as grey values from 0 to 1, cut to (height, width) from its
    middle.

    8 and 16 bit are read as they are. Raises `UsageError` where it cannot be read.
    """
    from PIL import Image, ImageOps

    try:
        with open_picture(Path(str(depth.file))) as picture:
            deep = picture.mode.startswith("I")
            grey = picture.convert("F" if deep else "L").convert("F")
            white = 65535.0 if deep else 255.0
    except BadValue as error:
        raise UsageError(f"the depth picture {error}") from error
    fitted = ImageOps.fit(grey, size[::-1], Image.Resampling.BILINEAR)
    return torch.from_numpy(np.asarray(fitted, dtype=np.float64) / white)
