"""One frame of a Parseq field: the keys around it, the film, operators, and names to read.

Operators are those of the source's host language: texts are numbers where they look like one. What
is no number (a text without digits, a remainder of 0) is NaN, which is never equal, above or below;
the sign of a remainder is that of its dividend.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from storyboard.errors import BadValue

Value = float | str


def number(value: Value) -> float:
    """Return a text as the number that it is, 0 where it is empty, NaN where it is none."""
    if not isinstance(value, str):
        return value
    try:
        return float(value) if value.strip() else 0.0
    except ValueError:
        return math.nan


def text(value: Value) -> str:
    """Return a number as the source writes it: ``2`` for 2.0, else the shortest that is exact."""
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)


def combine(sign: str, left: Value, right: Value) -> Value:
    """Compute ``left sign right``. Raises `BadValue` where it divides by zero."""
    if sign == ":":
        return f"({text(left)}:{text(right)})"
    texts = isinstance(left, str), isinstance(right, str)
    if sign == "+" and any(texts):
        return text(left) + text(right)
    if sign in _COMPARISONS:
        pair = (left, right) if all(texts) else (number(left), number(right))
        return float(_COMPARISONS[sign](*pair))
    if sign == "/" and right == 0:
        raise BadValue("it divides by zero")
    return _ARITHMETIC[sign](number(left), number(right))


def remainder(left: float, right: float) -> float:
    """Return what division leaves of ``left``, with its sign."""
    known = right != 0 and math.isfinite(left) and not math.isnan(right)
    return math.fmod(left, right) if known else math.nan


def _power(left: float, right: float) -> float:
    try:
        found = left**right
    except ZeroDivisionError:
        return math.inf
    except OverflowError:
        return math.inf if left > 0 or right % 2 == 0 else -math.inf
    return math.nan if isinstance(found, complex) else float(found)


_COMPARISONS: dict[str, Callable[..., bool]] = {
    **{"==": operator.eq, "!=": operator.ne, "<": operator.lt},
    **{"<=": operator.le, ">": operator.gt, ">=": operator.ge},
}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    **{"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv},
    **{"%": remainder, "**": _power},
    "and": lambda a, b: float(a > 0 and b > 0),
    "or": lambda a, b: float(a > 0 or b > 0),
}


@dataclass(frozen=True)
class Series:
    """Values at ascending places, which are frames, or milliseconds."""

    places: tuple[float, ...]
    values: tuple[float, ...]
    milliseconds: bool

    def at(self, frame: float, fps: float, *, straight: bool = False) -> float:
        """Return the value before a frame, held, or on a straight line; the ends hold.

        At a place of its own the step is not yet done, as in the source.
        """
        place = frame / fps * 1000 if self.milliseconds else frame
        if straight:
            return float(np.interp(place, self.places, self.values))
        return self.values[max(bisect_left(self.places, place) - 1, 0)]


def read_series(given: Any) -> dict[str, Series]:
    """Return the time series of a document by name. Raises `BadValue`."""
    try:
        return {str(row["alias"]): _series(row["ts"]) for row in given or ()}
    except (TypeError, KeyError, ValueError, AttributeError):
        hint = '[{"alias": "bass", "ts": {"timestampType": 0, "data": [{"x": 0, "y": 1}]}}]'
        raise BadValue("timeSeries: this is no list of series", hint=hint) from None


def _series(given: Mapping[str, Any]) -> Series:
    points = sorted((float(point["x"]), float(point["y"])) for point in given["data"])
    places, values = zip(*points, strict=True)
    return Series(places, values, given.get("timestampType", 0) in (1, "1", "Millisecond", "ms"))


@dataclass(frozen=True)
class FormulaFilm:
    """Values shared by all fields. ``labels`` are the keyframes in order, each with its ``info``
    text or ``None``. ``even``: square waves are high for exactly half their period, whatever the
    source's sine rounds to.
    """

    fps: float = 20.0
    bpm: float = 140.0
    cadence: float = 1.0
    labels: tuple[tuple[int, str | None], ...] = ()
    last: int = 0
    series: Mapping[str, Series] = field(default_factory=dict)
    even: bool = False

    @property
    def beat(self) -> float:
        """Return the frames of a beat."""
        return self.fps * 60.0 / self.bpm


@dataclass(frozen=True)
class Keys:
    """The frames at which a field has a value, ascending, and those values."""

    frames: tuple[int, ...]
    values: tuple[float, ...]

    def active(self, frame: int) -> int:
        """Return the place of the last key up to ``frame``, or of the first one."""
        return max(bisect_right(self.frames, frame) - 1, 0)

    def following(self, frame: int) -> int:
        """Return the place of the next key behind ``frame``, or of the last one."""
        return min(bisect_right(self.frames, frame), len(self.frames) - 1)

    def straight(self, frame: int) -> float:
        """Return the value on straight lines from key to key."""
        return float(np.interp(frame, self.frames, self.values))

    def through(self, frame: int, *, spline: bool) -> float:
        """Return the value of the natural cubic spline, or of the one polynomial, through all."""
        many = len(self.frames) > 1
        return float(_through(self, spline=spline)(frame)) if many else self.values[0]


@lru_cache(maxsize=64)
def _through(keys: Keys, *, spline: bool) -> Callable[[float], Any]:
    from scipy import interpolate

    if spline:
        return interpolate.CubicSpline(keys.frames, keys.values, bc_type="natural")  # type: ignore[no-any-return]
    return interpolate.KroghInterpolator(keys.frames, keys.values)  # type: ignore[no-any-return]


@dataclass
class Moment:
    """One frame of one field.

    ``names`` are what else may be read; those of every moment are added. ``done`` are the field's
    values so far, ``others`` those of all fields, frame by frame. ``memories`` keep what calls
    remember from frame to frame, ``memory`` is that of the call at work. ``positive`` says which of
    a prompt's two texts is made, None outside of prompts.
    """

    frame: int
    keys: Keys
    film: FormulaFilm
    names: dict[str, Value] = field(default_factory=dict)
    done: Sequence[Value] = ()
    others: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    memories: dict[int, dict[str, float]] = field(default_factory=dict)
    positive: bool | None = None
    memory: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys, film, frame = self.keys, self.film, float(self.frame)
        k, ahead = keys.active(self.frame), keys.following(self.frame)
        self.active, self.active_value = keys.frames[k], keys.values[k]
        self.next_value, self.span = keys.values[ahead], float(keys.frames[ahead] - self.active)
        beats, active, last = frame / film.beat, float(self.active), float(film.last)
        self.names |= {
            **{"L": keys.straight(self.frame), "S": self.active_value, "f": frame},
            **{"k": frame - active, "s": frame / film.fps, "b": beats, "wb": beats // 1},
            **{"fps": film.fps, "bpm": film.bpm, "cadence": film.cadence, "@beat": film.beat},
            **{"last_frame": last, "final_frame": last, "next_keyframe": active + self.span},
            **{"active_keyframe": active, "active_keyframe_value": self.active_value},
            **{"prev_keyframe": active, "prev_keyframe_value": self.active_value},
            **{"next_keyframe_value": self.next_value, "@span": self.span, **CONSTANTS},
        }


CONSTANTS = {
    **{"PI": math.pi, "E": math.e, "SQRT2": math.sqrt(2), "SQRT1_2": math.sqrt(0.5)},
    **{"LN2": math.log(2), "LN10": math.log(10)},
    **{"LOG2E": 1 / math.log(2), "LOG10E": 1 / math.log(10)},
}
