"""Things that burn: fire, a campfire, a candle, lava."""

import math

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth, turn
from storyboard.world.shapes import box, pick_names
from storyboard.world.subjects import Drawn, coloured_facts, facts_of


def _flame(canvas: Canvas, cx: Tensor, foot: Tensor, height: Tensor, width: Tensor) -> Tensor:
    """Return the heat of a flame: 1 in its core, 0 outside, with tongues that tear off on top."""
    up = (foot - canvas.y) / height
    rise = (0.0, -1.1)
    sway = 0.45 * (canvas.noise(2.2, 2, 0.8, drift=(0.0, -0.7)) - 0.5) * up.clamp(min=0)
    half = width * (1.02 - up).clamp(min=0) ** 0.8 * smooth(-0.1, 0.2, up)
    across = (canvas.x - cx - sway * height).abs() / (half + 1e-3)
    licks = canvas.marbled(4.5, 4, 2.2, amount=0.22, drift=rise)
    heat = 1.2 - across**1.5 - 0.55 * up + 1.5 * (licks - 0.5) * (0.25 + up.clamp(0, 1))
    return smooth(0.0, 1.0, heat) * smooth(-0.12, 0.05, up)


def burn(canvas: Canvas, picture: Tensor, heat: Tensor) -> Tensor:
    glow = smooth(0.0, 0.35, heat)
    picture = canvas.lay(picture, canvas.color((0.86, 0.16, 0.03), 0.04), glow)
    picture = canvas.lay(picture, canvas.color((1.0, 0.52, 0.06), 0.04), smooth(0.25, 0.6, heat))
    picture = canvas.lay(picture, canvas.color((1.0, 0.86, 0.25), 0.03), smooth(0.5, 0.85, heat))
    return canvas.lay(picture, canvas.color((1.0, 0.97, 0.75), 0.02), smooth(0.82, 1.0, heat))


def fire(canvas: Canvas) -> Drawn:
    """Return a wall of fire along the lower edge, sparks above it."""
    picture = canvas.plain(canvas.color((0.04, 0.015, 0.015), 0.01))
    up = (canvas.bottom - canvas.y) / canvas.rand(1.25, 1.6)
    towers = canvas.noise(1.6, 2, 0.9, drift=(0.05, -0.25)) - 0.5
    licks = 1 - (2 * canvas.marbled(2.6, 5, 1.7, amount=0.5, drift=(0.0, -0.75)) - 1).abs()
    fine = canvas.marbled(7, 3, 2.0, amount=0.2, drift=(0.0, -1.1)) - 0.5
    heat = 0.98 - 1.35 * up + 0.8 * towers + 1.1 * (licks - 0.62) * (0.35 + up) + 0.35 * fine
    heat = smooth(0.0, 1.0, heat)
    low = torch.exp(-2 * up.clamp(min=0)) + 0 * heat
    picture = canvas.lay(picture, canvas.color((0.55, 0.14, 0.03), 0.03), 0.6 * low)
    sparks = canvas.specks(0.008, 0.6, drift=(0.06, -0.7)) * smooth(1.1, 0.3, up)
    picture = burn(canvas, picture, heat)
    return canvas.lay(picture, canvas.color((1, 0.75, 0.3), 0.03), sparks), facts_of(
        canvas, "subject:fire"
    )


def campfire(canvas: Canvas) -> Drawn:
    picture = canvas.ramp(
        canvas.color((0.02, 0.03, 0.09), 0.01),
        canvas.color((0.07, 0.06, 0.1), 0.02),
        (canvas.y + 1) / 2 + 0 * canvas.x,
    )
    picture = canvas.lay(picture, canvas.color((1, 1, 0.9), 0.02),
                         canvas.specks(0.006) * smooth(0.2, -0.2, canvas.y))  # fmt: skip
    foot, cx = canvas.rand(0.5, 0.65), canvas.rand(-0.15, 0.15)
    earth = canvas.color((0.2, 0.13, 0.08), 0.02)
    picture = canvas.lay(picture, earth, smooth(0.3, 0.5, canvas.y + 0 * canvas.x))
    picture = canvas.lay(
        picture, canvas.color((0.9, 0.4, 0.08), 0.03), 0.6 * canvas.glow(cx, foot - 0.2, 0.4)
    )
    heat = torch.zeros(canvas.count, canvas.height, canvas.width)
    for i in range(3):
        tall = canvas.rand(0.75, 1.1) * (1.15 if i == 1 else 0.8)
        heat = torch.maximum(
            heat, _flame(canvas, cx + (i - 1) * 0.13, foot, tall, canvas.rand(0.16, 0.26))
        )
    picture = burn(canvas, picture, heat)
    wood = canvas.color((0.28, 0.16, 0.08), 0.02)
    for sign in (-1, 1):
        px, py = turn(canvas.x - cx, canvas.y - foot - 0.04, torch.full((1, 1, 1), sign * 0.35))
        picture = canvas.lay(picture, wood, canvas.cover(box(px, py, 0.36, 0.05)))
    return picture, facts_of(canvas, "subject:campfire", "night")


def candle(canvas: Canvas) -> Drawn:
    picture = canvas.plain(canvas.color((0.05, 0.04, 0.05), 0.02))
    cx, top = canvas.rand(-0.15, 0.15), canvas.rand(0.0, 0.2)
    picture = canvas.lay(
        picture, canvas.color((0.9, 0.5, 0.12), 0.03), 0.7 * canvas.glow(cx, top - 0.3, 0.42)
    )
    names = pick_names(canvas, ["white", "white", "red", "yellow", "blue", "golden"], of="color")
    wax = canvas.named(names) * (
        1.05 - 0.5 * (canvas.x - cx).abs() * 3 - 0.2 * (canvas.y - top)
    ).unsqueeze(1)
    body = torch.maximum((canvas.x - cx).abs() - canvas.rand(0.13, 0.2), top - canvas.y)
    picture = canvas.lay(picture, wax.clamp(0, 1), canvas.cover(body))
    wick = box(canvas.x - cx, canvas.y - top + 0.05, 0.015, 0.06)
    picture = canvas.lay(picture, canvas.color((0.1, 0.06, 0.05), 0.01), canvas.cover(wick))
    up = (top - 0.03 - canvas.y) / canvas.rand(0.4, 0.6)
    half = 0.26 * (up.clamp(0, 1) ** 0.5) * (1 - up).clamp(0, 1) ** 0.8
    lean = 0.05 * math.sin(3.1 * canvas.time_s) * math.sin(1.3 * canvas.time_s) * up.clamp(min=0)
    heat = smooth(1.0, 0.1, (canvas.x - cx - lean).abs() / (half + 1e-3)) * ((up > 0) & (up < 1))
    return burn(canvas, picture, heat), coloured_facts("candle", "candle", names)


def lava(canvas: Canvas) -> Drawn:
    """Draw glowing cracks between plates of dark rock."""
    crack = (canvas.marbled(2.6, 4, amount=0.4, drift=(0.03, 0.02)) - 0.5).abs() * 2
    second = (canvas.marbled(2.2, 3, amount=0.4, drift=(-0.02, 0.03)) - 0.5).abs() * 2.4
    seam = torch.minimum(crack, second)
    pulse = 0.85 + 0.15 * torch.sin(1.4 * canvas.time_s + 9 * canvas.noise(1.5, 1))
    heat = (0.85 * smooth(0.13, 0.0, seam) + 0.28 * torch.exp(-seam / 0.12)) * pulse
    plates = canvas.noise(8, 4)
    rock = canvas.color((0.12, 0.09, 0.09), 0.015) * (0.45 + 1.1 * plates).unsqueeze(1)
    return burn(canvas, rock.clamp(0, 1), heat), facts_of(canvas, "subject:lava")
