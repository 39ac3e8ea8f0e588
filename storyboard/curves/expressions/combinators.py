"""Combinators: a curve again and again, to and fro, or from a mark on."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from storyboard.curves.expressions.environment import Environment
from storyboard.curves.expressions.errors import ExpressionError
from storyboard.curves.expressions.events import event_of
from storyboard.curves.expressions.function import Function
from storyboard.curves.expressions.tree import Node
from storyboard.curves.expressions.waves import beats_of, fixed_length, part
from storyboard.plan import Floats


def loop(at: Environment, curve: Node, length: Node) -> Floats:
    """The first ``length`` of the curve, from the shot's start, again and again."""
    return _folded(at, curve, length, both_ways=False)


def pingpong(at: Environment, curve: Node, length: Node) -> Floats:
    """The first ``length`` of the curve forwards, then backwards, again and again."""
    return _folded(at, curve, length, both_ways=True)


def _folded(at: Environment, curve: Node, length: Node, *, both_ways: bool) -> Floats:
    """The curve at ``length`` times the share of the way that is done; one in beats lies on the
    beat grid.
    """
    instants, grid = at.instants, at.instants.span.clock.beats
    start, after = instants.span.start, np.maximum(instants.after, 0.0)
    beats = beats_of(length, at)
    if beats is None or grid is None:
        seconds = fixed_length(length, at, "the length")
        return curve.value(
            at.elsewhere(float(start) + seconds * _share(after / seconds, both_ways))
        )
    first = float(grid.beat(start))
    share = _share((grid.at(float(start) + after) - first) / float(beats), both_ways)
    return curve.value(at.elsewhere(grid.moments(first + share * float(beats))))


def _share(turned: Floats, both_ways: bool) -> Floats:
    if both_ways:
        return 1.0 - np.abs(2.0 * part(turned / 2.0) - 1.0)
    return part(turned)


def after(at: Environment, mark: Node, curve: Node) -> Floats:
    """The curve as if film and shot began at the mark; before it, as it is there. What is heard
    stays where it is.
    """
    times = event_of(at, mark).times
    if len(times) != 1:
        message = f"after needs one moment, and there are {len(times)}"
        hint = "name a mark; since(event) goes by the last of several"
        raise ExpressionError(message, column=mark.column, hint=hint)
    instants = at.instants
    span = instants.span.counted_from(Fraction(float(times[0])))
    moments = span.moments(np.maximum(instants.film, float(span.zero)))
    return curve.value(Environment.of(moments))


FUNCTIONS = (
    Function(
        "loop(curve, length)",
        "the curve's first length again and again, from the shot's start",
        loop,
        reads=("shot_t",),
        over_time=True,
    ),
    Function(
        "pingpong(curve, length)",
        "the curve's first length forwards, then backwards, again and again",
        pingpong,
        reads=("shot_t",),
        over_time=True,
    ),
    Function(
        "after(mark, curve)",
        "the curve with t and keys counted from the mark; before it, its value there",
        after,
        reads=("t",),
        over_time=True,
        events=("mark",),
    ),
)
"""What puts a curve somewhere else in time."""
