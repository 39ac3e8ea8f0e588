"""Beats on the clock: where each falls, and how many have passed, exactly.

::

    Grid.steady(bpm, first)                 the same tempo for ever, beat 0 at ``first``
    Grid(times, zero=4)                     beats as they are played: number 0 is ``times[4]``
    grid.moment(beat) -> Fraction           film seconds of a beat, or of a part of one
    grid.beat(moment) -> Fraction           beats since beat 0 at a moment of the film
    grid.frames(first, stop, fps)           the same for frames, rounded once
    grid.beats_at(seconds)                        the same for any seconds, within rounding
    grid.seconds_of(beats)                     back from beats to seconds, within rounding

Between two beats time runs evenly; before the first and after the last one the grid goes on at the
tempo of the nearest two. So `moment` and `beat` undo one another, exactly, everywhere.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from storyboard.plan import Floats

FLICKS = 705_600_000
"""Parts of a second in which the usual frame rates and sample rates are all whole numbers."""


@dataclass(frozen=True)
class BeatGrid:
    """At least two beats in film seconds, ascending; ``times[zero]`` is beat 0."""

    times: tuple[Fraction, ...]
    zero: int = 0

    @classmethod
    def steady(cls, bpm: Fraction, first: Fraction) -> BeatGrid:
        """Return beats at one tempo, beat 0 at ``first``."""
        return cls((first, first + 60 / bpm))

    @property
    def first_beat(self) -> Fraction:
        """Return the time of beat 0 in film seconds."""
        return self.moment(Fraction(0))

    def moment(self, beat: Fraction | int) -> Fraction:
        """Return the film second at which ``beat`` falls; a fraction lies evenly between two
        beats.
        """
        left = self._cell(math.floor(beat) + self.zero)
        start, stop = self.times[left : left + 2]
        return start + (beat - (left - self.zero)) * (stop - start)

    def beat(self, moment: Fraction) -> Fraction:
        """Return beats from beat 0 to the film second ``moment``; negative before it."""
        left = self._cell(bisect_right(self.times, moment) - 1)
        start, stop = self.times[left : left + 2]
        return left - self.zero + (moment - start) / (stop - start)

    def length(self, beats: Fraction | int, start: Fraction) -> Fraction:
        """Return seconds that ``beats`` last from the film second ``start`` on; backwards if
        negative.
        """
        return self.moment(self.beat(start) + beats) - start

    def frames(self, first: int, stop: int, fps: Fraction) -> Floats:
        """Return `beat` of the film's frames ``first`` to ``stop - 1``: the nearest floats, shape
        (n,).
        """
        n = np.arange(first, stop)
        cells = self._cells(n / float(fps))
        result = np.empty(len(n))
        for left in np.unique(cells):
            start, end = self.times[left : left + 2]
            slope = 1 / (end - start)
            offset = int(left) - self.zero - start * slope
            chosen = cells == left
            result[chosen] = line(n[chosen], slope / fps, offset)
        return result

    def beats_at(self, seconds: Floats) -> Floats:
        """Return `beat` at any film ``seconds``, within rounding."""
        cells = self._cells(seconds)
        start, stop = self._floats[cells], self._floats[cells + 1]
        return cells - self.zero + (seconds - start) / (stop - start)

    def seconds_of(self, beats: Floats) -> Floats:
        """Return `moment` of any ``beats``, within rounding."""
        cells = np.clip(np.floor(beats).astype(np.int64) + self.zero, 0, len(self.times) - 2)
        start, stop = self._floats[cells], self._floats[cells + 1]
        moments: Floats = start + (beats - (cells - self.zero)) * (stop - start)
        return moments

    def between(self, start: Fraction, stop: Fraction) -> list[Fraction]:
        """Return the times of the beats in [``start``, ``stop``)."""
        first, last = (math.ceil(self.beat(edge)) for edge in (start, stop))
        return [self.moment(number) for number in range(first, last)]

    @cached_property
    def _floats(self) -> Floats:
        return np.array([float(time) for time in self.times])

    def _cell(self, left: int) -> int:
        return min(max(left, 0), len(self.times) - 2)

    def _cells(self, seconds: Floats) -> npt.NDArray[np.int64]:
        found = np.searchsorted(self._floats, seconds, side="right") - 1
        return np.clip(found, 0, len(self.times) - 2)


def exact(seconds: Floats) -> list[Fraction]:
    """Return measured seconds as fractions, to the nearest `FLICKS`-th: those of a whole number of
    samples, or of frames, at a usual rate come out as just that.
    """
    return [Fraction(round(float(second) * FLICKS), FLICKS) for second in seconds]


def line(n: npt.NDArray[np.int64], slope: Fraction, offset: Fraction) -> Floats:
    """Return the floats nearest to ``slope * n + offset``.

    Where numerators and denominator are whole numbers that a float holds, one division of floats
    rounds just as the conversion of the exact fraction does, and is much quicker.
    """
    bottom = math.lcm(slope.denominator, offset.denominator)
    rise, start = (one.numerator * (bottom // one.denominator) for one in (slope, offset))
    largest = max(abs(int(n[0])), abs(int(n[-1]))) if len(n) else 0
    if max(bottom, abs(rise) * largest + abs(start)) <= 2**53:
        return (n * rise + start) / np.float64(bottom)
    return np.array([float(slope * int(i) + offset) for i in n], dtype=np.float64)
