"""Functions that read a signal or a curve at other times: shapers, loops, a curve after a mark."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from storyboard.curves.expressions.errors import ExpressionError
from storyboard.curves.expressions.events import event_of
from storyboard.curves.expressions.functions import Function
from storyboard.curves.expressions.nodes import Environment, Node
from storyboard.curves.expressions.pointwise import beats_of, fixed, fixed_length, part
from storyboard.curves.expressions.quadrature import Samples, key_of, samples_of, value_beside
from storyboard.plan import Floats

_NO_WINDOW_S = 1e-6


def env(at: Environment, signal: Node, attack: Node, release: Node) -> Floats:
    """Return an envelope follower: it goes towards the signal with the time constant ``attack`` on
    the way up and ``release`` on the way down (the branching detector of Giannoulis, Massberg and
    Reiss, Digital dynamic range compressor design, 2012). The last step ends at the instant itself,
    so what the signal is there always counts.
    """
    samples, scope = samples_of(signal, at), at.instants.scope
    up, down = (
        _seconds(node, at, name) for node, name in ((attack, "attack"), (release, "release"))
    )
    key = ("env", up, down, *key_of(signal, scope))
    states = scope.cache.recall(key, lambda: _followed(samples, up, down))
    now, seconds = value_beside(samples, signal, at), at.instants.film
    before = np.searchsorted(samples.seconds, seconds, side="right") - 1
    since = seconds - samples.seconds[np.maximum(before, 0)]
    state = np.where(before < 0, now, states[np.maximum(before, 0)])
    return now + (state - now) * np.where(now > state, _kept(up, since), _kept(down, since))


def _followed(samples: Samples, up: float, down: float) -> Floats:
    """Return the state of `env` at every sample."""
    values, steps = samples.flat.tolist(), np.diff(samples.seconds)
    rise, fall = _kept(up, steps).tolist(), _kept(down, steps).tolist()
    state, states = values[0], values[:1]
    for value, kept_up, kept_down in zip(values[1:], rise, fall, strict=True):
        state = value + (state - value) * (kept_up if value > state else kept_down)
        states.append(state)
    return np.array(states)


def _kept(constant: float, seconds: Floats) -> Floats:
    """Return the share of a difference that is left after ``seconds``."""
    return np.exp(-seconds / constant) if constant > 0.0 else np.zeros_like(seconds)


def smooth(at: Environment, signal: Node, window: Node) -> Floats:
    """Return the mean over the ``window`` around each instant; at the film's ends the window is as
    wide as fits on both sides, so that it stays in the middle.
    """
    half = _windows(window, at) / 2
    samples, now = samples_of(signal, at), at.instants.film
    room = np.minimum(now - samples.edges[0], float(at.instants.scope.horizon) - now)
    half = np.clip(np.minimum(half, room), 0.0, None)
    wide = half > _NO_WINDOW_S
    result = np.empty(len(now))
    result[~wide] = signal.value(at.only(~wide))
    low, high = now[wide] - half[wide], now[wide] + half[wide]
    result[wide] = (samples.integral(high) - samples.integral(low)) / (high - low)
    return result


def integral(at: Environment, signal: Node) -> Floats:
    """Return the integral of the signal over time, in seconds, since the film began."""
    return samples_of(signal, at).integral(at.instants.film)


def delay(at: Environment, signal: Node, seconds: Node) -> Floats:
    """Return the signal as it was ``seconds`` ago; before the film's start what it is there."""
    return _held(at, signal, at.instants.film - seconds.value(at))


def prev(at: Environment, signal: Node) -> Floats:
    """Return the signal one frame ago; at the first frame what it is there."""
    return _held(at, signal, at.instants.film - 1.0 / at["fps"])


def _held(at: Environment, signal: Node, seconds: Floats) -> Floats:
    """Return the signal at those film seconds, held within the film."""
    scope = at.instants.scope
    return signal.value(at.elsewhere(np.clip(seconds, float(scope.zero), float(scope.horizon))))


def _seconds(node: Node, at: Environment, what: str) -> float:
    seconds = fixed(node, at, what)
    if seconds < 0.0:
        raise ExpressionError(f"{what} is {seconds:g}, below zero", column=node.column)
    return seconds


def _windows(node: Node, at: Environment) -> Floats:
    seconds = node.value(at)
    if np.any(seconds < 0.0):
        raise ExpressionError("the window is below zero", column=node.column)
    return seconds


SHAPERS = (
    Function(
        "gate(signal, level)",
        "the signal where it is at least level, else 0",
        lambda signal, level: np.where(signal >= level, signal, 0.0),
    ),
    Function(
        "env(signal, attack, release)",
        "follows the signal: two thirds of the way up in attack seconds, down in release",
        env,
        reads=("t",),
        over_time=True,
    ),
    Function(
        "smooth(signal, window)",
        "the mean over so many seconds around each instant",
        smooth,
        reads=("t",),
        over_time=True,
    ),
    Function("delay(signal, seconds)", "the signal as it was then", delay, ("t",), over_time=True),
    Function(
        "integral(signal)",
        "what the signal adds up to since the film began; never falls where it is above 0",
        integral,
        reads=("t",),
        over_time=True,
    ),
    Function("prev(signal)", "the signal one frame ago", prev, ("t", "fps"), over_time=True),
)
"""What shapes a signal."""


def loop(at: Environment, curve: Node, length: Node) -> Floats:
    """Return the first ``length`` of the curve, from the shot's start, again and again."""
    return _folded(at, curve, length, both_ways=False)


def pingpong(at: Environment, curve: Node, length: Node) -> Floats:
    """Return the first ``length`` of the curve forwards, then backwards, again and again."""
    return _folded(at, curve, length, both_ways=True)


def _folded(at: Environment, curve: Node, length: Node, *, both_ways: bool) -> Floats:
    """Return the curve at ``length`` times the share of the way that is done; one in beats lies on
    the beat grid.
    """
    instants, grid = at.instants, at.instants.scope.clock.beats
    start, after = instants.scope.start, np.maximum(instants.after, 0.0)
    beats = beats_of(length, at)
    if beats is None or grid is None:
        seconds = fixed_length(length, at, "the length")
        return curve.value(
            at.elsewhere(float(start) + seconds * _share(after / seconds, both_ways))
        )
    first = float(grid.beat(start))
    share = _share((grid.beats_at(float(start) + after) - first) / float(beats), both_ways)
    return curve.value(at.elsewhere(grid.seconds_of(first + share * float(beats))))


def _share(turned: Floats, both_ways: bool) -> Floats:
    if both_ways:
        return 1.0 - np.abs(2.0 * part(turned / 2.0) - 1.0)
    return part(turned)


def after(at: Environment, mark: Node, curve: Node) -> Floats:
    """Return the curve as if film and shot began at the mark; before it, its value there.

    Audio signals are not shifted.
    """
    times = event_of(at, mark).times
    if len(times) != 1:
        message = f"after() expects one event, got {len(times)}"
        hint = "name a mark; since(event) goes by the last of several"
        raise ExpressionError(message, column=mark.column, hint=hint)
    instants = at.instants
    scope = instants.scope.counted_from(Fraction(float(times[0])))
    moments = scope.from_film_start(np.maximum(instants.film, float(scope.zero)))
    return curve.value(Environment.of(moments))


COMBINATORS = (
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
