"""Locks of a film's folder: who makes which shots and which films.

A lock is a file in the folder's ``.locks`` that a process has open and locked, with its number in
it. It belongs to the open file, so the system takes it back when the process dies, however it dies;
the file stays, and holds nobody up. A shot is locked as ``shots/FOLDER`` and a film by its name, so
two renders in one folder are in each other's way only where both would make the same shot or film.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from storyboard.errors import FolderBusy, Interrupted
from storyboard.files import friendly_os_errors, sha256

_ASK_AGAIN_S = 0.2
_BRIEFLY_S = 20.0
_LONGEST_NAME = 150  # characters; names of files have at most 255 bytes


@contextmanager
def locked(
    folder: Path,
    names: Iterable[str],
    *,
    wait: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Hold the locks of ``folder`` by ``names`` within the block against other processes.

    They are taken in one order everywhere, so that no two processes wait for each other. Raises
    `FolderBusy` with name and process, or with ``wait`` waits for its end, until ``stop`` says
    True: then it raises `Interrupted`.
    """
    with ExitStack() as stack:
        for name in sorted(set(names)):
            file = stack.enter_context(_open(folder, name))
            while not _try_lock(file):
                if not wait:
                    raise FolderBusy(str(folder / name), _number(file))
                if stop():
                    raise Interrupted(f"stopped while another process rendered {folder / name}")
                time.sleep(_ASK_AGAIN_S)
            _sign(file)
        yield


@contextmanager
def held_briefly(folder: Path, name: str) -> Iterator[None]:
    """Hold the lock ``name`` within the block, which takes no time, against other processes.

    Raises `FolderBusy` where one has it for twenty seconds.
    """
    until = time.monotonic() + _BRIEFLY_S
    with _open(folder, name) as file:
        while not _try_lock(file):
            if time.monotonic() > until:
                raise FolderBusy(str(folder / name), _number(file))
            time.sleep(0.01)
        _sign(file)
        yield


def taken(folder: Path, name: str) -> IO[str] | None:
    """Return the open file of the lock ``name``, which is held until it is closed; None where
    another process, or an open file of this one, has it.
    """
    file = _open(folder, name)
    if not _try_lock(file):
        file.close()
        return None
    _sign(file)
    return file


def _open(folder: Path, name: str) -> IO[str]:
    kind, coded = Path(name).name, os.fsencode(name)
    if kind != name or len(coded) > _LONGEST_NAME:
        name = f"{kind[:40]}-{sha256(coded)[:16]}"
    locks = folder / ".locks"
    with friendly_os_errors(folder):
        locks.mkdir(parents=True, exist_ok=True)
        return (locks / name).open("a+", encoding="ascii", errors="replace")


def _number(file: IO[str]) -> int:
    """Return the number of the process that has the lock, 0 where it is not known."""
    file.seek(0)
    content = file.read().strip()
    return int(content) if content.isdecimal() and len(content) < 20 else 0


def _sign(file: IO[str]) -> None:
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        try:
            file.seek(1 << 30)  # a byte that holds nothing: a locked one cannot be read
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
