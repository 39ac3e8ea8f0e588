"""The folder of one shot: its frames, and the checkpoints that lead on from them.

::

    shots/night-3f9c21aa/     name of the shot and the first digits of its digest
        shot.json             what the folder was made for, for people
        00012.png             frame 12 of the shot, 8 bit
        frames.jsonl          a line a finished frame: its shot's digest, its number, SHA-256, loss,
                              seconds, and cut_batch where memory was too small for the shot's own
        00024.state           checkpoint: all that frame 25 needs, after a line with the digest of
                              its shot, its number and its own SHA-256
        00012.shapes          what frame 12 was drawn of, where SVG was asked for, likewise

A frame counts as finished when its line stands in ``frames.jsonl``, names this shot, and the file
has that digest; then it is never written again. What belongs to another shot, is torn or is not
what it should be is passed over, wherever it came from. A story that changes gets new folders for
the shots that changed; the old ones stay and are used again when the story changes back. They may
be deleted at any time.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from storyboard.errors import StoryboardError
from storyboard.files import sha256
from storyboard.media.ffmpeg import Picture
from storyboard.plan import ShotPlan
from storyboard.render.store.records import (
    append_line,
    friendly_os_errors,
    mend_lines,
    read_lines,
    read_object,
    write_whole,
)

KEPT_CHECKPOINTS = 2
_AGAIN = "run the same command again: what is missing is made anew, the rest is kept"
_OURS = re.compile(r"\d{5,}\.(png|state|shapes)(\.part)?|(shot\.json|frames\.jsonl)(\.part)?")


@dataclass(frozen=True)
class FrameRecord:
    """A line of ``frames.jsonl``. ``local`` counts from the start of the shot.

    ``shot`` is the shot's digest. ``cut_batch`` is how many views were seen at once, where memory
    was too small for as many as the shot asks for; None where it was not.
    """

    local: int
    sha256: str
    size: int
    loss: float | None
    steps: int
    seconds: float
    cut_batch: int | None = None
    shot: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the line as JSON takes it, without what is None and need not be there."""
        line = asdict(self)
        return {k: v for k, v in line.items() if v is not None or k not in ("cut_batch", "shot")}

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> FrameRecord | None:
        """Return the record of a line; None for one that is none, by its keys or their types."""
        known = set(_FIELDS)
        if not known - {"cut_batch", "shot"} <= set(line) <= known:
            return None
        return cls(**line) if all(_FIELDS[key](value) for key, value in line.items()) else None


def _is_count(value: object, *, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_number(value: object) -> bool:
    return _is_count(value) or (isinstance(value, float) and math.isfinite(value))


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


_FIELDS: dict[str, Callable[[object], bool]] = {
    "local": _is_count,
    "sha256": _is_digest,
    "size": _is_count,
    "loss": lambda value: value is None or _is_number(value),
    "steps": _is_count,
    "seconds": _is_number,
    "cut_batch": lambda value: value is None or _is_count(value, least=1),
    "shot": lambda value: value is None or isinstance(value, str),
}
"""What each value of a line must be."""


@dataclass
class ShotFolder:
    """Reads and writes the folder of one shot. ``records`` has the frames that were saved."""

    path: Path
    shot: ShotPlan
    records: dict[int, FrameRecord] = field(default_factory=dict)

    @classmethod
    def open(cls, shots: Path, shot: ShotPlan) -> ShotFolder:
        """Return the folder of ``shot`` below ``shots``; makes nothing.

        Raises `StoryboardError` where something else is in its place.
        """
        folder = cls(shots / folder_name(shot), shot)
        if folder.path.exists() and not folder.path.is_dir():
            raise StoryboardError(f"{folder.path} is not a folder; move or delete it")
        folder.records = folder._read_records()
        return folder

    def make(self) -> None:
        """Make the folder ready for writing; lines that belong to another shot are dropped."""
        if read_object(self.path / "shot.json") != self._identity():
            content = json.dumps(self._identity(), indent=1, sort_keys=True) + "\n"
            write_whole(self.path / "shot.json", content.encode())
        mend_lines(self.path / "frames.jsonl", self._is_own)

    def remove(self) -> None:
        """Delete all frames and checkpoints, and the folder if nothing of others is in it."""
        self.records = {}
        if not self.path.is_dir():
            return
        with friendly_os_errors(self.path):
            for path in list(self.path.iterdir()):
                if _OURS.fullmatch(path.name) and not path.is_dir():
                    path.unlink()
            if not self.path.is_symlink() and not any(self.path.iterdir()):
                self.path.rmdir()

    def frame_path(self, local: int) -> Path:
        """Return the path of frame ``local``."""
        return self.path / f"{local:05d}.png"

    def finished(self, *, thorough: bool = True, shapes: bool = False) -> set[int]:
        """Return the frames that are there and whole; with ``shapes`` those whose shapes are too.

        ``thorough`` reads every file and compares its digest; without, only its size is looked at.
        """
        whole = {n for n, record in self.records.items() if self._is_whole(record, thorough)}
        if not shapes:
            return whole
        return {n for n in whole if self._checked("shapes", n, self._shapes_path(n)) is not None}

    def save_frame(self, png: bytes, record: FrameRecord) -> None:
        """Save the PNG file ``png`` as frame ``record.local`` and note it.

        An identical file that exists is only recorded: a finished frame is written once.
        """
        self._require()
        path, record = self.frame_path(record.local), replace(record, shot=self.shot.digest)
        if not (path.is_file() and path.read_bytes() == png):
            write_whole(path, png)
        append_line(self.path / "frames.jsonl", record.to_json(), sync=True)
        self.records[record.local] = record

    def read_frame(self, local: int) -> Picture:
        """Return frame ``local`` as (H, W, 3) uint8. Raises `StoryboardError` where it cannot be
        read.
        """
        try:
            with Image.open(self.frame_path(local), formats=("PNG",)) as picture:
                return np.asarray(picture.convert("RGB"))
        except OSError as error:
            message = f"{self.frame_path(local)} cannot be read: {error}"
            raise StoryboardError(f"{message}; {_AGAIN}") from error

    def save_state(self, local: int, data: bytes) -> Path:
        """Save the state after frame ``local``; of all that lead on, the two newest are kept."""
        self._require()
        path = self._state_path(local)
        write_whole(path, self._head("state", local, data) + data)
        for old in self._states()[:-KEPT_CHECKPOINTS]:
            with suppress(OSError):
                self._state_path(old).unlink()
        return path

    def read_state(self, *, before: int) -> tuple[int, bytes] | None:
        """Return the newest whole checkpoint that leads to frame ``before``: its frame and its
        content.

        One that is torn, or of another shot or frame, is passed over for the one before it.
        """
        for local in reversed(self._states()):
            if local >= before:
                continue
            data = self._checked("state", local, self._state_path(local))
            if data is not None:
                return local, data
        return None

    def drop_state(self, local: int) -> None:
        """Delete the checkpoint after frame ``local``, so that the one before it is the newest."""
        with friendly_os_errors(self._state_path(local)):
            self._state_path(local).unlink(missing_ok=True)

    def save_shapes(self, local: int, data: bytes) -> None:
        """Save the shapes of frame ``local``."""
        self._require()
        write_whole(self._shapes_path(local), self._head("shapes", local, data) + data)

    def read_shapes(self, local: int) -> bytes:
        """Read the shapes of frame ``local``. Raises `StoryboardError` if they are missing."""
        data = self._checked("shapes", local, self._shapes_path(local))
        if data is None:
            raise StoryboardError(f"{self._shapes_path(local)} is missing or torn; {_AGAIN}")
        return data

    def _states(self) -> list[int]:
        """Return the frames after which there are checkpoints, in order."""
        names = [path.stem for path in self.path.glob("*.state")]
        return sorted(int(n) for n in names if re.fullmatch("[0-9]{5,9}", n))

    def _state_path(self, local: int) -> Path:
        return self.path / f"{local:05d}.state"

    def _shapes_path(self, local: int) -> Path:
        return self.path / f"{local:05d}.shapes"

    def _require(self) -> None:
        """Raise `StoryboardError` where the folder has gone since it was made."""
        if not (self.path / "shot.json").is_file():
            raise StoryboardError(
                f"{self.path} was moved or deleted while the film was rendered; {_AGAIN}"
            )

    def _head(self, kind: str, local: int, data: bytes) -> bytes:
        """Return the first line of a file: what it is, of which shot and frame, and the digest."""
        known = f"storyboard {kind} 2 {self.shot.digest} {local} ".encode()
        return known + sha256(known + data).encode() + b"\n"

    def _checked(self, kind: str, local: int, path: Path) -> bytes | None:
        """Return the content of a file with a `_head`, None where it is torn or another's."""
        try:
            head, end, data = path.read_bytes().partition(b"\n")
        except OSError:
            return None
        return data if head + end == self._head(kind, local, data) else None

    def _is_whole(self, record: FrameRecord, thorough: bool) -> bool:
        path = self.frame_path(record.local)
        try:
            if not thorough:
                return path.stat().st_size == record.size
            return sha256(path.read_bytes()) == record.sha256
        except OSError:
            return False

    @cached_property
    def _made_for(self) -> object:
        """Return the digest in the ``shot.json`` that was there when the folder was opened."""
        return (read_object(self.path / "shot.json") or {}).get("digest")

    def _identity(self) -> dict[str, Any]:
        return {"name": self.shot.name, "digest": self.shot.digest}

    def _read_records(self) -> dict[int, FrameRecord]:
        lines = filter(self._is_own, read_lines(self.path / "frames.jsonl"))
        found = map(FrameRecord.from_json, lines)
        return {r.local: r for r in found if r and r.local < self.shot.frame_count}

    def _is_own(self, line: dict[str, Any]) -> bool:
        """Return True if a line is of this shot; without a digest, ``shot.json`` decides."""
        return bool(line.get("shot", self._made_for) == self.shot.digest)


def folder_name(shot: ShotPlan) -> str:
    """Return the name of the folder of ``shot``: its name and the first digits of its digest."""
    name = re.sub(r"[^\w.-]+", "-", shot.name)[:60].strip(".-") or "shot"
    return f"{name}-{shot.digest[:8]}"
