"""Weather: clouds, a storm, rain, snow, fog, and what falls in front of the land."""

import math

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth
from storyboard.world.clouds import Tones, heaps
from storyboard.world.sky import Sky, land_light, shine, upward


def cloudy(canvas: Canvas, horizon: Tensor) -> Sky:
    dark = canvas.rand(0, 0.3).unsqueeze(1)
    top, low = canvas.color((0.56, 0.62, 0.71), 0.02), canvas.color((0.84, 0.87, 0.90), 0.01)
    picture = canvas.ramp(low, top, upward(canvas, horizon)) * (1 - dark)
    tones = Tones(canvas.color((0.88, 0.90, 0.93), 0.01) * (1 - 0.6 * dark),
                  canvas.color((0.50, 0.55, 0.63), 0.01) * (1 - 0.6 * dark))  # fmt: skip
    picture = heaps(canvas, picture, tones, amount=0.78, cells=2.2, relief=1.5)
    facts = [["sky:cloudy", "clouds"] for _ in range(canvas.count)]
    return Sky(picture, facts, land_light(canvas, (0.78, 0.8, 0.84)), horizon, low)


def storm(canvas: Canvas, horizon: Tensor) -> Sky:
    top, low = canvas.color((0.09, 0.1, 0.16), 0.02), canvas.color((0.3, 0.32, 0.42), 0.03)
    picture = canvas.ramp(low, top, upward(canvas, horizon))
    tones = Tones(canvas.color((0.36, 0.38, 0.48), 0.03), canvas.color((0.1, 0.11, 0.17), 0.02))
    picture = heaps(canvas, picture, tones, amount=0.9, cells=1.8)
    flash = 0.35 + 0.65 * math.exp(-5 * (canvas.time_s % 1.7))
    for _ in range(1 + canvas.choice(2)):
        start, width = canvas.rand(-0.6, 0.6), canvas.rand(0.007, 0.014)
        path = start + _zigzag(canvas)
        distance = (canvas.x - path).abs() - width
        ends = smooth(0.02, -0.04, canvas.y - horizon)
        picture = canvas.lay(picture, canvas.color((0.7, 0.72, 1.0), 0.03),
                             0.6 * flash * torch.exp(-(distance.clamp(min=0) / 0.09)) * ends,
        )  # fmt: skip
        bolt = canvas.cover(distance * 0.8) * ends
        picture = canvas.lay(picture, canvas.color((1, 1, 0.92), 0.02), flash * bolt)
    facts = [["sky:storm", "lightning", "clouds"] for _ in range(canvas.count)]
    return Sky(picture, facts, land_light(canvas, (0.34, 0.36, 0.44)), horizon, low)


def _zigzag(canvas: Canvas) -> Tensor:
    """Return a jagged path x(y), ``(B, H, 1)``."""
    return canvas.sideways().ridge(5, 3).transpose(1, 2) * 0.3 + canvas.rand(-0.3, 0.3) * canvas.y


def rain(canvas: Canvas, horizon: Tensor) -> Sky:
    sky = cloudy(canvas, horizon)
    sky.picture = sky.picture * 0.8
    sky.facts = [["rain", *f] for f in sky.facts]
    sky.light, sky.overlay = sky.light * 0.75, ["rain"]
    return sky


def snowfall(canvas: Canvas, horizon: Tensor) -> Sky:
    sky = cloudy(canvas, horizon)
    sky.facts = [["snowfall", *f] for f in sky.facts]
    sky.overlay = ["snow"]
    return sky


def fog(canvas: Canvas, horizon: Tensor) -> Sky:
    pale = canvas.color((0.8, 0.82, 0.85), 0.04)
    picture = canvas.plain(pale) * (0.96 + 0.08 * canvas.noise(2, 3).unsqueeze(1))
    facts = [["fog"] for _ in range(canvas.count)]
    sky = Sky(picture.clamp(0, 1), facts, land_light(canvas, (0.75, 0.77, 0.8)), horizon, pale)
    sky.overlay = ["fog"]
    return sky


def _streaks(canvas: Canvas, picture: Tensor) -> Tensor:
    """Return a picture with rain before it: three sheets of slanted drops, the nearest fastest."""
    slant = canvas.rand(0.06, 0.16)
    for sheet, (dense, speed) in enumerate(((44, 2.4), (28, 3.2), (16, 4.2))):
        across = (canvas.x + slant * canvas.y) * dense + 7 * sheet
        column = across.floor()
        luck = (torch.sin(column * 12.9898 + sheet) * 43758.5).remainder(1.0)
        long = 0.5 + 0.3 * sheet
        down = ((canvas.y - speed * canvas.time_s * (0.8 + 0.4 * luck)) / long + 7 * luck) % 2
        drop = smooth(0.0, 0.9, down) * smooth(1.0, 0.9, down) * (luck > 0.4)
        width = 0.06 + 0.02 * sheet
        thin = canvas.cover(((across % 1 - 0.5).abs() - width) / dense)
        picture = canvas.lay(picture, canvas.color((0.82, 0.87, 0.94), 0.02), 0.55 * drop * thin)
    return picture


def fall(canvas: Canvas, picture: Tensor, sky: Sky) -> Tensor:
    """Draw what falls or hangs in front of the land: the glare of the sun, rain, snow, fog."""
    if sky.sun is not None and sky.glare:
        picture = shine(canvas, picture, sky.sun, 0.7 * sky.glare)
    if "rain" in sky.overlay:
        picture = _streaks(canvas, picture)
    if "snow" in sky.overlay:
        picture = canvas.lay(
            picture, canvas.color((1, 1, 1), 0.0), canvas.specks(0.022, 1.0, drift=(0.05, 0.35))
        )
    if "fog" in sky.overlay:
        near = 0.35 + 0.55 * smooth(
            0.9, -0.3, canvas.y + 0.6 * (canvas.noise(2, 3, drift=(0.06, 0.0)) - 0.5)
        )
        picture = canvas.lay(picture, sky.haze, near * canvas.rand(0.75, 1))
    return picture
