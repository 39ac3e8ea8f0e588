"""How far a render is and how long it will take, by its events."""

from __future__ import annotations

from dataclasses import dataclass, field

from storyboard.render.events import Event
from storyboard.times import hours

_KEPT = 0.9
SMOOTHING = 0.3
"""The share of the newest frame in the running mean of seconds per frame."""


@dataclass
class Meter:
    """The progress of a stretch of frames, and the time of each; its text is the progress line.

    ``steps_left`` is how many steps of optimisation are left, for a meter that shows the time left:
    frames that begin a picture take more steps than others, and longer. ``even`` counts a frame as
    one step, whatever it took. ``at_once`` is how many frames are being painted at the same time.
    """

    label: str = ""
    of: int = 0
    done: int = 0
    loss: float | None = None
    seconds_per_frame: float | None = None
    steps_left: int | None = None
    even: bool = False
    at_once: int = 1
    _steps: float = 0.0
    _seconds: float = 0.0

    def step(self, event: Event) -> None:
        """Count a computed frame; one that was there before counts only for the speed."""
        self.done += not event.again
        self.loss = event.loss
        if event.seconds is not None:
            mean = self.seconds_per_frame
            new = event.seconds if mean is None else mean + SMOOTHING * (event.seconds - mean)
            self.seconds_per_frame = new
            self._count(event.seconds, 1 if self.even else max(event.steps or 0, 1))

    def _count(self, seconds: float, steps: int) -> None:
        """Add to the running sums of the last ten frames or so, and take off what is left."""
        self._seconds = self._seconds * _KEPT + seconds
        self._steps = self._steps * _KEPT + steps
        if self.steps_left is not None:
            self.steps_left = max(self.steps_left - steps, 0)

    @property
    def seconds_left(self) -> float | None:
        """Return how long the rest will take; None where it is not known or nothing is left."""
        if not self.steps_left or not self._steps:
            return None
        return self.steps_left * self._seconds / self._steps / self.at_once

    @property
    def time_left(self) -> str:
        """Return ``eta 2:32:00``; empty where it is not known or nothing is left."""
        left = self.seconds_left
        return "" if left is None else f"eta {hours(left)}"

    def __str__(self) -> str:
        if not self.of:
            return ""
        parts = [self.label, f"{self.done}/{self.of} frames"]
        if self.seconds_per_frame is not None:
            parts.append(f"{self.seconds_per_frame:.2g} s/frame")
        if self.loss is not None:
            parts.append(f"loss {self.loss:.2f}")
        return "  ".join(filter(None, (*parts, self.time_left)))


@dataclass
class Meters:
    """The meters of a render, kept up to date by its events: the film's and one for each shot that
    is being painted, of which ``shot`` is the one that had the newest event.
    """

    film: Meter = field(default_factory=Meter)
    shot: Meter = field(default_factory=Meter)
    shots: dict[str, Meter] = field(default_factory=dict)

    def read(self, event: Event) -> None:
        """Take in one event."""
        done, of = event.done or 0, event.of or 0
        if event.kind == "plan":
            self.film = Meter("film", of, done)
        elif event.kind == "paint":
            self.film = Meter(
                "film", of, done, steps_left=event.steps, even=event.steps == of - done
            )
        elif event.kind == "shot_start":
            name, speed = event.shot or "", self.shot.seconds_per_frame
            self.shot = self.shots[name] = Meter(name, of, done, seconds_per_frame=speed)
        elif event.kind == "frame":
            self.shot = self.shots.get(event.shot or "", self.shot)
            self.shot.step(event)
            self.film.step(event)
            self.film.loss = None
        elif event.kind == "shot_done":
            self.shots.pop(event.shot or "", None)
        self.film.at_once = max(len(self.shots), 1)

    def shots_text(self) -> str:
        """Return the line of what is being painted: one shot with speed and loss, else each shot
        with its frames.
        """
        if len(self.shots) < 2:
            return str(self.shot)
        return "  ".join(f"{one.label} {one.done}/{one.of}" for one in self.shots.values())
