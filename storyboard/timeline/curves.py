"""Curves: numbers that change with time, from their written form to one value per instant.

::

    curve = read_curve(written, names=TIME_NAMES, ease="linear")     raises BadValue (path, column)
    curve.sample(instants) -> Floats            one value per instant, all finite
    integrate(rate, instants) -> Floats         what a ``_per_s`` rate adds up to since the start
    integrate_zoom(rate, instants) -> Floats    what a zoom per second multiplies up to

A written curve is a number, an expression, or keys ``{time: value}``. Everything is keys: a
constant and an expression are one key. The easing of a key rules the way to the next key and is
carried on to later keys until another is given. Before the first and after the last key their
values hold; a key's expression is evaluated at each instant, not only at the key.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from storyboard.errors import BadValue, UnknownName, did_you_mean
from storyboard.story.times import TimeSpec, parse_time
from storyboard.timeline.easings import easing
from storyboard.timeline.expressions import TIME_NAMES, Expression, compile_expression
from storyboard.timeline.instants import Instants, Span, floats
from storyboard.timeline.plan import Floats

_CELL_S = Fraction(1, 64)
# Gauss-Legendre, 5 points (Abramowitz and Stegun, table 25.4): numpy.polynomial is slow to import.
_INNER, _OUTER = (math.sqrt(5 + sign * 2 * math.sqrt(10 / 7)) / 3 for sign in (-1, 1))
_NODES: Floats = np.array([-_OUTER, -_INNER, 0.0, _INNER, _OUTER])
_LIGHT, _HEAVY = ((322 + sign * 13 * math.sqrt(70)) / 900 for sign in (-1, 1))
_WEIGHTS: Floats = np.array([_LIGHT, _HEAVY, 128 / 225, _HEAVY, _LIGHT])


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

    def sample(self, at: Instants) -> Floats:
        """The key's value at every instant."""
        if not isinstance(self.value, Expression):
            return np.full(len(at), self.value)
        with _under(*self.path):
            return self.value.evaluate(at.env(self.value.names_used), len(at))


@dataclass(frozen=True)
class Curve:
    """A number that changes with time: at least one key, in the order of writing."""

    keys: tuple[Key, ...]
    ease: str = "linear"

    @property
    def constant(self) -> float | None:
        """The value, where it is one number at all times."""
        first = self.keys[0].value
        if isinstance(first, Expression) or any(key.value != first for key in self.keys):
            return None
        return first

    @property
    def names_used(self) -> frozenset[str]:
        """Every name that its expressions read."""
        used = (k.value.names_used for k in self.keys if isinstance(k.value, Expression))
        return frozenset().union(*used)

    def times(self, span: Span) -> list[tuple[Fraction, Key]]:
        """The keys with their seconds after the shot's start, in order of time.

        Raises `TimeError` for a time that cannot be resolved, `BadValue` for two at one time.
        """
        placed = []
        for key in self.keys:
            with _under(*key.path[:1]):
                placed.append((span.clock.within(key.time, span.start, span.end), key))
        placed.sort(key=lambda pair: pair[0])
        for (one, first), (other, second) in pairwise(placed):
            if one == other:
                message = f"keys {first.path[0]!r} and {second.path[0]!r} are at the same time"
                raise BadValue(message, hint="leave one out", path=second.path[:1])
        return placed

    def sample(self, at: Instants) -> Floats:
        """The value at every instant, all finite. Raises `ExpressionError` where one is not."""
        if len(self.keys) == 1:
            return self.keys[0].sample(at)
        placed = self.times(at.span)
        segment = np.searchsorted(floats([time for time, _ in placed]), at.after, side="right")
        result, ease = np.empty(len(at)), self.ease
        for n in range(len(placed) + 1):
            ease = (placed[n - 1][1].ease or ease) if n else ease
            chosen = segment == n
            if chosen.any():
                result[chosen] = _segment(placed[max(n - 1, 0) : n + 1], ease, at.take(chosen))
        return result


def _segment(ends: list[tuple[Fraction, Key]], ease: str, at: Instants) -> Floats:
    """The values between two keys, or those of a single one held."""
    start, first = ends[0]
    if len(ends) == 1:
        return first.sample(at)
    stop, second = ends[1]
    u = easing(ease)(np.clip((at.after - float(start)) / float(stop - start), 0.0, 1.0))
    before = first.sample(at)
    return before + (second.sample(at) - before) * u


def read_curve(
    written: Any, *, names: Collection[str] = TIME_NAMES.keys(), ease: str = "linear"
) -> Curve:
    """Read a curve: a number, an expression, or keys.

    The value of a key is a number, an expression, ``{value: ..., ease: ...}`` or
    ``[value, ease]``; a key called ``ease`` among the times gives the easing that is carried from
    the start, in place of the parameter. Raises `BadValue` whose ``path`` is the key at fault.
    """
    if not isinstance(written, Mapping):
        return Curve((Key(TimeSpec(Fraction(0)), _value(written, names)),), ease)
    keys = {time: value for time, value in written.items() if time != "ease"}
    if not keys:
        raise BadValue("a curve needs at least one key", hint="write {0s: 1, 100%: 2}")
    with _under("ease"):
        ease = _ease(written.get("ease", ease))
    return Curve(tuple(_key(time, value, names) for time, value in keys.items()), ease)


def integrate(rate: Curve, at: Instants) -> Floats:
    """The integral of a rate per second from the shot's start to every instant.

    Gauss-Legendre quadrature (5 points, exact up to degree 9) between the keys, the beats and the
    points of a grid of 1/64 s, so the result depends on the instant alone and never on the fps:
    exact for constants and for linear to quintic easings. Instants before the start give the
    negative of the way from there.
    """
    constant = rate.constant
    if constant is not None:
        return constant * at.after
    return _integral(lambda after: rate.sample(at.span.after(after)), rate, at)


def integrate_zoom(rate: Curve, at: Instants) -> Floats:
    """The zoom that a ``zoom_per_s`` rate has multiplied up to: 1 at the shot's start.

    The exponential of the integral of the rate's logarithm: 2 per second is 4 after two seconds.
    Raises `BadValue` where the rate is not above zero.
    """

    def log_rate(after: Floats) -> Floats:
        values = rate.sample(at.span.after(after))
        if np.any(values <= 0.0):
            n = int(np.argmax(values <= 0.0))
            message = f"zoom_per_s is {values[n]:.6g} at {after[n]:.6g}s of the shot"
            raise BadValue(message, hint="it multiplies: 1 stands still, 1.05 is 5 % more a second")
        return np.log(values)

    if rate.constant is not None:
        return np.exp(log_rate(np.zeros(1)) * at.after)
    return np.exp(_integral(log_rate, rate, at))


def _integral(function: Callable[[Floats], Floats], rate: Curve, at: Instants) -> Floats:
    """The integral of ``function`` of seconds after the shot's start, from there to ``at``."""
    edges = _edges(rate, at)
    widths = np.diff(edges)
    cells = np.concatenate([[0.0], np.cumsum(_gauss(function, edges[:-1], widths))])
    cells -= cells[np.searchsorted(edges, 0.0)]
    cell = np.searchsorted(edges, at.after, side="right") - 1
    return cells[cell] + _gauss(function, edges[cell], at.after - edges[cell])


def _edges(rate: Curve, at: Instants) -> Floats:
    """Where the cells of the quadrature meet: a grid from the start, the keys, the beats.

    Nothing outside the instants and the start is an edge, so no rate is asked for beyond them.
    """
    low = min(0.0, float(np.min(at.after, initial=0.0)))
    high = max(0.0, float(np.max(at.after, initial=0.0)))
    marks = [low, 0.0, high, *(float(time) for time, _ in rate.times(at.span))]
    steps, clock, start = [(_CELL_S, Fraction(0))], at.span.clock, at.span.start
    if clock.grid is not None:
        ends = (start + Fraction(low), start + Fraction(high))
        marks += [float(beat - start) for beat in clock.grid.between(*ends)]
    elif clock.bpm is not None:
        steps.append((60 / clock.bpm, clock.first_beat - start))
    for step, origin in steps:
        first, last = ((edge - float(origin)) / float(step) for edge in (low, high))
        marks += (np.arange(np.ceil(first), last) * float(step) + float(origin)).tolist()
    return np.unique([mark for mark in marks if low <= mark <= high])


def _gauss(function: Callable[[Floats], Floats], start: Floats, width: Floats) -> Floats:
    """The integral of ``function`` over each of the cells."""
    nodes = start[:, None] + width[:, None] * (_NODES + 1.0) / 2
    values = function(nodes.ravel()).reshape(nodes.shape)
    return values @ _WEIGHTS * width / 2


def _key(time: Any, written: Any, names: Collection[str]) -> Key:
    """One key and its value, in any of its written forms."""
    with _under(str(time)):
        spec = parse_time(time)
        parts = _parts(written)
        value_path, value = parts["value"]
        with _under(*value_path):
            number = _value(value, names)
        ease_path, ease = parts.get("ease", ((), None))
        with _under(*ease_path):
            return Key(spec, number, ease and _ease(ease), (str(time), *value_path))


def _parts(written: Any) -> dict[str, tuple[tuple[str | int, ...], Any]]:
    """The value of a key and its easing where it has one, each behind the path that leads to it."""
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


def _value(written: Any, names: Collection[str]) -> float | Expression:
    """A number, also one that an expression without names works out to, or an expression."""
    if isinstance(written, str):
        expression = compile_expression(written, names)
        return expression if expression.names_used else float(expression.evaluate({}, 1)[0])
    if isinstance(written, int | float | Fraction) and not isinstance(written, bool):
        if -1e300 < written < 1e300:
            return float(written)
        raise BadValue("the number is too large, or no number at all")
    hint = "write a number, an expression, or keys {0s: 1, 100%: 2}"
    raise BadValue(f"{written!r} is no value of a curve", hint=hint)


def _ease(name: Any) -> str:
    """The name itself, once it is known."""
    try:
        easing(str(name))
    except UnknownName as error:
        hint = did_you_mean(error.name, error.known)
        raise BadValue(f"unknown easing {error.name!r}", hint=hint) from None
    return str(name)


@contextmanager
def _under(*keys: str | int) -> Iterator[None]:
    """Put ``keys`` before the path of a `BadValue` from within the block."""
    try:
        yield
    except BadValue as error:
        error.path = (*keys, *error.path)
        raise
