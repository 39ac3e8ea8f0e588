"""Under water and falling water: fish, coral, jellyfish, a waterfall."""

import math

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth, turn
from storyboard.world.shapes import pick_names
from storyboard.world.subjects import LIGHT, Drawn, coloured_facts, facts_of, middle


def underwater(canvas: Canvas) -> Drawn:
    """Light from above, sand or coral below, bubbles, sometimes fish."""
    picture = canvas.ramp(
        canvas.color((0.30, 0.78, 0.88), 0.05),
        canvas.color((0.01, 0.14, 0.38), 0.03),
        (canvas.y + 1) / 1.9 + 0 * canvas.x,
    )
    px, _ = turn(canvas.x + 0 * canvas.y, canvas.y + 0 * canvas.x, canvas.rand(-0.35, 0.35))
    shafts = canvas.lattices(7.0, 2, 1.0)
    rays = canvas.noise_at(shafts, px * 1.6 + 0.05 * canvas.time_s, 0.05 * canvas.y)
    rays = rays * (0.6 + 0.4 * torch.sin(3 * px + 0.6 * canvas.time_s))
    beams = smooth(0.3, 0.85, rays) * smooth(0.75, -0.9, canvas.y)
    picture = canvas.lay(picture, canvas.color((0.75, 0.96, 1), 0.02), 0.55 * beams)
    motes = canvas.specks(0.012, 0.2, drift=(0.02, -0.03))
    picture = canvas.lay(picture, canvas.color((0.8, 0.97, 1), 0.01), 0.35 * motes)
    bed = 0.62 + 0.12 * canvas.ridge(2, 2)
    webs = 1 - (2 * canvas.marbled(5, 2, 0.5, amount=0.2, drift=(0.05, 0.0)) - 1).abs()
    lit_sand = 0.62 + 0.25 * canvas.noise(8, 3) + 0.45 * smooth(0.8, 1.0, webs)
    sand = canvas.color((0.52, 0.62, 0.52), 0.03) * lit_sand.unsqueeze(1)
    picture = canvas.lay(picture, sand.clamp(0, 1), canvas.cover(bed - canvas.y))
    facts = facts_of(canvas, "subject:underwater")
    if canvas.coin(0.55, "coral"):
        for i in range(5):
            cx = (i - 2) * 0.42 * canvas.reach_x + canvas.rand(-0.12, 0.12)
            qx, qy = canvas.x - cx, canvas.y - bed - 0.06
            angle, radius = torch.atan2(qx, -qy), torch.hypot(qx, qy)
            lobes = radius - canvas.rand(0.25, 0.48) * (
                0.62 + 0.38 * torch.cos(angle * 7 + canvas.rand(0, 6))
            )
            coral = canvas.named(pick_names(canvas, ["pink", "orange", "red", "purple", "yellow"]))
            coral = coral * (0.7 + 0.5 * canvas.noise(12, 1)).unsqueeze(1)
            picture = canvas.lay(
                picture, coral.clamp(0, 1), canvas.cover(torch.maximum(lobes, qy - 0.1))
            )
        facts = [[*f, "coral"] for f in facts]
    if canvas.coin(0.6, "fish"):
        for _ in range(3):
            names = pick_names(canvas, ["orange", "yellow", "red", "blue", "golden", "pink"])
            place = canvas.rand(-0.65, 0.65), canvas.rand(-0.65, 0.4), canvas.rand(0.16, 0.28)
            picture = _fish(canvas, picture, place, names)
        facts = [[*f, "fish"] for f in facts]
    for _ in range(6):
        across, down = canvas.rand(-0.9, 0.9), canvas.rand(-0.9, 0.5)
        risen = (canvas.y - down + 0.22 * canvas.time_s + 1).remainder(2) - 1
        ring = torch.hypot(canvas.x - across, risen if canvas.time_s else canvas.y - down)
        size = canvas.rand(0.025, 0.06)
        picture = canvas.lay(
            picture,
            canvas.color((0.85, 0.97, 1), 0.01),
            0.6 * canvas.cover((ring - size).abs() - 0.012),
        )
    return picture, facts


def _fish(
    canvas: Canvas, picture: Tensor, place: tuple[Tensor, Tensor, Tensor], names: list[str]
) -> Tensor:
    cx, cy, s = place
    way = canvas.integers(0, 2) * 2.0 - 1
    cx = cx + way * 0.1 * math.sin(0.7 * canvas.time_s)
    cy = cy + 0.02 * math.sin(1.9 * canvas.time_s)
    px, py = (canvas.x - cx) / s * way, (canvas.y - cy) / s
    body = torch.hypot(px, py / 0.58) - 1
    tail = torch.maximum((py.abs() - (-px - 0.75) * 0.9), -px - 1.55)
    fin = torch.maximum((px + 0.1).abs() - (py + 1.0) * 0.7, py + 0.35)
    color = canvas.named(names)
    stripes = smooth(0.2, 0.5, torch.sin(px * 5 + 0.8)).unsqueeze(1) * (px > -0.9).unsqueeze(1)
    skin = color + (0.95 - color) * stripes * canvas.integers(0, 2).unsqueeze(1)
    scales = 0.06 * torch.sin(px * 26 + 9 * py) * torch.sin(px * 26 - 9 * py)
    skin = skin * (1.02 - 0.55 * py + scales * (body < 0)).unsqueeze(1)
    rays = (0.8 + 0.16 * torch.sin(25 * torch.atan2(py, px + 0.4))).unsqueeze(1)
    mask = canvas.cover(torch.minimum(tail, fin) * s * 0.7)
    picture = canvas.lay(picture, (skin * rays).clamp(0, 1), mask)
    mask = canvas.cover(body * s * 0.7)
    picture = canvas.lay(picture, skin.clamp(0, 1), mask)
    eye = torch.hypot(px - 0.55, py + 0.12)
    picture = canvas.lay(picture, torch.ones(1, 3, 1, 1), canvas.cover((eye - 0.17) * s))
    return canvas.lay(picture, torch.zeros(1, 3, 1, 1), canvas.cover((eye - 0.09) * s))


def fish(canvas: Canvas) -> Drawn:
    picture = canvas.ramp(
        canvas.color((0.25, 0.68, 0.85), 0.06),
        canvas.color((0.03, 0.25, 0.52), 0.05),
        (canvas.y + 1) / 2 + 0 * canvas.x,
    )
    names = pick_names(
        canvas, ["orange", "yellow", "red", "golden", "purple", "green", "pink"], of="color"
    )
    place = canvas.rand(-0.1, 0.1), canvas.rand(-0.15, 0.15), canvas.rand(0.42, 0.58)
    picture = _fish(canvas, picture, place, names)
    return picture, coloured_facts("fish", "fish", names)


def jellyfish(canvas: Canvas) -> Drawn:
    names = pick_names(
        canvas, ["pink", "purple", "turquoise", "white", "orange", "blue"], of="color"
    )
    picture = canvas.ramp(
        canvas.color((0.05, 0.22, 0.5), 0.05),
        canvas.color((0.01, 0.04, 0.18), 0.02),
        (canvas.y + 1) / 2 + 0 * canvas.x,
    )
    px, py, s = middle(canvas, 0.7, 0.9)
    color = canvas.named(names)
    glow = torch.exp(-(px * px + (py + 0.3) ** 2) / 0.5)
    picture = canvas.lay(picture, color, 0.35 * glow)
    down = (py + 0.25).clamp(min=0)
    for i in range(7):
        path = (i - 3) * 0.15 + 0.09 * torch.sin(
            py * 7 + canvas.rand(0, 6) - 2.2 * canvas.time_s
        ) * down
        tentacle = torch.maximum(
            (px - path).abs() - 0.035 * (1.3 - down), torch.maximum(-0.3 - py, py - 0.95)
        )
        picture = canvas.lay(picture, (color * 0.85 + 0.1), 0.75 * canvas.cover(tentacle * s))
    bell = torch.maximum(torch.hypot(px / 0.62, (py + 0.22) / 0.6) - 1, (py + 0.2) * 1.4)
    tone = (color * (0.75 - 0.45 * py - 0.2 * torch.cos(px * 14)).unsqueeze(1)).clamp(0, 1)
    return canvas.lay(picture, tone, 0.92 * canvas.cover(bell * 0.6 * s)), coloured_facts(
        "jellyfish", "jellyfish", names
    )


def waterfall(canvas: Canvas) -> Drawn:
    """Draw white water between mossy cliffs, with mist and a pool below."""
    sky = canvas.color((0.70, 0.86, 0.96), 0.03)
    brow, pool = canvas.rand(-0.7, -0.5), canvas.rand(0.5, 0.62)
    picture = canvas.plain(sky)
    creases = canvas.lattices(3.4, 5, 0.7)
    height = [
        1 - (2 * canvas.noise_at(creases, canvas.x - step, canvas.y * 0.75) - 1).abs()
        for step in (0.0, 0.03)
    ]
    faces = (0.5 + 2.6 * (height[0] - height[1])).clamp(0, 1)
    rock = canvas.color((0.30, 0.30, 0.31), 0.02) * (0.4 + 1.0 * faces).unsqueeze(1)
    green = canvas.color((0.20, 0.44, 0.14), 0.03) * (0.5 + 0.9 * faces).unsqueeze(1)
    grown = smooth(0.48, 0.6, canvas.noise(3, 4, 1.2) + 0.25 * (brow + 0.3 - canvas.y))
    rock = canvas.lay(rock, green, 0.85 * grown)
    edge = brow + 0.12 * canvas.ridge(3, 4)
    picture = canvas.lay(picture, rock.clamp(0, 1), canvas.cover(edge - canvas.y))
    cx, half = canvas.rand(-0.2, 0.2), canvas.rand(0.2, 0.34)
    ragged = 0.05 * canvas.sideways().ridge(5, 3).transpose(1, 2)
    inside = (canvas.x - cx).abs() - half - 0.05 * canvas.y + ragged
    threads = canvas.noise(30, 3, stretch=2.0)
    sheets = canvas.marbled(9, 3, 1.0, amount=0.05)
    falling = canvas.lattices(26, 3, 1.4)
    strands = canvas.noise_at(falling, canvas.x, 0.16 * (canvas.y - 1.6 * canvas.time_s))
    light = (0.35 + 0.7 * strands + 0.15 * threads + 0.2 * (sheets - 0.5)).clamp(0, 1)
    water = canvas.ramp(canvas.color((0.50, 0.68, 0.80), 0.02), LIGHT, light)
    cover = smooth(0.03, -0.03, inside + 0.06 * (strands - 0.5))
    picture = canvas.lay(picture, picture * 0.55, smooth(0.12, 0.0, inside) * (canvas.y > edge))
    picture = canvas.lay(picture, water, cover * canvas.cover(edge + 0.03 - canvas.y))
    depth = ((canvas.y - pool) / (canvas.bottom - pool)).clamp(0, 1)
    waves = canvas.noise(26, 3, 0.3, drift=(0.0, 0.1)) - 0.5
    shallow, deep = canvas.color((0.30, 0.58, 0.62), 0.02), canvas.color((0.04, 0.22, 0.28), 0.02)
    basin = canvas.ramp(shallow, deep, depth + 0.5 * waves)
    picture = canvas.lay(picture, basin.clamp(0, 1), canvas.cover(pool + 0 * canvas.x - canvas.y))
    puffs = canvas.marbled(3, 4, 0.8, amount=0.4, drift=(0.0, -0.3))
    spread = ((canvas.x - cx) / 0.6) ** 2 + ((canvas.y - pool) / 0.16) ** 2
    mist = torch.exp(-spread) * (0.35 + 1.1 * puffs)
    return canvas.lay(picture, LIGHT, (0.85 * mist).clamp(0, 1)), facts_of(
        canvas, "subject:waterfall"
    )
