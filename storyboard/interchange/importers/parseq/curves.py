"""Parseq's ways from one value to another: ``bez`` and ``slide``, and its curves by name.

::

    CURVES["easeInOutSine"] -> (x1, y1, x2, y2)
    points(name)                   the same, with a `BadValue` for a name that there is not
    bezier(x, (x1, y1, x2, y2))    the curve's height at x, from (0, 0) to (1, 1)
"""

from __future__ import annotations

from functools import lru_cache

from storyboard.errors import BadValue, did_you_mean

Points = tuple[float, float, float, float]

_ENDS: dict[str, tuple[Points, Points, Points]] = {
    "Sine": ((0.12, 0, 0.39, 0), (0.61, 1, 0.88, 1), (0.37, 0, 0.63, 1)),
    "Quad": ((0.11, 0, 0.5, 0), (0.5, 1, 0.89, 1), (0.45, 0, 0.55, 1)),
    "Cubic": ((0.32, 0, 0.67, 0), (0.33, 1, 0.68, 1), (0.65, 0, 0.35, 1)),
    "Quart": ((0.5, 0, 0.75, 0), (0.25, 1, 0.5, 1), (0.76, 0, 0.24, 1)),
    "Quint": ((0.64, 0, 0.78, 0), (0.22, 1, 0.36, 1), (0.83, 0, 0.17, 1)),
    "Expo": ((0.7, 0, 0.84, 0), (0.16, 1, 0.3, 1), (0.87, 0, 0.13, 1)),
    "Circ": ((0.55, 0, 1, 0.45), (0, 0.55, 0.45, 1), (0.85, 0, 0.15, 1)),
    "Back": ((0.36, 0, 0.66, -0.56), (0.34, 1.56, 0.64, 1), (0.68, -0.6, 0.32, 1.6)),
}
"""In, out, in and out; the first six have a number as well: easeIn1 is easeInSine."""

_PLAIN: dict[str, Points] = {
    "linear": (0, 0, 1, 1),
    "ease": (0.25, 0.1, 0.25, 1),
    "ease-in": (0.42, 0, 1, 1),
    "ease-out": (0, 0, 0.58, 1),
    "ease-in-out": (0.42, 0, 0.58, 1),
    "step-start": (0, 0, 0, 1),
    "step-end": (1, 0, 1, 1),
}


def _curves() -> dict[str, Points]:
    found = dict(_PLAIN)
    for name in list(_PLAIN):
        first, *rest = name.split("-")
        found[first + "".join(part.title() for part in rest)] = _PLAIN[name]
    for number, (name, ends) in enumerate(_ENDS.items(), 1):
        for way, points_of in zip(("In", "Out", "InOut"), ends, strict=True):
            found[f"ease{way}{name}"] = points_of
            if number <= 6:
                found[f"ease{way}{number}"] = points_of
    return found


CURVES = _curves()
"""Control points by name. ``step-start`` and ``step-end`` are steep, but no steps."""


def points(name: str) -> Points:
    """The control points of a curve. Raises `BadValue`."""
    if name not in CURVES:
        raise BadValue(f"there is no curve {name!r}", hint=did_you_mean(name, CURVES))
    return CURVES[name]


@lru_cache(maxsize=4096)
def bezier(x: float, curve: Points) -> float:
    """The height of the curve at ``x``, held before 0 and after 1. Raises `BadValue`."""
    x1, y1, x2, y2 = curve
    if not (0 <= x1 <= 1 and 0 <= x2 <= 1):
        raise BadValue("x1 and x2 of a curve lie from 0 to 1")
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if (x1, x2) == (y1, y2):
        return x
    low, high = 0.0, 1.0
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if _coordinate(middle, x1, x2) < x else (low, middle)
    return _coordinate(high, y1, y2)


def _coordinate(s: float, a: float, b: float) -> float:
    return s * (3 * (1 - s) * ((1 - s) * a + s * b) + s * s)
