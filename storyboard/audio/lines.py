"""Small text files, read line by line, and errors that name their line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storyboard.errors import BadValue, UsageError
from storyboard.files import is_file, missing_hint, read_bounded

_LARGEST = 10_000_000
"""Largest accepted file in bytes."""

Numbered = tuple[int, str]


@dataclass(frozen=True)
class TextFile:
    """A text file: its path and its decoded ``text``, without a byte order mark."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path, *, suffixes: tuple[str, ...], kind: str) -> TextFile:
        """Read UTF-8 or UTF-16; ``kind`` names the content for messages.

        Raises `UsageError` if there is no such file, `BadValue` for an unsupported suffix or
        encoding.
        """
        if path.suffix.lower() not in suffixes:
            hint = f"use {', '.join(suffixes)}"
            raise BadValue(f"unsupported {kind} file {path}", hint=hint)
        if not is_file(path):
            guess = missing_hint(path)
            raise UsageError(f"file not found: {path}" + (f"\n  hint: {guess}" if guess else ""))
        raw = read_bounded(path, _LARGEST)
        if len(raw) > _LARGEST:
            raise BadValue(f"{path} is too large for a {kind} file")
        wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
        try:
            return cls(path, raw.decode("utf-16" if wide else "utf-8-sig"))
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            raise BadValue(f"{path}, line {line}: not UTF-8", hint="save it as UTF-8") from error

    def numbered(self) -> Iterator[Numbered]:
        """Return every line, stripped, with its number from 1."""
        lines = self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return ((number, line.strip()) for number, line in enumerate(lines, 1))

    def blocks(self) -> Iterator[list[Numbered]]:
        """Yield groups of lines, separated by empty lines."""
        block: list[Numbered] = []
        for number, line in self.numbered():
            if line:
                block.append((number, line))
            elif block:
                yield block
                block = []
        if block:
            yield block

    def error_at(self, number: int, message: str, *, hint: str) -> BadValue:
        """Return the error for line ``number``; the message quotes the line."""
        line = next(text for found, text in self.numbered() if found == number)
        shown = line if len(line) <= 60 else line[:57] + "..."
        return BadValue(f"{self.path}, line {number}: {message}: {shown!r}", hint=hint)
