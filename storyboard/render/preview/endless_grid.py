"""An endless grid, drawn at any zoom: the ground over which the preview's camera moves.

It is no picture that is resampled but a formula of where each pixel comes from, so it is as sharp
after a zoom of a million as at the start, and has no border at which to end. Its cells are those of
the scale that fits the pixels, and give way to the next finer ones as the camera comes nearer.

Convention: points are normalised coordinates of the first view, x then y, y down, (2, H, W)
float64; lengths within are half heights. A stride is how many of them a pixel is away from the
next, a number where it is the same everywhere, else (H, W).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from storyboard.media.ffmpeg import Picture
from storyboard.plan import Floats

Light = npt.NDArray[np.float32]
Pair = tuple[Any, Any]
Color = tuple[int, int, int]

FINEST_PX = 14.0
"""The finest cells are never narrower than this, and never as wide as four times that."""

_STEP = 4.0
_LINE, _WEDGE = np.float32(0.5), np.float32(0.75)
_BRIGHT, _FRAME = (232, 236, 246), (255, 196, 84)
_OUTSIDE = 0.55
"""Light of what lay outside of the first view, beside 1 within."""


@dataclass(frozen=True)
class Ground:
    """The grid for pictures of this ``aspect`` (width / height), on a ground of this ``tint``."""

    aspect: float
    tint: Color

    def draw(self, points: Floats, *, even: bool = False) -> Picture:
        """Draw the ground seen at ``points``, the source of each pixel: (H, W, 3) uint8.

        ``even`` says that neighbours lie equally far apart everywhere, as under an affine move.
        """
        places: Pair = (self.aspect * points[0], points[1])
        strides = tuple(_stride(place, even=even) for place in places)
        level = np.log(np.maximum(*strides) * FINEST_PX) / np.log(_STEP)
        finest = np.ceil(level)
        share = (finest - level).astype(np.float32)  # of the finer cells: 0 where they are finest
        beside = np.abs(places[0]) - self.aspect, np.abs(places[1]) - 1
        if even:
            period = 2 * _STEP ** (finest + 1)
            places = (_near(places[0], period), _near(places[1], period))
        small, large = (_cells(places, strides, _STEP ** (finest + n)) for n in (0, 1))
        light = large.light + share * (small.light - large.light)
        light[np.maximum(*beside) > 0] *= _OUTSIDE
        bright = _LINE * np.maximum(large.lines, share * small.lines)
        bright[large.wedges] = np.maximum(bright, _WEDGE * (1 - share))[large.wedges]
        bright[small.wedges] = np.maximum(bright, _WEDGE * share)[small.wedges]
        rim = _outline(beside, strides)
        ground, bright = light * (1 - bright) * (1 - rim), bright * (1 - rim)
        planes = [
            ground * np.float32(t) + bright * np.float32(b) + rim * np.float32(f)
            for t, b, f in zip(self.tint, _BRIGHT, _FRAME, strict=True)
        ]
        return np.stack(planes, axis=2).astype(np.uint8)


def _stride(place: Floats, *, even: bool) -> Any:
    """Return the distance of neighbours along the steeper direction, above 0."""
    if even:
        steps = place[0, 1] - place[0, 0], place[1, 0] - place[0, 0]
        return max(float(np.hypot(*steps)), 1e-300)
    return np.maximum(np.hypot(*np.gradient(place)), 1e-300)


def _near(place: Floats, period: float) -> Light:
    """Return ``place`` less as many periods as bring it near 0, where float32 is exact enough."""
    middle = float(place[place.shape[0] // 2, place.shape[1] // 2])
    near: Light = (place - period * np.rint(middle / period)).astype(np.float32)
    return near


class _Cells(NamedTuple):
    """Cells of one size: the light of their ground, the lines between them, and in every second one
    a wedge that points up.
    """

    light: Light
    lines: Light
    wedges: npt.NDArray[np.bool_]


def _cells(places: Pair, strides: Pair, size: Any) -> _Cells:
    (column, x), (row, y) = (_parted(place / size) for place in places)
    across, down = (_line(part, size / step) for part, step in zip((x, y), strides, strict=True))
    dark = np.clip(column + row, -1e15, 1e15).astype(np.int64) & 1 > 0
    wedges = (y < 0.1) & (np.abs(x) < 0.45 * (y + 0.14)) & ~dark
    return _Cells(
        np.where(dark, np.float32(0.91), np.float32(1.09)), np.maximum(across, down), wedges
    )


def _parted(place: Floats) -> tuple[Floats, Light]:
    """Return the number of each cell, and where in it a place is, -0.5 to 0.5."""
    number = np.floor(place)
    return number, (place - number - 0.5).astype(np.float32)


def _line(part: Light, width_px: Any) -> Light:
    """Draw the lines between cells, 1.5 pixels wide with soft edges."""
    away = (np.float32(0.5) - np.abs(part)) * np.float32(width_px)
    covered: Light = np.clip(np.float32(1.25) - away, 0, 1)
    return covered


def _outline(beside: Pair, strides: Pair) -> Light:
    """Return the frame of the first view, two pixels wide; ``beside`` is how far outside of it
    lies.
    """
    near = [
        np.clip(1.5 - np.abs(far) / stride, 0, 1)
        for far, stride in zip(beside, strides, strict=True)
    ]
    outside = (beside[0] > 1.5 * strides[0]) | (beside[1] > 1.5 * strides[1])
    return np.where(outside, 0, np.maximum(*near)).astype(np.float32)
