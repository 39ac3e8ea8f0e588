"""High and dry lands: mountains, hills, dunes, a volcano."""

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth
from storyboard.world.ground import Land, join, masked_below, named, tinted
from storyboard.world.sky import Sky


def desert(canvas: Canvas, sky: Sky) -> Land:
    """Draw dunes with sharp crests: bright on the side of the light, in shade on the other."""
    color, words = tinted(canvas, (0.93, 0.68, 0.38), "desert")
    lit = 0.25 + 0.75 * sky.light
    side = _side(canvas, sky)
    picture = sky.picture
    for layer in range(4):
        far = 1 - layer / 3
        base = sky.horizon + 0.04 + (1 - sky.horizon) * layer * 0.22
        crest = base - (0.16 + 0.05 * layer) * canvas.ridge(1.3 - 0.15 * layer, 1, rounded=True)
        crest = crest + 0.02 * canvas.ridge(5, 1, rounded=True)
        below = canvas.y - crest
        folds = canvas.lattices(1.6, 1, 0.8)
        lean, tilt = 0.9 * below, 0.05 * side
        here = canvas.noise_at(folds, canvas.x + lean, canvas.y * 0.4)
        there = canvas.noise_at(folds, canvas.x + lean + tilt, canvas.y * 0.4)
        bright = smooth(-0.012, 0.012, here - there)
        ripples = torch.sin((below + 0.12 * here) * (170 - 35 * layer) + 3 * canvas.x)
        shade = 0.66 + 0.42 * bright + 0.035 * (1 - far) * ripples - 0.1 * below.clamp(0, 1)
        dune = color * lit * shade.unsqueeze(1)
        dune = dune + (sky.haze - dune) * (0.06 + 0.42 * far)
        picture = canvas.lay(picture, dune.clamp(0, 1), masked_below(canvas, crest))
    return picture, join(named(canvas, "land:desert"), words)


def _side(canvas: Canvas, sky: Sky) -> float:
    """Return from which side the light comes: -1 from the left, 1 from the right."""
    thrown = -1.0 if canvas.coin(0.5) else 1.0
    return thrown if sky.sun is None else (1.0 if float(sky.sun.x.mean()) > 0 else -1.0)


LAYERS = 4
"""Ranges of mountains behind one another."""


def peaks(canvas: Canvas, sky: Sky, snow: bool, thing: str) -> Land:
    """Return ranges of mountains, bluer and paler the farther; their faces are lit from a side.

    The rock is ridged noise, 1 - abs(2 n - 1), whose creases run down from the crests: a face is
    bright where it falls towards the light.
    """
    color, words = tinted(canvas, (0.34, 0.34, 0.42), thing)
    lit = 0.3 + 0.7 * sky.light
    side = _side(canvas, sky)
    picture = sky.picture
    for layer in range(LAYERS):
        near = layer / (LAYERS - 1)
        line = 1 - 2 * canvas.ridge(1.3 + 0.5 * layer, 1, rounded=True).abs()
        line = 0.62 * line + 0.34 * canvas.ridge(4 + layer, 5)
        tall = 0.62 - 0.34 * near
        top = sky.horizon + 0.14 + 0.34 * near - tall * (0.55 + 0.5 * line)
        below = canvas.y - top
        rock = _rock(canvas, top, side)
        shade = 0.5 + 0.62 * rock + 0.12 * (0.3 - below).clamp(-0.5, 0.3)
        body = color * lit * shade.unsqueeze(1)
        if snow:
            ragged = 0.22 * (canvas.noise(7, 4) - 0.5) + 0.2 * (0.5 - rock)
            cap = smooth(0.03, -0.03, below - 0.5 + 0.3 * near + ragged)
            blue = torch.tensor([0.60, 0.70, 0.90]).view(1, 3, 1, 1)
            white = lit * (blue + (1 - blue) * smooth(0.25, 0.7, rock).unsqueeze(1))
            body = canvas.lay(body, white, cap)
        mist = (0.62 * (1 - near) ** 1.3 + 0.5 * smooth(0.0, 0.5, below) * (1 - 0.75 * near)).clamp(
            0, 0.92
        )
        body = canvas.lay(body, sky.haze.expand_as(body), mist)
        picture = canvas.lay(picture, body.clamp(0, 1), masked_below(canvas, top))
    return picture, words


def _rock(canvas: Canvas, top: Tensor, side: float) -> Tensor:
    """Return the light on the faces of a mountain below its crest, in [0, 1]."""
    creases = canvas.lattices(3.2, 5, 1.0)
    below = canvas.y - top
    across = canvas.x + 1.1 * below * (canvas.noise(1.6, 1) - 0.5)

    def height(x: Tensor) -> Tensor:
        return 1 - (2 * canvas.noise_at(creases, x, 0.7 * canvas.y + 0.5 * top) - 1).abs()

    return (0.5 + 2.6 * (height(across) - height(across + 0.04 * side))).clamp(0, 1)


def mountains(canvas: Canvas, sky: Sky) -> Land:
    picture, words = peaks(canvas, sky, False, "mountains")
    return picture, join(named(canvas, "land:mountains"), words)


def snowy_mountains(canvas: Canvas, sky: Sky) -> Land:
    picture, _ = peaks(canvas, sky, True, "none")
    return picture, named(canvas, "land:snowy mountains", "snow")


def hills(canvas: Canvas, sky: Sky) -> Land:
    """Draw rounded hills with fields on them, a rim of light along every crest."""
    color, words = tinted(canvas, (0.33, 0.60, 0.20), "hills")
    lit = 0.25 + 0.75 * sky.light
    picture = sky.picture
    for layer in range(5):
        near = layer / 4
        line = sky.horizon + 0.03 + 0.66 * near**1.3 - (0.1 + 0.08 * near) * canvas.ridge(
            1.3 - 0.4 * near, 2, rounded=True
        )  # fmt: skip
        below = (canvas.y - line).clamp(min=0)
        rim = torch.exp(-below / (0.05 + 0.1 * near))
        fields = canvas.noise(3.5, 2, 0.35) - 0.5
        shade = 0.86 + 0.26 * rim + 0.22 * fields - 0.22 * below
        tone = color * (1.08 - 0.3 * near) * lit * shade.unsqueeze(1)
        tone = tone + (sky.haze - tone) * 0.5 * (1 - near) ** 1.5
        picture = canvas.lay(picture, tone.clamp(0, 1), masked_below(canvas, line))
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
    faces = _rock(canvas, line, _side(canvas, sky))
    rock = canvas.color((0.25, 0.19, 0.19), 0.02) * (0.4 + 0.6 * sky.light)
    rock = rock * (0.55 + 0.9 * faces).unsqueeze(1)
    rock = canvas.lay(rock, fire, 0.3 * torch.exp(-((canvas.y - top) / 0.25).clamp(min=0)))
    picture = canvas.lay(picture, rock.clamp(0, 1), masked_below(canvas, line))
    below = (canvas.y - top).clamp(min=0)
    for _ in range(3):
        bends = canvas.sideways().ridge(3, 3).transpose(1, 2)
        drift = cx + canvas.rand(-0.55, 0.55) * below + 0.12 * bends * below.clamp(0, 0.6)
        half = 0.022 + 0.04 * below.clamp(0, 1) * (0.6 + 0.8 * canvas.noise(6, 1))
        stream = (canvas.x - drift).abs() - half
        crust = smooth(0.55, 0.75, canvas.noise(12, 3, 0.8, drift=(0.0, 0.12)))
        heat = (1 - 1.1 * below - 0.5 * crust + 0.3 * smooth(0.0, -0.03, stream)).clamp(0, 1)
        glow = torch.exp(-(stream / 0.05).clamp(min=0)) * masked_below(canvas, line)
        picture = canvas.lay(picture, fire * 0.8, 0.4 * glow)
        hot = canvas.ramp(fire * torch.tensor([0.75, 0.4, 0.3]).view(1, 3, 1, 1),
                          canvas.color((1, 0.88, 0.42), 0.02), heat)  # fmt: skip
        picture = canvas.lay(picture, hot, canvas.cover(stream) * masked_below(canvas, line))
    return picture.clamp(0, 1), named(canvas, "land:volcano", "lava", "smoke")
