"""Files that are either whole or not there, and plain words where they are not, or cannot be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storyboard.errors import StoryboardError, did_you_mean


@contextmanager
def told_plainly(path: Path, *, hint: str = "") -> Iterator[None]:
    """Turns a full disk or a missing permission within the block into an error for people."""
    try:
        yield
    except OSError as error:
        message = f"cannot write {path}: {error.strerror or error}"
        raise StoryboardError(f"{message}; {hint}" if hint else message) from error


def missing_hint(file: Path) -> str | None:
    """A hint with the nearest names beside ``file``, which is not there; None without any."""
    folder = file.parent
    return did_you_mean(file.name, [f.name for f in folder.iterdir()]) if folder.is_dir() else None


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


def path_digest(path: Path) -> str:
    """Return the `file_digest` of a file, or the SHA-256 over all files in a folder, with their
    names.
    """
    if path.is_file():
        return file_digest(path)
    total = hashlib.sha256()
    for file in sorted(one for one in path.rglob("*") if one.is_file()):
        total.update(f"{file.relative_to(path).as_posix()}\0{file_digest(file)}\n".encode())
    return total.hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's contents, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
