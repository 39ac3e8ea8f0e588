"""Masks of prompts in the view of a frame: fixed to the screen, or carried by the camera.

A mask that is carried lies where a clip lies: in the picture as its shot sees it at rest (zoom 1,
no pan), and moves with the plane of the picture. In a shot that takes its prompts over, the camera
goes on from there.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

from storyboard.media.clip_file import ClipFile
from storyboard.media.picture_files import read_mask
from storyboard.motion import path
from storyboard.motion.moves import IDENTITY, Move, pixel_grid
from storyboard.motion.sample import blur
from storyboard.motion.warp import warp
from storyboard.perceptors import Guide, Spot
from storyboard.plan import Frame, Mask, PictureMask, Plan, Pose, ShapeMask, WordsMask

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

    @property
    def size(self) -> tuple[int, int]:
        """Return (height, width) in pixels."""
        return self.plan.height, self.plan.width

    def _view(self, mask: Mask, frame: Frame) -> Move:
        """Return the move from where the mask lies to what the camera shows."""
        if not mask.carried:
            return IDENTITY
        start, end = (mask.owner, Pose()), (frame.shot.index, frame.pose)
        if mask.owner == frame.shot.index:
            return path.between(Pose(), frame.pose, self.plan.width / self.plan.height)
        return path.travel(path.way(self.plan, start, end), self.plan.width / self.plan.height)

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
