"""Drawings of some seven hundred things, stored as filled curves and sharp at any zoom.

They are Microsoft's Fluent emoji in their flat form (MIT licence, ``models/sprites/LICENSE``), made
into curves by ``training/sprites``. A drawing is rasterised for the view at hand: only the part
that is seen, at the density of the pixels that see it.
"""

from __future__ import annotations

import colorsys
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.world.canvas import COLORS, Canvas
from storyboard.world.nouns import FOLDER, nouns

UNIT = 1000
"""Steps of the stored numbers in one unit of a drawing."""

MOST = 2048
"""Texels along a side of a rasterised part at most."""

FINE = 2
"""Texels that are drawn along the side of one that is kept."""

ALIKE = 0.12
"""Difference of hue, as a share of a turn, up to which two colours are shades of one."""

GREY = 0.2
"""Saturation under which a colour has no hue to speak of."""

DARK = 0.25
"""Value under which a colour is an outline, not what a thing is painted in."""

Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Layer:
    """Store one filled shape: its colour (RGBA in [0, 1]) and closed contours, each (1 + 3n, 2)
    points of cubic Bezier curves.
    """

    color: tuple[float, float, float, float]
    contours: tuple[Floats, ...]

    @property
    def area(self) -> float:
        """Return the area inside the contours' control points, roughly that of the shape."""
        return sum(_area(contour) for contour in self.contours)


@dataclass(frozen=True)
class Sprite:
    """Store a drawing 1 unit high that stands on y = 0 with x = 0 in its middle; y grows down."""

    layers: tuple[Layer, ...]
    half_width: float

    def colored(self, color: str | None) -> Sprite:
        """Return the drawing with its main colour, in all its shades, exchanged for ``color``."""
        if color is None:
            return self
        main = max(self.layers, key=_paint)
        target = colorsys.rgb_to_hsv(*COLORS[color])
        return Sprite(
            tuple(
                Layer(_exchanged(one.color, main.color, target), one.contours)
                for one in self.layers
            ),
            self.half_width,
        )


@cache
def _stored() -> dict[str, npt.NDArray[Any]]:
    with np.load(FOLDER / "sprites.npz", allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


@cache
def sprite(noun: str) -> Sprite:
    """Return the drawing of a noun, a key of `nouns`."""
    stored, number = _stored(), list(nouns()).index(noun)
    contours = {
        layer: [stored["points"][slice(*part)] / UNIT for part in _parts(stored["contours"], span)]
        for layer, span in _numbered(stored["layers"], _span(stored["sprites"], number))
    }
    every = np.concatenate([points for parts in contours.values() for points in parts])
    (left, top), (right, bottom) = every.min(0), every.max(0)
    high, middle = bottom - top, (left + right) / 2
    layers = tuple(
        Layer(
            tuple(float(v) / 255 for v in stored["colors"][layer]),  # type: ignore[arg-type]
            tuple((points - (middle, bottom)) / high for points in parts),
        )
        for layer, parts in contours.items()
    )
    return Sprite(layers, float(right - left) / high / 2)


def _span(ends: npt.NDArray[Any], number: int) -> tuple[int, int]:
    return (int(ends[number - 1]) if number else 0), int(ends[number])


def _numbered(ends: npt.NDArray[Any], span: tuple[int, int]) -> list[tuple[int, tuple[int, int]]]:
    return [(number, _span(ends, number)) for number in range(*span)]


def _parts(ends: npt.NDArray[Any], span: tuple[int, int]) -> list[tuple[int, int]]:
    return [_span(ends, number) for number in range(*span)]


def _area(points: Floats) -> float:
    x, y = points.T
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2


def _paint(layer: Layer) -> float:
    """Return how much a layer counts as what the thing is painted in."""
    _, saturation, value = colorsys.rgb_to_hsv(*layer.color[:3])
    return layer.area * layer.color[3] * (0.3 + saturation) * (value > DARK)


def _exchanged(
    color: tuple[float, float, float, float],
    main: tuple[float, float, float, float],
    target: tuple[float, float, float],
) -> tuple[float, float, float, float]:
    """Return ``color`` with the target's hue where it is a shade of ``main``."""
    (hue, saturation, value), main_hsv = (colorsys.rgb_to_hsv(*c[:3]) for c in (color, main))
    apart = abs(hue - main_hsv[0])
    same_hue = min(apart, 1 - apart) < ALIKE and saturation >= GREY
    alike = saturation < GREY if main_hsv[1] < GREY else same_hue
    if not alike or value <= DARK:
        return color
    shade = value / max(main_hsv[2], 0.01)
    return (*colorsys.hsv_to_rgb(target[0], target[1], min(1.0, target[2] * shade)), color[3])


@dataclass(frozen=True)
class Stand:
    """Describe where a drawing stands on the plane of a canvas.

    Attributes:
        x: middle of its lower edge, (1, 1, 1).
        y: height of its lower edge, growing down.
        height: its height in units of the plane.
        mirrored: whether left and right are exchanged.
    """

    x: Tensor
    y: Tensor
    height: Tensor
    mirrored: bool = False


def lay_sprite(
    canvas: Canvas, picture: Tensor, drawing: Sprite, stand: Stand, light: Tensor
) -> Tensor:
    """Return ``picture`` (1, 3, H, W) with a drawing before it, its colours times ``light``
    (1, 3, 1 or H, 1 or W).
    """
    right = -1.0 if stand.mirrored else 1.0
    u = ((canvas.x - stand.x) / stand.height * right)[0].expand(picture.shape[2:])
    v = ((canvas.y - stand.y) / stand.height)[0].expand(picture.shape[2:])
    pixel = torch.as_tensor(canvas.pixel) / stand.height
    margin = 2 * float(pixel.max())
    inside = (u.abs() < drawing.half_width + margin) & (v > -1 - margin) & (v < margin)
    if not inside.any():
        return picture
    bounds = (
        max(float(u[inside].min()), -drawing.half_width - margin),
        max(float(v[inside].min()), -1 - margin),
        min(float(u[inside].max()), drawing.half_width + margin),
        min(float(v[inside].max()), margin),
    )
    seen = pixel.expand(1, *u.shape)[0][inside] if pixel.numel() > 1 else pixel
    image = rasterise(drawing.layers, bounds, float(seen.min()))
    places = torch.stack([_across(u, bounds[0], bounds[2]), _across(v, bounds[1], bounds[3])], -1)
    sampled = F.grid_sample(image[None], places[None].float(), align_corners=False)
    sampled = sampled * inside
    return picture * (1 - sampled[:, 3:]) + sampled[:, :3] * light


def _across(values: Tensor, low: float, high: float) -> Tensor:
    return (values - low) / max(high - low, 1e-12) * 2 - 1


def rasterise(layers: Sequence[Layer], bounds: Bounds, texel: float) -> Tensor:
    """Return the part of a drawing within ``bounds`` (left, top, right, bottom) as (4, rows,
    columns): red, green and blue times alpha, and alpha, in [0, 1].

    ``texel`` is the side of a kept texel in the drawing's units; texels get larger where there
    would be more than `MOST`.
    """
    import cv2

    left, top, right, bottom = bounds
    texel = max(texel, (right - left) / MOST, (bottom - top) / MOST)
    columns, rows = (max(1, math.ceil(v / texel)) for v in (right - left, bottom - top))
    scale = (columns * FINE / max(right - left, 1e-12), rows * FINE / max(bottom - top, 1e-12))
    image = np.zeros((rows * FINE, columns * FINE, 4), np.float32)
    for layer in layers:
        outlines = [
            np.round(((_flattened(c, scale) - (left, top)) * scale - 0.5) * 16).astype(np.int32)
            for c in layer.contours
        ]
        cover = np.zeros(image.shape[:2], np.uint8)
        cv2.fillPoly(cover, outlines, 255, cv2.LINE_AA, shift=4)
        alpha = cover.astype(np.float32)[..., None] * np.float32(layer.color[3] / 255)
        image *= 1 - alpha
        image += alpha * np.array([*layer.color[:3], 1.0], np.float32)
    small = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(np.ascontiguousarray(small.transpose(2, 0, 1)))


def _flattened(points: Floats, scale: tuple[float, float]) -> Floats:
    """Return a contour of Bezier curves as a polygon, fine enough for ``scale`` texels a unit."""
    curves = np.stack([points[0:-1:3], points[1::3], points[2::3], points[3::3]], 1)
    bend = np.abs(np.diff(curves, n=2, axis=1)).max() * max(scale)
    steps = int(np.clip(math.ceil(math.sqrt(bend * 2)), 1, 64))
    t = (np.arange(steps) / steps)[None, :, None]
    a, b, c, d = (curves[:, i : i + 1] for i in range(4))
    along = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    return along.reshape(-1, 2)
