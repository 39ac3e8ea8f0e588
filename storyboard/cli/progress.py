"""Progress of a render: bars on a terminal, plain lines elsewhere, JSON lines for programs.

All of them read the same events. Everything goes to stderr; stdout is for the film's path.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from storyboard.cli import console
from storyboard.times import hours

if TYPE_CHECKING:
    from tqdm import tqdm

    from storyboard.render.events import Event

PLAIN_EVERY_S = 10.0
_KEPT = 0.9
SMOOTHING = 0.3
"""The share of the newest frame in the running mean of seconds per frame."""


class Display(Protocol):
    """Shows events, until it is closed."""

    def __call__(self, event: Event) -> None:
        """Show one event."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def display(wanted: str) -> Display:
    """Return the display that ``--progress`` and ``--quiet`` ask for.

    ``wanted`` is plain, json, none, or auto: bars on a terminal and plain lines elsewhere.
    """
    if console.voice.level < 0 and wanted != "json":
        return Silent()
    if wanted == "auto" and sys.stderr.isatty():
        return Bars()
    kinds: dict[str, type[Display]] = {"json": JsonLines, "none": Silent}
    return kinds.get(wanted, Lines)()


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
    def time_left(self) -> str:
        """Return ``eta 2:32:00``; empty where it is not known or nothing is left."""
        if not self.steps_left or not self._steps:
            return ""
        return f"eta {hours(self.steps_left * self._seconds / self._steps / self.at_once)}"

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


class Silent:
    """Shows nothing but warnings, which ``--quiet`` then silences too."""

    def __call__(self, event: Event) -> None:
        """Say a warning."""
        if event.kind == "warning":
            console.warn(event.message or "")

    def close(self) -> None:
        """Do nothing: nothing was opened."""


class JsonLines:
    """Every event as a line of JSON."""

    def __call__(self, event: Event) -> None:
        """Write the event."""
        sys.stderr.write(console.as_json(event.to_json()) + "\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Do nothing: nothing was opened."""


class Lines:
    """A line now and then, for logs: at most one in `PLAIN_EVERY_S` but for what happens once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._meters, self._clock = Meters(), clock
        self._printed_at = -PLAIN_EVERY_S

    def __call__(self, event: Event) -> None:
        """Say the event, where it is worth a line."""
        self._meters.read(event)
        if event.kind == "frame":
            self._frame()
        elif line := _sentence(event):
            _say(event, line)

    def _frame(self) -> None:
        now = self._clock()
        finished = self._meters.shot.done >= self._meters.shot.of
        if finished or now - self._printed_at >= PLAIN_EVERY_S:
            self._printed_at = now
            film = self._meters.film
            whole = f"film {film.done}/{film.of}" if film.of else ""
            shots = self._meters.shots_text()
            console.note("  ".join(filter(None, (shots, whole, film.time_left))))

    def close(self) -> None:
        """Do nothing: nothing was opened."""


class Bars:
    """One line for the film and one for its shots, kept in place by tqdm."""

    def __init__(self) -> None:
        self._meters = Meters()
        self._film: tqdm[None] | None = None
        self._shot: tqdm[None] | None = None

    def __call__(self, event: Event) -> None:
        """Bring both lines up to date; what happens once is set above them."""
        from tqdm import tqdm

        self._meters.read(event)
        if event.kind == "plan":
            self._film, self._shot = (self._line(position) for position in (0, 1))
        if event.kind in ("encode", "done"):
            self.close()
        if event.kind != "frame" and (line := _sentence(event)):
            with tqdm.external_write_mode(file=sys.stderr):
                _say(event, line)
        self._show()

    def _line(self, position: int) -> tqdm[None]:
        from tqdm import tqdm

        form = "{desc}" if position else "{desc} |{bar:24}|"
        return tqdm(  # type: ignore[return-value]
            position=position, bar_format=form, leave=False, file=sys.stderr, dynamic_ncols=True
        )

    def _show(self) -> None:
        if self._film is None or self._shot is None:
            return
        self._film.total, self._film.n = self._meters.film.of, self._meters.film.done
        self._film.set_description_str(str(self._meters.film))
        self._shot.set_description_str(self._meters.shots_text())

    def close(self) -> None:
        """Clear both lines."""
        for line in (self._shot, self._film):
            if line is not None:
                line.close()
        self._film = self._shot = None


def _say(event: Event, line: str) -> None:
    if event.kind == "warning":
        console.warn(line)
    else:
        console.note(line)


def _sentence(event: Event) -> str:
    """Return the line for an event that happens once; empty for one that needs no line."""
    if event.kind == "plan":
        there = f", {event.done} are there already" if event.done else ""
        return f"{event.message}: {event.of} frames{there}, in {event.file}"
    if event.kind == "shot_done":
        return f"{event.shot} done in {hours(event.seconds or 0)}"
    if event.kind == "encode" and event.done in (0, None):
        return f"encoding {event.of} frames"
    if event.kind == "warning":
        return event.message or ""
    if event.kind == "done":
        return f"{event.of} frames in {hours(event.seconds or 0)}"
    return ""
