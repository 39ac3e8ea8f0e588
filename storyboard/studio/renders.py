"""Renders of the story: processes of their own, followed by the files that they write.

A render is the command itself, ``storyboard render``. It writes its events to ``events.jsonl`` in
the film's folder, and what it says to ``studio.log`` there; ``studio.json`` has its number, so that
a studio that is opened later, or again after it was killed, finds it still at work.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storyboard.errors import UsageError
from storyboard.files import write_whole
from storyboard.render.events import Event
from storyboard.render.meters import Meters
from storyboard.render.store.records import read_object

LOG_TAIL = 20_000
"""Bytes of the end of a log that are shown."""

_BACK = 400_000
"""Bytes of the end of ``events.jsonl`` that are looked at for a render that is at work already."""

STOPPED = 130


@dataclass
class Follower:
    """Reads what is added to an ``events.jsonl``, and counts."""

    file: Path
    meters: Meters = field(default_factory=Meters)
    at: int = 0

    def skip(self) -> None:
        """Go to the end of the file: what stands there is of earlier renders."""
        self.at = self._size()

    def catch_up(self) -> list[Event]:
        """Go back to the last begin of a render, and return the events from there on."""
        self.at = max(self._size() - _BACK, 0)
        events = self._new()
        begun = [n for n, event in enumerate(events) if event.kind == "plan"]
        events = events[begun[-1] :] if begun else []
        for event in events:
            self.meters.read(event)
        return events

    def poll(self) -> list[Event]:
        """Return the events that were added since it was asked last."""
        events = self._new()
        for event in events:
            self.meters.read(event)
        return events

    def _size(self) -> int:
        try:
            return self.file.stat().st_size
        except OSError:
            return 0

    def _new(self) -> list[Event]:
        size = self._size()
        if size < self.at:
            self.at = 0  # somebody deleted it; it is another file
        if size == self.at:
            return []
        with self.file.open("rb") as stream:
            stream.seek(self.at)
            whole, _, _ = stream.read(size - self.at).rpartition(b"\n")
        self.at += len(whole) + bool(whole)
        return [event for line in whole.split(b"\n") if (event := _event(line))]


def _event(line: bytes) -> Event | None:
    try:
        data = json.loads(line)
        return Event.from_json(data) if isinstance(data, dict) and "kind" in data else None
    except (ValueError, TypeError):
        return None


@dataclass
class Renders:
    """The render of one story at a time. ``state`` is idle, running, stopping, paused, failed or
    done; ``what`` the shots that were asked for, none for all.
    """

    story: Path
    output: str | None = None
    state: str = "idle"
    what: Sequence[str] = ()
    message: str = ""
    film: str | None = None
    folder: Path | None = None
    _process: subprocess.Popen[bytes] | None = None
    _pid: int | None = None
    _follower: Follower | None = None

    def attach(self, folder: Path) -> None:
        """Follow ``folder``, and the render that is at work in it, if there is one."""
        if self.folder == folder or self.is_running:
            return
        self.folder, self._follower = folder, Follower(folder / "events.jsonl")
        note = read_object(folder / "studio.json") or {}
        pid = note.get("pid")
        if isinstance(pid, int) and _is_ours(pid, self.story):
            self._pid, self.state, self.what = pid, "running", tuple(note.get("what") or ())
            self._follower.catch_up()
        else:
            self._follower.skip()

    @property
    def is_running(self) -> bool:
        """Return whether a render is at work."""
        return self.state in ("running", "stopping")

    def start(self, folder: Path, shots: Sequence[tuple[str, str]] = ()) -> None:
        """Start the render, of ``shots`` alone where there are any: for each what the command calls
        it, and its name. Raises `UsageError` while one is at work.
        """
        if self.is_running:
            raise UsageError("a render is at work already")
        self.attach(folder)
        folder.mkdir(parents=True, exist_ok=True)
        chosen = ["--shots", ",".join(number for number, _ in shots)] if shots else []
        output = ["--output", self.output] if self.output else []
        command = [sys.executable, "-m", "storyboard", "render", str(self.story)]
        with (folder / "studio.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *chosen, *output, "--progress", "plain"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the studio's terminal is not meant for it
            )
        self._pid = self._process.pid
        self.state, self.message, self.film = "running", "", None
        self.what = tuple(name for _, name in shots)
        if self._follower is not None:
            self._follower.meters = Meters()
        note = {"pid": self._pid, "story": str(self.story), "what": self.what}
        write_whole(folder / "studio.json", json.dumps(note).encode())

    def pause(self) -> None:
        """Have the render stop after this frame; starting it again goes on from there."""
        if self._pid is None or not self.is_running:
            raise UsageError("no render is at work")
        with suppress(OSError):
            if sys.platform == "win32":
                os.kill(self._pid, signal.SIGTERM)
            elif self.state == "running":
                os.kill(self._pid, signal.SIGINT)
        self.state = "stopping"

    def poll(self) -> list[Event]:
        """Return what has happened since it was asked last, and bring ``state`` up to date."""
        events = self._follower.poll() if self._follower is not None else []
        for event in events:
            if event.kind == "done":
                self.film = event.file
            if event.kind in ("error", "warning"):
                self.message = event.message or ""
        if self.is_running:
            self._ask_process()
        return events

    def _ask_process(self) -> None:
        if self._process is None:
            ended = self._pid is None or not _is_ours(self._pid, self.story)
            code = None if not ended else (0 if self.film else STOPPED)
        else:
            code = self._process.poll()
        if code is None:
            return
        stopping, self._process, self._pid = self.state == "stopping", None, None
        if code == 0:
            self.state = "done"
        elif code == STOPPED or (stopping and code in (-signal.SIGINT, -signal.SIGTERM)):
            self.state = "paused"
        else:
            self.state, self.message = "failed", self.last_words()

    def status(self) -> dict[str, Any]:
        """Return the state for the page."""
        meters = self._follower.meters if self._follower is not None else Meters()
        film, shot = meters.film, meters.shot
        return {
            "state": self.state,
            "what": list(self.what),
            "message": self.message,
            "film": Path(self.film).name if self.film else None,
            "done": film.done,
            "of": film.of,
            "shot": shot.label,
            "loss": shot.loss,
            "seconds_per_frame": shot.seconds_per_frame,
            "seconds_left": film.seconds_left,
        }

    def log(self) -> str:
        """Return the end of what the render has said."""
        try:
            raw = (self.folder / "studio.log").read_bytes() if self.folder else b""
        except OSError:
            return ""
        return raw[-LOG_TAIL:].decode("utf-8", errors="replace")

    def last_words(self) -> str:
        """Return the lines of the log that say why a render failed."""
        lines = [line for line in self.log().splitlines() if line.strip()]
        return "\n".join(lines[-6:]) or "the render ended without a word"

    def close(self) -> None:
        """Stop the render that was started here; what it has finished stays."""
        if self._process is not None and self.is_running:
            self.pause()


def _is_ours(pid: int, story: Path) -> bool:
    """Return whether process ``pid`` renders ``story``. Where that cannot be seen, False: numbers
    are given again to other programs. On Linux it is seen.
    """
    try:
        command = Path("/proc", str(pid), "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"storyboard" in command and str(story).encode() in command


def shot_numbers(names: Sequence[str], wanted: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return number and name of the shot that the page asked for; none for the whole film."""
    index = wanted.get("shot")
    if index is None:
        return []
    if not isinstance(index, int) or not 0 <= index < len(names):
        raise UsageError(f"there is no shot {index}")
    number = str(index + 1)
    return [(names[index] if number in names else number, names[index])]
