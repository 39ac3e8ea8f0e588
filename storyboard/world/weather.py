"""Weather: clouds, a storm, rain, snow, fog, and what falls in front of the land."""

import math

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth, tau, turn
from storyboard.world.sky import Sky, cloud_cover, land_light, upward


def cloudy(canvas: Canvas, horizon: Tensor) -> Sky:
    dark = canvas.rand(0, 0.3).unsqueeze(1)
    top, low = canvas.color((0.5, 0.55, 0.63), 0.04), canvas.color((0.78, 0.81, 0.85), 0.03)
    picture = canvas.ramp(low, top, upward(canvas, horizon)) * (1 - dark)
    picture = canvas.lay(picture, canvas.color((0.93, 0.93, 0.95), 0.02) * (1 - 0.5 * dark),
                         cloud_cover(canvas, 0.62, 2.5))  # fmt: skip
    picture = canvas.lay(picture, canvas.color((0.36, 0.39, 0.45), 0.03),
                         0.7 * cloud_cover(canvas, 0.42, 3))  # fmt: skip
    facts = [["sky:cloudy", "clouds"] for _ in range(canvas.count)]
    return Sky(picture, facts, land_light(canvas, (0.78, 0.8, 0.84)), horizon, low)


def storm(canvas: Canvas, horizon: Tensor) -> Sky:
    top, low = canvas.color((0.09, 0.1, 0.16), 0.02), canvas.color((0.3, 0.32, 0.42), 0.03)
    picture = canvas.ramp(low, top, upward(canvas, horizon))
    clouds = smooth(0.3, 0.8, canvas.noise(3, 5, 0.6, drift=(0.06, 0.0)))
    flash = 0.35 + 0.65 * math.exp(-5 * (canvas.time_s % 1.7))
    picture = canvas.lay(picture, canvas.color((0.38, 0.4, 0.5), 0.03), clouds * 0.7)
    for _ in range(1 + canvas.choice(2)):
        start, width = canvas.rand(-0.6, 0.6), canvas.rand(0.014, 0.03)
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


def fall(canvas: Canvas, picture: Tensor, sky: Sky) -> Tensor:
    """Draw what falls or hangs in front of the land: rain, snow, fog."""
    if "rain" in sky.overlay:
        px, _ = turn(canvas.x * 22 + 0 * canvas.y, canvas.y * 3 + 0 * canvas.x, canvas.rand(0, 0.1))
        dash = torch.sin(px * math.pi + tau() * canvas.noise(3, 1) * 3)
        streak = smooth(0.75, 1, dash) * smooth(
            0.35, 0.7, canvas.noise(9, 2, 2.5, drift=(0.1, 1.9))
        )
        picture = canvas.lay(picture, canvas.color((0.8, 0.86, 0.95), 0.02), 0.6 * streak)
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
