"""Parseq's operators, which are its host language's: texts are numbers where they look like one.

What is no number (a text without digits, 0 divided away) is NaN, which is never equal, above or
below; the sign of a remainder is that of its dividend.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from decimal import Decimal

from storyboard.errors import BadValue

Value = float | str


def number(value: Value) -> float:
    """A text as the number that it is, 0 where it is empty, NaN where it is none."""
    if not isinstance(value, str):
        return value
    try:
        return float(value) if value.strip() else 0.0
    except ValueError:
        return math.nan


def text(value: Value) -> str:
    """A number as it is written there: ``2`` for 2.0, else the shortest that is told apart."""
    if isinstance(value, str):
        return value
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return mantissa
    power = int(exponent)
    return f"{Decimal(repr(value)):f}" if -7 < power < 0 else f"{mantissa}e{power:+d}"


def combine(sign: str, left: Value, right: Value) -> Value:
    """``left sign right``. Raises `BadValue` where it divides by zero."""
    if sign == ":":
        return f"({text(left)}:{text(right)})"
    if sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return text(left) + text(right)
    if sign in _COMPARISONS:
        return float(_compared(sign, left, right))
    if sign in ("and", "&&"):
        return float(number(left) > 0 and number(right) > 0)
    if sign in ("or", "||"):
        return float(number(left) > 0 or number(right) > 0)
    if sign == "/" and right == 0:
        raise BadValue("it divides by zero")
    return _ARITHMETIC[sign](number(left), number(right))


def _compared(sign: str, left: Value, right: Value) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return bool(_COMPARISONS[sign](left, right))
    return bool(_COMPARISONS[sign](number(left), number(right)))


def remainder(left: float, right: float) -> float:
    """What is left of ``left``, with its sign."""
    if right == 0 or math.isinf(left) or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.fmod(left, right)


def power(left: float, right: float) -> float:
    """``left`` to the power of ``right``, NaN where that is no real number."""
    try:
        found = left**right
    except ZeroDivisionError:
        return math.inf
    except OverflowError:
        return math.inf if left > 0 or right % 2 == 0 else -math.inf
    return math.nan if isinstance(found, complex) else float(found)


def _divided(left: float, right: float) -> float:
    """``right`` is not 0: that is a mistake of its own."""
    return left / right


_COMPARISONS: dict[str, Callable[..., bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "%": remainder,
    "^": power,
}
