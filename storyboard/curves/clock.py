"""Exact time: frames, beats and marks as `Fraction` seconds.

::

    frame_of(time, fps) -> int                      round half up
    frames_of(seconds, fps) -> array                the same for floats
    Clock(fps, bpm, beats_per_bar, first_beat, marks, end, grid, meter)
        .duration_of(spec, whole=None, start=0)     how long: 4b = the four beats from start on
        .film_time(spec, whole=None)                 when in the film: 4b = the beat number 4
        .time_in_shot(spec, start, stop)            when in a shot, in seconds after its start
        .beats -> BeatGrid                          when beats fall, and how many have passed
        .bars -> BeatGrid                           the same of bars, in beats

Round cumulative times, never lengths: then 100 shots of 1/3 s at 24000/1001 are 799 frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt

from storyboard.curves.beat_grid import BeatGrid
from storyboard.errors import did_you_mean
from storyboard.plan import Floats
from storyboard.times import TimeError, TimeSpec

NEAR_FRAME = 1e-6
"""Share of a frame by which a float of seconds may miss the moment that it stands for."""


@dataclass(frozen=True)
class Clock:
    """Converter of written times to seconds.

    ``first_beat`` is when beat 0 falls, ``marks`` are moments of the film, ``sets`` the marks of
    each set, ``end`` is the end of the soundtrack (None where there is none). All in seconds from
    the film's start. ``bpm`` is None without beats. ``grid`` has the beats where the soundtrack
    gives them; their tempo may drift, and ``bpm`` is then the median. ``meter`` has the starts of
    the bars, counted in beats, where their lengths differ. ``fps`` is the film's; of its frames
    every ``every``-th is painted, and events belong to those.
    """

    fps: Fraction
    bpm: Fraction | None = None
    beats_per_bar: int = 4
    first_beat: Fraction = Fraction(0)
    marks: Mapping[str, Fraction] = field(default_factory=dict)
    end: Fraction | None = None
    grid: BeatGrid | None = None
    meter: BeatGrid | None = None
    sets: Mapping[str, tuple[Fraction, ...]] = field(default_factory=dict)
    every: int = 1

    @cached_property
    def painted_fps(self) -> Fraction:
        """Return frames a second that are painted."""
        return self.fps / self.every

    def event_frames(self, seconds: Floats) -> npt.NDArray[np.int64]:
        """Return the frame that each event at film ``seconds`` belongs to: the nearest
        painted one.
        """
        return frames_of(seconds, self.painted_fps) * self.every

    @cached_property
    def beats(self) -> BeatGrid | None:
        """Return the beat grid; None without a bpm."""
        if self.grid is not None or self.bpm is None:
            return self.grid
        return BeatGrid.steady(self.bpm, self.first_beat)

    @cached_property
    def bars(self) -> BeatGrid:
        """Return the starts of the bars, counted in beats."""
        return self.meter or BeatGrid((Fraction(0), Fraction(self.beats_per_bar)))

    def beats_between(self, start: Fraction, stop: Fraction) -> list[Fraction]:
        """Return the film seconds of the beats in [``start``, ``stop``)."""
        return self.beats.between(start, stop) if self.beats else []

    def bars_between(self, start: Fraction, stop: Fraction) -> list[Fraction]:
        """Return the film seconds of the starts of bars in [``start``, ``stop``)."""
        grid = self.beats
        if grid is None:
            return []
        starts = self.bars.between(grid.beat(start), grid.beat(stop))
        return [grid.moment(beat) for beat in starts]

    def duration_of(
        self, spec: TimeSpec, *, whole: Fraction | None = None, start: Fraction = Fraction(0)
    ) -> Fraction:
        """Return seconds that last as long as ``spec`` from the moment ``start`` of the film on;
        percent is of ``whole``. Raises `TimeError`.
        """
        if spec.anchor is not None:
            raise TimeError(f"'{spec}' is a moment, not a length", hint="use it with until:")
        return self._amount(spec, whole, start)

    def film_time(self, spec: TimeSpec, *, whole: Fraction | None = None) -> Fraction:
        """Return the moment of the film that ``spec`` names. Beats and bars count from
        ``first_beat``.

        Raises `TimeError`, also for a moment before the film's start.
        """
        if spec.anchor is not None:
            start = self._anchor(spec.anchor)
        elif spec.unit in ("beat", "bar") and self.beats is not None:
            start = self.beats.first_beat
        else:
            start = Fraction(0)
        moment = start + self._amount(spec, whole, start)
        if moment < 0:
            raise TimeError(f"'{spec}' is before the start of the film")
        return moment

    def time_in_shot(self, spec: TimeSpec, start: Fraction, stop: Fraction) -> Fraction:
        """Return seconds after ``start``, for a key of a shot that lasts from ``start`` to
        ``stop``.

        Beats and bars count from the start of the shot, percent is of the shot, ``end`` is the
        end of the shot; a mark is a moment of the film and may lie outside the shot.
        """
        if spec.anchor is None and spec.unit == "s":
            return spec.value
        origin = start
        if spec.anchor is not None:
            origin = stop if spec.anchor == "end" else self._anchor(spec.anchor)
        return origin - start + self._amount(spec, stop - start, origin)

    def _anchor(self, name: str) -> Fraction:
        if name == "end":
            if self.end is None:
                hint = "give the last shot a duration, or the story a soundtrack"
                raise TimeError("'end' needs a soundtrack or a duration", hint=hint)
            return self.end
        if name in self.marks:
            return self.marks[name]
        if name in self.sets:
            hint = f"its moments are {name}1 to {name}{len(self.sets[name])}"
            raise TimeError(f"{name!r} is a list of marks", hint=hint)
        hint = did_you_mean(name, [*self.marks, "end"]) or "name it under marks:"
        raise TimeError(f"unknown mark {name!r}", hint=hint)

    def _amount(self, spec: TimeSpec, whole: Fraction | None, start: Fraction) -> Fraction:
        """Return seconds from ``start`` to the end of ``spec``, whatever it is counted from."""
        if spec.unit == "s":
            return spec.value
        if spec.unit == "frame":
            return spec.value / self.fps
        if spec.unit == "percent":
            if whole is None:
                why = "percentages are not allowed here: no duration to refer to"
                raise TimeError(f"'{spec}': {why}")
            return spec.value / 100 * whole
        if self.beats is None:
            hint = "say audio: {bpm: 120}, or bpm: auto, or write the time in seconds"
            raise TimeError(f"'{spec}' needs a tempo", hint=hint)
        if spec.unit == "beat":
            return self.beats.length(spec.value, start)
        bars = self.bars.length(spec.value, self.beats.beat(start))
        return self.beats.length(bars, start)


def frame_of(time: Fraction, fps: Fraction) -> int:
    """Return the frame nearest to ``time`` seconds; halves go up."""
    part = 2 * time.denominator * fps.denominator  # whole numbers: many times quicker
    return (2 * time.numerator * fps.numerator + part // 2) // part


def frames_of(seconds: Floats, fps: Fraction) -> npt.NDArray[np.int64]:
    """Return `frame_of` for floats of shape (n,): one that misses a half by rounding goes up
    too.
    """
    return np.floor(seconds * float(fps) + (0.5 + NEAR_FRAME)).astype(np.int64)
