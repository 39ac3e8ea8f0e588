"""High and dry lands: mountains, hills, dunes, a volcano."""

import torch

from storyboard.world.canvas import Canvas, smooth
from storyboard.world.ground import Land, join, masked_below, named, tinted
from storyboard.world.sky import Sky


def desert(canvas: Canvas, sky: Sky) -> Land:
    """Draw dunes: each one bright on one side of its crest and in shade on the other."""
    color, words = tinted(canvas, (0.90, 0.66, 0.36), "desert")
    picture = sky.picture
    for layer in range(3):
        base = sky.horizon + (1 - sky.horizon) * (layer * 0.3)
        crest = base + (0.10 + 0.07 * layer) * canvas.ridge(1.6, 2)
        edge = crest + (canvas.y - crest).clamp(min=0) * 0
        lean = canvas.ridge(1.8, 1) + (canvas.y - edge) * canvas.rand(-2, 2)
        shade = 0.72 + 0.36 * smooth(-0.12, 0.12, lean)
        ripples = 0.05 * torch.sin((canvas.y + 0.25 * canvas.noise(2, 2)) * (70 - 12 * layer))
        dune = color * (0.25 + 0.75 * sky.light) * (shade + ripples).unsqueeze(1)
        dune = dune + (sky.haze - dune) * (0.35 - 0.17 * layer)
        picture = canvas.lay(picture, dune.clamp(0, 1), masked_below(canvas, crest))
    return picture, join(named(canvas, "land:desert"), words)


def peaks(canvas: Canvas, sky: Sky, snow: bool, thing: str) -> Land:
    color, words = tinted(canvas, (0.36, 0.36, 0.42), thing)
    picture = sky.picture
    for layer in range(3):
        tall = 0.62 - 0.17 * layer
        line = canvas.ridge(2 + layer, 5)
        peak = canvas.rand(-0.6, 0.6)
        spike = (1.15 - (canvas.x - peak).abs() * canvas.rand(1.3, 2.0)).clamp(min=-0.3)
        top = sky.horizon + 0.12 + 0.22 * layer - tall * (0.4 + 0.35 * line + 0.5 * spike)
        rock = canvas.noise(7, 4)
        side = smooth(-0.25, 0.25, (canvas.x - peak) + 0.55 * (rock - 0.5))
        shade = 1.15 - 0.5 * side + 0.25 * (rock - 0.5)
        body = color * (0.3 + 0.7 * sky.light) * shade.unsqueeze(1)
        if snow:
            below = canvas.y - top
            cap = smooth(0.34 + 0.1 * layer, 0.1, below + 0.32 * (rock - 0.5))
            white = (0.25 + 0.75 * sky.light) * (1.05 - 0.28 * side).unsqueeze(1)
            body = canvas.lay(body, white, cap)
        body = body + (sky.haze - body) * (0.45 - 0.2 * layer)
        picture = canvas.lay(picture, body.clamp(0, 1), masked_below(canvas, top))
    return picture, words


def mountains(canvas: Canvas, sky: Sky) -> Land:
    picture, words = peaks(canvas, sky, False, "mountains")
    return picture, join(named(canvas, "land:mountains"), words)


def snowy_mountains(canvas: Canvas, sky: Sky) -> Land:
    picture, _ = peaks(canvas, sky, True, "none")
    return picture, named(canvas, "land:snowy mountains", "snow")


def hills(canvas: Canvas, sky: Sky) -> Land:
    color, words = tinted(canvas, (0.30, 0.62, 0.20), "hills")
    picture = sky.picture
    for layer in range(4):
        line = sky.horizon + 0.02 + 0.2 * layer + (0.16 + 0.02 * layer) * canvas.ridge(1.6, 2)
        tone = color * (0.25 + 0.75 * sky.light) * (1.12 - 0.13 * layer)
        tone = tone + (sky.haze - tone) * (0.36 - 0.12 * layer)
        inside = (canvas.y - line).clamp(min=0)
        light = 1.12 - 0.45 * inside + 0.16 * (canvas.noise(9, 3) - 0.5)
        picture = canvas.lay(
            picture, (tone * light.unsqueeze(1)).clamp(0, 1), masked_below(canvas, line)
        )
    return picture, join(named(canvas, "land:hills"), words)


def volcano(canvas: Canvas, sky: Sky) -> Land:
    """Return a cone with a glowing crater, lava running down and smoke above."""
    cx, width = canvas.rand(-0.25, 0.25), canvas.rand(0.13, 0.2)
    top = canvas.rand(-0.3, -0.05)
    away = (canvas.x - cx).abs()
    line = top + ((away - width).clamp(min=0) * 1.25) ** 0.85 + 0.05 * canvas.ridge(10, 2)
    plume = torch.exp(
        -(((canvas.x - cx - 0.25 * (canvas.noise(3, 3, drift=(0.0, -0.2)) - 0.5)) / 0.28) ** 2)
    )
    rising = (
        plume
        * smooth(0.1, -0.35, canvas.y - top)
        * smooth(0.2, 0.6, canvas.noise(4, 4, drift=(0.04, -0.25)))
    )
    picture = canvas.lay(sky.picture, canvas.color((0.3, 0.27, 0.28), 0.03), 0.85 * rising)
    fire = canvas.color((1.0, 0.45, 0.08), 0.04)
    spout = torch.exp(-((away / (0.06 + 0.25 * (top - canvas.y).clamp(min=0))) ** 2))
    spout = (
        spout
        * smooth(-0.55, 0.0, canvas.y - top)
        * smooth(0.3, 0.6, canvas.noise(10, 3, drift=(0.0, -1.0)))
    )
    picture = canvas.lay(picture, fire, 0.9 * spout + 0.3 * canvas.glow(cx, top, 0.3).clamp(0, 0.9))
    rock = canvas.color((0.2, 0.15, 0.14), 0.02) * (0.7 + 0.7 * canvas.noise(8, 4)).unsqueeze(1)
    picture = canvas.lay(picture, rock.clamp(0, 1), masked_below(canvas, line))
    for _ in range(3):
        drift = cx + canvas.rand(-0.5, 0.5) * (canvas.y - top) + 0.06 * torch.sin(canvas.y * 9)
        stream = (canvas.x - drift).abs() - 0.035 - 0.05 * (canvas.y - top).clamp(0, 1)
        mask = canvas.cover(stream) * masked_below(canvas, line)
        picture = canvas.lay(picture, canvas.ramp(canvas.color((1, 0.85, 0.3), 0.03), fire * 0.9,
                                                  (canvas.y - top) * 1.2), mask)  # fmt: skip
    return picture.clamp(0, 1), named(canvas, "land:volcano", "lava", "smoke")
