"""Things that stand in a land or hang in its sky: a boat, a lighthouse, a tree, birds."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from storyboard.world.canvas import COLORS, Canvas, smooth
from storyboard.world.shapes import Facts, box, pick_names
from storyboard.world.sky import Sky

Thing = tuple[Tensor, list[Facts]]


def _lit(sky: Sky) -> Tensor:
    return 0.22 + 0.78 * sky.light


def _facts(canvas: Canvas, name: str) -> list[Facts]:
    return [[f"thing:{name}"] for _ in range(canvas.count)]


def _place(canvas: Canvas, sky: Sky, depth: tuple[float, float]) -> tuple[Tensor, Tensor]:
    cx = canvas.rand(-0.45, 0.45)
    return cx, sky.horizon + (1 - sky.horizon) * canvas.rand(*depth)


def _shadow(canvas: Canvas, picture: Tensor, place: tuple[Tensor, Tensor], half: Tensor) -> Tensor:
    """Return a picture that is darker on the ground around the foot of a thing of a half width."""
    cx, foot = place
    away = torch.hypot((canvas.x - cx) / (1.25 * half), (canvas.y - foot) / (0.2 * half))
    return picture * (1 - 0.42 * smooth(1.0, 0.35, away)).unsqueeze(1)


def boat(canvas: Canvas, sky: Sky, picture: Tensor) -> Thing:
    cx, foot = _place(canvas, sky, (0.12, 0.5))
    s, foot = canvas.rand(0.35, 0.62), foot + 0.012 * math.sin(1.4 * canvas.time_s)
    px, py = (canvas.x - cx) / s, (canvas.y - foot) / s
    hull = torch.maximum(torch.maximum(py - 0.16, -py - 0.1), px.abs() - 0.72 + (py + 0.1) * 0.9)
    color = canvas.named(
        pick_names(canvas, ["brown", "red", "blue", "white", "black", "brown"], of="thing color")
    )
    picture = canvas.lay(picture, color * _lit(sky), canvas.cover(hull * s))
    up = -py - 0.14
    sail = torch.maximum(torch.maximum(-up, up - 1.15), (px - 0.02).clamp(max=0) * -9)
    sail = torch.maximum(sail, px - 0.06 - (1.15 - up) * 0.52)
    jib = torch.maximum(torch.maximum(-up, up - 0.95), (px + 0.04).clamp(min=0) * 9)
    jib = torch.maximum(jib, -px - 0.06 - (0.95 - up) * 0.42)
    white = canvas.named(pick_names(canvas, ["white", "white", "white", "red", "orange"]))
    picture = canvas.lay(picture, white * _lit(sky), canvas.cover(sail * s))
    picture = canvas.lay(picture, white * 0.86 * _lit(sky), canvas.cover(jib * s))
    mast = torch.maximum(px.abs() - 0.03, (py + 0.75).abs() - 0.65)
    return canvas.lay(picture, color * 0.5 * _lit(sky), canvas.cover(mast * s)), _facts(
        canvas, "boat"
    )


def lighthouse(canvas: Canvas, sky: Sky, picture: Tensor) -> Thing:
    cx, foot = _place(canvas, sky, (0.1, 0.45))
    s = canvas.rand(0.75, 1.15)
    px, py = (canvas.x - cx) / s, (canvas.y - foot) / s
    rock = torch.hypot(px / 1.5, (py - 0.1) / 0.45) - 0.3 + 0.1 * (canvas.noise(8, 3) - 0.5)
    stone = canvas.color((0.3, 0.28, 0.27), 0.02) * _lit(sky)
    picture = canvas.lay(picture, stone, canvas.cover(rock * s))
    tower = torch.maximum(px.abs() - (0.115 + 0.06 * py), (py + 0.52).abs() - 0.52)
    stripes = ((-py * 5).floor().remainder(2)).unsqueeze(1)
    color = canvas.named(
        pick_names(canvas, ["red", "red", "red", "blue", "black"], of="thing color")
    )
    body = (color + (0.96 - color) * stripes) * _lit(sky)
    body = body * (1.1 - 0.5 * smooth(-0.12, 0.12, px)).unsqueeze(1)
    picture = canvas.lay(picture, body.clamp(0, 1), canvas.cover(tower * s))
    lamp = box(px, py + 1.1, 0.065, 0.07)
    cap = torch.maximum(px.abs() - (py + 1.32) * 0.7, py + 1.16)
    light = canvas.color((1.0, 0.93, 0.55), 0.02)
    if sky.light.mean() < 0.6:
        beam = smooth(0.2, 0.0, (py + 1.1).abs() / (px.abs() + 0.12) * 1.2) * (px.abs() < 2)
        shining = 0.3 + 0.15 * math.cos(2.2 * canvas.time_s)
        picture = canvas.lay(picture, light, shining * beam)
    picture = canvas.lay(picture, light, canvas.cover(lamp * s))
    return canvas.lay(picture, color * _lit(sky), canvas.cover(cap * s)), _facts(
        canvas, "lighthouse"
    )


def tree(canvas: Canvas, sky: Sky, picture: Tensor) -> Thing:
    cx, foot = _place(canvas, sky, (0.1, 0.5))
    h = canvas.rand(0.75, 1.15)
    px, py = (canvas.x - cx) / h, (canvas.y - foot) / h
    trunk = torch.maximum(px.abs() - 0.05 - 0.05 * (py + 0.15).clamp(min=0), (py + 0.3).abs() - 0.3)
    wood = canvas.color((0.33, 0.2, 0.11), 0.03) * _lit(sky)
    picture = canvas.lay(picture, wood, canvas.cover(trunk * h))
    names = pick_names(
        canvas, ["green", "green", "green", "orange", "pink", "red"], of="thing color"
    )
    crown = torch.hypot(px, (py + 0.78) * 1.05) - 0.4 + 0.26 * (canvas.noise(6, 3) - 0.5)
    leaf = canvas.named(names) * (0.75 + 0.6 * canvas.noise(12, 2)).unsqueeze(1)
    leaf = leaf * (1.1 + 0.5 * (-py - 0.78) - 0.3 * px).unsqueeze(1) * _lit(sky)
    picture = canvas.lay(picture, leaf.clamp(0, 1), canvas.cover(crown * h))
    return picture, [["thing:tree", f"color-tree:{name}"] for name in names]


def palm(canvas: Canvas, sky: Sky, picture: Tensor) -> Thing:
    cx, foot = _place(canvas, sky, (0.3, 0.65))
    h, lean = canvas.rand(0.75, 1.05), canvas.rand(-0.25, 0.25)
    px, py = (canvas.x - cx) / h, (canvas.y - foot) / h
    bend = lean * py * py
    trunk = torch.maximum((px - bend).abs() - 0.035, (py + 0.5).abs() - 0.5)
    rings = 0.86 + 0.14 * torch.sin(py * 70) - 3 * (px - bend).clamp(-0.04, 0.04)
    wood = canvas.color((0.42, 0.29, 0.18), 0.02) * _lit(sky) * rings.unsqueeze(1)
    picture = _shadow(canvas, picture, (cx, foot), 0.16 * h)
    picture = canvas.lay(picture, wood.clamp(0, 1), canvas.cover(trunk * h))
    qx, qy = px - lean, py + 1.0
    for number in range(9):
        angle = math.pi * (number - 4) / 4.6 - math.pi / 2 + 0.1 * float(canvas.rand(-1, 1).mean())
        way, sway = math.cos(angle), 0.03 * math.sin(1.3 * canvas.time_s + number)
        along = (qx * way + qy * math.sin(angle)) / 0.5
        fall = 0.34 * along.clamp(min=0) ** 2 * (0.35 + abs(way)) + sway * along
        aside = (qy - fall - 0.5 * along * math.sin(angle)) if abs(way) > 0.3 else qx
        teeth = 0.62 + 0.38 * torch.sin(along * 46 - 30 * aside.abs())
        half = 0.075 * (along * (1 - along)).clamp(min=0) ** 0.5 * 2 * teeth
        frond = torch.where((along > 0) & (along < 1), aside.abs() - half, torch.ones(()))
        tone = 0.75 + 0.25 * math.cos(1.7 * number) + 0.3 * (0.5 - along)
        leaf = canvas.color((0.13, 0.46, 0.16), 0.02) * _lit(sky) * tone.unsqueeze(1)
        picture = canvas.lay(picture, leaf.clamp(0, 1), canvas.cover(frond * h))
    return picture, _facts(canvas, "palm")


def house(canvas: Canvas, sky: Sky, picture: Tensor) -> Thing:
    cx, foot = _place(canvas, sky, (0.2, 0.6))
    s = canvas.rand(0.5, 0.8)
    px, py = (canvas.x - cx) / s, (canvas.y - foot) / s
    names = pick_names(
        canvas, ["white", "red", "yellow", "blue", "brown", "pink", "grey"], of="thing color"
    )
    roof_color = canvas.named(
        pick_names(canvas, ["red", "brown", "grey", "black", "orange"], names)
    )
    picture = _shadow(canvas, picture, (cx, foot), 0.62 * s)
    wall = box(px, py + 0.32, 0.5, 0.34)
    boards = 0.93 + 0.07 * smooth(-0.6, 0.0, torch.sin(py * 95))
    paint = canvas.named(names) * _lit(sky) * (boards * (1.04 - 0.16 * px)).unsqueeze(1)
    picture = canvas.lay(picture, paint.clamp(0, 1), canvas.cover(wall * s))
    eaves = canvas.cover(box(px, py + 0.56, 0.5, 0.06) * s) * smooth(-0.48, -0.62, py)
    picture = canvas.lay(picture, paint * 0.6, eaves)
    chimney = box(px - 0.3, py + 1.0, 0.07, 0.2)
    bricks = canvas.color((0.52, 0.27, 0.22), 0.03) * _lit(sky) * _masonry(canvas, px, py, 0.045)
    picture = canvas.lay(picture, bricks.clamp(0, 1), canvas.cover(chimney * s))
    roof = torch.maximum((px.abs() * 0.62 - (py + 1.14) * 0.78), py + 0.62)
    rows = 0.84 + 0.16 * ((py * 17) % 1) - 0.12 * smooth(-0.1, 0.3, px)
    tiles = (roof_color * 0.9 + 0.06) * _lit(sky) * rows.unsqueeze(1)
    picture = canvas.lay(picture, tiles.clamp(0, 1), canvas.cover(roof * s))
    dark = sky.light.mean() < 0.5
    glass = canvas.color((1.0, 0.83, 0.42) if dark else (0.50, 0.68, 0.80), 0.02)
    white = canvas.color((0.95, 0.94, 0.90), 0.01) * _lit(sky)
    for side in (-0.28, 0.28):
        qx, qy = px - side, py + 0.36
        picture = canvas.lay(picture, white, canvas.cover(box(qx, qy, 0.125, 0.135) * s))
        sheen = (0.9 + 0.4 * (qx - qy)).unsqueeze(1)
        pane = canvas.cover(torch.maximum(box(qx, qy, 0.1, 0.11), 0.012 - qx.abs()) * s)
        pane = pane * canvas.cover((0.012 - qy.abs()) * s)
        picture = canvas.lay(picture, (glass * sheen).clamp(0, 1), pane)
    door = canvas.cover(box(px, py + 0.16, 0.09, 0.18) * s)
    picture = canvas.lay(picture, canvas.color((0.36, 0.2, 0.12), 0.03) * _lit(sky), door)
    return picture, [["thing:house", f"color-house:{name}"] for name in names]


def cactus(canvas: Canvas, sky: Sky, picture: Tensor) -> Thing:
    cx, foot = _place(canvas, sky, (0.2, 0.6))
    h = canvas.rand(0.75, 1.1)
    px, py = (canvas.x - cx) / h, (canvas.y - foot) / h
    picture = _shadow(canvas, picture, (cx, foot), 0.2 * h)
    stem = box(px, py + 0.47, 0.02, 0.42) - 0.085
    left = torch.minimum(box(px + 0.18, py + 0.38, 0.13, 0.0), box(px + 0.31, py + 0.55, 0.0, 0.17))
    right = torch.minimum(box(px - 0.18, py + 0.52, 0.13, 0.0), box(px - 0.31, py + 0.7, 0.0, 0.18))
    body = torch.minimum(stem, torch.minimum(left, right) - 0.06)
    stripes = 0.85 + 0.2 * torch.cos(px * 80)
    green = canvas.color((0.18, 0.52, 0.22), 0.03) * stripes.unsqueeze(1) * _lit(sky)
    return canvas.lay(picture, green.clamp(0, 1), canvas.cover(body * h)), _facts(canvas, "cactus")


def _masonry(canvas: Canvas, px: Tensor, py: Tensor, high: float) -> Tensor:
    """Return the tone of courses of stones of a height, around 1, (B, 1, H, W)."""
    row = (py / high).floor()
    along = px / (1.9 * high) + 0.5 * row.remainder(2)
    luck = (torch.sin(along.floor() * 12.9898 + row * 78.233) * 43758.5).remainder(1.0)
    joint = torch.maximum(
        smooth(0.38, 0.5, ((py / high) % 1 - 0.5).abs()),
        smooth(0.43, 0.5, (along % 1 - 0.5).abs()),
    )
    return (0.88 + 0.2 * luck + 0.12 * (canvas.noise(9, 3) - 0.5) - 0.22 * joint).unsqueeze(1)


def _crenels(px: Tensor, py: Tensor, cx: float, top: float, half: float) -> Tensor:
    """Return the signed distance to a battlement on a wall whose upper edge is at ``top``."""
    gaps = torch.sin((px - cx) * 62.8 + 1.57) < -0.2
    return torch.where(gaps, torch.ones(()), box(px - cx, py - top + 0.03, half, 0.035))


def castle(canvas: Canvas, sky: Sky, picture: Tensor) -> Thing:
    """Return a wall with a gate between two round towers, and a keep behind."""
    cx, foot = _place(canvas, sky, (0.05, 0.4))
    s = canvas.rand(0.7, 1.0)
    px, py = (canvas.x - cx) / s, (canvas.y - foot) / s
    stone = canvas.color((0.62, 0.59, 0.57), 0.03) * _lit(sky) * _masonry(canvas, px, py, 0.045)
    picture = _shadow(canvas, picture, (cx, foot + 0.05 * s), 0.75 * s)
    names = pick_names(canvas, ["red", "blue", "purple", "brown", "grey"])
    tiles = canvas.named(names) * _lit(sky)
    window = canvas.color((1.0, 0.80, 0.40), 0.02)
    if float(sky.light.mean()) > 0.5:
        window = canvas.color((0.16, 0.17, 0.22), 0.01)

    def part(picture: Tensor, at: float, half: float, top: float) -> Tensor:
        """Lay a round tower with a pointed roof over the picture."""
        across = (px - at) / half
        rounded = (1.12 - 0.55 * smooth(-0.9, 1.1, across)).unsqueeze(1)
        body = torch.minimum(
            box(px - at, py - (top + 0.05) / 2, half, (0.05 - top) / 2),
            box(px - at, py - top, half + 0.02, 0.025),
        )
        picture = canvas.lay(picture, (stone * rounded).clamp(0, 1), canvas.cover(body * s))
        rise = 2.3 * half
        cone = torch.maximum((px - at).abs() - (half + 0.03) * (py - top + rise) / rise, py - top)
        picture = canvas.lay(picture, (tiles * rounded).clamp(0, 1), canvas.cover(cone * s))
        slit = torch.minimum(box(px - at, py - top - 0.14, 0.016, 0.04),
                             torch.hypot(px - at, py - top - 0.10) - 0.016)  # fmt: skip
        return canvas.lay(picture, window, canvas.cover(slit * s))

    picture = part(picture, 0.04, 0.17, -0.92)
    picture = part(picture, -0.22, 0.1, -0.66)
    wall = torch.minimum(box(px, py + 0.2, 0.55, 0.23), _crenels(px, py, 0.0, -0.43, 0.55))
    shade = (1.02 - 0.16 * smooth(-0.5, 0.0, py)).unsqueeze(1)
    picture = canvas.lay(picture, (stone * shade).clamp(0, 1), canvas.cover(wall * s))
    for at in (-0.55, 0.55):
        picture = part(picture, at, 0.13, -0.6)
    gate = torch.minimum(box(px, py + 0.06, 0.1, 0.09), torch.hypot(px, py + 0.15) - 0.1)
    rim = canvas.cover((gate - 0.025) * s)
    picture = canvas.lay(picture, stone * 0.7, rim)
    dark = canvas.color((0.12, 0.08, 0.06), 0.01)
    return canvas.lay(picture, dark, canvas.cover(gate * s)), _facts(canvas, "castle")


def balloon(canvas: Canvas, sky: Sky, picture: Tensor) -> Thing:
    cx, cy = canvas.rand(-0.45, 0.45), canvas.rand(-0.55, -0.15)
    s = canvas.rand(0.28, 0.45)
    cx, cy = cx + 0.02 * canvas.time_s, cy - 0.03 * math.sin(0.8 * canvas.time_s)
    px, py = (canvas.x - cx) / s, (canvas.y - cy) / s
    narrow = 1 - 0.42 * smooth(0.1, 1.2, py)
    ball = torch.maximum(torch.hypot(px / narrow, py / 1.12) - 1, py - 1.05)
    one = pick_names(
        canvas,
        [n for n in COLORS if n not in ("black", "grey", "white", "brown")],
        of="thing color",
    )
    two = canvas.named(pick_names(canvas, ["white", "yellow", "red", "blue"], one))
    gores = torch.cos(torch.asin((px / narrow / 1.02).clamp(-1, 1)) * 6)
    skin = (
        canvas.named(one) + (two - canvas.named(one)) * smooth(0.1, 0.4, gores).unsqueeze(1) * 0.85
    )
    skin = skin * (1.1 - 0.45 * smooth(-0.6, 1, px)).unsqueeze(1) * (0.35 + 0.65 * sky.light)
    picture = canvas.lay(picture, skin.clamp(0, 1), canvas.cover(ball * s))
    ropes = torch.maximum(
        (px.abs() - 0.24 + (py - 1.05) * 0.2).abs() - 0.03, (py - 1.2).abs() - 0.2
    )
    basket = box(px, py - 1.5, 0.2, 0.13)
    wicker = canvas.color((0.42, 0.26, 0.12), 0.02)
    mask = canvas.cover(torch.minimum(ropes, basket) * s)
    return canvas.lay(picture, wicker, mask), [["thing:balloon", f"color-balloon:{n}"] for n in one]


def birds(canvas: Canvas, sky: Sky, picture: Tensor) -> Thing:
    ink = 0.06 if sky.light.mean() > 0.3 else 0.7
    for number in range(5):
        cx, cy, s = canvas.rand(-0.8, 0.8), canvas.rand(-0.8, 0.0), canvas.rand(0.12, 0.22)
        cx, lift = cx + 0.07 * canvas.time_s, 0.75 + 0.4 * math.sin((7 + number) * canvas.time_s)
        px, py = (canvas.x - cx) / s, (canvas.y - cy) / s
        wing = (py + lift * (px.abs() * (1.7 - px.abs())) * 0.7).abs() - 0.13 * (1 - px.abs() * 0.6)
        mask = canvas.cover(torch.maximum(wing, px.abs() - 1) * s)
        picture = canvas.lay(picture, torch.full((1, 3, 1, 1), ink), mask)
    return picture, _facts(canvas, "birds")


def bridge(canvas: Canvas, sky: Sky, picture: Tensor) -> Thing:
    """Return a suspension bridge across the picture."""
    deck = sky.horizon + canvas.rand(0.0, 0.15)
    color = canvas.named(pick_names(canvas, ["red", "grey", "brown", "black", "red"])) * _lit(sky)
    top, tower = canvas.rand(0.5, 0.7), canvas.rand(0.45, 0.55)
    px = canvas.x - canvas.rand(-0.1, 0.1)
    distance = (canvas.y - deck).abs() - 0.035 + 0 * px
    posts = torch.maximum(
        (px.abs() - tower).abs() - 0.035,
        torch.maximum(deck - top - canvas.y, canvas.y - deck - 0.5),
    )
    middle = deck - top * (px / tower) ** 2 * 0.95 - 0.05
    outer = deck - top * (1 - (px.abs() - tower) / 0.6)
    cable = torch.where(px.abs() < tower, middle, outer)
    rope = (canvas.y - cable).abs() * 0.6 - 0.016
    hangers = torch.maximum((torch.remainder(px, 0.11) - 0.055).abs() - 0.008,
                            torch.maximum(cable - canvas.y, canvas.y - deck))  # fmt: skip
    mask = canvas.cover(torch.minimum(torch.minimum(distance, posts), torch.minimum(rope, hangers)))
    return canvas.lay(picture, color, mask), _facts(canvas, "bridge")


def snowman(canvas: Canvas, sky: Sky, picture: Tensor) -> Thing:
    cx, foot = _place(canvas, sky, (0.35, 0.7))
    s = canvas.rand(0.6, 0.9)
    px, py = (canvas.x - cx) / s, (canvas.y - foot) / s
    for cy, r in ((-0.26, 0.32), (-0.72, 0.24), (-1.06, 0.17)):
        ball = torch.hypot(px, py - cy) - r
        shade = (1.02 - 0.35 * smooth(-0.2, 0.35, px + (py - cy))).unsqueeze(1)
        white = canvas.color((0.95, 0.96, 1.0), 0.01) * shade * _lit(sky)
        picture = canvas.lay(picture, white.clamp(0, 1), canvas.cover(ball * s))
    black = torch.full((1, 3, 1, 1), 0.05)
    dots = torch.full_like(px + py, 9.0)
    for ex, ey in ((-0.06, -1.1), (0.06, -1.1), (0.0, -0.78), (0.0, -0.65)):
        dots = torch.minimum(dots, torch.hypot(px - ex, py - ey) - 0.025)
    hat = torch.minimum(box(px, py + 1.2, 0.2, 0.02), box(px, py + 1.32, 0.12, 0.12))
    picture = canvas.lay(picture, black, canvas.cover(torch.minimum(dots, hat) * s))
    nose = torch.maximum((py + 1.04).abs() - 0.03 + px * 0.15, (px - 0.1).abs() - 0.1)
    orange = canvas.color((0.95, 0.5, 0.1), 0.02)
    return canvas.lay(picture, orange, canvas.cover(nose * s)), _facts(canvas, "snowman")


def windmill(canvas: Canvas, sky: Sky, picture: Tensor) -> Thing:
    cx, foot = _place(canvas, sky, (0.1, 0.45))
    s = canvas.rand(0.75, 1.05)
    px, py = (canvas.x - cx) / s, (canvas.y - foot) / s
    picture = _shadow(canvas, picture, (cx, foot), 0.24 * s)
    tower = torch.maximum(px.abs() - (0.2 + 0.1 * py), (py + 0.45).abs() - 0.45)
    wall = canvas.named(pick_names(canvas, ["white", "brown", "grey", "red"])) * _lit(sky)
    wall = wall * _masonry(canvas, px, py, 0.05)
    rounded = (1.08 - 0.5 * smooth(-0.2, 0.26, px)).unsqueeze(1)
    picture = canvas.lay(picture, (wall * rounded).clamp(0, 1), canvas.cover(tower * s))
    door = torch.minimum(box(px, py + 0.09, 0.05, 0.09), torch.hypot(px, py + 0.18) - 0.05)
    hole = torch.minimum(door, box(px, py + 0.5, 0.03, 0.04))
    picture = canvas.lay(picture, canvas.color((0.2, 0.13, 0.09), 0.01) * _lit(sky),
                         canvas.cover(hole * s))  # fmt: skip
    hub = py + 0.88
    cap = torch.maximum(torch.hypot(px / 0.17, (hub + 0.02) / 0.2) - 1, hub - 0.03)
    roof = canvas.color((0.35, 0.22, 0.18), 0.03) * _lit(sky) * rounded
    picture = canvas.lay(picture, roof.clamp(0, 1), canvas.cover(cap * 0.17 * s))
    angle = torch.atan2(hub, px) + canvas.rand(0, 1.5) + 0.9 * canvas.time_s
    radius = torch.hypot(px, hub)
    turned = torch.remainder(angle + 0.785, 1.5708) - 0.785
    along, aside = radius * torch.cos(turned), radius * torch.sin(turned)
    sail = torch.maximum((aside - 0.055).abs() - 0.06, (along - 0.36).abs() - 0.24)
    bars = 0.82 + 0.18 * smooth(-0.2, 0.2, torch.sin(along * 90))
    cloth = canvas.color((0.95, 0.92, 0.86), 0.02) * _lit(sky) * bars.unsqueeze(1)
    picture = canvas.lay(picture, cloth.clamp(0, 1), canvas.cover(sail * s))
    beam = torch.maximum(aside.abs() - 0.014, along - 0.61)
    beam = torch.minimum(beam, radius - 0.04)
    wood = canvas.color((0.32, 0.21, 0.13), 0.01) * _lit(sky)
    return canvas.lay(picture, wood, canvas.cover(beam * s)), _facts(canvas, "windmill")


THINGS: dict[str, tuple[Callable[[Canvas, Sky, Tensor], Thing], tuple[str, ...]]] = {
    "boat": (boat, ("sea", "waves", "lake")),
    "lighthouse": (lighthouse, ("sea", "waves", "beach")),
    "tree": (tree, ("hills", "meadow", "snow", "river", "flower field")),
    "palm": (palm, ("beach", "desert")),
    "house": (house, ("hills", "meadow", "snow", "river", "flower field", "snowy mountains")),
    "cactus": (cactus, ("desert",)),
    "castle": (castle, ("hills", "mountains", "meadow", "snowy mountains")),
    "balloon": (balloon, ("none", "hills", "mountains", "meadow", "desert", "sea")),
    "birds": (birds, ("none", "sea", "beach", "mountains", "hills", "lake")),
    "bridge": (bridge, ("sea", "city", "waves")),
    "snowman": (snowman, ("snow", "snowy forest")),
    "windmill": (windmill, ("meadow", "hills", "flower field")),
}  # fmt: skip
