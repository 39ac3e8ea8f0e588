"""Sample times of a shot as arrays, made once from exact times.

::

    scope = ShotScope(clock, start, end, seed=7, sound=sound, define={"kick": "decay(onset, 6)"})
    scope.names -> Vocabulary                    names that its expressions may read and call
    scope.frames(first, stop) -> SampleTimes     painted frames of the film, exact
    scope.exact(times) -> SampleTimes            any film times, exact
    scope.from_shot_start(seconds)               seconds after the shot's start, within rounding
    scope.from_film_start(seconds)               film seconds, within rounding
    scope.counted_from(mark) -> ShotScope        the scope as if film and shot began there
    times.read(name)                             the value of a name that expressions read
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from storyboard.curves.beat_grid import line
from storyboard.curves.clock import NEAR_FRAME, Clock, frame_of
from storyboard.curves.expressions.scope import (
    BEAT_NAMES,
    TIME_NAMES,
    Cache,
    Vocabulary,
    definitions,
)
from storyboard.curves.sound import SILENCE, BeatRange, Events, Sound, sound_of
from storyboard.errors import BadValue
from storyboard.plan import Floats


@dataclass(frozen=True)
class ShotScope:
    """The interval of a shot on the clock, and the names that its curves may read.

    ``define`` is the story's own names and functions, as written. ``film_end`` is when the film
    ends, ``zero`` the film second from which t, f and b count. ``cache`` keeps what expressions
    have worked out; the shots of a film may share one.
    """

    clock: Clock
    start: Fraction
    end: Fraction
    seed: float = 0.0
    sound: Sound = SILENCE
    define: Mapping[str, Any] = field(default_factory=dict)
    film_end: Fraction | None = None
    zero: Fraction = Fraction(0)
    cache: Cache = field(default_factory=Cache, compare=False, repr=False)

    @property
    def duration(self) -> Fraction:
        """Return seconds from start to end."""
        return self.end - self.start

    @cached_property
    def names(self) -> Vocabulary:
        """Return the names that its expressions may read and call."""
        origin = (self.clock, self.sound, self.define)
        key = ("names", *map(id, origin))  # the cached value keeps them, so their ids are theirs
        return self.cache.recall(key, lambda: (self._vocabulary(), origin))[0]

    def _vocabulary(self) -> Vocabulary:
        clock, sound = self.clock, self.sound
        beats = () if clock.beats is None else ("beat", "bar")
        events = {*sound.events, *clock.marks, *clock.sets, *beats}
        return Vocabulary(
            (*TIME_NAMES, *sound.signals), frozenset(events), definitions(self.define)
        )

    def events(self, name: str) -> Events:
        """Return the events called ``name``, one of those in `names`: of the soundtrack, or a mark,
        a set of marks, the beats or bars of the clock.
        """
        if name in self.sound.events:
            return self.sound.events[name]
        return sound_of(self.clock, BeatRange(Fraction(0), self.horizon)).events[name]

    @property
    def horizon(self) -> Fraction:
        """Return the upper bound, in film seconds, of any time an expression can ask for."""
        known = self.clock.end if self.film_end is None else self.film_end
        return max(self.end, known or self.end)

    @property
    def identity(self) -> tuple[Fraction, Fraction, float]:
        """Return a key that distinguishes the shot from others of its film."""
        return self.start, self.end, self.seed

    def frames(self, first: int, stop: int) -> SampleTimes:
        """Return the painted frames among the film's frames ``first`` to ``stop - 1``, exactly;
        frame ``first`` is painted.
        """
        every, fps, grid = self.clock.every, self.clock.fps, self.clock.beats
        numbers, step = partial(np.arange, first, stop, every), 1 / fps
        return SampleTimes(
            self,
            len(range(first, stop, every)),
            {
                "t": lambda: line(numbers(), step, Fraction(0)),
                "after": lambda: line(numbers(), step, -self.start),
                "f": lambda: numbers().astype(np.float64),
                "b": lambda: (
                    grid.frames(first, stop, fps)[::every] if grid else np.zeros(len(numbers()))
                ),
            },
        )

    def exact(self, times: Sequence[Fraction]) -> SampleTimes:
        """Return sample times at exact film seconds; beats and frame numbers are exact too."""
        fps, grid = self.clock.fps, self.clock.beats
        return SampleTimes(
            self,
            len(times),
            {
                "t": lambda: floats(times),
                "after": lambda: floats([time - self.start for time in times]),
                "f": lambda: floats([time * fps for time in times]),
                "b": lambda: (
                    floats([grid.beat(time) for time in times]) if grid else np.zeros(len(times))
                ),
            },
        )

    def from_shot_start(self, seconds: Floats) -> SampleTimes:
        """Return sample times ``seconds`` after the shot's start, within rounding."""
        times = self.from_film_start(seconds + float(self.start))
        return replace(times, arrays={**times.arrays, "after": lambda: seconds})

    def from_film_start(self, seconds: Floats) -> SampleTimes:
        """Return sample times at film ``seconds``; one within rounding of a frame is that frame."""
        fps, grid = float(self.clock.fps), self.clock.beats
        frames = np.rint(seconds * fps)
        near = np.abs(seconds * fps - frames) < NEAR_FRAME
        moved = np.where(near, frames / fps, seconds)
        numbers = np.where(near, frames, moved * fps) - self._zero_frame
        return SampleTimes(
            self,
            len(seconds),
            {
                "t": lambda: np.where(near, numbers / fps, moved - float(self.zero)),
                "after": lambda: moved - float(self.start),
                "f": lambda: numbers,
                "b": lambda: (
                    grid.beats_at(moved) - self._zero_beat if grid else np.zeros(len(moved))
                ),
            },
        )

    def counted_from(self, moment: Fraction) -> ShotScope:
        """Return the scope as if film and shot began at the frame nearest to ``moment``."""
        zero = frame_of(moment, self.clock.fps) / self.clock.fps
        end = self.end if self.end > zero else zero + self.duration
        return replace(self, zero=zero, start=zero, end=end)

    @cached_property
    def _zero_frame(self) -> float:
        return float(self.zero * self.clock.fps)

    @cached_property
    def _zero_beat(self) -> float:
        grid = self.clock.beats
        return float(grid.beat(self.zero)) if grid and self.zero else 0.0


@dataclass(frozen=True)
class SampleTimes:
    """Sample times of one shot as arrays of shape (n,), each computed when it is first read.

    ``t`` seconds of the film, ``after`` seconds since the shot's start, ``f`` frame number, ``b``
    beats. A shot's first frame may lie up to half a frame before its exact start: ``after`` is
    then negative, while the names ``shot_t`` and ``u`` of expressions stay within the shot.
    """

    scope: ShotScope
    count: int
    arrays: Mapping[str, Callable[[], Floats]] = field(compare=False, repr=False)

    @cached_property
    def t(self) -> Floats:
        """Return seconds of the film."""
        return self.arrays["t"]()

    @cached_property
    def after(self) -> Floats:
        """Return seconds since the shot's start."""
        return self.arrays["after"]()

    @cached_property
    def f(self) -> Floats:
        """Return frame numbers."""
        return self.arrays["f"]()

    @cached_property
    def b(self) -> Floats:
        """Return beats."""
        return self.arrays["b"]()

    def __len__(self) -> int:
        return self.count

    @property
    def film(self) -> Floats:
        """Return seconds of the film, also where t counts from a mark."""
        return self.t + float(self.scope.zero)

    @property
    def film_frames(self) -> Floats:
        """Return frame numbers of the film, also where f counts from a mark."""
        return self.f + float(self.scope.zero * self.scope.clock.fps)

    def subset(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> SampleTimes:
        """Return the sample times selected by the mask or the indices ``chosen``."""
        return SampleTimes(
            self.scope,
            len(chosen) if chosen.dtype != bool else int(np.count_nonzero(chosen)),
            {
                "t": lambda: self.t[chosen],
                "after": lambda: self.after[chosen],
                "f": lambda: self.f[chosen],
                "b": lambda: self.b[chosen],
            },
        )

    def read(self, name: str) -> Floats | float:
        """Return the value of ``name`` at every sample time. Raises `BadValue` without bpm."""
        if name in BEAT_NAMES and self.scope.clock.bpm is None:
            hint = "set audio: {bpm: 120}"
            raise BadValue(f"{name!r} needs a tempo", hint=hint)
        if name in _READ:
            return _READ[name](self)
        if name not in self.scope.sound.signals:
            hint = f"write since({name}), until({name}) or count({name})"
            raise BadValue(f"{name!r} is a moment, not a number", hint=hint)
        return self.scope.sound.signals[name](self.film)


def _shot_t(at: SampleTimes) -> Floats:
    return np.clip(at.after, 0.0, float(at.scope.duration))


def _bar(at: SampleTimes) -> Floats:
    clock, zero = at.scope.clock, at.scope.zero
    if clock.meter is None or clock.beats is None:
        return at.b / clock.beats_per_bar
    passed = float(clock.beats.beat(zero)) if zero else 0.0
    return clock.meter.beats_at(at.b + passed) - clock.meter.beats_at(np.array([passed]))


_READ: dict[str, Callable[[SampleTimes], Floats | float]] = {
    "t": lambda at: at.t,
    "s": lambda at: at.t,
    "f": lambda at: at.f,
    "b": lambda at: at.b,
    "beat": lambda at: at.b,
    "beat_phase": lambda at: at.b - np.floor(at.b),
    "bar": _bar,
    "bar_phase": lambda at: _bar(at) - np.floor(_bar(at)),
    "beats_per_bar": lambda at: float(at.scope.clock.beats_per_bar),
    "u": lambda at: _shot_t(at) / float(at.scope.duration or 1),
    "shot_t": _shot_t,
    "duration": lambda at: float(at.scope.duration),
    "fps": lambda at: float(at.scope.clock.fps),
    "bpm": lambda at: float(at.scope.clock.bpm or 0),
    "seed": lambda at: at.scope.seed,
}


def floats(times: Sequence[Fraction]) -> Floats:
    """Return the floats nearest to exact numbers."""
    return np.array([float(time) for time in times], dtype=np.float64)
