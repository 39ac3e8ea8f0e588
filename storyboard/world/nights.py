"""Skies of the night: stars, moons, the aurora, the milky way, fireworks."""

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth, tau, turn
from storyboard.world.ground import RGB
from storyboard.world.shapes import pick_names
from storyboard.world.sky import Sky, Sun, land_light, layered, shine, upward

DARK: tuple[RGB, ...] = ((0.12, 0.18, 0.42), (0.05, 0.08, 0.24), (0.012, 0.02, 0.08))
"""Colours of a night sky from the horizon up."""


def night(canvas: Canvas, horizon: Tensor, stars: float) -> Tensor:
    picture = layered(canvas, [canvas.color(rgb, 0.02) for rgb in DARK], upward(canvas, horizon))
    if stars:
        picture = canvas.lay(picture, canvas.color((1, 1, 0.95), 0.03), canvas.specks(stars))
        faint = canvas.specks(3 * stars, 0.0)
        picture = canvas.lay(picture, canvas.color((0.75, 0.82, 1.0), 0.03), 0.45 * faint)
        for _ in range(4):  # a few large ones, so that a painter can draw them too
            cx, cy = canvas.rand(-0.95, 0.95) * canvas.reach_x, canvas.rand(-0.95, 0.3)
            px, py = (canvas.x - cx).abs(), (canvas.y - cy).abs()
            size = canvas.rand(20, 36)
            arms = px * py * size**2 * 1.5 + torch.hypot(px, py) * size
            picture = canvas.lay(picture, canvas.color((1, 1, 0.92), 0.04), torch.exp(-arms))
    return picture.clamp(0, 1)


def _moon(canvas: Canvas, picture: Tensor, full: bool) -> tuple[Tensor, Sun]:
    radius = canvas.rand(0.14, 0.3)
    cx, cy = canvas.rand(-0.5, 0.5), canvas.rand(-0.6, -0.15).clamp(min=canvas.top + 1.15 * radius)
    moon = Sun(cx, cy, radius, canvas.color((0.80, 0.86, 1.0), 0.02))
    px, py = turn(canvas.x - cx, canvas.y - cy, canvas.rand(-0.5, 0.5))
    distance = torch.hypot(px, py) - radius
    if full:
        picture = shine(canvas, picture, moon, 0.42)
        seas = smooth(0.5, 0.68, canvas.noise(5, 4)) * 0.2 + 0.07 * canvas.noise(22, 2)
        limb = 0.1 * (torch.hypot(px, py) / radius) ** 4
        face = canvas.color((0.97, 0.95, 0.88), 0.02) * (1.03 - seas - limb).unsqueeze(1)
        return canvas.lay(picture, face.clamp(0, 1), canvas.cover(distance)), moon
    picture = shine(canvas, picture, moon, 0.2)
    bite = radius * 0.92 - torch.hypot(px - 0.48 * radius, py + 0.1 * radius)
    shape = canvas.cover(torch.maximum(distance, bite))
    return canvas.lay(picture, canvas.color((0.99, 0.96, 0.80), 0.03), shape), moon


def night_sky(canvas: Canvas, picture: Tensor, horizon: Tensor, words: list[str]) -> Sky:
    facts = [[*words, "sky:night"] for _ in range(canvas.count)]
    return Sky(picture, facts, land_light(canvas, (0.16, 0.19, 0.34)), horizon,
               canvas.color((0.08, 0.11, 0.3), 0.03))  # fmt: skip


def stars(canvas: Canvas, horizon: Tensor) -> Sky:
    return night_sky(canvas, night(canvas, horizon, 0.012), horizon, ["stars"])


def _moonlit(canvas: Canvas, horizon: Tensor, full: bool) -> Sky:
    starry = canvas.coin(0.6, "stars")
    picture, moon = _moon(canvas, night(canvas, horizon, 0.006 if starry else 0.0), full)
    words = ["moon:full" if full else "moon:crescent", *(["stars"] if starry else [])]
    sky = night_sky(canvas, picture, horizon, words)
    sky.sun, sky.glare = moon, 0.2 if full else 0.0
    return sky


def full_moon(canvas: Canvas, horizon: Tensor) -> Sky:
    return _moonlit(canvas, horizon, True)


def new_moon(canvas: Canvas, horizon: Tensor) -> Sky:
    return _moonlit(canvas, horizon, False)


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
    for number in range(4):
        grown, bright = _burst(canvas.time_s * (0.4 + 0.12 * number) + 0.31 * number)
        color = canvas.named(pick_names(canvas, ["red", "yellow", "green", "blue", "pink", "purple",
                                                 "white", "orange", "golden"]))  # fmt: skip
        cx, cy = canvas.rand(-0.75, 0.75), canvas.rand(-0.6, -0.05)
        size, arms = canvas.rand(0.25, 0.5) * grown, canvas.integers(16, 30)
        sag = 0.12 * (grown**2) * size  # sparks fall a little
        px, py = canvas.x - cx, canvas.y - cy
        radius, angle = torch.hypot(px, py - sag * (px / size) ** 2), torch.atan2(py, px)
        ray = angle * arms / tau() + canvas.rand()
        luck = (torch.sin(ray.floor() * 12.9898 + number) * 43758.5).remainder(1.0)
        reach = size * (0.72 + 0.28 * luck)
        thin = torch.exp(-(((ray % 1 - 0.5) / arms * tau() * radius / 0.009) ** 2))
        trail = smooth(0.05, 1.0, radius / reach) ** 1.5 * smooth(0.0, -0.02, radius - reach)
        tip = torch.exp(-(((radius - reach) / 0.014) ** 2)) * torch.exp(
            -(((ray % 1 - 0.5) / arms * tau() * radius / 0.014) ** 2)
        )
        picture = canvas.lay(picture, color, 0.3 * bright * canvas.glow(cx, cy, size * 0.7))
        picture = canvas.lay(picture, color, (bright * thin * trail).clamp(0, 1))
        hot = (color * 0.5 + 0.55).clamp(0, 1)
        picture = canvas.lay(picture, hot, (bright * tip).clamp(0, 1))
    return night_sky(canvas, picture, horizon, ["fireworks"])
