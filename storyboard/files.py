"""Atomic file writes and readable errors of the operating system."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storyboard.errors import StoryboardError, did_you_mean


@contextmanager
def friendly_os_errors(path: Path, *, hint: str = "") -> Iterator[None]:
    """Turn a full disk or a missing permission within the block into a `StoryboardError`."""
    try:
        yield
    except OSError as error:
        message = f"cannot write {path}: {error.strerror or error}"
        where = error.filename2 or error.filename
        if where and Path(os.fsdecode(where)) != path:
            message += f": {os.fsdecode(where)}"
        raise StoryboardError(f"{message}; {hint}" if hint else message) from error


def is_file(path: Path) -> bool:
    """Return whether there is a regular file ``path``; no device and no pipe, which never end, and
    no name that the system cannot have.
    """
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Return whether there is a folder ``path``, also for a name that the system cannot have."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def exists(path: Path) -> bool:
    """Return whether anything is at ``path``, also for a name that the system cannot have."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def expanded(path: str | Path) -> Path:
    """Return ``path`` with ``~`` replaced by the home folder, where there is such a folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def read_bounded(path: Path, most: int) -> bytes:
    """Return the contents of ``path``, of more than ``most`` bytes only the first ``most + 1``.

    Raises `OSError`, also for what is no regular file. Of what states no size (as in ``/proc``,
    where reading may wait for ever) nothing is read.
    """
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):
        kind = errno.EISDIR if stat.S_ISDIR(state.st_mode) else errno.EINVAL
        raise OSError(
            kind, "it is a folder" if kind == errno.EISDIR else "it is not a regular file"
        )
    if state.st_size == 0:
        return b""
    with path.open("rb") as stream:
        return stream.read(most + 1)


_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/{1,2}(?=[^/])|www\.")


def missing_hint(file: Path) -> str | None:
    """Return a hint for ``file``, which is not there: the nearest names beside it, or how to write
    what is no path at all; None without any.
    """
    written = str(file)
    if _ADDRESS.search(written):
        return "addresses are not fetched: save the file, and write its name"
    if "~" in written or "$" in written or "%" in written:
        return "~, $NAME and %NAME% are not replaced here: write the whole path"
    if any(sign in written for sign in "\a\b\t\n\v\f\r\x1b"):
        return "within double quotes \\ is a special sign: write / between folders"
    if any(sign in written for sign in "\u201c\u201d\u201e\u2018\u2019\u201a"):
        return "the quotes are part of the name: write straight quotes, or none"
    if "\\" in written:
        return "write / between folders"
    folder = file.parent
    try:
        return did_you_mean(file.name, [f.name for f in folder.iterdir()])
    except (OSError, ValueError):
        return None


def write_whole(path: Path, data: bytes, *, hint: str = "", sync: bool = False) -> None:
    """Write ``path`` so that a reader finds the old content or the new, never a part.

    With ``sync`` the file is on the disk at the return, also if the power fails then. Raises
    `StoryboardError` where the disk is full or may not be written; ``path`` is as before.
    """
    part = path.with_name(path.name + ".part")
    with friendly_os_errors(path, hint=hint):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                file.write(data)
                if sync:
                    file.flush()
                    os.fsync(file.fileno())
            put_in_place(part, path, sync=sync)
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise


def put_in_place(part: Path, path: Path, *, sync: bool = True) -> None:
    """Give ``part``, which is whole, the name ``path``; with ``sync`` on the disk too.

    Raises `OSError`.
    """
    part.replace(path)
    if sync:
        sync_to_disk(path.parent)


def sync_to_disk(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk, where it can."""
    with suppress(OSError):  # Windows opens no folders, some network disks sync nothing
        number = os.open(path, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def sha256(data: bytes) -> str:
    """Return the SHA-256 of ``data``, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def path_digest(path: Path) -> str:
    """Return the `file_digest` of a file, or the SHA-256 over all files in a folder, with their
    names.
    """
    if path.is_file():
        return file_digest(path)
    files = sorted(one for one in path.rglob("*") if one.is_file())
    lines = (f"{one.relative_to(path).as_posix()}\0{file_digest(one)}\n" for one in files)
    return sha256("".join(lines).encode())


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's contents, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
