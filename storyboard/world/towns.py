"""Lands that people built: a city, a road."""

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth
from storyboard.world.ground import Land, depth_of, masked_below, named
from storyboard.world.heights import desert
from storyboard.world.meadows import meadow
from storyboard.world.shores import winding
from storyboard.world.sky import Sky


def city(canvas: Canvas, sky: Sky) -> Land:
    """Return three rows of towers with windows, lit when the sky is dark."""
    picture = sky.picture
    dark = sky.light.mean() < 0.5
    day_tone, night_tone = (0.50, 0.53, 0.60), (0.05, 0.06, 0.13)
    for layer in range(3):
        dense = 7 + 3 * (2 - layer)
        columns = round(dense * canvas.reach_x)
        position = (canvas.x / canvas.reach_x + 1) / 2 * columns + canvas.rand(0, 1)
        index = position.floor().long().clamp(0, columns + 1).expand(canvas.count, -1, -1)
        heights = torch.rand(canvas.count, columns + 2, generator=canvas.generator)
        shades = torch.rand(canvas.count, columns + 2, generator=canvas.generator)
        tall = heights.gather(1, index.flatten(1)).view_as(index)
        shade = shades.gather(1, index.flatten(1)).view_as(index)
        top = sky.horizon + 0.25 + 0.2 * layer - (0.35 + 0.95 * tall) * (0.85 + 0.05 * layer)
        gap = ((position % 1) - 0.5).abs() > 0.47
        tone = canvas.color(night_tone if dark else day_tone, 0.02) * (1 if dark else sky.light)
        tone = tone * (0.75 + 0.5 * shade).unsqueeze(1)
        tone = tone + (sky.haze - tone) * (0.35 - 0.17 * layer)
        mask = masked_below(canvas, top) * (~gap)
        picture = canvas.lay(picture, tone.clamp(0, 1), mask)
        rows = dense * 3.2
        panes = _bar(position * 4 % 1, 0.25, 0.8, canvas.pixel * dense * 2)
        panes = panes * _bar((canvas.y * rows) % 1, 0.33, 0.88, canvas.pixel * rows)
        on = _lamps(canvas, position * 4, canvas.y * rows, 0.55 if dark else 0.75)
        lamp = canvas.color((1.0, 0.82, 0.38), 0.05) if dark else tone * 0.62 + 0.1 * sky.haze
        inside = canvas.cover(top + 0.06 - canvas.y) * (~gap)
        picture = canvas.lay(picture, lamp.clamp(0, 1), panes * on * inside)
    words = ["land:city", "city lights"] if dark else ["land:city"]
    return picture, named(canvas, *words)


def _bar(place: Tensor, low: float, high: float, pixel: float | Tensor) -> Tensor:
    """Return coverage of the part from ``low`` to ``high`` of a cell by pixels of a size in
    cells.
    """
    half = torch.as_tensor(pixel / 2).clamp(0.05, 0.25)
    rising = ((place - low + half) / (2 * half)).clamp(0, 1)
    return rising * ((high + half - place) / (2 * half)).clamp(0, 1)


def _lamps(canvas: Canvas, across: Tensor, down: Tensor, share: float) -> Tensor:
    """Return a cheap hash per window decides whether it is lit."""
    cell = across.floor() * 12.9898 + down.floor() * 78.233 + canvas.rand(0, 50)
    return ((torch.sin(cell) * 43758.5).remainder(1.0) < share).float()


def road(canvas: Canvas, sky: Sky) -> Land:
    picture, _ = (desert if canvas.coin(0.4) else meadow)(canvas, sky)
    across, half = winding(canvas, sky, True)
    asphalt = canvas.color((0.30, 0.30, 0.33), 0.03) * (0.25 + 0.75 * sky.light)
    below = masked_below(canvas, sky.horizon + 0.03 + 0 * canvas.x)
    picture = canvas.lay(picture, asphalt, canvas.cover(across.abs() - half) * below)
    d = depth_of(canvas, sky.horizon)
    dashes = smooth(0.2, -0.2, torch.sin(torch.log(0.05 + d) * 9 - 5 * canvas.time_s))
    line = canvas.cover(across.abs() - half * 0.06) * dashes * below
    return canvas.lay(picture, 0.2 + 0.8 * sky.light, line.clamp(0, 1)), named(canvas, "land:road")
