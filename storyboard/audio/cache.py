"""What was measured once is kept: in the folder of `folder`, under the digest of what it is of.

Nothing in there is ever needed; all of it may be deleted at any time.
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
    """``$STORYBOARD_CACHE``, else ``$XDG_CACHE_HOME/storyboard``, else ``~/.cache/storyboard``."""
    if chosen := os.environ.get("STORYBOARD_CACHE"):
        return Path(chosen)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared, "storyboard")
    return Path("~/.cache/storyboard").expanduser()


def kept(key: str, make: Callable[[], Arrays]) -> Arrays:
    """The arrays under ``key``; what is not there, or torn, is made and kept.

    A folder that is full or may not be written is no error: it is then made anew each time.
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
