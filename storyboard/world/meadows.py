"""Flat lands: a meadow, flowers, snow."""

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas
from storyboard.world.ground import Land, depth_of, join, masked_below, named, tinted
from storyboard.world.shapes import pick_names
from storyboard.world.sky import Sky


def grass(canvas: Canvas, sky: Sky, color: Tensor) -> Tensor:
    d = depth_of(canvas, sky.horizon)
    line = sky.horizon + 0.05 * canvas.ridge(1.5, 1)
    blades = canvas.noise(24, 2, stretch=2.5)
    tone = color * (0.25 + 0.75 * sky.light)
    body = canvas.ramp(tone * 1.15, tone * 0.72, d) * (0.75 + 0.5 * blades).unsqueeze(1)
    return canvas.lay(sky.picture, body.clamp(0, 1), masked_below(canvas, line))


def meadow(canvas: Canvas, sky: Sky) -> Land:
    color, words = tinted(canvas, (0.36, 0.68, 0.2), "meadow", 0.1)
    return grass(canvas, sky, color), join(named(canvas, "land:meadow", "grass"), words)


def _flower(
    canvas: Canvas,
    picture: Tensor,
    place: tuple[Tensor, Tensor, float],
    names: list[str],
    lit: Tensor,
) -> Tensor:
    """Return a flower of five petals around a yellow heart."""
    cx, cy, size = place
    px, py = canvas.x - cx, canvas.y - cy
    radius, angle = torch.hypot(px, py), torch.atan2(py, px)
    petals = radius - size * (0.8 + 0.3 * torch.cos(5 * angle + canvas.rand(0, 6)))
    picture = canvas.lay(picture, canvas.named(names) * lit, canvas.cover(petals))
    heart = canvas.color((0.98, 0.85, 0.25), 0.03) * lit
    return canvas.lay(picture, heart, canvas.cover(radius - size * 0.3))


def flower_field(canvas: Canvas, sky: Sky) -> Land:
    """Draw grass with flowers of one colour or of many; those near are larger."""
    picture = grass(canvas, sky, canvas.color((0.3, 0.58, 0.18), 0.04))
    lit = 0.3 + 0.7 * sky.light
    one = canvas.coin(0.7, "land color")
    names = pick_names(canvas, ["red", "yellow", "purple", "pink", "white", "blue", "orange"],
                       of="land color")  # fmt: skip
    for row in range(5):
        depth = (row + 0.6) / 5
        foot = sky.horizon + (1 - sky.horizon) * depth**1.4
        count, size = round((10 - row) * canvas.reach_x), 0.035 + 0.075 * depth
        for i in range(count):
            if not one:
                names = pick_names(canvas, ["red", "yellow", "purple", "pink", "white", "blue"])
            cx = (2 * (i + 0.5) / count - 1) * 1.08 * canvas.reach_x + canvas.rand(-0.1, 0.1)
            cy = foot + canvas.rand(-0.07, 0.07)
            near = torch.maximum((canvas.x - cx).abs(), (canvas.y - cy).abs()) < 1.2 * size
            part, here = canvas.part(near)
            bloom = _flower(part, picture[..., *here], (cx, cy, size), names, lit)
            picture = picture.clone()
            picture[..., *here] = bloom
    facts = named(canvas, "land:flower field", "flowers", "grass")
    return picture, join(facts, [[f"color-flowers:{n}"] for n in names]) if one else facts


def snowfield(canvas: Canvas, sky: Sky) -> Land:
    line = sky.horizon + 0.1 * canvas.ridge(1.5, 2)
    soft = canvas.noise(3, 3, stretch=0.5)
    white = canvas.color((0.95, 0.96, 0.99), 0.015) * (0.3 + 0.7 * sky.light)
    body = canvas.ramp(white * 0.82 + 0.1 * sky.haze, white, soft * 1.4)
    picture = canvas.lay(sky.picture, body.clamp(0, 1), masked_below(canvas, line))
    return picture, named(canvas, "land:snow", "snow")
