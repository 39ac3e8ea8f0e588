"""Exact time: frames, beats and marks as `Fraction` seconds.

::

    parse_fps(23.976) -> Fraction(24000, 1001)
    frame_of(time, fps) -> int                      round half up
    Clock(fps, bpm, beats_per_bar, first_beat, marks, end)
        .length(spec, whole=None)                   how long: 4b = 4 * 60/bpm
        .position(spec, whole=None)                 when in the film: 4b = first_beat + 4 * 60/bpm
        .within(spec, start, stop)                  when in a shot, in seconds after its start

Round cumulative times, never lengths: then 100 shots of 1/3 s at 24000/1001 are 799 frames.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from storyboard.errors import BadValue, did_you_mean
from storyboard.story.times import TimeError, TimeSpec

_NTSC = tuple(Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120))
_MIN_FPS, _MAX_FPS = 1, 240


@dataclass(frozen=True)
class Clock:
    """What turns a written time into seconds.

    ``first_beat`` is when beat 0 falls, ``marks`` are moments of the film, ``end`` is the end of
    the soundtrack (None where there is none). All in seconds from the film's start.
    """

    fps: Fraction
    bpm: Fraction | None = None
    beats_per_bar: int = 4
    first_beat: Fraction = Fraction(0)
    marks: Mapping[str, Fraction] = field(default_factory=dict)
    end: Fraction | None = None

    def length(self, spec: TimeSpec, *, whole: Fraction | None = None) -> Fraction:
        """Seconds that last as long as ``spec``; percent is of ``whole``. Raises `TimeError`."""
        if spec.anchor is not None:
            raise TimeError(f"'{spec}' is a moment, not a length", hint="use it with until:")
        return self._amount(spec, whole)

    def position(self, spec: TimeSpec, *, whole: Fraction | None = None) -> Fraction:
        """The moment of the film that ``spec`` names. Beats and bars count from ``first_beat``.

        Raises `TimeError`, also for a moment before the film's start.
        """
        if spec.anchor is not None:
            start = self._anchor(spec.anchor)
        else:
            start = self.first_beat if spec.unit in ("beat", "bar") else Fraction(0)
        moment = start + self._amount(spec, whole)
        if moment < 0:
            raise TimeError(f"'{spec}' is before the start of the film")
        return moment

    def within(self, spec: TimeSpec, start: Fraction, stop: Fraction) -> Fraction:
        """Seconds after ``start``, for a key of a shot that lasts from ``start`` to ``stop``.

        Beats and bars count from the start of the shot, percent is of the shot, ``end`` is the
        end of the shot; a mark is a moment of the film and may lie outside the shot.
        """
        amount = self._amount(spec, stop - start)
        if spec.anchor is None:
            return amount
        if spec.anchor == "end":
            return stop - start + amount
        return self._anchor(spec.anchor) - start + amount

    def _anchor(self, name: str) -> Fraction:
        if name == "end":
            if self.end is None:
                hint = "give the last shot a duration, or the story a soundtrack"
                raise TimeError("'end' is the end of the soundtrack, and there is none", hint=hint)
            return self.end
        if name not in self.marks:
            hint = did_you_mean(name, [*self.marks, "end"]) or "name it under marks:"
            raise TimeError(f"unknown mark {name!r}", hint=hint)
        return self.marks[name]

    def _amount(self, spec: TimeSpec, whole: Fraction | None) -> Fraction:
        if spec.unit == "s":
            return spec.value
        if spec.unit == "frame":
            return spec.value / self.fps
        if spec.unit == "percent":
            if whole is None:
                raise TimeError(f"'{spec}': there is nothing here to take a share of")
            return spec.value / 100 * whole
        if self.bpm is None:
            hint = "say audio: {bpm: 120}, or write the time in seconds"
            raise TimeError(f"'{spec}' counts beats, and the story has no bpm", hint=hint)
        beats = spec.value if spec.unit == "beat" else spec.value * self.beats_per_bar
        return beats * 60 / self.bpm


def frame_of(time: Fraction, fps: Fraction) -> int:
    """The frame nearest to ``time`` seconds; halves go up."""
    return math.floor(time * fps + Fraction(1, 2))


def parse_fps(written: str | int | float | Fraction) -> Fraction:
    """Frames a second: ``24``, ``12.5``, ``23.976`` (means 24000/1001), ``"30000/1001"``.

    Raises `BadValue` for anything that is no usual rate, naming the nearest one.
    """
    printable = isinstance(written, str | float) or -(10**9) < written < 10**9
    text = str(written).strip() if printable else "this"
    try:
        rate = Fraction(text) if len(text) <= 40 and "e" not in text.lower() else None
    except (ValueError, ZeroDivisionError):
        rate = None
    if rate is None or isinstance(written, bool):
        raise BadValue(f"{text[:40]!r} is no frame rate", hint="write fps: 24, or 24000/1001")
    if not _MIN_FPS <= rate <= _MAX_FPS:
        raise BadValue(f"fps {text} is not between {_MIN_FPS} and {_MAX_FPS}")
    if rate.denominator <= 2 or rate in _NTSC or ("/" in text and rate.denominator <= 1001):
        return rate
    usual = min((*_NTSC, Fraction(round(rate))), key=lambda known: abs(known - rate))
    if usual in _NTSC and abs(usual - rate) < Fraction(1, 200):
        return usual
    raise BadValue(f"fps {text} is no usual rate", hint=f"the nearest is {usual}")
