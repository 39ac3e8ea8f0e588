"""Times written into a story in the manner in which the writer writes them.

A moment that replaces ``0:12.5`` is written with minutes, one that replaces ``16b`` in beats.
Seconds have milliseconds, beats and percent three digits at most.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from storyboard.curves.clock import Clock, frame_of
from storyboard.errors import BadValue
from storyboard.times import TimeSpec, Unit, minutes, parse_time

_DIGITS = 1000
_NEAR_WHOLE = Fraction(1, 250)
"""Beats by which a moment may miss a whole beat and is written as that."""


def moment(at: Fraction, like: Any, clock: Clock, *, whole: Fraction | None = None) -> Any:
    """Return how a story writes the film second ``at``, in the manner of ``like``; ``whole`` is
    what percent are of. Marks are written in seconds.
    """
    spec, unit = _unit(like, clock, whole)
    if unit in ("beat", "bar") and clock.beats is not None:
        return _text(clock.beats.beat(at), spec, unit, clock)
    return _other(at, like, unit, clock, whole)


def length(
    start: Fraction, end: Fraction, like: Any, clock: Clock, *, whole: Fraction | None = None
) -> Any:
    """Return how a story writes the time from the film second ``start`` to ``end``, as `moment`."""
    spec, unit = _unit(like, clock, whole)
    if unit in ("beat", "bar") and clock.beats is not None:
        return _text(clock.beats.beat(end) - clock.beats.beat(start), spec, unit, clock)
    return _other(end - start, like, unit, clock, whole)


def rounded(seconds: float | Fraction) -> Fraction:
    """Return ``seconds`` to the millisecond, not before 0."""
    return max(Fraction(round(Fraction(seconds) * _DIGITS), _DIGITS), Fraction(0))


def _unit(like: Any, clock: Clock, whole: Fraction | None) -> tuple[TimeSpec, Unit]:
    """Return the unit of ``like``; seconds where it cannot be kept."""
    plain = TimeSpec(Fraction(0))
    try:
        spec = plain if like is None else parse_time(like)
    except BadValue:
        return plain, "s"
    lacks = {"beat": clock.beats, "bar": clock.beats, "percent": whole}
    if spec.anchor is not None or lacks.get(spec.unit, 1) is None:
        return plain, "s"
    return spec, spec.unit


def _text(beats: Fraction, spec: TimeSpec, unit: Unit, clock: Clock) -> str:
    if abs(beats - round(beats)) < _NEAR_WHOLE:
        beats = Fraction(round(beats))
    bars = beats / clock.beats_per_bar
    if unit == "bar" and (bars.denominator == 1 or spec.value.denominator != 1):
        return str(TimeSpec(bars if bars.denominator <= 4 else _short(bars), "bar"))
    return str(TimeSpec(beats if beats.denominator <= 4 else _short(beats), "beat"))


def _other(seconds: Fraction, like: Any, unit: Unit, clock: Clock, whole: Fraction | None) -> Any:
    if unit == "frame":
        return str(TimeSpec(Fraction(frame_of(seconds, clock.fps)), "frame"))
    if unit == "percent" and whole:
        return str(TimeSpec(_short(seconds / whole * 100), "percent"))
    at = _short(seconds)
    if isinstance(like, int | float) and not isinstance(like, bool):
        return int(at) if at.denominator == 1 else float(at)
    if isinstance(like, str) and ":" in like:
        return minutes(at, 3).rstrip("0").rstrip(".")
    return str(TimeSpec(at))


def _short(number: Fraction) -> Fraction:
    return Fraction(round(number * _DIGITS), _DIGITS)
