"""Functions of events: beats, onsets, marks, and whatever rises through a half.

An event belongs to the frame nearest to it: it counts as being exactly there.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from storyboard.curves.clock import NEAR_FRAME
from storyboard.curves.expressions.errors import ExpressionError
from storyboard.curves.expressions.functions import Function, Inlined
from storyboard.curves.expressions.nodes import Environment, Node, Variable
from storyboard.curves.expressions.pointwise import fixed
from storyboard.curves.expressions.quadrature import key_of, samples_of
from storyboard.curves.sound import Events
from storyboard.plan import Floats

Frames = npt.NDArray[np.int64]

NEVER_S = 1e6
"""What ``since`` and ``until`` are where there was no event yet, or comes none more."""

_HALVINGS = 32


def since(at: Environment, event: Node) -> Floats:
    """Return seconds since the last event, 0 at its frame."""
    return _away(at, event, forward=False)


def until(at: Environment, event: Node) -> Floats:
    """Return seconds until the next event, 0 at its frame."""
    return _away(at, event, forward=True)


def count(at: Environment, event: Node) -> Floats:
    """Return events so far, the one at this frame included."""
    frames = _frames(at, event_of(at, event))
    return _passed(at, frames).astype(np.float64)


def decay(at: Environment, event: Node, per_s: Node) -> Floats:
    """Return the sum over the events so far of weight * exp(-per_s * age): the exponential kernel
    of a Hawkes process (Hawkes, Spectra of some self-exciting and mutually exciting point
    processes, 1971), summed event by event (Ogata, 1981).
    """
    events, rate = event_of(at, event), fixed(per_s, at, "per_s")
    if rate < 0.0:
        raise ExpressionError(f"per_s is {rate:g}, below zero", column=per_s.column)
    frames = _frames(at, events)
    fps = at["fps"][0]
    sums, total = np.zeros(len(frames) + 1), 0.0
    fading = np.exp(-rate * np.diff(frames, prepend=frames[:1]) / fps)
    for n, weight in enumerate(events.weights.tolist()):
        total = total * float(fading[n]) + weight
        sums[n + 1] = total
    passed = _passed(at, frames)
    last = np.concatenate([[0.0], frames])[passed]
    age = np.maximum(at.instants.film_frames - last, 0.0) / fps
    result: Floats = sums[passed] * np.exp(-rate * age)
    return result


def event_of(at: Environment, node: Node) -> Events:
    """Return the events that ``node`` names, else those where it rises through a half."""
    while isinstance(node, Inlined):
        node = node.body
    scope = at.instants.scope
    if isinstance(node, Variable) and node.name in scope.names.events:
        return scope.events(node.name)
    return scope.cache.recall(("rises", *key_of(node, scope)), lambda: _rises(at, node))


def _rises(at: Environment, node: Node) -> Events:
    """Return the times at which ``node`` rises above 0.5, found by bisection; also the start, if it
    is above there.
    """
    samples = samples_of(node, at)
    above = samples.flat > 0.5
    rising = np.flatnonzero(~above[:-1] & above[1:])
    low, high = samples.seconds[rising], samples.seconds[rising + 1]
    for _ in range(_HALVINGS if len(rising) else 0):
        middle = (low + high) / 2
        risen = node.value(at.elsewhere(middle)) > 0.5
        low, high = np.where(risen, low, middle), np.where(risen, middle, high)
    times = np.concatenate([samples.edges[:1], high]) if above[0] else high
    return Events(times, np.ones(len(times)))


def _frames(at: Environment, events: Events) -> Frames:
    """Return the frame that each event belongs to."""
    return at.instants.scope.clock.event_frames(events.times)


def _passed(at: Environment, frames: Frames) -> npt.NDArray[np.intp]:
    """Return the number of events up to each instant."""
    return np.searchsorted(frames, at.instants.film_frames + NEAR_FRAME, side="right")


def _away(at: Environment, event: Node, *, forward: bool) -> Floats:
    """Return seconds from every instant to the next event, or from the last."""
    frames, now = _frames(at, event_of(at, event)), at.instants.film_frames
    padded = np.concatenate([[-np.inf], frames, [np.inf]])
    if forward:
        next_one = np.searchsorted(frames, now - NEAR_FRAME, side="left") + 1
        seconds = (padded[next_one] - now) / at["fps"]
    else:
        seconds = (now - padded[_passed(at, frames)]) / at["fps"]
    return np.minimum(np.maximum(seconds, 0.0), NEVER_S)


FUNCTIONS = (
    Function(
        "since(event)",
        f"seconds since the last one, 0 at its frame; {NEVER_S:g} where there was none yet",
        since,
        reads=("t",),
        over_time=True,
        events=("event",),
    ),
    Function(
        "until(event)",
        f"seconds until the next one, 0 at its frame; {NEVER_S:g} where none comes",
        until,
        reads=("t",),
        over_time=True,
        events=("event",),
    ),
    Function(
        "count(event)",
        "how many there were, the one at this frame included",
        count,
        reads=("t",),
        over_time=True,
        events=("event",),
    ),
    Function(
        "decay(event, per_s)",
        "jumps up by each one's weight at its frame, then fades by exp(-per_s * seconds)",
        decay,
        reads=("t",),
        over_time=True,
        events=("event",),
    ),
)
"""Functions of what has moments: beat, bar, onset, section, a stem's onset, marks, or any
expression, where it rises through 0.5.
"""
