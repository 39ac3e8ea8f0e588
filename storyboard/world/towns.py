"""Lands that people built: a city, a road."""

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth
from storyboard.world.ground import RGB, Land, depth_of, masked_below, named
from storyboard.world.heights import desert
from storyboard.world.meadows import meadow
from storyboard.world.shores import winding
from storyboard.world.sky import Sky

ROWS = 4
"""Rows of towers, from far to near."""

LAMPS: tuple[RGB, ...] = ((1.0, 0.80, 0.42), (1.0, 0.90, 0.66), (0.72, 0.86, 1.0))
"""Colours of lit windows."""


def city(canvas: Canvas, sky: Sky) -> Land:
    """Return rows of towers with windows, lit when the sky is dark; the streets glow between."""
    dark = bool(sky.light.mean() < 0.5)
    picture = _street_glow(canvas, sky) if dark else sky.picture
    for layer in range(ROWS):
        picture = _towers(canvas, picture, sky, layer / (ROWS - 1), dark)
    words = ["land:city", "city lights"] if dark else ["land:city"]
    return picture.clamp(0, 1), named(canvas, *words)


def _street_glow(canvas: Canvas, sky: Sky) -> Tensor:
    """Return the sky with the light of the city on it, warm and low."""
    warm = canvas.color((0.85, 0.45, 0.30), 0.04)
    low = torch.exp(-(sky.horizon + 0.3 - canvas.y).clamp(min=0) / 0.4) + 0 * canvas.x
    return canvas.lay(sky.picture, warm, 0.5 * low)


def _towers(canvas: Canvas, picture: Tensor, sky: Sky, near: float, dark: bool) -> Tensor:
    """Return a picture with a row of towers before it, of uneven height, some with a spire."""
    dense = 12 - 6.5 * near
    columns = round(dense * canvas.reach_x)
    position = (canvas.x / canvas.reach_x + 1) / 2 * columns + canvas.rand(0, 1)
    index = position.floor().long().clamp(0, columns + 1).expand(canvas.count, -1, -1)
    dice = torch.rand(4, canvas.count, columns + 2, generator=canvas.generator)
    tall, shade, roof, narrow = (one.gather(1, index.flatten(1)).view_as(index) for one in dice)
    middle = ((position % 1) - 0.5).abs()
    half = 0.5 - 0.13 * narrow * (tall > 0.45)
    top = sky.horizon + 0.2 + 0.36 * near - (0.3 + 0.95 * tall**1.4) * (0.95 - 0.1 * near)
    step = torch.where(middle > half - 0.1, 0.09 * (roof > 0.45), 0.0)
    spire = torch.where(middle < 0.018, 0.22 * (roof > 0.7), 0.0)
    top = top + step - spire
    cell = 2 * canvas.reach_x / columns
    body = canvas.cover((middle - half) * cell) * masked_below(canvas, top)
    tone = canvas.color((0.045, 0.055, 0.12) if dark else (0.46, 0.52, 0.62), 0.015)
    side = 1 - 0.24 * (((position % 1) - 0.5) > 0.12).float()
    light = torch.ones(1, 3, 1, 1) if dark else sky.light
    tone = tone * light * ((0.75 + 0.5 * shade) * side).unsqueeze(1)
    below = ((canvas.y - top) / 1.1).clamp(0, 1)
    veil = (0.55 * (1 - near) + (0.3 - 0.2 * near) * below).clamp(0, 0.9)
    street = torch.tensor([0.36, 0.20, 0.24]).view(1, 3, 1, 1) if dark else sky.haze
    tone = tone + (0.5 * street + 0.5 * sky.haze - tone) * veil.unsqueeze(1)
    picture = canvas.lay(picture, tone.clamp(0, 1), body)
    rows = dense * 3.0
    panes = _bar(position * 5 % 1, 0.22, 0.8, canvas.pixel * dense * 2.5)
    panes = panes * _bar((canvas.y * rows) % 1, 0.35, 0.86, canvas.pixel * rows)
    inside = canvas.cover((middle - half + 0.05) * cell) * canvas.cover(top + 0.05 - canvas.y)
    luck = _hash(canvas, position * 5, canvas.y * rows)
    if not dark:
        glass = (tone * 0.62 + 0.16 * sky.haze) * (0.85 + 0.4 * luck).unsqueeze(1)
        return canvas.lay(picture, glass.clamp(0, 1), panes * inside * 0.85)
    on = smooth(0.42, 0.5, luck) * (0.35 + 0.65 * luck)
    lamp = canvas.color(LAMPS[canvas.choice(len(LAMPS))], 0.03)
    return canvas.lay(picture, lamp, panes * on * inside * (0.55 + 0.45 * near))


def _bar(place: Tensor, low: float, high: float, pixel: float | Tensor) -> Tensor:
    """Return coverage of the part from ``low`` to ``high`` of a cell by pixels of a size in
    cells.
    """
    half = torch.as_tensor(pixel / 2).clamp(0.05, 0.25)
    rising = ((place - low + half) / (2 * half)).clamp(0, 1)
    return rising * ((high + half - place) / (2 * half)).clamp(0, 1)


def _hash(canvas: Canvas, across: Tensor, down: Tensor) -> Tensor:
    """Return a number in [0, 1) for every window."""
    cell = across.floor() * 12.9898 + down.floor() * 78.233 + canvas.rand(0, 50)
    return (torch.sin(cell) * 43758.5).remainder(1.0)


def road(canvas: Canvas, sky: Sky) -> Land:
    picture, _ = (desert if canvas.coin(0.4, "desert") else meadow)(canvas, sky)
    across, half = winding(canvas, sky, True)
    asphalt = canvas.color((0.30, 0.30, 0.33), 0.03) * (0.25 + 0.75 * sky.light)
    below = masked_below(canvas, sky.horizon + 0.03 + 0 * canvas.x)
    picture = canvas.lay(picture, asphalt, canvas.cover(across.abs() - half) * below)
    d = depth_of(canvas, sky.horizon)
    dashes = smooth(0.2, -0.2, torch.sin(torch.log(0.05 + d) * 9 - 5 * canvas.time_s))
    line = canvas.cover(across.abs() - half * 0.06) * dashes * below
    return canvas.lay(picture, 0.2 + 0.8 * sky.light, line.clamp(0, 1)), named(canvas, "land:road")
