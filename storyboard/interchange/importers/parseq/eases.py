"""Parseq's ``bez`` as an easing of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from storyboard.interchange.importers.parseq.curves import CURVES, Points
from storyboard.interchange.importers.parseq.tree import Node, Text
from storyboard.interchange.importers.translate import written

LINE: Points = (0.0, 0.0, 1.0, 1.0)
_USUAL = (0.5, 0.0, 0.5, 1.0)


def bez_points(
    given: Sequence[Node | None], constant: Callable[[Node], float | None]
) -> Points | None:
    """The control points of a ``bez`` with these arguments, or None where they change."""
    name = given[8]
    if isinstance(name, Text):
        return CURVES.get(name.value)
    fixed = [
        default if node is None else constant(node)
        for node, default in zip(given[:4], _USUAL, strict=True)
    ]
    if name is not None or any(number is None for number in fixed):
        return None
    x1, y1, x2, y2 = (float(number or 0.0) for number in fixed)
    return x1, y1, x2, y2


def easing_of(curve: Points | str) -> str:
    """What a story calls a curve, or a ``hold``."""
    if isinstance(curve, str):
        return curve
    if curve == LINE:
        return "linear"
    return f"cubic-bezier({', '.join(written(number) for number in curve)})"
