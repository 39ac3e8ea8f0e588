"""Progress of a render: bars on a terminal, plain lines elsewhere, JSON lines for programs.

All of them read the same events. Everything goes to stderr; stdout is for the film's path.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from storyboard.cli import console
from storyboard.render.meters import Meters
from storyboard.times import hours

if TYPE_CHECKING:
    from tqdm import tqdm

    from storyboard.render.events import Event

PLAIN_EVERY_S = 10.0


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
