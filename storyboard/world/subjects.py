"""Shared parts of the subjects: the words of a batch, a place near the middle, a soft
background.
"""

import torch
from torch import Tensor

from storyboard.world.canvas import Canvas
from storyboard.world.shapes import Facts

Drawn = tuple[Tensor, list[Facts]]


INK = torch.full((1, 3, 1, 1), 0.05)


LIGHT = torch.full((1, 3, 1, 1), 0.97)


def facts_of(canvas: Canvas, *facts: str) -> list[Facts]:
    return [list(facts) for _ in range(canvas.count)]


def coloured_facts(name: str, thing: str, names: list[str]) -> list[Facts]:
    return [[f"subject:{name}", f"color-{thing}:{color}"] for color in names]


def middle(canvas: Canvas, low: float, high: float) -> tuple[Tensor, Tensor, Tensor]:
    """Return coordinates about a point near the middle, in units of a random size."""
    s = canvas.rand(low, high)
    return (canvas.x - canvas.rand(-0.12, 0.12)) / s, (canvas.y - canvas.rand(-0.12, 0.12)) / s, s
