"""Outer space: galaxies, nebulas, planets, the earth."""

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth, turn
from storyboard.world.shapes import pick_names
from storyboard.world.subjects import Drawn, coloured_facts, facts_of


def _space(canvas: Canvas) -> Tensor:
    picture = canvas.plain(canvas.color((0.02, 0.015, 0.05), 0.01))
    return canvas.lay(picture, canvas.color((1, 1, 1), 0), canvas.specks(0.014))


def galaxy(canvas: Canvas) -> Drawn:
    names = pick_names(
        canvas, ["purple", "blue", "pink", "white", "orange", "turquoise", "purple"], of="color"
    )
    color = canvas.named(names)
    px, py = turn(
        canvas.x - canvas.rand(-0.2, 0.2),
        canvas.y - canvas.rand(-0.2, 0.2),
        canvas.rand(-3, 3) + 0.08 * canvas.time_s,
    )
    py = py / canvas.rand(0.5, 0.95)
    radius, angle = torch.hypot(px, py), torch.atan2(py, px)
    arms = torch.cos(2 * (angle - canvas.rand(4.0, 6.0) * (radius + 0.1) ** 0.7))
    fade = torch.exp(-2.4 * radius)
    dust = canvas.noise(7, 4)
    arm = (smooth(-0.35, 0.9, arms) * (0.45 + 0.85 * dust) * fade * 1.9).clamp(0, 1)
    picture = canvas.lay(_space(canvas), color, arm)
    picture = canvas.lay(
        picture, (color * 0.4 + 0.6), (arm * smooth(0.45, 0.9, dust) * 0.9).clamp(0, 1)
    )
    core = torch.exp(-((radius / 0.2) ** 2))
    picture = canvas.lay(picture, canvas.color((1, 0.95, 0.82), 0.02), core)
    return picture, [[*row, "space", "stars"] for row in coloured_facts("galaxy", "galaxy", names)]


def nebula(canvas: Canvas) -> Drawn:
    names = pick_names(
        canvas, ["purple", "blue", "pink", "red", "turquoise", "orange", "green"], of="color"
    )
    other = canvas.named(
        pick_names(canvas, ["purple", "blue", "pink", "orange", "turquoise"], names)
    )
    cloud = canvas.noise(2.5, 5, drift=(0.012, 0.0))
    veil = canvas.noise(3, 5, drift=(-0.015, 0.01))
    picture = canvas.lay(_space(canvas), canvas.named(names), smooth(0.3, 0.75, cloud))
    picture = canvas.lay(picture, other, 0.75 * smooth(0.5, 0.9, veil))
    bright = smooth(0.62, 0.95, cloud * (0.5 + veil))
    picture = canvas.lay(picture, canvas.color((1, 0.9, 0.9), 0.03), bright * 0.85)
    picture = canvas.lay(picture, canvas.color((1, 1, 1), 0), canvas.specks(0.008))
    return picture, [[*row, "space", "stars"] for row in coloured_facts("nebula", "nebula", names)]


def _globe(canvas: Canvas, radius: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Mask, light, and the two coordinates of a ball somewhere near the middle."""
    px, py = canvas.x - canvas.rand(-0.2, 0.2), canvas.y - canvas.rand(-0.2, 0.2)
    distance = torch.hypot(px, py)
    z = (1 - (distance / radius).clamp(max=1) ** 2).sqrt()
    light = (0.12 + 1.15 * ((-px * 0.6 - py * 0.5) / radius + 0.75 * z)).clamp(0.04, 1.1)
    return canvas.cover(distance - radius), light, px / radius, py / radius


def planet(canvas: Canvas) -> Drawn:
    names = pick_names(
        canvas, ["red", "orange", "blue", "purple", "green", "golden", "turquoise"], of="color"
    )
    ringed = canvas.coin(0.5, "ringed")
    mask, light, px, py = _globe(
        canvas, canvas.rand(0.36, 0.5) if ringed else canvas.rand(0.45, 0.75)
    )
    bands = torch.sin(py * canvas.rand(7, 14) + 3 * (canvas.noise(3, 3, drift=(0.06, 0.0)) - 0.5))
    skin = canvas.named(names) * (0.88 + 0.24 * bands).unsqueeze(1)
    picture = canvas.lay(_space(canvas), (skin * light.unsqueeze(1)).clamp(0, 1), mask)
    if ringed:
        qx, qy = turn(px, py, canvas.rand(-0.4, 0.4))
        around = torch.hypot(qx, qy * 3.6)
        band = (
            smooth(1.25, 1.35, around)
            * smooth(2.05, 1.95, around)
            * (0.6 + 0.4 * torch.sin(around * 26))
        )
        front = torch.maximum((qy > 0).float(), 1 - mask)
        picture = canvas.lay(
            picture, canvas.color((0.9, 0.8, 0.62), 0.04), (band * front * 0.9).clamp(0, 1)
        )
    facts = coloured_facts("planet", "planet", names)
    return picture, [[*row, "space", *(["ringed"] if ringed else [])] for row in facts]


def earth(canvas: Canvas) -> Drawn:
    mask, light, _, _ = _globe(canvas, canvas.rand(0.5, 0.8))
    land = smooth(0.5, 0.55, canvas.noise(3, 4, drift=(0.06, 0.0)))
    skin = canvas.lay(canvas.plain(canvas.color((0.06, 0.25, 0.65), 0.03)),
                      canvas.color((0.2, 0.5, 0.18), 0.04), land)  # fmt: skip
    skin = canvas.lay(
        skin,
        canvas.color((1, 1, 1), 0),
        0.85 * smooth(0.58, 0.8, canvas.noise(4, 4, 0.5, drift=(0.09, 0.0))),
    )
    picture = canvas.lay(_space(canvas), (skin * light.unsqueeze(1)).clamp(0, 1), mask)
    return picture, facts_of(canvas, "subject:earth", "space")
