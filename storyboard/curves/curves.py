"""Curves: numbers that change with time, from their written form to one value per instant.

::

    curve = read_curve(written, names=span.names, ease="linear")     raises BadValue (path, column)
    curve.sample(instants) -> Floats            one value per instant, all finite
    integrate(rate, instants) -> Floats         what a ``_per_s`` rate adds up to since the start
    integrate_zoom(rate, instants) -> Floats    what a zoom per second multiplies up to

A written curve is a number, an expression, or keys ``{time: value}``. Everything is keys: a
constant and an expression are one key. The easing of a key rules the way to the next key and is
carried on to later keys until another is given. Before the first and after the last key their
values hold; a key's expression is evaluated at each instant, not only at the key.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from storyboard.curves.expressions import Expression, compile_expression
from storyboard.curves.expressions.quadrature import CELL_S, NODES, WEIGHTS, event_breaks
from storyboard.curves.expressions.scope import Vocabulary
from storyboard.curves.instants import SampleTimes
from storyboard.curves.keys import Curve, Key, plain_number, read_keys
from storyboard.errors import BadValue
from storyboard.plan import Floats
from storyboard.times import TimeSpec

__all__ = ["Curve", "integrate", "integrate_zoom", "read_curve", "read_value"]


_TIME = Vocabulary()


def read_curve(
    written: Any, *, names: Vocabulary | Collection[str] = _TIME, ease: str = "linear"
) -> Curve:
    """Read a curve: a number, an expression, or keys.

    The value of a key is a number, an expression, ``{value: ..., ease: ...}`` or
    ``[value, ease]``; a key called ``ease`` among the times gives the easing that is carried from
    the start, in place of the parameter. Raises `BadValue` whose ``path`` is the key at fault.
    """
    if isinstance(written, Mapping):
        return read_keys(written, lambda value: read_value(value, names), ease=ease)
    return Curve((Key(TimeSpec(Fraction(0)), read_value(written, names)),), ease)


def integrate(rate: Curve, at: SampleTimes) -> Floats:
    """Return the integral of a rate per second from the shot's start to every instant.

    Gauss-Legendre quadrature (5 points, exact up to degree 9) between the keys, the beats and the
    points of a grid of 1/64 s, so the result depends on the instant alone and never on the fps:
    exact for constants and for linear to quintic easings. Instants before the start give the
    negative of the way from there.
    """
    constant = rate.constant
    if constant is not None:
        return constant * at.after
    return _integral(lambda after: rate.sample(at.scope.from_shot_start(after)), rate, at)


def integrate_zoom(rate: Curve, at: SampleTimes) -> Floats:
    """Return the zoom that a ``zoom_per_s`` rate has multiplied up to: 1 at the shot's start.

    The exponential of the integral of the rate's logarithm: 2 per second is 4 after two seconds.
    Raises `BadValue` where the rate is not above zero.
    """

    def log_rate(after: Floats) -> Floats:
        return _log(rate.sample(at.scope.from_shot_start(after)), after)

    if (constant := rate.constant) is not None:
        return np.exp(_log(np.array([constant]), np.zeros(1)) * at.after)
    return np.exp(_integral(log_rate, rate, at))


def _log(zooms: Floats, after: Floats) -> Floats:
    """Return the logarithm of zooms per second. Raises `BadValue` where one is not above zero."""
    if np.any(zooms <= 0.0):
        n = int(np.argmax(zooms <= 0.0))
        message = f"zoom_per_s is {zooms[n]:.6g} at {after[n]:.6g}s of the shot"
        raise BadValue(message, hint="it multiplies: 1 stands still, 1.05 is 5 % more a second")
    return np.log(zooms)


def _integral(function: Callable[[Floats], Floats], rate: Curve, at: SampleTimes) -> Floats:
    """Return the integral of ``function`` of seconds after the shot's start, from there to
    ``at``.
    """
    edges = _edges(rate, at)
    widths = np.diff(edges)
    cells = np.concatenate([[0.0], np.cumsum(_gauss(function, edges[:-1], widths))])
    cells -= cells[np.searchsorted(edges, 0.0)]
    cell = np.searchsorted(edges, at.after, side="right") - 1
    return cells[cell] + _gauss(function, edges[cell], at.after - edges[cell])


def _edges(rate: Curve, at: SampleTimes) -> Floats:
    """Return the cell edges of the quadrature: a grid from the start, the keys, the beats, and the
    events that the rate reads.

    Nothing outside the instants and the start is an edge, so no rate is asked for beyond them.
    """
    low = min(0.0, float(np.min(at.after, initial=0.0)))
    high = max(0.0, float(np.max(at.after, initial=0.0)))
    marks = [low, 0.0, high, *(float(time) for time, _ in rate.times(at.scope))]
    for tree in (key.value.tree for key in rate.keys if isinstance(key.value, Expression)):
        marks += [moment - float(at.scope.start) for moment in event_breaks(tree, at.scope)]
    steps, clock, start = [(Fraction(CELL_S), Fraction(0))], at.scope.clock, at.scope.start
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
    """Return the integral of ``function`` over each of the cells."""
    nodes = start[:, None] + width[:, None] * NODES
    values = function(nodes.ravel()).reshape(nodes.shape)
    return values @ WEIGHTS * width


def read_value(written: Any, names: Vocabulary | Collection[str]) -> float | Expression:
    """Return a number, also one that an expression without names works out to, or an expression."""
    if isinstance(written, str):
        expression = compile_expression(written, names)
        return expression if expression.names_used else float(expression.evaluate({}, 1)[0])
    return plain_number(written)
