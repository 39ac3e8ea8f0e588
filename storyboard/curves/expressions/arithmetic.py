"""Functions of numbers: plain numpy on arrays of one value per instant."""

from __future__ import annotations

from functools import reduce

import numpy as np

from storyboard.curves.expressions.function import Function
from storyboard.plan import Floats


def smoothstep(low: Floats, high: Floats, x: Floats) -> Floats:
    """0 below ``low``, 1 above ``high``, the cubic Hermite step between them."""
    u = np.clip((x - low) / (high - low), 0.0, 1.0)
    return u * u * (3.0 - 2.0 * u)


FUNCTIONS = (
    Function("sin(x)", "sine of x radians", np.sin),
    Function("cos(x)", "cosine of x radians", np.cos),
    Function("tan(x)", "tangent of x radians", np.tan),
    Function("asin(x)", "the angle in radians whose sine is x", np.arcsin),
    Function("acos(x)", "the angle in radians whose cosine is x", np.arccos),
    Function("atan(x)", "the angle in radians whose tangent is x", np.arctan),
    Function("atan2(y, x)", "the angle in radians of the point (x, y)", np.arctan2),
    Function("exp(x)", "e to the power of x", np.exp),
    Function("log(x)", "natural logarithm", np.log),
    Function("sqrt(x)", "square root", np.sqrt),
    Function("pow(x, y)", "x ** y", np.power),
    Function("abs(x)", "x without its sign", np.abs),
    Function("sign(x)", "-1, 0 or 1", np.sign),
    Function("floor(x)", "the whole number at or below x", np.floor),
    Function("ceil(x)", "the whole number at or above x", np.ceil),
    Function("round(x)", "the nearest whole number; halves go to the even one", np.round),
    Function("min(a, b, ...)", "the smallest", lambda *v: reduce(np.minimum, v)),
    Function("max(a, b, ...)", "the largest", lambda *v: reduce(np.maximum, v)),
    Function(
        "clamp(x, low, high)",
        "x held between low and high",
        lambda x, low, high: np.minimum(np.maximum(x, low), high),
    ),
    Function("lerp(a, b, u)", "from a at u = 0 to b at u = 1", lambda a, b, u: a + (b - a) * u),
    Function("smoothstep(low, high, x)", "0 below low, 1 above high, smooth", smoothstep),
    Function("step(edge, x)", "0 where x < edge, else 1", lambda e, x: 1.0 * (x >= e)),
    Function("mod(x, y)", "x % y, with the sign of y", np.mod),
    Function("fract(x)", "x - floor(x), a saw tooth from 0 to 1", lambda x: x - np.floor(x)),
)
"""Arithmetic."""
