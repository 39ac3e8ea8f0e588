"""Everything that can go wrong, in one tree.

::

    StoryboardError
    ├── StoryError        the story is wrong; carries every Problem found      exit 2
    ├── BadValue          one value cannot be read; its place is not known yet  exit 2
    ├── UsageError        the command or the call is wrong                     exit 2
    ├── UnknownName       a registry has no such name; carries the nearest     exit 2
    ├── MissingWeights    a model's weights are not here and cannot be had     exit 3
    ├── MissingTool       a program such as ffmpeg is not here                 exit 3
    ├── DeviceError       the device asked for is not there                    exit 3
    ├── EncodeFailed      ffmpeg failed, or the film has the wrong length      exit 1
    ├── RenderFailed      a frame failed; names shot and frame                 exit 1
    │   └── OutOfMemory   it does not fit into the device's memory             exit 1
    ├── FolderBusy        another render owns the folder; names its process    exit 1
    └── Interrupted       stopped by the user; the state is saved              exit 130

Low code raises short; callers that know more add the context.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal


def nearest(name: str, known: Iterable[str], *, count: int = 3) -> list[str]:
    """Up to ``count`` of the ``known`` names that look most like ``name``, best first."""
    by_folded = {k.casefold(): k for k in known}
    close = difflib.get_close_matches(name.casefold(), list(by_folded), n=count, cutoff=0.55)
    return [by_folded[c] for c in close]


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint sentence with the nearest names, or None where nothing is near."""
    close = nearest(name, known)
    return f"did you mean {' or '.join(repr(c) for c in close)}?" if close else None


@dataclass(frozen=True)
class Problem:
    """One mistake, placed in the file that holds it.

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
        """Several lines: place and message, the line with a caret, the hint."""
        place = ":".join(str(p) for p in (self.file, self.line, self.column) if p is not None)
        head = ": ".join(p for p in (place, self.path, self.message) if p)
        lines = [head]
        if self.excerpt is not None:
            lines.append("    " + self.excerpt.strip("\n"))
            if self.column is not None:
                lines.append("    " + " " * (self.column - 1) + "^")
        if self.hint:
            lines.append(f"  hint: {self.hint}")
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
    """The story cannot be rendered as it is written; ``problems`` holds every mistake found."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem] | Problem | str) -> None:
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class BadValue(StoryboardError):
    """A value cannot be read. The story, which knows file and line, makes it a `Problem`.

    ``column`` counts from 1 within the value's own text; ``path`` are the keys and places within
    the value that lead to the fault, none where it is the value itself.
    """

    exit_code = 2

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


class FolderBusy(StoryboardError):
    """Another process renders into the same folder."""

    def __init__(self, folder: str, pid: int) -> None:
        self.folder, self.pid = folder, pid
        super().__init__(f"{folder} is being rendered by process {pid}")


class Interrupted(StoryboardError):
    """The user stopped the work; what was finished is saved."""

    exit_code = 130
