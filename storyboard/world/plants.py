"""Flowers, leaves, mushrooms and fruit."""

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas, smooth, tau, turn
from storyboard.world.shapes import pick_names
from storyboard.world.subjects import LIGHT, Drawn, coloured_facts, facts_of, middle

GARDENS = (
    ((0.10, 0.26, 0.12), (0.38, 0.60, 0.26)), ((0.42, 0.68, 0.90), (0.90, 0.96, 0.98)),
    ((0.04, 0.05, 0.08), (0.16, 0.18, 0.24)), ((0.62, 0.72, 0.56), (0.96, 0.96, 0.86)),
)  # fmt: skip
"""Colours of the soft backgrounds of a single plant, in shade and in light."""


def garden(canvas: Canvas) -> Tensor:
    """Return a background for a single plant that is far out of focus: discs of light."""
    shade, light = (canvas.color(rgb, 0.03) for rgb in GARDENS[canvas.choice(len(GARDENS))])
    picture = canvas.ramp(shade, light, 0.2 + 0.8 * canvas.noise(1.6, 2))
    for _ in range(12):
        cx, cy = canvas.rand(-1, 1) * canvas.reach_x, canvas.rand(-1, 1)
        radius, bright = canvas.rand(0.08, 0.26), canvas.rand(0.05, 0.3)
        away = torch.hypot(canvas.x - cx, canvas.y - cy) - radius
        rim = 0.75 + 0.25 * smooth(-0.06, 0.0, away)
        picture = canvas.lay(picture, light, bright * rim * smooth(0.012, -0.012, away))
    return picture.clamp(0, 1)


def stem(canvas: Canvas, picture: Tensor, cx: Tensor, cy: Tensor) -> Tensor:
    green = canvas.color((0.15, 0.48, 0.15), 0.04)
    bend = cx + 0.12 * (canvas.y - cy) * canvas.rand(-1, 1)
    stalk = torch.maximum((canvas.x - bend).abs() - 0.035, cy - canvas.y)
    picture = canvas.lay(picture, green, canvas.cover(stalk))
    px, py = turn(canvas.x - cx - 0.2, canvas.y - cy - 0.62, torch.full((1, 1, 1), -0.6))
    leaf = torch.hypot(px, py * 2.6) - 0.22
    return canvas.lay(picture, green * 0.85, canvas.cover(leaf))


def flower(canvas: Canvas) -> Drawn:
    names = pick_names(
        canvas, ["red", "yellow", "pink", "purple", "white", "blue", "orange"], of="color"
    )
    cx, cy = canvas.rand(-0.12, 0.12), canvas.rand(-0.2, 0.0)
    picture = stem(canvas, garden(canvas), cx, cy)
    px, py = canvas.x - cx, canvas.y - cy
    radius, angle = torch.hypot(px, py), torch.atan2(py, px)
    count = canvas.integers(5, 10)
    wave = torch.cos(angle * count + canvas.rand(0, 6))
    petals = radius - canvas.rand(0.5, 0.68) * (0.68 + 0.32 * wave.sign() * wave.abs() ** 0.7)
    tone = canvas.named(names) * (0.72 + 0.2 * wave + 0.45 * radius).unsqueeze(1)
    picture = canvas.lay(picture, tone.clamp(0, 1), canvas.cover(petals * 0.7))
    middle = (
        canvas.color((0.98, 0.8, 0.15), 0.04)
        if canvas.coin(0.7)
        else canvas.color((0.3, 0.16, 0.06), 0.03)
    )
    picture = canvas.lay(picture, middle, canvas.cover(radius - canvas.rand(0.14, 0.19)))
    return picture, coloured_facts("flower", "flower", names)


def sunflower(canvas: Canvas) -> Drawn:
    cx, cy = canvas.rand(-0.1, 0.1), canvas.rand(-0.2, 0.0)
    sky = (
        canvas.color((0.5, 0.75, 0.95), 0.05)
        if canvas.coin(0.6)
        else canvas.color((0.2, 0.42, 0.15), 0.04)
    )
    picture = stem(canvas, canvas.plain(sky), cx, cy)
    px, py = canvas.x - cx, canvas.y - cy
    radius, angle = torch.hypot(px, py), torch.atan2(py, px)
    for shift, tone in ((0.0, (0.9, 0.6, 0.05)), (0.19, (1.0, 0.82, 0.1))):
        wave = torch.cos((angle + shift) * 16).abs()
        petals = radius - 0.68 * (0.72 + 0.28 * wave)
        picture = canvas.lay(picture, canvas.color(tone, 0.03), canvas.cover(petals * 0.6))
    seeds = canvas.color((0.28, 0.15, 0.05), 0.02) * (0.8 + 0.5 * canvas.noise(22, 1)).unsqueeze(1)
    picture = canvas.lay(picture, seeds.clamp(0, 1), canvas.cover(radius - canvas.rand(0.3, 0.36)))
    return picture, facts_of(canvas, "subject:sunflower")


def rose(canvas: Canvas) -> Drawn:
    names = pick_names(
        canvas, ["red", "red", "red", "pink", "white", "yellow", "purple", "blue"], of="color"
    )
    cx, cy = canvas.rand(-0.12, 0.12), canvas.rand(-0.25, -0.05)
    picture = stem(canvas, garden(canvas), cx, cy)
    px, py = canvas.x - cx, (canvas.y - cy) * 1.05
    radius, angle = torch.hypot(px, py), torch.atan2(py, px)
    size = canvas.rand(0.46, 0.6)
    wobble = 0.12 * torch.sin(angle * 3 + 5 * radius + canvas.rand(0, 6))
    turns = torch.log(radius / size + 0.08) * 3.1 - angle / tau() * 2 + canvas.rand(0, 1) + wobble
    whorl = turns % 1
    edge = radius - size * (1 + 0.07 * torch.cos(angle * 5 + canvas.rand(0, 6)))
    deep = smooth(0.0, 0.5, radius / size)
    fold = 0.32 + 0.75 * whorl**0.8 - 0.55 * smooth(0.9, 1.0, whorl)
    light = 0.16 * (-px * 0.6 - py) / size + 0.12 * (canvas.noise(5, 3) - 0.5)
    shade = (fold * (0.5 + 0.5 * deep) + light).clamp(0.06, 1.3)
    color = canvas.named(names)
    rim = 0.28 * smooth(0.72, 0.88, whorl) * smooth(1.0, 0.9, whorl) * deep
    tone = canvas.lay((color * shade.unsqueeze(1)).clamp(0, 1), color * 0.6 + 0.4, rim)
    return canvas.lay(picture, tone, canvas.cover(edge)), coloured_facts("rose", "rose", names)


def tulip(canvas: Canvas) -> Drawn:
    names = pick_names(canvas, ["red", "yellow", "pink", "purple", "orange", "white"], of="color")
    cx, cy = canvas.rand(-0.12, 0.12), canvas.rand(-0.3, -0.1)
    picture = stem(canvas, garden(canvas), cx, cy)
    px, py = canvas.x - cx, canvas.y - cy
    for side, light in ((-0.2, 0.82), (0.2, 0.9), (0.0, 1.05)):
        petal = torch.hypot((px - side) / 0.27, (py - 0.02) / (0.42 if side == 0 else 0.48)) - 1
        tone = canvas.named(names) * (light - 0.3 * py).unsqueeze(1)
        picture = canvas.lay(picture, tone.clamp(0, 1), canvas.cover(petal * 0.27))
    return picture, coloured_facts("tulip", "tulip", names)


def mushroom(canvas: Canvas) -> Drawn:
    names = pick_names(
        canvas, ["red", "red", "red", "brown", "purple", "blue", "orange"], of="color"
    )
    picture = garden(canvas)
    grass = 0.55 + 0.12 * (canvas.noise(16, 1, 2.5) - 0.5)
    green = canvas.color((0.2, 0.45, 0.14), 0.04) * (0.7 + 0.6 * canvas.noise(18, 1, 2)).unsqueeze(
        1
    )
    picture = canvas.lay(picture, green.clamp(0, 1), canvas.cover(grass - canvas.y))
    spots = canvas.coin(0.7)
    for i in range(1 + canvas.choice(3)):
        cx = canvas.rand(-0.15, 0.15) + (0.0, -0.52, 0.52)[i]
        s, foot = canvas.rand(0.65, 0.85) * (1.0 if i == 0 else 0.55), 0.68 + 0.1 * (i == 0)
        px, py = (canvas.x - cx) / s, (canvas.y - foot) / s
        stalk = torch.maximum(
            px.abs() - 0.15 - 0.07 * (py + 0.4).clamp(min=0), (py + 0.4).abs() - 0.4
        )
        cream = canvas.color((0.93, 0.88, 0.76), 0.02) * (
            1.05 - 0.5 * smooth(-0.2, 0.25, px)
        ).unsqueeze(1)
        picture = canvas.lay(picture, cream.clamp(0, 1), canvas.cover(stalk * s))
        cap = torch.maximum(torch.hypot(px / 0.68, (py + 0.72) / 0.66) - 1, (py + 0.68) * 1.5)
        tone = canvas.named(names) * (1.08 + 0.25 * (-py - 1) - 0.28 * px).unsqueeze(1)
        mask = canvas.cover(cap * 0.6 * s)
        picture = canvas.lay(picture, tone.clamp(0, 1), mask)
        if spots:
            for dx, dy in ((-0.35, -0.9), (0.05, -1.16), (0.34, -0.88), (-0.04, -0.83)):
                dot = canvas.cover((torch.hypot(px - dx, (py - dy) * 1.2) - 0.1) * s)
                picture = canvas.lay(picture, LIGHT, dot * mask)
    return picture, coloured_facts("mushroom", "mushroom", names)


def leaf(canvas: Canvas) -> Drawn:
    names = pick_names(
        canvas, ["green", "green", "orange", "red", "yellow", "brown", "golden"], of="color"
    )
    ground = canvas.named(
        pick_names(canvas, ["white", "black", "blue", "brown", "grey", "yellow"], names), 0.06
    )
    px, py, s = middle(canvas, 0.7, 0.92)
    px, py = turn(px, py, canvas.rand(-0.7, 0.7))
    along = (1 - py) / 2
    half = 1.75 * along.clamp(0, 1) ** 0.9 * (1 - along).clamp(0, 1) ** 0.75
    blade = torch.maximum((px.abs() - half) * 0.7, py.abs() - 1)
    veins = ((px.abs() * 0.8 + py) * 4.5 % 1 - 0.5).abs()
    tone = canvas.named(names) * (0.9 + 0.25 * canvas.noise(6, 2)).unsqueeze(1)
    tone = canvas.lay(tone, tone * 0.6, smooth(0.1, 0.03, veins) * 0.7)
    picture = canvas.lay(canvas.plain(ground), tone.clamp(0, 1), canvas.cover(blade * s))
    rib = torch.maximum(px.abs() - 0.025, (py - 0.15).abs() - 1.05)
    return canvas.lay(picture, canvas.named(names) * 0.5, canvas.cover(rib * s)), coloured_facts(
        "leaf", "leaf", names
    )


def apple(canvas: Canvas) -> Drawn:
    names = pick_names(canvas, ["red", "green", "yellow", "red"], of="color")
    ground = canvas.named(
        pick_names(canvas, ["white", "blue", "brown", "grey", "black", "yellow"], names), 0.05
    )
    px, py, s = middle(canvas, 0.6, 0.78)
    lobes = torch.hypot((px.abs() - 0.3) / 0.66, (py - 0.12) / 0.84) - 1
    light = 1.08 - 0.45 * torch.hypot(px + 0.3, py + 0.25)
    skin = canvas.named(names) * light.unsqueeze(1) + 0.5 * torch.exp(
        -((px + 0.35) ** 2 + (py + 0.25) ** 2) / 0.02
    ).unsqueeze(1)
    picture = canvas.lay(canvas.plain(ground), skin.clamp(0, 1), canvas.cover(lobes * 0.7 * s))
    stalk = torch.maximum((px - 0.15 * (py + 0.6) ** 2).abs() - 0.045, (py + 0.85).abs() - 0.25)
    picture = canvas.lay(picture, canvas.color((0.3, 0.18, 0.08), 0.02), canvas.cover(stalk * s))
    qx, qy = turn(px - 0.26, py + 0.95, torch.full((1, 1, 1), -0.45))
    blade = torch.hypot(qx / 0.26, qy / 0.11) - 1
    return canvas.lay(
        picture, canvas.color((0.2, 0.55, 0.15), 0.03), canvas.cover(blade * 0.11 * s)
    ), coloured_facts("apple", "apple", names)
