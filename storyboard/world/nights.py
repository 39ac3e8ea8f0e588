"""Skies of the night: stars, moons, the aurora, the milky way, fireworks."""

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth, turn
from storyboard.world.shapes import pick_names
from storyboard.world.sky import Sky, land_light, upward


def night(canvas: Canvas, horizon: Tensor, stars: float) -> Tensor:
    top, low = canvas.color((0.02, 0.03, 0.12), 0.02), canvas.color((0.07, 0.10, 0.32), 0.04)
    picture = canvas.ramp(low, top, upward(canvas, horizon))
    if stars:
        picture = canvas.lay(picture, canvas.color((1, 1, 0.93), 0.03), canvas.specks(stars))
        for _ in range(4):  # a few large ones, so that a painter can draw them too
            cx, cy = canvas.rand(-0.95, 0.95) * canvas.reach_x, canvas.rand(-0.95, 0.3)
            px, py = (canvas.x - cx).abs(), (canvas.y - cy).abs()
            arms = px * py * 60 + torch.hypot(px, py) * canvas.rand(7, 14)
            picture = canvas.lay(picture, canvas.color((1, 1, 0.9), 0.04), torch.exp(-arms * arms))
    return picture.clamp(0, 1)


def _moon(canvas: Canvas, picture: Tensor, full: bool, radius: Tensor) -> Tensor:
    cx, cy = canvas.rand(-0.5, 0.5), canvas.rand(-0.6, -0.15).clamp(min=canvas.top + 0.9 * radius)
    px, py = turn(canvas.x - cx, canvas.y - cy, canvas.rand(-0.5, 0.5))
    distance = torch.hypot(px, py) - radius
    if full:
        halo = 0.45 * canvas.glow(cx, cy, radius * 1.5)
        picture = canvas.lay(picture, canvas.color((0.75, 0.8, 0.95), 0.03), halo)
        craters = smooth(0.5, 0.75, canvas.noise(6, 3)).unsqueeze(1)
        face = canvas.color((0.95, 0.93, 0.82), 0.03) * (1 - 0.25 * craters)
        return canvas.lay(picture, face, canvas.cover(distance))
    bite = radius * 0.92 - torch.hypot(px - 0.48 * radius, py + 0.1 * radius)
    shape = canvas.cover(torch.maximum(distance, bite))
    return canvas.lay(picture, canvas.color((0.98, 0.94, 0.72), 0.03), shape)


def night_sky(canvas: Canvas, picture: Tensor, horizon: Tensor, words: list[str]) -> Sky:
    facts = [[*words, "sky:night"] for _ in range(canvas.count)]
    return Sky(picture, facts, land_light(canvas, (0.16, 0.19, 0.34)), horizon,
               canvas.color((0.08, 0.11, 0.3), 0.03))  # fmt: skip


def stars(canvas: Canvas, horizon: Tensor) -> Sky:
    return night_sky(canvas, night(canvas, horizon, 0.012), horizon, ["stars"])


def full_moon(canvas: Canvas, horizon: Tensor) -> Sky:
    starry = canvas.coin(0.5, "stars")
    picture = night(canvas, horizon, 0.006 if starry else 0.0)
    picture = _moon(canvas, picture, True, canvas.rand(0.2, 0.42))
    return night_sky(canvas, picture, horizon, ["moon:full", *(["stars"] if starry else [])])


def new_moon(canvas: Canvas, horizon: Tensor) -> Sky:
    starry = canvas.coin(0.6, "stars")
    picture = night(canvas, horizon, 0.006 if starry else 0.0)
    picture = _moon(canvas, picture, False, canvas.rand(0.2, 0.42))
    return night_sky(canvas, picture, horizon, ["moon:crescent", *(["stars"] if starry else [])])


def aurora(canvas: Canvas, horizon: Tensor) -> Sky:
    picture = night(canvas, horizon, 0.004)
    for color in ((0.15, 0.95, 0.5), (0.3, 0.9, 0.75), (0.6, 0.25, 0.8)):
        base = horizon - canvas.rand(0.1, 0.5) + 0.28 * canvas.ridge(2, 3, drift=0.03)
        height = canvas.rand(0.5, 0.9)
        above = (base - canvas.y) / height
        curtain = smooth(-0.06, 0.04, above) * torch.exp(-2.5 * above.clamp(min=0))
        folds = 0.55 + 0.45 * canvas.ridge(14, 2, drift=0.06)
        picture = canvas.lay(picture, canvas.color(color, 0.05), (curtain * folds).clamp(0, 0.85))
    sky = night_sky(canvas, picture, horizon, ["aurora"])
    sky.light = land_light(canvas, (0.2, 0.38, 0.4))
    return sky


def milky_way(canvas: Canvas, horizon: Tensor) -> Sky:
    picture = night(canvas, horizon, 0.016)
    px, _ = turn(canvas.x, canvas.y, canvas.rand(-1.0, 1.0))
    band = torch.exp(-((px + 0.25 * (canvas.noise(2, 3) - 0.5)) ** 2) / 0.09)
    dust = canvas.noise(4, 5)
    picture = canvas.lay(picture, canvas.color((0.55, 0.5, 0.8), 0.06), 0.7 * band * dust)
    picture = canvas.lay(picture, canvas.color((0.95, 0.9, 0.95), 0.03),
                         band * smooth(0.6, 1.0, dust) * 0.7)  # fmt: skip
    return night_sky(canvas, picture, horizon, ["milky way", "stars"])


def _burst(turns: float) -> tuple[float, float]:
    """Return size and brightness of a burst that fades, and of the next one that grows."""
    share = turns % 1
    if share < 0.5:
        return 1 + 0.4 * share, 1 - 2 * share
    return 0.15 + 0.85 * (2 * share - 1) ** 0.5, 1.0


def fireworks(canvas: Canvas, horizon: Tensor) -> Sky:
    picture = night(canvas, horizon, 0.0)
    for number in range(3):
        grown, bright = _burst(canvas.time_s * (0.4 + 0.12 * number))
        color = canvas.named(pick_names(canvas, ["red", "yellow", "green", "blue", "pink", "purple",
                                                 "white", "orange", "golden"]))  # fmt: skip
        cx, cy = canvas.rand(-0.65, 0.65), canvas.rand(-0.7, 0.0)
        px, py = canvas.x - cx, canvas.y - cy
        radius, angle = torch.hypot(px, py), torch.atan2(py, px)
        size, arms = canvas.rand(0.3, 0.6) * grown, canvas.integers(7, 13)
        spokes = torch.cos(angle * arms + canvas.rand(0, 6)).clamp(min=0) ** 4
        lines = spokes * smooth(0, -0.1, radius - size) * smooth(0.02, 0.2, radius / size)
        tips = spokes * torch.exp(-(((radius - size) / 0.05) ** 2))
        picture = canvas.lay(picture, color, 0.35 * bright * canvas.glow(cx, cy, size * 0.6))
        hot = (color + 0.25).clamp(0, 1)
        picture = canvas.lay(picture, hot, bright * (lines + tips).clamp(0, 1))
    return night_sky(canvas, picture, horizon, ["fireworks"])
