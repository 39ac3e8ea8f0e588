"""Files that are either whole or not there, and plain words where they cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storyboard.errors import StoryboardError


@contextmanager
def told_plainly(path: Path, *, hint: str = "") -> Iterator[None]:
    """Turns a full disk or a missing permission within the block into an error for people."""
    try:
        yield
    except OSError as error:
        message = f"cannot write {path}: {error.strerror or error}"
        raise StoryboardError(f"{message}; {hint}" if hint else message) from error


def write_whole(path: Path, data: bytes, *, hint: str = "") -> None:
    """Write ``path`` so that a reader finds the old content or the new, never a part.

    Raises `StoryboardError` where the disk is full or may not be written; ``path`` is as before.
    """
    part = path.with_name(path.name + ".part")
    with told_plainly(path, hint=hint):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
