"""The signals and events that a film's expressions read, in seconds of the film.

::

    sound_of(clock, BeatRange(first, end)) -> Sound     beats and marks of the clock alone
    sound_of(..., signals=, events=)                    and those of a soundtrack
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np

from storyboard.curves.clock import Clock
from storyboard.plan import Floats

T = TypeVar("T")

Signal = Callable[[Floats], Floats]
"""Film seconds (n,) to values (n,); where the soundtrack starts is already accounted for."""


@dataclass(frozen=True)
class Events:
    """Moments at which something happens.

    ``times`` are film seconds, ascending; ``weights`` their strengths in 0..1, ones where there is
    nothing to weigh. Both have the shape (n,).
    """

    times: Floats
    weights: Floats


@dataclass(frozen=True)
class Sound:
    """Signals and events by name; lazy mappings, so that a name is known without analysis.

    ``signals`` are ``bass``, ``rms``, ``drums.onset`` ...; ``events`` are ``beat``, ``bar``,
    ``onset``, ``section``, ``drums.onset`` ... and every mark, which is one event.
    """

    signals: Mapping[str, Signal]
    events: Mapping[str, Events]


SILENCE = Sound({}, {})
"""What there is to read without a soundtrack."""


class BeatRange(NamedTuple):
    """The film seconds between which there are beats."""

    start: Fraction
    stop: Fraction


class LazyMapping(Mapping[str, T]):
    """A mapping whose names are known before its values; each is made once, when asked for."""

    def __init__(self, names: Sequence[str], make: Callable[[str], T]) -> None:
        self._names = dict.fromkeys(names)
        self._make = make
        self._made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def sound_of(
    clock: Clock,
    beats: BeatRange,
    *,
    signals: Mapping[str, Signal] = SILENCE.signals,
    events: Mapping[str, Callable[[], Events]] | None = None,
) -> Sound:
    """Return all that expressions read: the beats of ``clock`` within ``beats``, its marks, and the
    ``signals`` and ``events`` of a soundtrack, of which each is made when it is first read.
    """
    makers = dict(events or {})
    if clock.beats is not None:
        makers["beat"] = lambda: events_at(clock.beats_between(*beats))
        makers["bar"] = lambda: events_at(clock.bars_between(*beats))
    makers |= {name: partial(events_at, [moment]) for name, moment in clock.marks.items()}
    makers |= {name: partial(events_at, moments) for name, moments in clock.sets.items()}
    return Sound(signals, LazyMapping(list(makers), lambda name: makers[name]()))


def events_at(moments: Sequence[Fraction]) -> Events:
    """Return events of weight 1 at exact moments of the film."""
    times = np.array([float(moment) for moment in sorted(moments)], dtype=np.float64)
    return Events(times, np.ones(len(times)))
