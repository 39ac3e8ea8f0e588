"""Progress of several stories that are rendered at once: one display for all of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from storyboard.cli import console
from storyboard.cli.progress import PLAIN_EVERY_S
from storyboard.render.events import Event
from storyboard.render.meters import Meters

if TYPE_CHECKING:
    from tqdm import tqdm


class StoriesDisplay:
    """Shows the events of stories by their names; may be called from several threads.

    ``wanted`` as for `storyboard.cli.progress.display`. ``of`` is the number of stories.
    """

    def __init__(
        self, wanted: str, of: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        terminal = wanted == "auto" and sys.stderr.isatty()
        self.json = wanted == "json"
        self.silent = wanted == "none" or console.voice.level < 0
        self._of, self._ended, self._clock = of, 0, clock
        self._meters: dict[str, Meters] = {}
        self._printed_at, self._lock = -PLAIN_EVERY_S, Lock()
        self._bar = self._line() if terminal and not self.silent else None

    def __call__(self, story: str, event: Event) -> None:
        """Show one event of ``story``."""
        with self._lock:
            if self.json:
                sys.stderr.write(console.as_json({"story": story, **event.to_json()}) + "\n")
                sys.stderr.flush()
                return
            self._meters.setdefault(story, Meters()).read(event)
            if event.kind == "warning":
                self._say(lambda: console.warn(f"{story}: {event.message}"))
            elif event.kind == "frame":
                self._show()

    def ended(self, story: str, result: str) -> None:
        """Show that ``story`` is no longer rendered."""
        with self._lock:
            self._ended += 1
            self._meters.pop(story, None)
            if not self.json:
                self._say(lambda: console.note(f"{story}: {result}"))

    def text(self) -> str:
        """Return the line of all stories: how many have ended, and the frames of the others."""
        films = (f"{name} {one.film.done}/{one.film.of}" for name, one in self._meters.items())
        return "  ".join([f"{self._ended}/{self._of} stories", *films])

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.close()

    def _show(self) -> None:
        if self._bar is not None:
            self._bar.n = self._ended
            self._bar.set_description_str(self.text())
        elif not self.silent and self._clock() - self._printed_at >= PLAIN_EVERY_S:
            self._printed_at = self._clock()
            console.note(self.text())

    def _say(self, speak: Callable[[], None]) -> None:
        if self._bar is None:
            return speak()
        with self._bar.external_write_mode(file=sys.stderr):
            speak()
        return None

    def _line(self) -> tqdm[None]:
        from tqdm import tqdm

        return tqdm(  # type: ignore[return-value]
            total=self._of, bar_format="{desc}", leave=False, file=sys.stderr, dynamic_ncols=True
        )
