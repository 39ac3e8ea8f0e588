"""Writing small files: whole or not at all, and never over something else unasked."""

from __future__ import annotations

from pathlib import Path

from storyboard.errors import UsageError

NAME_OR_FLAG = "choose another name, or --overwrite"


def refuse_existing(file: Path, *, overwrite: bool = False, hint: str = NAME_OR_FLAG) -> None:
    """Raise `UsageError` where ``file`` is there already and may not be replaced."""
    if file.exists() and not overwrite:
        raise UsageError(f"{file} is there already\n  hint: {hint}")


def write_new(file: Path, text: str, *, overwrite: bool = False) -> None:
    """Write ``text`` to ``file`` in one step. Raises `UsageError` as `refuse_existing`."""
    refuse_existing(file, overwrite=overwrite)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
