"""Coloured shapes as signed distances, and pictures of one or two of them with words for all they
show.

Convention: distances are in canvas units (the picture is 2 wide), negative inside; ``y`` grows
down.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from storyboard.world.canvas import COLORS, Canvas, turn

Distance = Callable[[Tensor, Tensor, Tensor], Tensor]
Facts = list[str]


def circle(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return torch.hypot(x, y) - r


def box(x: Tensor, y: Tensor, half_w: Tensor | float, half_h: Tensor | float) -> Tensor:
    dx, dy = x.abs() - half_w, y.abs() - half_h
    return torch.hypot(dx.clamp(min=0), dy.clamp(min=0)) + torch.maximum(dx, dy).clamp(max=0)


def square(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return box(x, y, 0.86 * r, 0.86 * r)


def rectangle(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return box(x, y, 1.15 * r, 0.55 * r)


def diamond(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return (x.abs() * 1.25 + y.abs() - 1.15 * r) / 1.6


def triangle(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return torch.maximum((x.abs() * 0.866 - y * 0.5) - 0.5 * r, y - 0.62 * r)


def star(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    """Draw five points, one up: the wedge is folded to one half and bounded by one line."""
    sector = 2 * math.pi / 5
    angle = torch.atan2(x, -y)
    folded = ((angle + sector / 2) % sector - sector / 2).abs()
    radius = torch.hypot(x, y)
    px, py = radius * torch.sin(folded), radius * torch.cos(folded)
    inner = 0.45
    ax, ay = inner * math.sin(math.pi / 5) * 1.15, inner * math.cos(math.pi / 5) * 1.15
    nx, ny = 1.15 - ay, ax
    length = math.hypot(nx, ny)
    return (px * nx + (py - 1.15 * r) * ny) / length


def heart(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    px, py = x.abs() / r, -(y / r) + 0.2
    lobe = torch.hypot(px - 0.5, py - 0.42) - 0.56
    tip = torch.maximum((px + (-py) * 0.72 - 0.98) / 1.23, py - 0.45)
    return torch.minimum(lobe, torch.maximum(tip, -py - 1.35)) * r


def ring(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return (torch.hypot(x, y) - 0.82 * r).abs() - 0.2 * r


def cross(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return torch.minimum(box(x, y, r, 0.32 * r), box(x, y, 0.32 * r, r))


def crescent(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return torch.maximum(torch.hypot(x, y) - r, 0.85 * r - torch.hypot(x - 0.45 * r, y + 0.12 * r))


def polygon(sides: int) -> Distance:
    def distance(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
        sector = 2 * math.pi / sides
        angle = torch.atan2(x, -y)
        folded = (angle + sector / 2) % sector - sector / 2
        return torch.hypot(x, y) * torch.cos(folded) - 0.92 * r

    return distance


def oval(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return (torch.hypot(x / 1.2, y / 0.68) - r) * 0.75


def arrow(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    """Return points up."""
    head = torch.maximum((x.abs() * 0.8 - (y + r) * 0.6), y + 0.1 * r)
    return torch.minimum(head, box(x, y - 0.4 * r, 0.26 * r, 0.55 * r))


def flake(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    """Return a snowflake: six arms with side branches."""
    sector = math.pi / 3
    angle = torch.atan2(x, -y)
    folded = ((angle + sector / 2) % sector - sector / 2).abs()
    radius = torch.hypot(x, y)
    px, py = radius * torch.sin(folded), radius * torch.cos(folded)
    arm = torch.maximum(px - 0.07 * r, py - 1.1 * r)
    branch = torch.maximum((px * 0.7 - (py - 0.5 * r) * 0.7).abs() - 0.06 * r, px - 0.35 * r)
    return torch.minimum(arm, branch)


SHAPES: dict[str, Distance] = {
    "circle": circle, "square": square, "triangle": triangle, "star": star, "heart": heart,
    "ring": ring, "cross": cross, "diamond": diamond, "crescent": crescent,
    "hexagon": polygon(6), "rectangle": rectangle, "oval": oval, "arrow": arrow,
    "snowflake": flake,
}  # fmt: skip

PLACES: dict[str, tuple[float, float]] = {
    "middle": (0, 0), "left": (-0.5, 0), "right": (0.5, 0), "top": (0, -0.5), "bottom": (0, 0.5),
    "top left": (-0.5, -0.5), "top right": (0.5, -0.5),
    "bottom left": (-0.5, 0.5), "bottom right": (0.5, 0.5),
}  # fmt: skip


def pick_names(
    canvas: Canvas, names: list[str], avoid: list[str] | None = None, *, of: str = ""
) -> list[str]:
    """Return one name a picture, never the one to avoid; the one that is wanted of ``of`` if
    any.
    """
    indices = torch.randint(0, len(names), (canvas.count,), generator=canvas.generator).tolist()
    if of in canvas.wanted:
        return [canvas.wanted[of]] * canvas.count
    chosen = [names[i] for i in indices]
    if avoid is None:
        return chosen
    return [
        names[(i + 1) % len(names)] if name == other else name
        for i, name, other in zip(indices, chosen, avoid, strict=True)
    ]


def _ground(canvas: Canvas, names: list[str]) -> Tensor:
    picture = canvas.plain(canvas.named(names))
    shade = 1 + canvas.rand(-0.25, 0.25).unsqueeze(1) * canvas.y.unsqueeze(1)
    grain = 1 + canvas.rand(0, 0.22).unsqueeze(1) * (canvas.noise(5, 3).unsqueeze(1) - 0.5)
    return (picture * shade * grain).clamp(0, 1)


def _paint(canvas: Canvas, picture: Tensor, color: Tensor, distance: Tensor) -> Tensor:
    light = 1 + canvas.rand(0, 0.3).unsqueeze(1) * (-canvas.y - canvas.x).unsqueeze(1) * 0.5
    return canvas.lay(picture, (color * light).clamp(0, 1), canvas.cover(distance))


def _two_colors(canvas: Canvas) -> tuple[list[str], list[str]]:
    """Return colours of the ground and of what lies on it, which differ."""
    wanted = canvas.wanted.get("color")
    grounds = pick_names(canvas, [c for c in COLORS if c != wanted], of="ground")
    return grounds, pick_names(canvas, list(COLORS), grounds, of="color")


def draw_shape(canvas: Canvas) -> tuple[Tensor, list[Facts]]:
    """Return one shape of one colour on another, with its size and its place."""
    kind = canvas.kind(list(SHAPES), "shape")
    grounds, colors = _two_colors(canvas)
    small = bool(canvas.coin(0.5, "small"))
    central = canvas.coin(0.45) and "place" not in canvas.wanted
    places = ["middle"] * canvas.count
    if not central:
        places = pick_names(canvas, list(PLACES), of="place")
    sizes, facts = torch.empty(canvas.count, 1, 1), []
    centre = torch.empty(canvas.count, 2, 1, 1)
    for i, place in enumerate(places):
        tiny = small or place != "middle"
        sizes[i] = 0.22 + 0.16 * float(torch.rand((), generator=canvas.generator))
        sizes[i] += 0.0 if tiny else 0.28
        centre[i, :, 0, 0] = torch.tensor(PLACES[place])
        size = "size:small" if tiny else "size:big"
        facts.append([f"shape:{kind}:{colors[i]}", f"ground:{grounds[i]}", size, f"at:{place}"])
    cx = centre[:, 0] + canvas.rand(-0.1, 0.1)
    cy = centre[:, 1] + canvas.rand(-0.1, 0.1)
    px, py = turn(canvas.x - cx, canvas.y - cy, canvas.rand(-0.12, 0.12))
    picture = _ground(canvas, grounds)
    return _paint(canvas, picture, canvas.named(colors), SHAPES[kind](px, py, sizes)), facts


def draw_pair(canvas: Canvas) -> tuple[Tensor, list[Facts]]:
    """Return two shapes, one beside or above the other."""
    names = list(SHAPES)
    first, second = canvas.kind(names, "shape"), canvas.kind(names, "other shape")
    grounds, one = _two_colors(canvas)
    two = pick_names(canvas, list(COLORS), one, of="other color")
    two = [t if t != g else "white" if g != "white" else "black"
           for t, g in zip(two, grounds, strict=True)]  # fmt: skip
    above = canvas.coin(0.5, "above") and "beside" not in canvas.wanted
    shift = (0.0, 0.46) if above else (0.46, 0.0)
    picture = _ground(canvas, grounds)
    for kind, colors, sign in ((first, one, -1), (second, two, 1)):
        cx, cy = (
            sign * shift[0] + canvas.rand(-0.08, 0.08),
            sign * shift[1] + canvas.rand(-0.08, 0.08),
        )
        distance = SHAPES[kind](canvas.x - cx, canvas.y - cy, canvas.rand(0.28, 0.38))
        picture = _paint(canvas, picture, canvas.named(colors), distance)
    relation = "above" if above else "beside"
    facts = [
        [f"shape:{first}:{a}", f"shape:{second}:{b}", f"ground:{g}", f"relation:{relation}"]
        for a, b, g in zip(one, two, grounds, strict=True)
    ]
    return picture, facts


def draw_many(canvas: Canvas) -> tuple[Tensor, list[Facts]]:
    """Return many small copies of one shape, scattered."""
    kind = canvas.kind(list(SHAPES), "shape")
    grounds, colors = _two_colors(canvas)
    picture, color = _ground(canvas, grounds), canvas.named(colors)
    for row in range(3):
        for column in range(3):
            cx = (column - 1) * 0.64 + canvas.rand(-0.14, 0.14)
            cy = (row - 1) * 0.64 + canvas.rand(-0.14, 0.14)
            px, py = turn(canvas.x - cx, canvas.y - cy, canvas.rand(-0.3, 0.3))
            picture = _paint(canvas, picture, color, SHAPES[kind](px, py, canvas.rand(0.16, 0.24)))
    facts = [[f"shapes:{kind}:{c}", f"ground:{g}"] for c, g in zip(colors, grounds, strict=True)]
    return picture, facts
