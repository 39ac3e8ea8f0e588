"""The story's file: its text, its changes by us and by others, undo and redo."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

from storyboard.errors import StoryboardError
from storyboard.files import read_bounded, sha256, write_whole
from storyboard.story.yaml_loader import MAX_BYTES, decode

_MARK = b"\xef\xbb\xbf"
MOST_CHANGES = 500
"""Changes that can be undone."""


class Conflict(StoryboardError):
    """The file is not what an edit was made for: somebody else has changed it meanwhile."""


class ReadOnly(StoryboardError):
    """The story was opened for looking at it alone."""


@dataclass(frozen=True)
class Change:
    """A change of the text; ``label`` says what was done."""

    before: str
    after: str
    label: str

    def diff(self) -> list[dict[str, Any]]:
        """Return the lines that differ: ``line`` counts from 1, in the text before for removed and
        in that after for added ones; ``sign`` is - or +.
        """
        old, new = self.before.split("\n"), self.after.split("\n")
        lines = list[dict[str, Any]]()
        matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
        for kind, a, b, c, d in matcher.get_opcodes():
            if kind != "equal":
                lines += [{"sign": "-", "line": n + 1, "text": old[n]} for n in range(a, b)]
                lines += [{"sign": "+", "line": n + 1, "text": new[n]} for n in range(c, d)]
        return lines

    def to_json(self) -> dict[str, Any]:
        """Return label and diff."""
        return {"label": self.label, "diff": self.diff()}


@dataclass
class Document:
    """The open file. ``text`` has line feeds, whatever the file has; its ends of lines and its byte
    order mark are kept. All that changes it goes through a lock: one writer at a time.
    """

    file: Path
    read_only: bool = False
    text: str = ""
    undone: list[Change] = field(default_factory=list)
    done: list[Change] = field(default_factory=list)
    _raw: bytes = b""

    def __post_init__(self) -> None:
        self.lock = RLock()
        self._raw = self._on_disk()
        self.text = self._decoded(self._raw)

    @property
    def version(self) -> str:
        """Return the name of the text: a digest."""
        return version_of(self.text)

    def look(self) -> Change | None:
        """Take in what others have written; None where the file is as it was.

        Raises `StoryboardError` where it cannot be read; the text stays as it was.
        """
        with self.lock:
            raw = self._on_disk()
            if raw == self._raw:
                return None
            change = Change(self.text, self._decoded(raw), "changed by another program")
            self._raw, self.text = raw, change.after
            if change.before == change.after:
                return None
            self._note(change)
            return change

    def write(self, text: str, label: str, *, base: str) -> Change:
        """Write ``text`` in place of the version ``base``, and return the change.

        Raises `Conflict` where the file is another version, `ReadOnly`, `StoryboardError`.
        """
        with self.lock:
            change = Change(self._current(base), text.replace("\r\n", "\n"), label)
            if change.before != change.after:
                self._write(change.after)
                self._note(change)
            return change

    def undo(self, *, base: str) -> Change:
        """Take back the last change, also another program's. Errors as `write`, `Conflict` where
        there is nothing to undo.
        """
        with self.lock:
            return self._turn(self.done, self.undone, base, back=True)

    def redo(self, *, base: str) -> Change:
        """Do again what was undone last. Errors as `undo`."""
        with self.lock:
            return self._turn(self.undone, self.done, base, back=False)

    def _turn(self, source: list[Change], to: list[Change], base: str, *, back: bool) -> Change:
        current = self._current(base)
        if not source:
            raise Conflict(f"there is nothing to {'undo' if back else 'redo'}")
        change = source[-1]
        wanted = change.before if back else change.after
        self._write(wanted)
        to.append(source.pop())
        label = f"{'undone' if back else 'redone'}: {change.label}"
        return Change(current, wanted, label)

    def _note(self, change: Change) -> None:
        self.done.append(change)
        self.undone.clear()
        del self.done[:-MOST_CHANGES]

    def _current(self, base: str) -> str:
        """Return the text, if it is the version ``base`` here and on the disk."""
        if self.read_only:
            raise ReadOnly("the story was opened with --read-only")
        self.look()
        if base != self.version:
            raise Conflict("the file has changed since; look at it, then do it again")
        return self.text

    def _write(self, text: str) -> None:
        raw, ends = text.encode(), self._raw.count(b"\r\n")
        if ends and ends == self._raw.count(b"\n"):
            raw = raw.replace(b"\n", b"\r\n")
        if self._raw.startswith(_MARK):
            raw = _MARK + raw
        write_whole(self.file, raw)
        self._raw, self.text = raw, text

    def _on_disk(self) -> bytes:
        try:
            return read_bounded(self.file, MAX_BYTES)
        except OSError as error:
            raise StoryboardError(f"{self.file} cannot be read: {error.strerror}") from error

    def _decoded(self, raw: bytes) -> str:
        return decode(raw, file=str(self.file)).replace("\r\n", "\n")


def version_of(text: str) -> str:
    """Return the name of a text: the first digits of its digest."""
    return sha256(text.encode())[:16]
