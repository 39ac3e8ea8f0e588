"""Context of a Parseq formula: a frame of a field, its keys, and what came before.

Operators are those of its host language: texts are numbers where they look like one. What is no
number (a text without digits, 0 divided away) is NaN, which is never equal, above or below; the
sign of a remainder is that of its dividend. A time series is numbers by frame or by millisecond,
read by name in formulas.

"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np

from storyboard.errors import BadValue, did_you_mean

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
    """A number as it is written there: ``2`` for 2.0, else the shortest that is distinct."""
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
    """Compute what is left of ``left``, with its sign."""
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
    """``right`` is not 0: that is an error of its own."""
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


@dataclass(frozen=True)
class Series:
    """Values at ascending places, which are frames, or milliseconds."""

    places: tuple[float, ...]
    values: tuple[float, ...]
    milliseconds: bool

    def at(self, frame: float, fps: float, *, straight: bool = False) -> float:
        """The value before a frame, held, or on a straight line; the ends hold.

        At a place of its own the step is not yet done, as in the source.
        """
        place = frame / fps * 1000 if self.milliseconds else frame
        k = bisect_left(self.places, place)
        if k in (0, len(self.places)):
            return self.values[k - 1 if k else 0]
        (x0, x1), (y0, y1) = self.places[k - 1 : k + 1], self.values[k - 1 : k + 1]
        return y0 + (place - x0) / (x1 - x0) * (y1 - y0) if straight else y0


def read_series(given: Any) -> dict[str, Series]:
    """The series of a document by name. Raises `BadValue`."""
    if given in (None, ""):
        return {}
    try:
        return dict(_one(row) for row in given)
    except (TypeError, KeyError, ValueError, AttributeError):
        hint = '[{"alias": "bass", "ts": {"timestampType": 0, "data": [{"x": 0, "y": 1}]}}]'
        raise BadValue("timeSeries: this is no list of series", hint=hint) from None


def _one(row: Mapping[str, Any]) -> tuple[str, Series]:
    data: Sequence[Mapping[str, Any]] = row["ts"]["data"]
    points = sorted((float(point["x"]), float(point["y"])) for point in data)
    places, values = zip(*points, strict=True)
    kind = row["ts"].get("timestampType", 0)
    return str(row["alias"]), Series(places, values, kind in (1, "1", "Millisecond", "ms"))


@dataclass(frozen=True)
class FormulaFilm:
    """Values shared by all fields. ``labels`` are the keyframes in order, each with what its row
    is called, or ``None``.
    """

    fps: float = 20.0
    bpm: float = 140.0
    cadence: float = 1.0
    labels: tuple[tuple[int, str | None], ...] = ()
    last: int = 0
    series: Mapping[str, Series] = field(default_factory=dict)
    even: bool = False
    """Square waves are high for exactly half their period, whatever the sine rounds to."""

    @property
    def beat(self) -> float:
        """Frames of a beat."""
        return self.fps * 60.0 / self.bpm


@dataclass(frozen=True)
class Keys:
    """The frames at which a field has a value, ascending, and those values."""

    frames: tuple[int, ...]
    values: tuple[float, ...]

    def active(self, frame: int) -> int:
        """Return the one that counts at ``frame``: the last one, or the first before all."""
        return max(bisect_right(self.frames, frame) - 1, 0)

    def following(self, frame: int) -> int:
        """Return the next one behind ``frame``, or the last."""
        return min(bisect_right(self.frames, frame), len(self.frames) - 1)

    def straight(self, frame: int) -> float:
        """From key to key in straight lines."""
        return float(np.interp(frame, self.frames, self.values))

    def spline(self, frame: int) -> float:
        """The natural cubic spline through all keys."""
        k = self.active(min(frame, self.frames[-1] - 1))
        if len(self.frames) < 2:
            return self.values[0]
        bends = _bends(self.frames, self.values)
        (x0, x1), (y0, y1) = self.frames[k : k + 2], self.values[k : k + 2]
        a, b = (x1 - frame) / (x1 - x0), (frame - x0) / (x1 - x0)
        bend = (a**3 - a) * bends[k] + (b**3 - b) * bends[k + 1]
        return float(a * y0 + b * y1 + bend * (x1 - x0) ** 2 / 6.0)

    def polynomial(self, frame: int) -> float:
        """The one polynomial through all keys (Newton)."""
        found = 0.0
        factors = _differences(self.frames, self.values)
        for place, factor in zip(reversed(self.frames), reversed(factors), strict=True):
            found = found * (frame - place) + factor
        return found


@lru_cache(maxsize=64)
def _differences(frames: tuple[int, ...], values: tuple[float, ...]) -> tuple[float, ...]:
    """Newton's divided differences: the factors of 1, (x - x0), (x - x0)(x - x1) ..."""
    found = list(values)
    for reach in range(1, len(found)):
        for k in reversed(range(reach, len(found))):
            found[k] = (found[k] - found[k - 1]) / (frames[k] - frames[k - reach])
    return tuple(found)


@lru_cache(maxsize=64)
def _bends(frames: tuple[int, ...], values: tuple[float, ...]) -> tuple[float, ...]:
    """Second derivatives of the natural spline at its keys: none at both ends."""
    x, y = np.asarray(frames, dtype=np.float64), np.asarray(values, dtype=np.float64)
    count, steps = len(x), np.diff(x)
    matrix, right = np.eye(count), np.zeros(count)
    for k in range(1, count - 1):
        matrix[k, k - 1 : k + 2] = steps[k - 1], 2 * (steps[k - 1] + steps[k]), steps[k]
        right[k] = 6 * ((y[k + 1] - y[k]) / steps[k] - (y[k] - y[k - 1]) / steps[k - 1])
    return tuple(map(float, np.linalg.solve(matrix, right)))


@dataclass(frozen=True)
class Moment:
    """One frame of one field.

    ``active`` is the frame of the key that counts, ``names`` what else may be read, ``done`` the
    field's values so far, ``others`` those of all fields, frame by frame. ``memory`` keeps what
    functions remember from frame to frame, by where they stand. ``positive`` says which of a
    prompt's two texts is made, and is None outside of prompts.
    """

    frame: int
    keys: Keys
    active: int
    film: FormulaFilm
    names: Mapping[str, Value] = field(default_factory=dict)
    done: Sequence[Value] = ()
    others: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    memory: dict[int, dict[str, float]] = field(default_factory=dict)
    positive: bool | None = None
    default: float = 0.0

    @property
    def active_value(self) -> float:
        """The value of the key that counts."""
        return self.keys.values[self.keys.active(self.frame)]

    @property
    def next_value(self) -> float:
        """The value of the next key."""
        return self.keys.values[self.keys.following(self.frame)]

    @property
    def next_frame(self) -> int:
        """The frame of the next key."""
        return self.keys.frames[self.keys.following(self.frame)]

    @property
    def span(self) -> float:
        """Frames from the key that counts to the next."""
        return float(self.next_frame - self.active)

    @property
    def beats(self) -> float:
        """Beats since the first frame."""
        return self.frame / self.film.beat


VARIABLES: Mapping[str, Callable[[Moment], float]] = {
    "L": lambda at: at.keys.straight(at.frame),
    "S": lambda at: at.active_value,
    "C": lambda at: at.keys.spline(at.frame),
    "P": lambda at: at.keys.polynomial(at.frame),
    "f": lambda at: float(at.frame),
    "k": lambda at: float(at.frame - at.active),
    "s": lambda at: at.frame / at.film.fps,
    "b": lambda at: at.beats,
    "wb": lambda at: float(math.floor(at.beats)),
    "fps": lambda at: at.film.fps,
    "bpm": lambda at: at.film.bpm,
    "cadence": lambda at: at.film.cadence,
    "last_frame": lambda at: float(at.film.last),
    "final_frame": lambda at: float(at.film.last),
    "active_keyframe": lambda at: float(at.active),
    "prev_keyframe": lambda at: float(at.active),
    "next_keyframe": lambda at: float(at.next_frame),
    "active_keyframe_value": lambda at: at.active_value,
    "prev_keyframe_value": lambda at: at.active_value,
    "next_keyframe_value": lambda at: at.next_value,
    "PI": lambda at: math.pi,
    "E": lambda at: math.e,
    "SQRT2": lambda at: math.sqrt(2),
    "SQRT1_2": lambda at: math.sqrt(0.5),
    "LN2": lambda at: math.log(2),
    "LN10": lambda at: math.log(10),
    "LOG2E": lambda at: 1 / math.log(2),
    "LOG10E": lambda at: 1 / math.log(10),
}
"""What a formula may read by name, from a `Moment`; beside it, the fields of the document."""


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
