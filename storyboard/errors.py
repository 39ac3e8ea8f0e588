"""Exception hierarchy.

::

    StoryboardError
    ├── StoryError        the story is wrong; carries every Problem found      exit 2
    ├── BadValue          one value cannot be read; its place is not known yet  exit 2
    ├── UsageError        the command or the call is wrong                     exit 2
    ├── UnknownName       a registry has no such name; carries the nearest     exit 2
    ├── MissingWeights    a model's weights are neither cached nor downloadable  exit 3
    ├── MissingTool       a program such as ffmpeg is not here                 exit 3
    ├── DeviceError       the requested device does not exist                  exit 3
    ├── EncodeFailed      ffmpeg failed, or the film has the wrong length      exit 1
    ├── RenderFailed      a frame failed; names shot and frame                 exit 1
    │   └── OutOfMemory   it does not fit into the device's memory             exit 1
    ├── BadCheckpoint     a checkpoint cannot be gone on with; names its shot  exit 1
    ├── FolderBusy        another render makes the same; names its process     exit 1
    └── Interrupted       stopped by the user; the state is saved              exit 130

Low code raises short; callers that know more add the context.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal


def nearest(name: str, known: Iterable[str], *, count: int = 3) -> list[str]:
    """Return up to ``count`` of the ``known`` names that look most like ``name``, best first.

    >>> nearest("brigt", ["bright", "light", "dark"], count=1)
    ['bright']
    """
    by_folded = {k.casefold(): k for k in known}
    close = difflib.get_close_matches(name.casefold(), list(by_folded), n=count, cutoff=0.55)
    return [by_folded[c] for c in close]


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return a hint sentence with the nearest names, or None where nothing is near."""
    close = nearest(name, known)
    return f"did you mean {' or '.join(repr(c) for c in close)}?" if close else None


_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)

LONGEST = 600
"""Characters of a message that are shown."""

MOST_SHOWN = 50
"""Problems that are shown one by one; of more, how many the rest are."""


def visible(text: str, *, keep: str = "") -> str:
    """Return ``text`` with every character that a terminal obeys, or that changes the direction of
    the text, written as ``\\x1b`` or ``\\u202e``; those of ``keep`` stay.

    >>> visible("\\x1b[2Jfire")
    '\\\\x1b[2Jfire'
    """

    def written(found: re.Match[str]) -> str:
        sign = found[0]
        if sign in keep:
            return sign
        return f"\\x{ord(sign):02x}" if ord(sign) < 256 else f"\\u{ord(sign):04x}"

    return _HIDDEN.sub(written, text)


def shortened(text: str, most: int = LONGEST) -> str:
    """Return ``text``, or its beginning where it has more than ``most`` characters."""
    return text if len(text) <= most else text[: most - 3] + "..."


@dataclass(frozen=True)
class Problem:
    """An error, located in its file.

    ``line`` and ``column`` count from 1; ``path`` is the key path as a person would write it,
    such as ``shots[2].motion.zoom``; ``excerpt`` is the line itself.
    """

    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    path: str = ""
    excerpt: str | None = None
    hint: str | None = None
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """Return several lines: place and message, the line with a caret, the hint."""
        place = ":".join(str(p) for p in (self.file, self.line, self.column) if p is not None)
        parts = (place, shortened(self.path, LONGEST // 3), shortened(self.message))
        lines = [": ".join(visible(part) for part in parts if part)]
        if self.excerpt is not None:
            excerpt = self.excerpt.strip("\n")
            lines.append("    " + visible(excerpt))
            if self.column is not None:
                before = len(visible(excerpt[: self.column - 1].ljust(self.column - 1)))
                lines.append("    " + " " * before + "^")
        if self.hint:
            lines.append(f"  hint: {visible(shortened(self.hint), keep=chr(10))}")
        return "\n".join(lines)


class StoryboardError(Exception):
    """Base of every error that Storyboard raises on purpose. Can be pickled, for workers."""

    exit_code = 1

    def __reduce__(self) -> tuple[Any, ...]:
        return _revived, (type(self), self.args), self.__dict__


def _revived(kind: type[StoryboardError], args: tuple[Any, ...]) -> StoryboardError:
    """Return an error as it was, without its ``__init__``, which would add the context again."""
    return kind.__new__(kind, *args)


class StoryError(StoryboardError):
    """The story cannot be rendered as it is written; ``problems`` holds every error found."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem] | Problem | str) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__(listed(self.problems))


def listed(problems: Sequence[Problem]) -> str:
    """Return the lines of the first `MOST_SHOWN` problems, and how many more there are."""
    lines = [str(problem) for problem in problems[:MOST_SHOWN]]
    more = len(problems) - MOST_SHOWN
    return "\n".join([*lines, f"and {more} more"] if more > 0 else lines)


class BadValue(StoryboardError):
    """A value cannot be read. The story, which knows file and line, makes it a `Problem`.

    ``column`` counts from 1 within the value's own text; ``path`` are the keys and places within
    the value that lead to the fault, none where it is the value itself. ``also`` are further errors
    in the same value.
    """

    exit_code = 2
    also: tuple[BadValue, ...] = ()

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        column: int | None = None,
        path: tuple[str | int, ...] = (),
    ) -> None:
        self.message, self.hint, self.column, self.path = message, hint, column, path
        super().__init__(f"{message}\n  hint: {hint}" if hint else message)


class UsageError(StoryboardError):
    """The command line or the call asks for something that cannot be."""

    exit_code = 2


class UnknownName(StoryboardError):
    """A registry does not know ``name``."""

    exit_code = 2

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, sorted(known)
        hint = did_you_mean(name, self.known) or "known: " + ", ".join(self.known)
        super().__init__(f"unknown {kind} {name!r}; {hint}")


class MissingWeights(StoryboardError):
    """A model's weights are not on this machine and could not be fetched."""

    exit_code = 3


class MissingTool(StoryboardError):
    """A program that Storyboard runs is not there."""

    exit_code = 3


class DeviceError(StoryboardError):
    """The device asked for does not exist here."""

    exit_code = 3


class EncodeFailed(StoryboardError):
    """ffmpeg failed, or what it wrote is not what was asked for."""

    def __init__(self, message: str, *, command: Sequence[str] = (), stderr_tail: str = "") -> None:
        self.command, self.stderr_tail = tuple(command), stderr_tail
        super().__init__(f"{message}\n{stderr_tail}".rstrip())


class RenderFailed(StoryboardError):
    """A frame could not be painted. Every frame finished before it is kept."""

    def __init__(self, message: str, *, shot: str, frame: int) -> None:
        self.shot, self.frame = shot, frame
        super().__init__(f"shot {shot!r}, frame {frame}: {message}")


class OutOfMemory(RenderFailed):
    """A frame does not fit into the memory of the device."""


class BadCheckpoint(StoryboardError):
    """The checkpoint after a shot's frame ``local`` holds something else than a state of the shot,
    whose place in the plan is ``shot``. The one before it may do.
    """

    def __init__(self, message: str, *, shot: int, local: int) -> None:
        self.shot, self.local = shot, local
        super().__init__(message)


class FolderBusy(StoryboardError):
    """Another process makes the same film or shot, whose path is ``what``."""

    def __init__(self, what: str, pid: int) -> None:
        self.what, self.pid = what, pid
        super().__init__(f"{what} is being rendered by process {pid}")


class Interrupted(StoryboardError):
    """The user stopped the work; what was finished is saved."""

    exit_code = 130
