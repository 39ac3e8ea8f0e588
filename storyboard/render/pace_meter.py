"""Measuring how long a film takes, by the events of its render."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from storyboard.plan import Floats, Plan
from storyboard.render.events import Event
from storyboard.timeline.pace import Kinds, Line, keep, steps_of


@dataclass
class PaceMeter:
    """Measures a render by its events; `save` keeps what was measured.

    The first frame of a render counts for its start: torch gets ready in it.
    """

    plan: Plan
    device: str
    clock: Callable[[], float] = time.monotonic
    measured: dict[str, Line] = field(default_factory=dict)
    _began: float | None = None
    _first: tuple[str, Line, float] | None = None
    _encoding: float | None = None

    def __call__(self, event: Event) -> None:
        """Read one event."""
        if event.kind in ("plan", "paint"):
            self._began = self.clock() if self._began is None else self._began
        elif event.kind == "frame" and event.seconds is not None and event.frame is not None:
            self._frame(event.frame, event.seconds)
        elif event.kind == "encode" and event.of:
            if not event.done:
                self._encoding = self.clock()
            elif event.done == event.of and self._encoding is not None:
                line = Line.of(event.of, self.clock() - self._encoding)
                self._add(self._kinds.finish, line)

    @cached_property
    def _kinds(self) -> Kinds:
        return Kinds.of(self.plan, self.device)

    @cached_property
    def _stops(self) -> Floats:
        return np.array([shot.stop for shot in self.plan.painted.shots])

    def _frame(self, number: int, seconds: float) -> None:
        place = int(np.searchsorted(self._stops, number, side="right"))
        shot, key = self.plan.painted.shots[place], self._kinds.frames[place]
        line = Line.of(float(steps_of(shot)[number - shot.first]), seconds)
        if self._began is not None:
            self._first, self._began = (key, line, self.clock() - self._began), None
        else:
            self._add(key, line)

    def _add(self, key: str, line: Line) -> None:
        self.measured[key] = self.measured.get(key, Line()) + line

    def add_start(self) -> None:
        """Add the time of the start: until the first frame, without what such a frame takes."""
        if self._first is not None:
            key, line, seconds = self._first
            self.measured.setdefault(key, line)
            own = float(self.measured[key].at(np.array([line.steps]))[0])
            self._add(self._kinds.start, Line.of(1, max(seconds - own, 0)))

    def save(self) -> None:
        """Keep what was measured."""
        self.add_start()
        for key, line in self.measured.items():
            keep(key, line)
