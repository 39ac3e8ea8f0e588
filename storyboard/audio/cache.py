"""Cache of measurements, keyed by file digest, below `folder`.

Every file in it may be deleted at any time; it is then measured again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.files import sha256

Arrays = Mapping[str, Any]


def folder() -> Path:
    """Return ``$STORYBOARD_CACHE``, ``$XDG_CACHE_HOME/storyboard`` or ``~/.cache/storyboard``."""
    if chosen := os.environ.get("STORYBOARD_CACHE"):
        return Path(chosen)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared, "storyboard")
    return Path("~/.cache/storyboard").expanduser()


def kept(key: str, make: Callable[[], Arrays]) -> Arrays:
    """Return the cached arrays under ``key``, or compute them with ``make`` and store them.

    A corrupt entry is computed again. A full or read-only folder is not an error: the arrays are
    then computed every time.
    """
    from zipfile import BadZipFile

    path = folder() / "audio" / f"{sha256(key.encode())}.npz"
    with suppress(BadZipFile, OSError, ValueError, EOFError, KeyError):
        return _read(path)
    arrays = make()
    with suppress(OSError):
        _write(path, arrays)
    return arrays


def _read(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _write(path: Path, arrays: Arrays) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, **arrays)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
