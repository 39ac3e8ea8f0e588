"""Lands with water: the sea, waves, a beach, a lake, a river."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth
from storyboard.world.ground import Land, depth_of, join, masked_below, named, tinted
from storyboard.world.heights import hills, peaks
from storyboard.world.meadows import meadow
from storyboard.world.sky import Sky


@dataclass(frozen=True)
class _Ripples:
    """Describe water in perspective: which way it leans, and its finest glints, (B, H, W)."""

    lean: Tensor  # > 0 where it shows the sky, < 0 where it faces the viewer
    glint: Tensor


def _ripples(canvas: Canvas, depth: Tensor, swell: float) -> _Ripples:
    """Return waves that are small far away; ``depth`` is 0 at the horizon, 1 at the lower edge."""
    far = 1 / (depth + 0.05)
    across, along = canvas.x * far * 0.22, 0.42 * torch.log(far)
    t = canvas.time_s
    broad, fine = canvas.lattices(36.0, 2, 0.6), canvas.lattices(110.0, 2, 0.7)

    def height(lattices: list[Tensor], nearer: float, speed: float) -> Tensor:
        return canvas.noise_at(lattices, across + 0.01 * t, along + nearer - speed * t)

    slope = height(broad, 0.0, 0.02) - height(broad, 0.02, 0.02)
    detail = height(fine, 0.0, 0.03) - height(fine, 0.008, 0.03)
    seen = smooth(0.0, 0.12, depth)  # what is smaller than a pixel averages out
    return _Ripples((1 + swell) * seen * (0.7 * slope + 0.4 * detail), height(fine, 0.0, 0.03))


def sea(canvas: Canvas, sky: Sky, name: str = "sea", swell: float = 0.0) -> Land:
    """Draw water that mirrors the sky, darker towards the viewer, glittering under a sun or moon.

    How much it mirrors grows with the distance, as the view becomes flatter, and where the water
    leans away.
    """
    d = depth_of(canvas, sky.horizon)
    color, words = tinted(canvas, (0.03, 0.26, 0.42), "water", 0.08)
    if sky.light.mean() > 0.9:
        words = [row or ["color-water:blue"] for row in words]
    above = canvas.settled(sky.picture.mean((2, 3), keepdim=True))
    ripples = _ripples(canvas, d, 4 * swell)
    mirrored = canvas.ramp(0.9 * sky.haze, 0.45 * above + 0.35 * sky.haze, d)
    deep = color * (0.25 + 0.75 * sky.light) * 0.8
    share = 0.78 * torch.exp(-2.2 * d) + 0.16 + ripples.lean
    water = canvas.ramp(deep, mirrored, share)
    if sky.sun is not None:
        lane = torch.exp(-(((canvas.x - sky.sun.x) / (0.5 * sky.sun.radius + 0.3 * d)) ** 2))
        sparks = smooth(0.62, 0.76, ripples.glint + 0.2 * lane) + 0.5 * ripples.lean.clamp(min=0)
        low = 1.0 if sky.glare > 0.4 else 0.6
        water = canvas.lay(water, sky.sun.color, low * (lane * (0.25 + sparks)).clamp(0, 1))
    picture = canvas.lay(
        sky.picture, water.clamp(0, 1), masked_below(canvas, sky.horizon + 0 * canvas.x)
    )
    return picture, join(named(canvas, f"land:{name}"), words)


def waves(canvas: Canvas, sky: Sky) -> Land:
    """Draw rows of swell that lean forward: light through the crests, foam on them and behind."""
    picture, facts = sea(canvas, sky, "waves", 0.05)
    lit = 0.25 + 0.75 * sky.light
    deep, thin = canvas.color((0.02, 0.17, 0.30), 0.02), canvas.color((0.10, 0.55, 0.58), 0.03)
    for row in range(5):
        near = (row + 0.5) / 5
        foot = sky.horizon + (1 - sky.horizon) * near**1.25
        high = 0.05 + 0.2 * near
        heave = canvas.noise(2.6 / (0.4 + near), 2, 0.45, drift=(0.1 + 0.12 * near, 0.0))
        crests = canvas.ridge(2.4 / (0.3 + near), 2, drift=0.1 + 0.1 * near, rounded=True)
        line = foot - high * (0.5 + 0.75 * crests)
        line = line - 0.012 * near * canvas.ridge(16, 2, drift=0.2)
        inside = ((canvas.y - line) / high).clamp(0, 3) + 0 * canvas.x
        folds = canvas.noise(10 / (0.5 + near), 3, 0.4, drift=(0.12, 0.05)) - 0.5
        light = (0.85 * torch.exp(-2.2 * inside) + 0.35 * folds + 0.2 * heave).clamp(0, 1)
        body = canvas.ramp(deep * lit, thin * lit + 0.12 * sky.haze, light)
        body = canvas.lay(body, sky.haze, (0.3 * (1 - near) + 0.25 * folds.clamp(0, 1)).clamp(0, 1))
        picture = canvas.lay(picture, body.clamp(0, 1), masked_below(canvas, line))
        lace = (2 * canvas.noise(13 / (0.5 + near), 3, 0.55, drift=(0.1, 0.06)) - 1).abs()
        white = smooth(0.3, 0.05, lace + 0.75 * inside - 0.35 * crests.clamp(min=0))
        veins = smooth(0.12, 0.03, lace) * smooth(1.6, 0.2, inside) * 0.6
        foam = (white + veins).clamp(0, 1) * masked_below(canvas, line)
        picture = canvas.lay(picture, (0.22 + 0.78 * lit).clamp(0, 1), foam * 0.92)
    return picture.clamp(0, 1), facts


def beach(canvas: Canvas, sky: Sky) -> Land:
    picture, words = sea(canvas, sky, "beach")
    line = (
        sky.horizon
        + (1 - sky.horizon) * canvas.rand(0.3, 0.5)
        + 0.07 * canvas.ridge(1.4, 2, rounded=True)
    )
    line = line + canvas.rand(-0.2, 0.2) * canvas.x - 0.025 * math.sin(1.1 * canvas.time_s)
    dry = (canvas.y - line).clamp(min=0)
    grain = 0.94 + 0.1 * canvas.noise(3, 2, 0.4) + 0.05 * canvas.noise(60, 2, 0.6)
    sand = canvas.color((0.94, 0.83, 0.60), 0.02) * (0.3 + 0.7 * sky.light) * grain.unsqueeze(1)
    damp = sand * 0.72 + 0.1 * sky.haze
    sand = canvas.lay(sand, damp, torch.exp(-((dry / 0.09) ** 2)))
    picture = canvas.lay(picture, sand.clamp(0, 1), masked_below(canvas, line))
    white = 0.2 + 0.8 * sky.light.clamp(0, 1)
    lace = canvas.noise(9, 3, 0.7)
    for row, width in enumerate((0.0, 0.07, 0.15)):
        surf = (line - row * 0.075 - 0.04 * lace - canvas.y).abs()
        foam = smooth(0.026 - 0.006 * row, 0.008, surf) * smooth(0.3, 0.5, lace + 0.25 - width)
        picture = canvas.lay(picture, white, foam * (0.95 - 0.2 * row))
    return picture.clamp(0, 1), words


SHORE = 0.12
"""How far the shore of a lake is below the horizon."""


def still_water(canvas: Canvas, shore: Tensor) -> Tensor:
    """Return how far ripples move what a lake mirrors, in units of the plane, (B, H, W)."""
    return 0.2 * depth_of(canvas, shore) * _ripples(canvas, depth_of(canvas, shore), 0.0).lean


def lake(canvas: Canvas, sky: Sky) -> Land:
    """Draw mountains, and the whole picture above the shore mirrored in still water: what draws a
    lake mirrors the canvas at the shore before it draws the sky (`Canvas.mirror`).
    """
    picture, _ = peaks(canvas, sky, canvas.coin(0.5), "none")
    shore = sky.horizon + SHORE
    down = ((canvas.level - shore) / (canvas.bottom - shore)).clamp(0, 1)
    water = canvas.color((0.10, 0.30, 0.42), 0.02) * sky.light
    mirrored = canvas.lay(picture * 0.94, water, 0.12 + 0.45 * down)
    mirrored = canvas.lay(mirrored, sky.haze, 0.3 * torch.exp(-(down / 0.03)))
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
    depth = depth_of(canvas, sky.horizon)
    ripples = _ripples(canvas, depth, 0.0)
    water = canvas.color((0.08, 0.33, 0.50), 0.03) * (0.25 + 0.75 * sky.light)
    shown = canvas.ramp(water, 0.8 * sky.haze, 0.75 * torch.exp(-2 * depth) + 0.2 + ripples.lean)
    below = masked_below(canvas, sky.horizon + 0.06 + 0 * canvas.x)
    bank = canvas.cover(across.abs() - half * 1.1) * below
    picture = canvas.lay(picture, picture * 0.55, bank)
    mask = canvas.cover(across.abs() - half) * below
    return canvas.lay(picture, shown.clamp(0, 1), mask), named(canvas, "land:river")
