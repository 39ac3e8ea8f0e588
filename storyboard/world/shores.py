"""Lands with water: the sea, waves, a beach, a lake, a river."""

import math

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth, tau
from storyboard.world.ground import Land, depth_of, join, masked_below, named, tinted
from storyboard.world.heights import hills, peaks
from storyboard.world.meadows import meadow
from storyboard.world.sky import Sky


def sea(canvas: Canvas, sky: Sky, name: str = "sea", swell: float = 0.0) -> Land:
    """Draw water that mirrors the sky, darker towards the viewer, glittering under a sun or
    moon.
    """
    d = depth_of(canvas, sky.horizon)
    color, words = tinted(canvas, (0.05, 0.30, 0.52), "water", 0.08)
    if sky.light.mean() > 0.9:
        words = [row or ["color-water:blue"] for row in words]
    mirror = canvas.settled(sky.picture.mean((2, 3), keepdim=True))
    water = canvas.ramp(
        0.45 * sky.haze + 0.55 * color * sky.light, color * sky.light * 0.75, d * 1.6
    )
    water = water * 0.75 + 0.25 * mirror
    rows = torch.log(1 + 14 * d) * canvas.rand(5.5, 8)
    swing = rows * tau() + 5 * canvas.noise(6, 2, 0.5, drift=(0.05, 0.0)) - 1.6 * canvas.time_s
    ripple = torch.sin(swing) * (0.5 + canvas.noise(7, 2, 0.3, drift=(-0.06, 0.0)))
    water = water * (1 + (0.16 + swell) * ripple).unsqueeze(1)
    if sky.sun_x is not None:
        lane = torch.exp(-(((canvas.x - sky.sun_x) / (0.1 + 0.22 * d)) ** 2))
        spark = smooth(-0.2, 0.5, ripple) * lane
        water = canvas.lay(water, (sky.haze * 0.5 + 0.5), 0.8 * spark)
    picture = canvas.lay(
        sky.picture, water.clamp(0, 1), masked_below(canvas, sky.horizon + 0 * canvas.x)
    )
    return picture, join(named(canvas, f"land:{name}"), words)


def waves(canvas: Canvas, sky: Sky) -> Land:
    """Draw rows of crests with white foam, larger towards the viewer."""
    picture, facts = sea(canvas, sky, "waves", 0.05)
    color = canvas.color((0.04, 0.36, 0.55), 0.05) * sky.light
    for row in range(4):
        depth = (row + 0.4) / 4
        line = sky.horizon + (1 - sky.horizon) * depth
        height = 0.06 + 0.16 * depth
        crest = torch.sin(
            canvas.x * canvas.rand(3, 5) / (0.35 + depth)
            + canvas.rand(0, 6)
            + (1 + depth) * canvas.time_s
        )
        line = line - height * (crest.clamp(min=-0.3) ** 1) + 0.02 * canvas.ridge(12, 2)
        inside = (canvas.y - line) / (height * 2)
        shade = canvas.ramp(color * 1.35 + 0.05, color * 0.55, inside)
        picture = canvas.lay(picture, shade.clamp(0, 1), masked_below(canvas, line))
        foam = smooth(0.55, 0.0, inside.abs() * 1.8) * smooth(0.25, 0.6, canvas.noise(9, 3))
        picture = canvas.lay(picture, 0.25 + 0.75 * sky.light.clamp(0, 1), foam * 0.95)
    return picture, facts


def beach(canvas: Canvas, sky: Sky) -> Land:
    picture, words = sea(canvas, sky, "beach")
    line = sky.horizon + (1 - sky.horizon) * canvas.rand(0.3, 0.5) + 0.07 * canvas.ridge(2, 2)
    line = line + canvas.rand(-0.2, 0.2) * canvas.x - 0.025 * math.sin(1.1 * canvas.time_s)
    sand = canvas.color((0.93, 0.82, 0.58), 0.03) * (0.85 + 0.25 * canvas.noise(8, 4)).unsqueeze(1)
    sand = sand * (0.3 + 0.7 * sky.light)
    foam = (canvas.y - line).abs()
    picture = canvas.lay(picture, sand.clamp(0, 1), masked_below(canvas, line))
    white = 0.2 + 0.8 * sky.light.clamp(0, 1)
    return canvas.lay(picture, white, smooth(0.07, 0.0, foam + 0.05 * canvas.noise(9, 2))), words


SHORE = 0.12
"""How far the shore of a lake is below the horizon."""


def lake(canvas: Canvas, sky: Sky) -> Land:
    """Draw mountains, and the whole picture above the shore mirrored in still water: what draws a
    lake mirrors the canvas at the shore before it draws the sky (`Canvas.mirror`).
    """
    picture, _ = peaks(canvas, sky, canvas.coin(0.5), "none")
    shore = sky.horizon + SHORE
    deep = 0.2 + 0.4 * ((canvas.level - shore) / (canvas.bottom - shore)).clamp(0, 1).unsqueeze(1)
    water = canvas.color((0.25, 0.42, 0.58), 0.03) * sky.light
    glints = 0.08 * torch.sin(canvas.level * 60 + 4 * canvas.noise(4, 2, 0.3) - 2 * canvas.time_s)
    mirrored = picture * (0.92 - deep * 0.3) + water * deep * 0.5 + glints.unsqueeze(1)
    wet = canvas.cover(shore - canvas.level + 0 * canvas.x)
    return canvas.lay(picture, mirrored.clamp(0, 1), wet), named(canvas, "land:lake", "mountains")


def winding(canvas: Canvas, sky: Sky, straight: bool) -> tuple[Tensor, Tensor]:
    """Return distance across a strip that narrows to the horizon, and its half width."""
    d = depth_of(canvas, sky.horizon)
    bend = canvas.rand(-0.35, 0.35) * (1 - d) ** 2
    if not straight:
        bend = bend + canvas.rand(0.2, 0.4) * torch.sin(4.5 * (1 - d) ** 2 + canvas.rand(0, 6)) * d
    return canvas.x - bend, (0.02 + d * canvas.rand(0.4, 0.65))


def river(canvas: Canvas, sky: Sky) -> Land:
    picture, _ = hills(canvas, sky) if canvas.coin(0.4) else meadow(canvas, sky)
    across, half = winding(canvas, sky, False)
    water = canvas.color((0.18, 0.45, 0.72), 0.04) * (0.25 + 0.75 * sky.light)
    glints = 0.85 + 0.4 * canvas.noise(14, 2, stretch=0.4, drift=(0.0, 0.25))
    ramp = canvas.ramp(water * 0.6 + 0.4 * sky.haze, water, depth_of(canvas, sky.horizon) * 1.5)
    mask = canvas.cover(across.abs() - half) * masked_below(
        canvas, sky.horizon + 0.06 + 0 * canvas.x
    )
    picture = canvas.lay(picture, (ramp * glints.unsqueeze(1)).clamp(0, 1), mask)
    return picture, named(canvas, "land:river")
