"""Functions of the instant alone: arithmetic, and oscillators that repeat with a period."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce

import numpy as np

from storyboard.curves.expressions.errors import ExpressionError, placed
from storyboard.curves.expressions.functions import Function, Inlined
from storyboard.curves.expressions.nodes import Environment, Length, Node
from storyboard.plan import Floats


def smoothstep(low: Floats, high: Floats, x: Floats) -> Floats:
    """Return 0 below ``low``, 1 above ``high``, the cubic Hermite step between them."""
    u = np.clip((x - low) / (high - low), 0.0, 1.0)
    return u * u * (3.0 - 2.0 * u)


ARITHMETIC = (
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


Shape = Callable[[Floats], Floats]

_NEAR = 1e-9
"""How much of a period may be missing, by rounding, for the next one to have begun."""


def turns(at: Environment, period: Node) -> Floats:
    """Return periods since the film began. One in beats or bars follows the beat grid, from beat 0
    on.
    """
    beats, clock = beats_of(period, at), at.instants.scope.clock
    if beats is not None:
        with placed(period.column):
            if clock.meter is not None and _is_in_bars(period):
                return at["bar"] / float(beats / clock.beats_per_bar)
            return at["b"] / float(beats)
    return at["t"] / fixed_length(period, at, "the period")


def _is_in_bars(length: Node) -> bool:
    while isinstance(length, Inlined):
        length = length.body
    return isinstance(length, Length) and length.unit == "bar"


def beats_of(length: Node, at: Environment) -> Fraction | None:
    """Return the beats that ``length`` counts where it is written in beats or bars. Above zero."""
    while isinstance(length, Inlined):
        length = length.body
    if not isinstance(length, Length) or length.unit not in ("beat", "bar"):
        return None
    if not length.amount:
        raise ExpressionError("the period must be above 0", column=length.column)
    bar = at.instants.scope.clock.beats_per_bar
    return length.amount * (bar if length.unit == "bar" else 1)


def fixed(node: Node, at: Environment, what: str) -> float:
    """Return a value that may not change over time. Raises `ExpressionError`."""
    values = node.value(at)
    if np.any(values != values[0]):
        message = f"{what} has to be the same at all times"
        raise ExpressionError(message, column=node.column)
    return float(values[0])


def fixed_length(node: Node, at: Environment, what: str) -> float:
    """Return seconds above zero that may not change over time. Raises `ExpressionError`."""
    seconds = fixed(node, at, what)
    if seconds <= 0.0:
        raise ExpressionError(f"{what} is {seconds:g}, not above zero", column=node.column)
    return seconds


def part(turned: Floats) -> Floats:
    """Return the part of a period that is done, from 0 up to 1."""
    done: Floats = np.maximum(turned - np.floor(turned + _NEAR), 0.0)
    return done


def _sine(u: Floats) -> Floats:
    return np.sin(2.0 * np.pi * u)


def _tri(u: Floats) -> Floats:
    return 1.0 - 4.0 * np.abs(part(u + 0.25) - 0.5)


def _saw(u: Floats) -> Floats:
    return 2.0 * u - 1.0


def _square(u: Floats) -> Floats:
    return np.where(u < 0.5 - _NEAR, 1.0, -1.0)


def _wave(shape: Shape) -> Callable[..., Floats]:
    """Return the functional of a wave whose ``shape`` goes from -1 to 1 over u from 0 to 1."""

    def wave(at: Environment, period: Node, *given: Node | None) -> Floats:
        amp, center, phase, low, high = (_value(node, at) for node in given)
        low = center - amp if given[3] is None else low
        high = center + amp if given[4] is None else high
        share = (1.0 + shape(part(turns(at, period) + phase))) / 2.0
        return low + (high - low) * share

    return wave


def _value(node: Node | None, at: Environment) -> Floats:
    return np.zeros(len(at.index)) if node is None else node.value(at)


def pulse(at: Environment, period: Node, *given: Node) -> Floats:
    """Return ``high`` over the first ``width`` of each period, else ``low``."""
    width, phase, low, high = (node.value(at) for node in given)
    return np.where(part(turns(at, period) + phase) < width - _NEAR, high, low)


_LIMITS = "amp=1, center=0, phase=0, low=center-amp, high=center+amp"


def _function(name: str, doc: str, shape: Shape) -> Function:
    return Function(
        f"{name}(period, {_LIMITS})",
        doc,
        _wave(shape),
        reads=("t",),
        over_time=True,
        ways=(("amp", "center"), ("low", "high")),
    )


WAVES = (
    _function("sine", "a sine wave; starts at its centre, upwards", _sine),
    _function("tri", "a triangle; starts at its centre, upwards", _tri),
    _function("saw", "rises evenly, then jumps back", _saw),
    _function("square", "high for half the period, then low", _square),
    Function(
        "pulse(period, width=0.5, phase=0, low=0, high=1)",
        "high over the first width of each period, else low",
        pulse,
        reads=("t",),
        over_time=True,
    ),
)
"""Oscillators: period as a length, phase in periods."""
