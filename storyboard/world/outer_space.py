"""Outer space: galaxies, nebulas, planets, the earth."""

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth, turn
from storyboard.world.shapes import pick_names
from storyboard.world.subjects import Drawn, coloured_facts, facts_of


def _space(canvas: Canvas) -> Tensor:
    """Return the dark between the stars, with stars of many sizes and a few colours."""
    picture = canvas.plain(canvas.color((0.015, 0.015, 0.045), 0.008))
    picture = picture * (0.6 + 0.9 * canvas.noise(1.5, 2)).unsqueeze(1)
    picture = canvas.lay(
        picture, canvas.color((0.72, 0.80, 1.0), 0.02), 0.5 * canvas.specks(0.04, 0)
    )
    picture = canvas.lay(picture, canvas.color((1.0, 0.86, 0.70), 0.02), canvas.specks(0.006))
    return canvas.lay(picture, canvas.color((1, 1, 1), 0), canvas.specks(0.01))


def galaxy(canvas: Canvas) -> Drawn:
    """Draw two arms of dust and young stars around a bright core, seen at a slant."""
    names = pick_names(
        canvas, ["purple", "blue", "pink", "white", "orange", "turquoise", "purple"], of="color"
    )
    color = canvas.named(names)
    px, py = turn(
        canvas.x - canvas.rand(-0.2, 0.2),
        canvas.y - canvas.rand(-0.2, 0.2),
        canvas.rand(-3, 3) + 0.08 * canvas.time_s,
    )
    py = py / canvas.rand(0.45, 0.8)
    radius, angle = torch.hypot(px, py), torch.atan2(py, px)
    wind = canvas.rand(4.0, 6.0) * (radius + 0.1) ** 0.7
    arms = torch.cos(2 * (angle - wind) + 1.6 * (canvas.noise(5, 3) - 0.5))
    dust = canvas.marbled(8, 5, amount=0.3)
    lanes = smooth(0.42, 0.6, canvas.marbled(6, 4, amount=0.35))
    fade = torch.exp(-2.0 * radius)
    arm = (smooth(-0.7, 1.0, arms) * (0.25 + 1.1 * dust) * fade * 2.4).clamp(0, 1)
    haze = 0.5 * torch.exp(-2.6 * radius)
    picture = canvas.lay(_space(canvas), color * 0.55, haze)
    picture = canvas.lay(picture, color, arm * (0.55 + 0.45 * lanes))
    young = (arm * smooth(0.5, 0.85, dust)).clamp(0, 1)
    picture = canvas.lay(picture, color * 0.35 + 0.65, young * 0.9)
    sparks = canvas.specks(0.05, 0.2) * (arm * 1.6).clamp(0, 1)
    picture = canvas.lay(picture, canvas.color((1, 0.97, 0.95), 0.01), sparks)
    core = 0.9 * torch.exp(-((radius / 0.16) ** 2)) + 0.5 * torch.exp(-radius / 0.16)
    picture = canvas.lay(picture, canvas.color((1, 0.94, 0.80), 0.02), core.clamp(0, 1))
    return picture, [[*row, "space", "stars"] for row in coloured_facts("galaxy", "galaxy", names)]


def nebula(canvas: Canvas) -> Drawn:
    """Draw clouds of gas in two colours, lit from within, with dark dust before them."""
    names = pick_names(
        canvas, ["purple", "blue", "pink", "red", "turquoise", "orange", "green"], of="color"
    )
    other = canvas.named(
        pick_names(canvas, ["purple", "blue", "pink", "orange", "turquoise"], names)
    )
    cloud = canvas.marbled(2.4, 6, amount=0.5, drift=(0.012, 0.0))
    veil = canvas.marbled(2.8, 6, amount=0.5, drift=(-0.015, 0.01))
    threads = 1 - (2 * canvas.marbled(2.6, 6, amount=0.45, drift=(0.01, 0.0)) - 1).abs()
    picture = _space(canvas)
    body = smooth(0.25, 0.7, cloud)
    picture = canvas.lay(picture, canvas.named(names) * (0.5 + 0.7 * cloud).unsqueeze(1), body)
    picture = canvas.lay(picture, other, 0.8 * smooth(0.4, 0.9, veil) * (0.3 + 0.7 * body))
    bright = smooth(0.6, 1.0, threads) * smooth(0.4, 0.8, cloud)
    picture = canvas.lay(picture, canvas.color((1, 0.88, 0.86), 0.03), 0.75 * bright)
    dust = smooth(0.58, 0.85, canvas.marbled(3.0, 6, amount=0.5)) * 0.6
    picture = picture * (1 - dust).unsqueeze(1)
    picture = canvas.lay(picture, canvas.color((1, 1, 1), 0), canvas.specks(0.008))
    return picture, [[*row, "space", "stars"] for row in coloured_facts("nebula", "nebula", names)]


def _globe(canvas: Canvas, radius: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Mask, light, and the two coordinates of a ball somewhere near the middle."""
    px, py = canvas.x - canvas.rand(-0.2, 0.2), canvas.y - canvas.rand(-0.2, 0.2)
    distance = torch.hypot(px, py)
    z = (1 - (distance / radius).clamp(max=1) ** 2).sqrt()
    light = (0.02 + 1.2 * ((-px * 0.62 - py * 0.42) / radius + 0.62 * z)).clamp(0.015, 1.1)
    return canvas.cover(distance - radius), light, px / radius, py / radius


def _air(canvas: Canvas, picture: Tensor, ball: tuple[Tensor, Tensor], color: Tensor) -> Tensor:
    """Return a picture with the glow of an atmosphere around a ball, on its lit side."""
    px, py = ball
    away = (torch.hypot(px, py) - 1).abs()
    lit = smooth(-0.5, 0.9, -px * 0.75 - py * 0.5)
    return canvas.lay(picture, color, 0.75 * lit * torch.exp(-away / 0.05))


def planet(canvas: Canvas) -> Drawn:
    names = pick_names(
        canvas, ["red", "orange", "blue", "purple", "green", "golden", "turquoise"], of="color"
    )
    ringed = canvas.coin(0.5, "ringed")
    mask, light, px, py = _globe(
        canvas, canvas.rand(0.36, 0.5) if ringed else canvas.rand(0.45, 0.75)
    )
    swirl = canvas.marbled(3, 4, 0.5, amount=0.4, drift=(0.06, 0.0)) - 0.5
    bands = torch.sin(py * canvas.rand(7, 14) + 3.5 * swirl)
    fine = torch.sin(py * canvas.rand(24, 36) + 9 * swirl)
    tone = canvas.named(names)
    skin = canvas.ramp(tone * 0.72, tone * 0.7 + 0.3, 0.5 + 0.36 * bands + 0.14 * fine)
    picture = canvas.lay(_space(canvas), (skin * light.unsqueeze(1)).clamp(0, 1), mask)
    picture = _air(canvas, picture, (px, py), tone * 0.5 + 0.4)
    if ringed:
        qx, qy = turn(px, py, canvas.rand(-0.4, 0.4))
        around = torch.hypot(qx, qy * 3.6)
        grooves = 0.55 + 0.25 * torch.sin(around * 26) + 0.2 * torch.sin(around * 71)
        band = smooth(1.25, 1.3, around) * smooth(2.05, 2.0, around) * grooves
        front = torch.maximum((qy > 0).float(), 1 - mask)
        shadow = 1 - 0.75 * smooth(0.35, 0.9, px * 0.8 + py * 0.55) * (around < 2.1)
        ring = canvas.color((0.92, 0.83, 0.66), 0.03) * shadow.unsqueeze(1)
        picture = canvas.lay(picture, ring, (band * front * 0.95).clamp(0, 1))
    facts = coloured_facts("planet", "planet", names)
    return picture, [[*row, "space", *(["ringed"] if ringed else [])] for row in facts]


def earth(canvas: Canvas) -> Drawn:
    """Return continents in blue water under swirls of cloud, with a thin bright air around."""
    mask, light, px, py = _globe(canvas, canvas.rand(0.5, 0.8))
    turned = (0.06, 0.0)
    ground = canvas.marbled(2.4, 6, amount=0.5, drift=turned)
    land = smooth(0.51, 0.525, ground)
    deep, shallow = canvas.color((0.02, 0.13, 0.42), 0.02), canvas.color((0.08, 0.42, 0.66), 0.02)
    sea = canvas.ramp(deep, shallow, smooth(0.36, 0.52, ground))
    green = canvas.color((0.16, 0.40, 0.15), 0.03)
    dry = canvas.color((0.66, 0.56, 0.34), 0.03)
    soil = canvas.ramp(green, dry, smooth(0.45, 0.6, canvas.noise(3, 4, drift=turned)))
    soil = soil * (0.8 + 0.5 * (ground - 0.4)).unsqueeze(1)
    skin = canvas.lay(sea, soil, land)
    skin = canvas.lay(skin, canvas.color((0.95, 0.97, 1), 0.01), smooth(0.80, 0.9, py.abs()))
    clouds = smooth(0.5, 0.8, canvas.marbled(3.4, 6, 0.55, amount=0.6, drift=(0.09, 0.0)))
    skin = canvas.lay(skin, canvas.color((1, 1, 1), 0), 0.92 * clouds)
    picture = canvas.lay(_space(canvas), (skin * light.unsqueeze(1)).clamp(0, 1), mask)
    blue = canvas.color((0.45, 0.72, 1.0), 0.02)
    return _air(canvas, picture, (px, py), blue), facts_of(canvas, "subject:earth", "space")
