"""Small files that a command writes: never over something else unasked."""

from __future__ import annotations

from pathlib import Path

from storyboard.errors import UsageError
from storyboard.files import write_whole

NAME_OR_FLAG = "choose another name, or --overwrite"


def refuse_existing(file: Path, *, overwrite: bool = False, hint: str = NAME_OR_FLAG) -> None:
    """Raise `UsageError` where ``file`` is there already and may not be replaced."""
    if file.exists() and not overwrite:
        raise UsageError(f"{file} is there already\n  hint: {hint}")


def write_new(file: Path, text: str, *, overwrite: bool = False) -> None:
    """Write ``text`` to ``file`` in one step.

    Raises `UsageError` as `refuse_existing`, and `StoryboardError` where it cannot be written.
    """
    refuse_existing(file, overwrite=overwrite)
    write_whole(file, text.encode())
