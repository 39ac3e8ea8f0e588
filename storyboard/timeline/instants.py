"""Moments of a shot as arrays, made once from exact times.

::

    span = Span(clock, start, end, seed=7, sound=sound, define={"kick": "decay(onset, 6)"})
    span.names                                  what its expressions may read
    span.frames(first, stop) -> Instants        frames of the film, exact
    span.at(times) -> Instants                  any film times, exact
    span.after(seconds) -> Instants             seconds after the start, within rounding
    instants.env(names) -> dict                 what expressions read
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from storyboard.errors import BadValue
from storyboard.timeline.clock import Clock
from storyboard.timeline.functions import TIME_NAMES
from storyboard.timeline.grid import line
from storyboard.timeline.plan import Floats
from storyboard.timeline.sound import SILENCE, Sound

_BEATS = frozenset({"b", "bpm", "beat", "beat_phase", "bar", "bar_phase"})


@dataclass(frozen=True)
class Span:
    """A shot's place on the clock, and what its curves may read beside time.

    ``define`` is the story's own names and functions, as written.
    """

    clock: Clock
    start: Fraction
    end: Fraction
    seed: float = 0.0
    sound: Sound = SILENCE
    define: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """What expressions may read: the names of time, and of the soundtrack's signals."""
        return [*TIME_NAMES, *self.sound.signals]

    @property
    def duration(self) -> Fraction:
        """Seconds from start to end."""
        return self.end - self.start

    def frames(self, first: int, stop: int) -> Instants:
        """The film's frames ``first`` to ``stop - 1``, as exact as `at`."""
        n, fps, grid = np.arange(first, stop), self.clock.fps, self.clock.beats
        return Instants(
            span=self,
            t=line(n, 1 / fps, Fraction(0)),
            after=line(n, 1 / fps, -self.start),
            f=n.astype(np.float64),
            b=grid.frames(first, stop, fps) if grid else np.zeros(len(n)),
        )

    def at(self, times: Sequence[Fraction]) -> Instants:
        """Instants at exact film seconds; beats and frame numbers are exact too."""
        fps, grid = self.clock.fps, self.clock.beats
        return Instants(
            span=self,
            t=floats(times),
            after=floats([time - self.start for time in times]),
            f=floats([time * fps for time in times]),
            b=floats([grid.beat(time) for time in times]) if grid else np.zeros(len(times)),
        )

    def after(self, seconds: Floats) -> Instants:
        """Instants so many seconds after the start, within rounding."""
        t, grid = seconds + float(self.start), self.clock.beats
        return Instants(
            span=self,
            t=t,
            after=seconds,
            f=t * float(self.clock.fps),
            b=grid.at(t) if grid else np.zeros(len(t)),
        )


@dataclass(frozen=True)
class Instants:
    """Moments of one shot as arrays of shape (n,).

    ``t`` seconds of the film, ``after`` seconds since the shot's start, ``f`` frame number, ``b``
    beats. A shot's first frame may lie up to half a frame before its exact start: ``after`` is
    then negative, while the names ``shot_t`` and ``u`` of expressions stay within the shot.
    """

    span: Span
    t: Floats
    after: Floats
    f: Floats
    b: Floats

    def __len__(self) -> int:
        return len(self.t)

    def take(self, chosen: npt.NDArray[np.bool_]) -> Instants:
        """Those instants where ``chosen`` holds."""
        arrays = (values[chosen] for values in (self.t, self.after, self.f, self.b))
        return Instants(self.span, *arrays)

    def env(self, names: Collection[str]) -> dict[str, Floats | float]:
        """The values of ``names``, and of t and f for messages. Raises `BadValue` without bpm."""
        span, clock = self.span, self.span.clock
        beaten = [name for name in names if name in _BEATS]
        if clock.bpm is None and beaten:
            hint = "say audio: {bpm: 120}"
            raise BadValue(f"{beaten[0]!r} counts beats, and the story has no bpm", hint=hint)
        duration = float(span.duration)
        shot_t = np.clip(self.after, 0.0, duration)
        bar = self.b / clock.beats_per_bar
        known: dict[str, Floats | float] = {
            "t": self.t,
            "s": self.t,
            "f": self.f,
            "b": self.b,
            "beat": self.b,
            "beat_phase": self.b - np.floor(self.b),
            "bar": bar,
            "bar_phase": bar - np.floor(bar),
            "beats_per_bar": float(clock.beats_per_bar),
            "u": shot_t / (duration or 1.0),
            "shot_t": shot_t,
            "duration": duration,
            "fps": float(clock.fps),
            "bpm": float(clock.bpm or 0),
            "seed": span.seed,
        }
        return known | {
            name: span.sound.signals[name](self.t) for name in names if name not in known
        }


def floats(times: Sequence[Fraction]) -> Floats:
    """The floats nearest to exact numbers."""
    return np.array([float(time) for time in times], dtype=np.float64)
