"""Shared parts of the skies: the picture, the light it throws on the land, gradients and clouds."""

from dataclasses import dataclass, field

from torch import Tensor

from storyboard.world.canvas import Canvas, smooth
from storyboard.world.shapes import Facts


@dataclass
class Sky:
    """A painted sky and what the land must know of it."""

    picture: Tensor
    facts: list[Facts]
    light: Tensor  # (B, 3, 1, 1) multiplies the colours of the land
    horizon: Tensor  # (B, 1, 1) the y of the horizon
    haze: Tensor  # (B, 3, 1, 1) the colour of far away
    sun_x: Tensor | None = None
    overlay: list[str] = field(default_factory=list)


def land_light(canvas: Canvas, rgb: tuple[float, float, float]) -> Tensor:
    return canvas.color(rgb, 0.03)


def upward(canvas: Canvas, horizon: Tensor) -> Tensor:
    """Return 0 at the horizon, 1 at the top edge."""
    return ((horizon - canvas.y) / (horizon + 1)).clamp(0, 1) + 0 * canvas.x


def cloud_cover(canvas: Canvas, amount: Tensor | float, cells: float = 3) -> Tensor:
    drawn = canvas.noise(cells, 5, stretch=0.55, drift=(0.03, 0.0))
    return smooth(0.0, 0.35, drawn - (1 - amount))
