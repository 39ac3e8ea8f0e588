"""A small text file line by line, whatever wrote it, and mistakes that name their line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storyboard.errors import BadValue, UsageError
from storyboard.files import is_file, missing_hint, read_bounded

_LARGEST = 10_000_000
"""Bytes; what is larger is no list of times."""

Numbered = tuple[int, str]


@dataclass(frozen=True)
class TextFile:
    """A text file and where it is; ``text`` has no mark of its encoding."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path, *, suffixes: tuple[str, ...], kind: str) -> TextFile:
        """Read UTF-8 or UTF-16. Raises `UsageError` and `BadValue`; ``kind`` says what it is of."""
        if path.suffix.lower() not in suffixes:
            hint = f"write them as {', '.join(suffixes)}"
            raise BadValue(f"{path} is no file of {kind} that can be read", hint=hint)
        if not is_file(path):
            guess = missing_hint(path)
            raise UsageError(f"there is no file {path}" + (f"\n  hint: {guess}" if guess else ""))
        raw = read_bounded(path, _LARGEST)
        if len(raw) > _LARGEST:
            raise BadValue(f"{path} is too large to be a file of {kind}")
        wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
        try:
            return cls(path, raw.decode("utf-16" if wide else "utf-8-sig"))
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            raise BadValue(f"{path}, line {line}: not UTF-8", hint="save it as UTF-8") from error

    def numbered(self) -> Iterator[Numbered]:
        """Every line with its number from 1, without blanks around it."""
        lines = self.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return ((number, line.strip()) for number, line in enumerate(lines, 1))

    def blocks(self) -> Iterator[list[Numbered]]:
        """The lines in groups, as empty lines part them."""
        block: list[Numbered] = []
        for number, line in self.numbered():
            if line:
                block.append((number, line))
            elif block:
                yield block
                block = []
        if block:
            yield block

    def mistake(self, number: int, message: str, *, hint: str) -> BadValue:
        """The error for what is wrong in a line; the line itself is shown."""
        line = next(text for found, text in self.numbered() if found == number)
        shown = line if len(line) <= 60 else line[:57] + "..."
        return BadValue(f"{self.path}, line {number}: {message}: {shown!r}", hint=hint)
