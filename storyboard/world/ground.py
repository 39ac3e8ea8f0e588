"""Shared parts of the lands: natural colours, distances, masks below a line."""

from torch import Tensor

from storyboard.world.canvas import COLORS, Canvas
from storyboard.world.shapes import Facts, pick_names

RGB = tuple[float, float, float]


Land = tuple[Tensor, list[Facts]]


NATURAL = {"forest": "green", "hills": "green", "meadow": "green"}


def tinted(
    canvas: Canvas, rgb: RGB, thing: str, chance: float = 0.16
) -> tuple[Tensor, list[Facts]]:
    """Return the natural colour of a thing, or any other colour with a word for it."""
    if not canvas.coin(chance * canvas.variety, "land color"):
        own = [f"color-{thing}:{NATURAL[thing]}"] if thing in NATURAL else []
        return canvas.color(rgb, 0.045), [list(own) for _ in range(canvas.count)]
    plain = [name for name in COLORS if name not in ("black", "grey")]
    names = pick_names(canvas, plain, of="land color")
    return canvas.named(names), [[f"color-{thing}:{name}"] for name in names]


def depth_of(canvas: Canvas, horizon: Tensor) -> Tensor:
    """Return 0 at the horizon, 1 at the bottom edge."""
    return ((canvas.y - horizon) / (1 - horizon)).clamp(0, 1) + 0 * canvas.x


def masked_below(canvas: Canvas, line: Tensor) -> Tensor:
    return canvas.cover(line - canvas.y)


def join(*groups: list[Facts]) -> list[Facts]:
    return [[fact for group in row for fact in group] for row in zip(*groups, strict=True)]


def named(canvas: Canvas, *names: str) -> list[Facts]:
    return [list(names) for _ in range(canvas.count)]
