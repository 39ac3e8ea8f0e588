"""Keys: values at times, and how a curve goes from one to the next.

::

    read_keys({"0s": 0, "2s": [1, "hold"]}, value, ease="linear") -> Curve
    key_texts("0:0, 2s:1, drop:3 bounce-out")        the same as written within an expression

``value`` makes a number or an expression of what is written as a key's value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from storyboard.curves.easings import easing, known_easing
from storyboard.curves.expressions.functions import Function
from storyboard.curves.expressions.nodes import Expression
from storyboard.curves.instants import SampleTimes, ShotScope, floats
from storyboard.errors import BadValue, UnknownName, did_you_mean
from storyboard.plan import Floats
from storyboard.times import TimeSpec, parse_time

MOST_KEYS = 50_000
"""Keys of one curve that are read."""

Value = Callable[[Any], float | Expression]


@dataclass(frozen=True)
class Key:
    """A value at a time of the shot.

    ``ease`` is None where the one before is carried on; ``path`` leads to the value from
    the curve as written, for messages; it is empty where the curve is one number or expression.
    """

    time: TimeSpec
    value: float | Expression
    ease: str | None = None
    path: tuple[str | int, ...] = ()

    def sample(self, at: SampleTimes) -> Floats:
        """Return the key's value at every instant."""
        if not isinstance(self.value, Expression):
            return np.full(len(at), self.value)
        with under(*self.path):
            return self.value.sample(at)


@dataclass(frozen=True)
class Curve:
    """A number that changes with time: at least one key, in the order of writing."""

    keys: tuple[Key, ...]
    ease: str = "linear"

    @property
    def constant(self) -> float | None:
        """Return the value, where it is one number at all times."""
        first = self.keys[0].value
        if isinstance(first, Expression) or any(key.value != first for key in self.keys):
            return None
        return first

    @property
    def names_used(self) -> frozenset[str]:
        """Return every name that its expressions read."""
        used = (k.value.names_used for k in self.keys if isinstance(k.value, Expression))
        return frozenset().union(*used)

    def times(self, scope: ShotScope) -> list[tuple[Fraction, Key]]:
        """Return the keys with their seconds after the shot's start, in order of time.

        Raises `TimeError` for a time that cannot be resolved, `BadValue` for two at one time.
        """
        placed = []
        for key in self.keys:
            with under(*key.path[:1]):
                placed.append((scope.clock.time_in_shot(key.time, scope.start, scope.end), key))
        placed.sort(key=lambda pair: pair[0])
        for (one, first), (other, second) in pairwise(placed):
            if one == other:
                message = f"duplicate keyframe time: {first.path[0]!r} and {second.path[0]!r}"
                raise BadValue(message, hint="leave one out", path=second.path[:1])
        return placed

    def moments(self, scope: ShotScope) -> list[float]:
        """Return the film seconds of the keys."""
        return [float(scope.start + time) for time, _ in self.times(scope)]

    def sample(self, at: SampleTimes) -> Floats:
        """Return the value at every instant, all finite. Raises `ExpressionError` where one
        is not.
        """
        if len(self.keys) == 1 and not self.keys[0].path:
            return self.keys[0].sample(at)
        placed = self.times(at.scope)  # raises for a time that is none, also for that of one key
        if len(self.keys) == 1:
            return self.keys[0].sample(at)
        segment = np.searchsorted(floats([time for time, _ in placed]), at.after, side="right")
        if not any(key.ease or isinstance(key.value, Expression) for key in self.keys):
            return _between(placed, self.ease, segment, at)
        eases = [self.ease]
        for _, key in placed:
            eases.append(key.ease or eases[-1])
        result, order = np.empty(len(at)), np.argsort(segment, kind="stable")
        for chosen in np.split(order, np.flatnonzero(np.diff(segment[order])) + 1):
            if len(chosen):
                n = int(segment[chosen[0]])
                ends = placed[max(n - 1, 0) : n + 1]
                result[chosen] = _segment(ends, eases[n], at.subset(chosen))
        return result


def _between(
    placed: list[tuple[Fraction, Key]],
    ease: str,
    segment: npt.NDArray[np.intp],
    at: SampleTimes,
) -> Floats:
    """Return what `_segment` does for every ``segment``, of keys that are all numbers, at once."""
    values = np.array([float(key.value) for _, key in placed])  # type: ignore[arg-type]
    starts = floats([time for time, _ in placed])
    lasts = floats([after - before for (before, _), (after, _) in pairwise(placed)] + [Fraction(1)])
    left, right = np.maximum(segment - 1, 0), np.minimum(segment, len(placed) - 1)
    u = easing(ease)(np.clip((at.after - starts[left]) / lasts[left], 0.0, 1.0))
    moving = values[left] + (values[right] - values[left]) * u
    return np.where(left == right, values[left], moving)


def _segment(ends: list[tuple[Fraction, Key]], ease: str, at: SampleTimes) -> Floats:
    """Return the values between two keys, or those of a single one held."""
    start, first = ends[0]
    if len(ends) == 1:
        return first.sample(at)
    stop, second = ends[1]
    u = easing(ease)(np.clip((at.after - float(start)) / float(stop - start), 0.0, 1.0))
    before = first.sample(at)
    return before + (second.sample(at) - before) * u


def read_keys(written: Mapping[Any, Any], value: Value, *, ease: str) -> Curve:
    """Return the curve of ``{time: value}``; a key called ``ease`` says where the easing begins.

    Raises `BadValue` whose ``path`` is the key at fault.
    """
    keys = {time: one for time, one in written.items() if time != "ease"}
    if not keys:
        raise BadValue("a curve needs at least one key", hint="write {0s: 1, 100%: 2}")
    if len(keys) > MOST_KEYS:
        hint = "write an expression, or fewer keys: between them it is interpolated"
        raise BadValue(f"a curve of {len(keys)} keys; at most {MOST_KEYS} are read", hint=hint)
    with under("ease"):
        ease = checked_ease(written.get("ease", ease))
    return Curve(tuple(read_key(time, one, value) for time, one in keys.items()), ease)


def read_key(time: Any, written: Any, value: Value) -> Key:
    """Return one key and its value, in any of its written forms."""
    with under(str(time)):
        spec = parse_time(time)
        parts = _parts(written)
        value_path, text = parts["value"]
        with under(*value_path):
            number = value(text)
        ease_path, ease = parts.get("ease", ((), None))
        with under(*ease_path):
            return Key(spec, number, ease and checked_ease(ease), (str(time), *value_path))


def _parts(written: Any) -> dict[str, tuple[tuple[str | int, ...], Any]]:
    """Return the value of a key and its easing where it has one, each behind the path that leads to
    it.
    """
    if isinstance(written, Mapping):
        for name in written:
            if name not in ("value", "ease"):
                hint = did_you_mean(str(name), ("value", "ease"))
                hint = hint or "write {value: 1, ease: smooth}"
                raise BadValue(f"unknown {name!r} in a key", hint=hint, path=(str(name),))
        if "value" not in written:
            raise BadValue("a key has no value", hint="write {value: 1, ease: smooth}")
        return {name: ((name,), part) for name, part in written.items()}
    if not isinstance(written, list | tuple):
        return {"value": ((), written)}
    if not 1 <= len(written) <= 2:
        raise BadValue("a key is [value, ease]", hint="write [1.5, smooth]")
    return {
        name: ((place,), part)
        for place, (name, part) in enumerate(zip(("value", "ease"), written, strict=False))
    }


def plain_number(written: Any) -> float:
    """Return a number as written. Raises `BadValue` for anything else."""
    if isinstance(written, int | float | Fraction) and not isinstance(written, bool):
        if -1e300 < written < 1e300:
            return float(written)
        raise BadValue("the number is too large, or no number at all")
    hint = "write a number, an expression, or keys {0s: 1, 100%: 2}"
    raise BadValue(
        f"invalid value {written!r}; expected a number, an expression or keyframes", hint=hint
    )


def checked_ease(name: object) -> str:
    """Return the name itself, once it is known."""
    known_easing(str(name))
    return str(name)


class under:  # noqa: N801 - a context manager, used like a function
    """Puts ``keys`` before the path of a `BadValue` from within the block."""

    __slots__ = ("_keys",)

    def __init__(self, *keys: str | int) -> None:
        self._keys = keys

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, BadValue):
            error.path = (*self._keys, *error.path)


class KeyText(NamedTuple):
    """One key as written in a text: where it begins, counted from 0, and its parts."""

    place: int
    time: str
    value_place: int
    value: str
    ease: str | None

    @property
    def written(self) -> Any:
        """Return the value and its easing as `read_key` takes them."""
        return self.value if self.ease is None else [self.value, self.ease]


_EASED = re.compile(r"(.*\S)\s+([A-Za-z][\w-]*(?:\(.*\))?)", re.DOTALL)


def key_texts(text: str) -> list[KeyText]:
    """Return the keys of ``0: 0, 2s: 1, drop: 3 bounce-out``. Raises `BadValue` with a column."""
    found, place = [], 0
    for piece in _pieces(text):
        time, colon, value = piece.rpartition(":")
        start = place + len(piece) - len(piece.lstrip())
        if not colon or not time.strip() or not value.strip():
            hint = 'write keys("0:0, 2s:1, drop:3 bounce-out")'
            raise BadValue(f"{piece.strip()!r} is not a key", hint=hint, column=start + 1)
        value_place = place + len(time) + 1 + len(value) - len(value.lstrip())
        value, ease = _eased(value.strip())
        found.append(KeyText(start, time.strip(), value_place, value, ease))
        place += len(piece) + 1
    return found


def _pieces(text: str) -> Iterator[str]:
    """Yield the text cut at commas that are in no brackets."""
    depth, start = 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth <= 0:
            yield text[start:place]
            start = place + 1
    yield text[start:]


def _eased(value: str) -> tuple[str, str | None]:
    """Return a value and the easing behind it, where the last word is the name of one."""
    match = _EASED.fullmatch(value)
    if match is None:
        return value, None
    try:
        easing(match[2])
    except UnknownName:
        return value, None
    return match[1], match[2]


def eased(name: str) -> Callable[[Floats], Floats]:
    """Return the easing called ``name``, held at both ends."""
    shape = known_easing(name)
    return lambda u: shape(np.clip(u, 0.0, 1.0))


FUNCTIONS = (
    Function(
        "keys(text)",
        'keys such as "0:0, 2s:1, drop:3 bounce-out", with times as in the story',
        key_texts,
        text="keys",
    ),
    Function(
        "ease(name, u)",
        'the easing of that name, such as "bounce-out": 0 at u = 0, 1 at u = 1',
        eased,
        text="easing",
    ),
)
"""Keys and easings within an expression."""
