"""Flat lands: a meadow, flowers, snow."""

import math

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth
from storyboard.world.ground import Land, depth_of, join, masked_below, named, tinted
from storyboard.world.shapes import pick_names
from storyboard.world.sky import Sky

ROWS = 11
"""Rows of blades, from far to near."""


def grass(canvas: Canvas, sky: Sky, color: Tensor) -> Tensor:
    """Return a sky over grass: rows of blades that bend in the wind, larger towards the viewer."""
    d = depth_of(canvas, sky.horizon)
    line = sky.horizon + 0.04 * canvas.ridge(1.2, 1, rounded=True)
    lit = color * (0.25 + 0.75 * sky.light)
    patches = canvas.noise(3, 3, stretch=0.3) - 0.5
    ground = canvas.ramp(lit * 1.05, lit * 0.62, d * 1.3) * (1 + 0.35 * patches).unsqueeze(1)
    ground = ground + 0.3 * (sky.haze - ground) * torch.exp(-7 * d).unsqueeze(1)
    picture = canvas.lay(sky.picture, ground.clamp(0, 1), masked_below(canvas, line))
    for row in range(ROWS):
        near = (row + 1) / ROWS
        foot = line + (canvas.bottom + 0.1 - line) * near**1.7
        picture = _blades(
            canvas, picture, (foot, 0.02 + 0.15 * near**1.3), lit * (1.12 - 0.3 * near)
        )
    return picture.clamp(0, 1)


def _blades(canvas: Canvas, picture: Tensor, place: tuple[Tensor, float], color: Tensor) -> Tensor:
    """Return a picture with a row of blades before it; ``place``: their feet and their height."""
    foot, high = place
    up = (foot - canvas.y) / high
    for turn in (0, 1):
        wind = math.sin(1.3 * canvas.time_s + 5 * high) + 0.6 * torch.sin(
            2.5 * canvas.x + 1.7 * canvas.time_s
        )
        lean = (0.1 * wind + 0.3 * (turn - 0.5)) * up.clamp(0, 2) ** 2 * high
        cells = round(3.4 * canvas.reach_x / high)
        place_x = ((canvas.x - lean) / canvas.reach_x + 1) / 2 * cells + 0.5 * turn
        index = place_x.floor().long().clamp(0, cells + 1).expand(canvas.count, -1, -1)
        dice = torch.rand(2, canvas.count, cells + 2, generator=canvas.generator)
        tall, tone = (one.gather(1, index.flatten(1)).view_as(index) for one in dice)
        tall = 0.45 + 0.75 * tall
        width = 0.5 * (1 - (up / tall).clamp(0, 1)) ** 0.7
        cell = 2 * canvas.reach_x / cells
        inside = canvas.cover((((place_x % 1) - 0.5).abs() - width) * cell * 0.9)
        inside = inside * (up < tall) * smooth(-0.9, 0.1, up)
        shade = (0.62 + 0.5 * up.clamp(0, 1)) * (0.82 + 0.36 * tone)
        picture = canvas.lay(picture, (color * shade.unsqueeze(1)).clamp(0, 1), inside)
    return picture


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
    """Return drifts of snow, bluish where they fall away from the light, with a few glints."""
    lit = 0.3 + 0.7 * sky.light
    picture = sky.picture
    for layer in range(4):
        near = layer / 3
        line = sky.horizon + 0.04 + 0.6 * near - (0.09 + 0.05 * near) * canvas.ridge(
            1.3 - 0.25 * near, 2, rounded=True
        )  # fmt: skip
        below = (canvas.y - line).clamp(min=0)
        drifts = canvas.lattices(2.2, 3, 0.4)
        rise = canvas.noise_at(drifts, canvas.x, canvas.y)
        fall = rise - canvas.noise_at(drifts, canvas.x + 0.08, canvas.y + 0.04)
        light = (0.72 + 3.0 * fall + 0.3 * torch.exp(-below / 0.06) - 0.35 * below).clamp(0, 1)
        shade, bright = canvas.color((0.64, 0.73, 0.90), 0.01), canvas.color((0.98, 0.98, 1), 0.01)
        white = canvas.ramp(shade, bright, light) * lit
        white = white + (sky.haze - white) * 0.45 * (1 - near)
        picture = canvas.lay(picture, white.clamp(0, 1), masked_below(canvas, line))
    return picture, named(canvas, "land:snow", "snow")
