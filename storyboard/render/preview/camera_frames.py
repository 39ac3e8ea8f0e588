"""The camera's view in every frame: of a grid, of a picture, or of the shots' clips.

The moves are the film's own. A chain of flat shots is its first view moved once, however long it
is. With depth a part of the picture hides another, so every frame is made from the one before, as
the film's are; on the grid what is carried along is not its picture but where each pixel comes
from, so nothing blurs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.media.ffmpeg import Picture
from storyboard.motion.moves import IDENTITY, Move, pixel_grid
from storyboard.motion.path import move
from storyboard.motion.sample import sample
from storyboard.motion.warp import revealed, warp
from storyboard.plan import Frame, Plan, ShotPlan
from storyboard.render.carry.clips import Clips
from storyboard.render.carry.depths import Depths, HeldDepth
from storyboard.render.preview.endless_grid import Ground

TINTS = ((58, 78, 112), (112, 74, 58), (64, 98, 72), (96, 66, 104))
"""Grounds of the grid, one after another, so that a cut to a new chain is seen."""

_NIGHT = (12, 14, 20)
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class Scale:
    """The size of the preview in pixels; even numbers, close to the film's shape."""

    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """Return (height, width), as pictures have it."""
        return self.height, self.width


@dataclass(frozen=True)
class Seen:
    """A frame and what the camera shows in it.

    ``picture`` is (H, W, 3) uint8; ``uncovered`` (H, W) bool, True where the frame before held
    nothing of what is there, all False in the first frame of a chain.
    """

    frame: Frame
    picture: Picture
    uncovered: npt.NDArray[np.bool_]

    @property
    def new(self) -> float:
        """Return the share of the picture that the camera uncovered in this frame."""
        return float(self.uncovered.mean())


def camera_frames(plan: Plan, scale: Scale, *, given: Picture | None = None) -> Iterator[Seen]:
    """Yield every frame of the plan, and what the camera shows there: of the picture, (H, W, 3)
    uint8 of ``scale``; of the shot's clip where none is ``given``; else of a grid.

    Depth that a model is to see is seen in the ``given`` picture; without one a sphere stands for
    it. Raises as `Depths.prepare`.
    """
    small = replace(plan, width=scale.width, height=scale.height)
    if given is None:
        small = replace(small, shots=tuple(_without_model(shot) for shot in plan.shots))
    camera = _Camera(small, scale)
    ground: _Grid | _Photo = _Grid(scale) if given is None else _Photo(_to_tensor(given))
    clips = Clips(small, _CPU)
    for frame in small.frames:
        step = camera.step(frame, ground.anchor)
        ground.go(step, frame.shot, deep=frame.shot.chain in camera.deep)
        seen = ground.draw(frame.shot)
        layer = None if given is not None else clips.layer(frame)
        if layer is not None:
            seen = _to_picture(layer.over(_to_tensor(seen), 1.0))
        yield Seen(frame, seen, _uncovered(step, scale))


def _without_model(shot: ShotPlan) -> ShotPlan:
    """Return the shot with another depth where its own is what a model sees in a picture not yet
    there.

    A plane would not do, as the camera may fly past it.
    """
    if shot.depth is None or shot.depth.kind != "model":
        return shot
    return replace(shot, depth=replace(shot.depth, kind="sphere"))


@dataclass
class _Camera:
    """Goes through a plan frame by frame; ``deep`` are the chains with depth."""

    plan: Plan
    scale: Scale
    deep: frozenset[int] = field(init=False)
    _depths: Depths = field(init=False)
    _held: HeldDepth | None = None
    _chain: int = -1

    def __post_init__(self) -> None:
        self.deep = frozenset(s.chain for s in self.plan.shots if s.depth is not None)
        self._depths = Depths(self.plan, _CPU)

    def step(self, frame: Frame, anchor: Tensor) -> Move | None:
        """Return the move from the frame before, whose picture is ``anchor``; None after a cut."""
        chain, self._chain = self._chain, frame.shot.chain
        if chain != self._chain:
            self._held = None
            return None
        if chain not in self.deep:
            return move(self.plan, frame.number - 1, frame.number)
        step, self._held = self._depths.move(self._held, anchor, frame.number - 1, frame)
        return step


@dataclass
class _Grid:
    """The endless grid under the camera.

    A flat chain has ``total``, the move from its first view to this one; a deep one ``places``,
    where on the grid each pixel lies.
    """

    scale: Scale
    ground: Ground = field(init=False)
    total: Move = IDENTITY
    places: Tensor | None = None

    @property
    def anchor(self) -> Tensor:
        """Return the anchor as it is: depth that is no model's looks at no picture."""
        return torch.zeros(1, 3, *self.scale.size)

    def go(self, step: Move | None, shot: ShotPlan, *, deep: bool) -> None:
        """Move on to the next frame; without a ``step``, to the first of a chain."""
        pixels = pixel_grid(self.scale.size)
        if step is None or _is_beyond(self.total):
            tint = TINTS[shot.chain % len(TINTS)]
            self.ground = Ground(self.scale.width / self.scale.height, tint)
            self.total, self.places = IDENTITY, pixels if deep else None
        elif self.places is not None:
            self.places = _carried(self.places, *step.back(pixels))
        else:
            self.total = step @ self.total

    def draw(self, _shot: ShotPlan) -> Picture:
        """Draw the scene as it is seen now, (H, W, 3) uint8."""
        if self.places is not None:
            return self.ground.draw(self.places.numpy())
        points, valid = _back(self.total, self.scale)
        picture = self.ground.draw(points.numpy(), even=_is_even(self.total))
        if valid is not None:
            picture[~valid.numpy()] = _NIGHT
        return picture


@dataclass
class _Photo:
    """A given picture, (1, 3, H, W), under the camera, with the film's borders."""

    given: Tensor
    total: Move = IDENTITY
    anchor: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.anchor = self.given

    def go(self, step: Move | None, shot: ShotPlan, *, deep: bool) -> None:
        """Implement `_Grid.go`."""
        if step is None:
            self.total, self.anchor = IDENTITY, self.given
        elif deep:
            self.anchor = _moved(self.anchor, step, shot)
        else:
            self.total = step @ self.total

    def draw(self, shot: ShotPlan) -> Picture:
        """Draw the scene as it is seen now, (H, W, 3) uint8."""
        return _to_picture(_moved(self.anchor, self.total, shot))


def _moved(source: Tensor, m: Move, shot: ShotPlan) -> Tensor:
    color = shot.border_color if shot.border == "color" else None
    return warp(source, m, border=shot.border, resample=shot.resample, color=color)


def _back(m: Move, scale: Scale) -> tuple[Tensor, Tensor | None]:
    """Return the source of each pixel, as `Move.back`.

    Bends are smooth and cost ten times as much as a matrix: they are evaluated at every second
    pixel and interpolated, within a twentieth of a pixel, one pixel where ripples are steepest.
    """
    pixels = pixel_grid(scale.size)
    if m.is_matrix:
        return m.back(pixels)
    height, width = scale.size
    points, valid = m.back(_resized(pixels, (height // 2 + 1, width // 2 + 1)))
    return (_resized(points, scale.size), None) if valid is None else m.back(pixels)


def _resized(points: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample (2, H, W) to ``size``; the outermost rows and columns stay (``align_corners``)."""
    return F.interpolate(points[None], size, mode="bilinear", align_corners=True)[0]


def _uncovered(step: Move | None, scale: Scale) -> npt.NDArray[np.bool_]:
    """Return the mask of pixels that ``step`` uncovers, (H, W); in blocks of two by two pixels
    unless the step is a matrix.
    """
    if step is None or not step.steps:
        return np.zeros(scale.size, dtype=bool)
    block = 1 if step.is_matrix else 2
    mask = revealed(step, (scale.height // block, scale.width // block))[0, 0].numpy() > 0
    found: npt.NDArray[np.bool_] = mask.repeat(block, axis=0).repeat(block, axis=1)
    return found


def _is_even(m: Move) -> bool:
    return m.is_matrix and bool(m.matrix[2, :2].abs().max() <= 1e-12 * m.matrix[2, 2].abs())


def _is_beyond(m: Move) -> bool:
    """Return True if the camera is so near or far that float64 loses its position."""
    if not m.is_matrix:
        return False
    zoom = abs(float(torch.linalg.det(m.matrix / m.matrix[2, 2])))
    return not 1e-24 < zoom < 1e24


def _carried(places: Tensor, back: Tensor, valid: Tensor | None) -> Tensor:
    """Return the position of each pixel after a step whose pixels come from ``back``, all (2, H,
    W).

    Beyond the border the grid goes on as it is on the whole: ``places`` are an affine map of the
    view and what is left over, and only that is taken from the border.
    """
    size = places.shape[1], places.shape[2]
    flat = pixel_grid(size).flatten(1)
    known = torch.cat([flat, torch.ones(1, flat.shape[1], dtype=torch.float64)])
    fit = torch.linalg.lstsq(known.T, places.flatten(1).T).solution.T
    left = places - (fit @ known).view_as(places)
    half = torch.tensor([size[1], size[0]], dtype=torch.float64).view(2, 1, 1) / 2
    moved = sample(left[None], (back + 1) * half - 0.5, border="replicate", resample="bilinear")[0]
    carried = torch.einsum("ij,jhw->ihw", fit[:, :2], back) + fit[:, 2].view(2, 1, 1) + moved
    return carried if valid is None else torch.where(valid, carried, places)


def _to_tensor(picture: Picture) -> Tensor:
    pixels = torch.from_numpy(np.array(picture))
    return pixels.permute(2, 0, 1).unsqueeze(0).to(torch.float32) / 255


def _to_picture(picture: Tensor) -> Picture:
    pixels = (picture[0].permute(1, 2, 0) * 255).round().clamp(0, 255).to(torch.uint8)
    return pixels.numpy()
