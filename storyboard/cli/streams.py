"""The three standard streams, made such that what is only shown never stops what is made.

A reader may go away (``| head``), a terminal may close, a disk behind ``2> log`` may be full, and
any of the three may be closed from the start (``2>&-``).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any, TextIO


class Unfailing:
    """A stream that drops what its reader does not take."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write ``text``, or drop it; return its length."""
        with suppress(OSError, ValueError):  # ValueError: the stream is closed
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written, or drop it."""
        with suppress(OSError, ValueError):
            self._stream.flush()

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        with suppress(OSError, ValueError):
            return self._stream.isatty()
        return False


def prepare() -> None:
    """Open what is closed, let stderr never fail, and let both show any text.

    A file that is opened later would else get the number of a closed stream, and the warnings of a
    library would be written into it.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    sys.stderr = Unfailing(sys.stderr)


def finish() -> None:
    """Pass on what is left for stdout, or drop it: Python would report it at its end otherwise."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
