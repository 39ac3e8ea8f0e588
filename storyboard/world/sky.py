"""Shared parts of the skies: the picture, the light it throws on the land, gradients, the sun."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas
from storyboard.world.shapes import Facts


@dataclass(frozen=True)
class Sun:
    """Describe the light in a sky: its place, its radius and its colour, (B, 3, 1, 1)."""

    x: Tensor
    y: Tensor
    radius: Tensor
    color: Tensor

    def glare(self, canvas: Canvas, reach: float) -> Tensor:
        """Return the light scattered around it, 1 at its rim, (B, H, W); wider than high."""
        away = torch.hypot((canvas.x - self.x) / 1.35, canvas.y - self.y) - self.radius
        return torch.exp(-away.clamp(min=0) / (reach * self.radius))


@dataclass
class Sky:
    """A painted sky and what the land must know of it."""

    picture: Tensor
    facts: list[Facts]
    light: Tensor  # (B, 3, 1, 1) multiplies the colours of the land
    horizon: Tensor  # (B, 1, 1) the y of the horizon
    haze: Tensor  # (B, 3, 1, 1) the colour of far away
    sun: Sun | None = None
    glare: float = 0.0  # how much of the light of the sun lies over the land
    overlay: list[str] = field(default_factory=list)


def land_light(canvas: Canvas, rgb: tuple[float, float, float]) -> Tensor:
    return canvas.color(rgb, 0.03)


def upward(canvas: Canvas, horizon: Tensor) -> Tensor:
    """Return 0 at the horizon, 1 at the top edge."""
    return ((horizon - canvas.y) / (horizon + 1)).clamp(0, 1) + 0 * canvas.x


def layered(canvas: Canvas, stops: Sequence[Tensor], up: Tensor) -> Tensor:
    """Return a gradient through colours at equal distances, the first where ``up`` is 0."""
    picture = canvas.plain(stops[0])
    for place, (low, high) in enumerate(pairwise(stops)):
        share = up * (len(stops) - 1) - place
        picture = torch.where((share > 0).unsqueeze(1), canvas.ramp(low, high, share), picture)
    return picture


def shine(canvas: Canvas, picture: Tensor, sun: Sun, strength: float) -> Tensor:
    """Return a picture with the glare of the sun over it: light adds up, and saturates."""
    near, wide = sun.glare(canvas, 0.9), sun.glare(canvas, 4.0)
    light = strength * (0.55 * near + 0.45 * wide).unsqueeze(1) * sun.color
    return 1 - (1 - picture) * (1 - light.clamp(0, 1))


def disc(canvas: Canvas, picture: Tensor, sun: Sun) -> Tensor:
    """Return a picture with the sun itself: white in the middle."""
    away = torch.hypot(canvas.x - sun.x, canvas.y - sun.y)
    pale = 1 - (1 - sun.color) * 0.45
    return canvas.lay(picture, pale, canvas.cover(away - sun.radius))
