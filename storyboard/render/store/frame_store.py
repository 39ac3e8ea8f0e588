"""Storage of the frames of a film: the protocol `FrameStore`, and its version over folders.

Only the process that called `render` has the store. A worker gets what it begins with in its
`ChainJob`, and sends what it makes as messages (`storyboard.render.store.messages`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from storyboard.media.ffmpeg import Picture
from storyboard.plan import ShotPlan
from storyboard.render.store.shots import FrameRecord, ShotFolder


class FrameStore(Protocol):
    """The saved frames and checkpoints of one film, by shot; frames count from the shot's start."""

    def finished(self, shot: ShotPlan, *, thorough: bool = True, shapes: bool = False) -> set[int]:
        """Return the frames that are saved and whole, with ``shapes`` those whose shapes are too;
        not ``thorough``: contents unread.
        """

    def limits(self, shot: ShotPlan) -> Mapping[int, int]:
        """Return the ``cut_batch`` of the frames that memory was too small for, by frame."""

    def read_frame(self, shot: ShotPlan, local: int) -> Picture:
        """Return a frame, (H, W, 3) uint8. Raises `StoryboardError` where it cannot be read."""

    def frame_file(self, shot: ShotPlan, local: int) -> str:
        """Return where a frame is or will be, for events."""

    def save_frame(self, shot: ShotPlan, png: bytes, record: FrameRecord) -> str:
        """Save the PNG file ``png`` and its record; return where."""

    def read_state(self, shot: ShotPlan, *, before: int) -> tuple[int, bytes] | None:
        """Return frame and content of the newest checkpoint that leads to frame ``before``."""

    def save_state(self, shot: ShotPlan, local: int, data: bytes) -> str:
        """Save the checkpoint after frame ``local``; return where."""

    def drop_state(self, shot: ShotPlan, local: int) -> None:
        """Delete the checkpoint after frame ``local``."""

    def save_shapes(self, shot: ShotPlan, local: int, data: bytes) -> None:
        """Save what a frame was drawn of."""

    def read_shapes(self, shot: ShotPlan, local: int) -> bytes:
        """Return what a frame was drawn of. Raises `StoryboardError` where that is not there."""

    def remove(self, shot: ShotPlan) -> None:
        """Delete all frames and checkpoints of ``shot``."""


class FolderStore:
    """The `FrameStore` that keeps a folder a shot below the folder ``shots``; see `ShotFolder`.

    A shot's folder is read when it is first asked for and made with the first frame or checkpoint.
    """

    def __init__(self, shots: Path) -> None:
        self.shots = shots
        self._folders: dict[tuple[str, str], ShotFolder] = {}
        self._made: set[Path] = set()

    def finished(self, shot: ShotPlan, *, thorough: bool = True, shapes: bool = False) -> set[int]:
        """Return the frames that are saved and whole, as `ShotFolder.finished`."""
        return self._folder(shot).finished(thorough=thorough, shapes=shapes)

    def limits(self, shot: ShotPlan) -> Mapping[int, int]:
        """Return the ``cut_batch`` of the frames that memory was too small for, by frame."""
        records = self._folder(shot).records
        return {n: r.cut_batch for n, r in records.items() if r.cut_batch is not None}

    def read_frame(self, shot: ShotPlan, local: int) -> Picture:
        """Return a frame, (H, W, 3) uint8. Raises `StoryboardError` where it cannot be read."""
        return self._folder(shot).read_frame(local)

    def frame_file(self, shot: ShotPlan, local: int) -> str:
        """Return the path of a frame."""
        return str(self._folder(shot).frame_path(local))

    def save_frame(self, shot: ShotPlan, png: bytes, record: FrameRecord) -> str:
        """Save a frame and its record; return its path."""
        self._made_folder(shot).save_frame(png, record)
        return self.frame_file(shot, record.local)

    def read_state(self, shot: ShotPlan, *, before: int) -> tuple[int, bytes] | None:
        """Return frame and content of the newest checkpoint that leads to frame ``before``."""
        return self._folder(shot).read_state(before=before)

    def save_state(self, shot: ShotPlan, local: int, data: bytes) -> str:
        """Save the checkpoint after frame ``local``; return its path."""
        return str(self._made_folder(shot).save_state(local, data))

    def drop_state(self, shot: ShotPlan, local: int) -> None:
        """Delete the checkpoint after frame ``local``."""
        self._folder(shot).drop_state(local)

    def save_shapes(self, shot: ShotPlan, local: int, data: bytes) -> None:
        """Save what a frame was drawn of."""
        self._made_folder(shot).save_shapes(local, data)

    def read_shapes(self, shot: ShotPlan, local: int) -> bytes:
        """Return what a frame was drawn of. Raises `StoryboardError` where that is not there."""
        return self._folder(shot).read_shapes(local)

    def remove(self, shot: ShotPlan) -> None:
        """Delete the folder of ``shot``."""
        folder = self._folder(shot)
        folder.remove()
        self._made.discard(folder.path)

    def _folder(self, shot: ShotPlan) -> ShotFolder:
        key = (shot.name, shot.digest)
        if key not in self._folders:
            self._folders[key] = ShotFolder.open(self.shots, shot)
        return self._folders[key]

    def _made_folder(self, shot: ShotPlan) -> ShotFolder:
        folder = self._folder(shot)
        if folder.path not in self._made:
            folder.make()
            self._made.add(folder.path)
        return folder
