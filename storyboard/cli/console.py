"""Output of the program: results on stdout, everything else on stderr.

``--quiet`` and ``--verbose`` are kept here, since the error block at the very end reads them too.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storyboard.errors import Interrupted, StoryboardError, StoryError, visible

_LINE = "\n\t"


@dataclass
class Voice:
    """Verbosity: -1 only errors, 0 the default, 1 with the trace behind an error."""

    level: int = 0


voice = Voice()


def out(text: str) -> None:
    """Say a result, on stdout, without anything that a terminal would obey."""
    out_as_it_is(visible(text, keep=_LINE))


def out_as_it_is(text: str) -> None:
    """Say a result that a program or a file takes, such as a story itself.

    Where nobody reads it any more (``| head``) it is dropped. Raises `StoryboardError` where it
    cannot be written.
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        return
    except OSError as error:
        raise StoryboardError(f"cannot write to standard output: {error.strerror}") from error


def out_json(value: Any) -> None:
    """Say a result to a program: one JSON document on stdout."""
    out_as_it_is(as_json(value, indent=2))


def as_json(value: Any, *, indent: int | None = None) -> str:
    """Return ``value`` as JSON in which only letters are not escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, default=str)
    return "".join(json.dumps(c)[1:-1] if visible(c, keep="\n") != c else c for c in text)


def note(text: str) -> None:
    """Say something about the work, on stderr, unless the user wants quiet."""
    _print_block("", text)


def _print_block(head: str, text: str) -> None:
    """Say ``text`` behind a ``head`` of our own, which may be in colour."""
    if voice.level >= 0:
        print(head + visible(text, keep=_LINE), file=sys.stderr, flush=True)


def warn(text: str) -> None:
    """Say that something is probably not as the user wants it."""
    _print_block(f"{paint('warning', '33')}: ", text)


def paint(text: str, code: str) -> str:
    """Return ``text`` in an ANSI colour where stderr is a terminal and NO_COLOR is not set."""
    if os.environ.get("NO_COLOR") or not sys.stderr.isatty():
        return text
    return f"\033[{code}m{text}\033[0m"


def fail(error: StoryboardError) -> None:
    """Print one block with the error; add the traceback where the user asks for more."""
    lines = str(error) or type(error).__name__
    if isinstance(error, StoryError):
        lines += f"\n{count(len(error.problems), 'error')} to fix first"
    lines = visible(lines, keep=_LINE)
    _block(lines if isinstance(error, Interrupted) else f"{paint('error', '31')}: {lines}", error)


def fail_unexpectedly(error: Exception) -> None:
    """Print an internal error with a request to report it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
    _block(
        f"{paint('error', '31')}: {type(error).__name__}: {visible(str(error), keep=_LINE)}\n"
        f"  at {place}\n"
        "  hint: this is a fault of Storyboard, not of your story. Please report it with the\n"
        "        story, the trace (-v) and what `storyboard doctor` says.",
        error,
    )


def _block(lines: str, error: BaseException) -> None:
    print(lines, file=sys.stderr)
    if voice.level > 0:
        traceback.print_exception(error, file=sys.stderr)
    sys.stderr.flush()


def count(number: int, thing: str) -> str:
    """Return ``1 error``, ``2 errors``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def table(rows: Sequence[Sequence[str]], *, header: Sequence[str] = ()) -> str:
    """Return columns as wide as their widest cell, two blanks apart, without trailing blanks."""
    grid = [[visible(cell) for cell in row] for row in ([header] if header else [])]
    grid += [[visible(cell) for cell in row] for row in rows]
    if not grid:
        return ""
    widths = [max(len(cell) for cell in column) for column in zip(*grid, strict=True)]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in grid)
    return "\n".join(line.rstrip() for line in lines)
