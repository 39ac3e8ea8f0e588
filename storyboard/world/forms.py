"""Subjects without a kind of their own: a tunnel, crystals, smoke."""

import torch

from storyboard.world.canvas import COLORS, Canvas, smooth, turn
from storyboard.world.shapes import pick_names
from storyboard.world.subjects import LIGHT, Drawn, coloured_facts


def tunnel(canvas: Canvas) -> Drawn:
    """Draw rings that close in on a bright or a black end."""
    names = pick_names(canvas, [n for n in COLORS if n not in ("black", "white")], of="color")
    px, py = canvas.x - canvas.rand(-0.25, 0.25), canvas.y - canvas.rand(-0.25, 0.25)
    radius = torch.hypot(px, py) if canvas.coin(0.6) else torch.maximum(px.abs(), py.abs())
    depth = torch.log(radius + 0.04)
    rings = smooth(-0.3, 0.3, torch.sin(depth * canvas.rand(7, 11) - 4 * canvas.time_s))
    shade = (radius / 0.9).clamp(0.05, 1) * (0.45 + 0.6 * rings)
    picture = (canvas.named(names) * shade.unsqueeze(1)).clamp(0, 1)
    if canvas.coin(0.6):
        white = canvas.color((1, 0.97, 0.88), 0.03)
        picture = canvas.lay(picture, white, torch.exp(-((radius / 0.22) ** 2)))
    return picture, coloured_facts("tunnel", "tunnel", names)


def crystal(canvas: Canvas) -> Drawn:
    """Return a cluster of pointed crystals, each with a light and a dark face."""
    names = pick_names(
        canvas, ["purple", "blue", "pink", "turquoise", "white", "green"], of="color"
    )
    picture = canvas.plain(canvas.color((0.07, 0.06, 0.1), 0.03))
    picture = canvas.lay(
        picture,
        canvas.named(names),
        0.3 * canvas.glow(torch.zeros(1, 1, 1), torch.zeros(1, 1, 1), 0.6),
    )
    for i, lean in enumerate((-0.75, 0.75, -0.35, 0.38, 0.0)):
        angle = canvas.rand(-0.1, 0.1) + lean
        px, py = turn(canvas.x, canvas.y - 0.7, angle)
        tall, half = canvas.rand(0.75, 1.05) + 0.12 * i, canvas.rand(0.13, 0.19)
        body = torch.maximum(
            torch.maximum(px.abs() - half, px.abs() * 0.85 + (-py - tall) * 0.5), py
        )
        tone = canvas.named(names)
        shade = torch.where(px < 0.03, torch.full((), 1.2), torch.full((), 0.62)) - 0.35 * (
            py + 0.5
        )
        skin = (tone * shade.unsqueeze(1) + 0.12).clamp(0, 1)
        picture = canvas.lay(picture, skin, canvas.cover(body))
        picture = canvas.lay(
            picture, LIGHT, 0.6 * canvas.cover((px - 0.03).abs() - 0.008) * canvas.cover(body)
        )
    return picture, coloured_facts("crystal", "crystal", names)


def smoke(canvas: Canvas) -> Drawn:
    """Return a plume that rises, spreads and curls, lit from the left."""
    names = pick_names(canvas, ["white", "grey", "white", "blue", "purple", "red"], of="color")
    picture = canvas.plain(canvas.color((0.04, 0.04, 0.05), 0.015))
    warp = canvas.noise(1.8, 3, drift=(0.0, -0.15)) - 0.5
    px = canvas.x + 1.1 * warp * smooth(1.0, -0.6, canvas.y)
    plume = torch.exp(-((px / (0.16 + 0.3 * (1 - canvas.y).clamp(min=0))) ** 2))
    curls = canvas.marbled(2.4, 5, 1.2, amount=0.7, drift=(0.0, -0.3))
    threads = 1 - (2 * canvas.marbled(2.0, 4, 1.4, amount=0.8, drift=(0.0, -0.25)) - 1).abs()
    density = (plume * (0.15 + 0.85 * smooth(0.3, 0.8, curls)) * (0.4 + 0.8 * threads**3)).clamp(
        0, 1
    )
    light = (0.5 + 0.5 * threads - 0.5 * px).clamp(0, 1)
    tone = canvas.ramp(canvas.named(names) * 0.45, canvas.named(names), light)
    return canvas.lay(picture, tone, density), coloured_facts("smoke", "smoke", names)
