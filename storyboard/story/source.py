"""Source positions of everything in a story, so that an error can be shown in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from storyboard.errors import Problem

KeyPath = tuple[str | int, ...]

EXCERPT = 160


class SourcePosition(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


def written(path: KeyPath) -> str:
    """Return the key path as a person writes it: ``shots[2].motion.zoom``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


@dataclass(frozen=True)
class SourceText:
    """The lines of a story and the place of every key and value in it.

    ``values`` and ``keys`` are by key path; ``keys`` has only mapping entries. ``pinned`` holds the
    paths that were set from outside (``--set``) with the text that set them. ``comments`` are those
    behind a plain value whose # no blank follows, by the path of the value.
    """

    file: str | None = None
    lines: Sequence[str] = ()
    values: Mapping[KeyPath, SourcePosition] = field(default_factory=dict)
    keys: Mapping[KeyPath, SourcePosition] = field(default_factory=dict)
    pinned: Mapping[KeyPath, str] = field(default_factory=dict)
    comments: Mapping[KeyPath, SourcePosition] = field(default_factory=dict)

    def problem(
        self,
        path: KeyPath,
        message: str,
        *,
        hint: str | None = None,
        at_key: bool = False,
        severity: Literal["error", "warning"] = "error",
    ) -> Problem:
        """Return a `Problem` at the value of ``path`` (``at_key``: at its key).

        Where ``path`` was not written itself, the nearest written part above it is shown.
        """
        path = self.known(path) if self.values else path  # a mapping has no places
        for length in range(len(path), 0, -1):
            if path[:length] in self.pinned:
                full = f"{message} (set by {self.pinned[path[:length]]})"
                return Problem(full, self.file, path=written(path), hint=hint, severity=severity)
        place = (self.keys.get(path) if at_key else None) or self.values.get(path)
        if place is None:
            return Problem(message, self.file, path=written(path), hint=hint, severity=severity)
        return self.at(place, message, path=path, hint=hint, severity=severity)

    def at(
        self,
        place: SourcePosition,
        message: str,
        *,
        path: KeyPath = (),
        hint: str | None = None,
        severity: Literal["error", "warning"] = "error",
    ) -> Problem:
        """Return a `Problem` at a place of the text, with the line itself."""
        line, column = place
        return Problem(
            message, self.file, line, column, written(path), self._excerpt(place), hint, severity
        )

    def known(self, path: KeyPath) -> KeyPath:
        """Return the longest beginning of ``path`` that was written, without the number of an item
        that stands for a list of one.
        """
        found: KeyPath = ()
        skipped = False
        for end, part in enumerate(path, start=1):
            tries = [path[:end]] if skipped else [path[:end], (*found, part)]
            for longer in tries:
                if longer in self.values or longer in self.pinned:
                    found = longer
                    break
            else:
                skipped = skipped or not isinstance(part, int)
        return found

    def _excerpt(self, place: SourcePosition) -> str | None:
        """Return the line, cut after `EXCERPT` characters; None where the place lies beyond
        that.
        """
        if place.line > len(self.lines) or place.column > EXCERPT:
            return None
        return self.lines[place.line - 1].replace("\t", " ")[:EXCERPT]
