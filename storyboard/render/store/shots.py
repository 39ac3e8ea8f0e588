"""The folder of one shot: its frames, and the checkpoints that lead on from them.

::

    shots/night-3f9c21aa/     name of the shot and the first digits of its digest
        shot.json             what the folder was made for
        00012.png             frame 12 of the shot, 8 bit
        frames.jsonl          a line a finished frame: its number, SHA-256, loss, seconds, and
                              cut_batch where memory was too small for the shot's own
        00024.state           checkpoint: all that frame 25 needs, with its own SHA-256
        00012.shapes          what frame 12 was drawn of, where SVG was asked for, likewise

A frame counts as finished when its line stands in ``frames.jsonl`` and the file has that digest;
then it is never written again. A story that changes gets new folders for the shots that changed;
the old ones stay and are used again when the story changes back. They may be deleted at any time.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from storyboard.errors import StoryboardError
from storyboard.files import sha256
from storyboard.media.ffmpeg import Picture
from storyboard.plan import ShotPlan
from storyboard.render.store.records import append_line, mend_lines, read_lines, write_whole

KEPT_CHECKPOINTS = 2
_MARK = b"storyboard state 1 "


@dataclass(frozen=True)
class FrameRecord:
    """A line of ``frames.jsonl``. ``local`` counts from the start of the shot.

    ``cut_batch`` is how many views were seen at once, where memory was too small for as many as the
    shot asks for; None where it was not.
    """

    local: int
    sha256: str
    size: int
    loss: float | None
    steps: int
    seconds: float
    cut_batch: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the line as JSON takes it, without a ``cut_batch`` that is None."""
        line = asdict(self)
        if self.cut_batch is None:
            del line["cut_batch"]
        return line

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> FrameRecord | None:
        """Return the record of a line; None for one that is none."""
        known = set(cls.__dataclass_fields__)
        batch = line.get("cut_batch")
        if set(line) | {"cut_batch"} != known or not (batch is None or _is_count(batch)):
            return None
        return cls(**line)


@dataclass
class ShotFolder:
    """Reads and writes the folder of one shot. ``records`` has the frames that were saved."""

    path: Path
    shot: ShotPlan
    records: dict[int, FrameRecord] = field(default_factory=dict)

    @classmethod
    def open(cls, shots: Path, shot: ShotPlan) -> ShotFolder:
        """The folder of ``shot`` below ``shots``; makes nothing."""
        folder = cls(shots / folder_name(shot), shot)
        if folder._identity() == _read_json(folder.path / "shot.json"):
            folder.records = folder._read_records()
        return folder

    def make(self) -> None:
        """Make the folder ready for writing; what belongs to another shot is removed."""
        if _read_json(self.path / "shot.json") != self._identity():
            if self.path.exists():
                self.remove()
            content = json.dumps(self._identity(), indent=1, sort_keys=True) + "\n"
            write_whole(self.path / "shot.json", content.encode())
        mend_lines(self.path / "frames.jsonl")

    def remove(self) -> None:
        """Delete the folder with all its frames and checkpoints."""
        self.records = {}
        if self.path.exists():
            shutil.rmtree(self.path)

    def frame_path(self, local: int) -> Path:
        """Where frame ``local`` lies."""
        return self.path / f"{local:05d}.png"

    def finished(self, *, thorough: bool = True, shapes: bool = False) -> set[int]:
        """The frames that are there and whole; with ``shapes`` those whose shapes are too.

        ``thorough`` reads every file and compares its digest; without, only its size is looked at.
        """
        whole = {n for n, record in self.records.items() if self._is_whole(record, thorough)}
        if not shapes:
            return whole
        return {n for n in whole if _checked(self._shapes_path(n)) is not None}

    def save_frame(self, png: bytes, record: FrameRecord) -> None:
        """Save the PNG file ``png`` as frame ``record.local`` and note it.

        A file that is there and the same is only noted: a finished frame is written once.
        """
        path = self.frame_path(record.local)
        if not (path.is_file() and path.read_bytes() == png):
            write_whole(path, png)
        append_line(self.path / "frames.jsonl", record.to_json())
        self.records[record.local] = record

    def read_frame(self, local: int) -> Picture:
        """Frame ``local`` as (H, W, 3) uint8. Raises `StoryboardError` where it cannot be read."""
        try:
            with Image.open(self.frame_path(local), formats=("PNG",)) as picture:
                return np.asarray(picture.convert("RGB"))
        except OSError as error:
            raise StoryboardError(f"{self.frame_path(local)} cannot be read: {error}") from error

    def save_state(self, local: int, data: bytes) -> Path:
        """Save the state after frame ``local``; the two newest checkpoints are kept."""
        path = self.path / f"{local:05d}.state"
        write_whole(path, _MARK + sha256(data).encode() + b"\n" + data)
        for old in sorted(self.path.glob("*.state"))[:-KEPT_CHECKPOINTS]:
            old.unlink()
        return path

    def read_state(self, *, before: int) -> tuple[int, bytes] | None:
        """The newest whole checkpoint that leads to frame ``before``: its frame and its content.

        A torn one is passed over for the one before it.
        """
        for path in sorted(self.path.glob("*.state"), reverse=True):
            local = int(path.stem) if path.stem.isdecimal() else before
            if local < before and (data := _checked(path)) is not None:
                return local, data
        return None

    def save_shapes(self, local: int, data: bytes) -> None:
        """Save what frame ``local`` was drawn of."""
        write_whole(self._shapes_path(local), _MARK + sha256(data).encode() + b"\n" + data)

    def read_shapes(self, local: int) -> bytes:
        """What frame ``local`` was drawn of. Raises `StoryboardError` where it is not there."""
        data = _checked(self._shapes_path(local))
        if data is None:
            raise StoryboardError(f"{self._shapes_path(local)} is missing or torn")
        return data

    def _shapes_path(self, local: int) -> Path:
        return self.path / f"{local:05d}.shapes"

    def _is_whole(self, record: FrameRecord, thorough: bool) -> bool:
        path = self.frame_path(record.local)
        try:
            if not thorough:
                return path.stat().st_size == record.size
            return sha256(path.read_bytes()) == record.sha256
        except OSError:
            return False

    def _identity(self) -> dict[str, Any]:
        return {"name": self.shot.name, "digest": self.shot.digest}

    def _read_records(self) -> dict[int, FrameRecord]:
        found = map(FrameRecord.from_json, read_lines(self.path / "frames.jsonl"))
        return {r.local: r for r in found if r and 0 <= r.local < self.shot.frame_count}


def folder_name(shot: ShotPlan) -> str:
    """Return the name of the folder of ``shot``: its name and the first digits of its digest."""
    name = re.sub(r"[^\w.-]+", "-", shot.name)[:60].strip(".-") or "shot"
    return f"{name}-{shot.digest[:8]}"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _checked(path: Path) -> bytes | None:
    """The content of a checkpoint, None where it is torn or of another kind."""
    try:
        head, _, data = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return data if head == _MARK + sha256(data).encode() else None


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
