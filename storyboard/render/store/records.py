"""Files of a render: whole or not there, and lines of JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from storyboard import files
from storyboard.errors import StoryboardError

_KEPT = "every finished frame is kept, and the same command goes on from there"

friendly_os_errors = partial(files.friendly_os_errors, hint=_KEPT)
write_whole = partial(files.write_whole, hint=_KEPT, sync=True)


def sha256_of(path: Path) -> str | None:
    """Return the digest of a file, None where there is none."""
    try:
        return files.file_digest(path)
    except FileNotFoundError:
        return None


def append_line(path: Path, record: dict[str, Any], *, sync: bool = False) -> None:
    """Add ``record`` as a line of JSON, with ``sync`` on the disk too. Raises as `write_whole`."""
    with friendly_os_errors(path), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, sort_keys=True) + "\n")
        if sync:
            file.flush()
            os.fsync(file.fileno())


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the records of a file of JSON lines; none where there is no such file.

    A torn line, the trace of a killed process, is skipped. Raises `StoryboardError` where the file
    cannot be read.
    """
    return [record for line in _lines(path) if (record := parsed(line)) is not None]


def end_line(path: Path) -> None:
    """End the last line of a file of JSON lines where a killed process tore it, so that the next
    one can be added. Raises `StoryboardError`.
    """
    lines = _lines(path)
    with friendly_os_errors(path):
        if lines and not path.read_bytes().endswith(b"\n"):
            with path.open("ab") as file:
                file.write(b"\n")


def mend_lines(path: Path, keep: Callable[[dict[str, Any]], bool] = lambda _: True) -> None:
    """Drop torn lines, and those that are not to ``keep``, from a file of JSON lines, so that the
    next one can be added. Raises `StoryboardError`.
    """
    found = [(line, parsed(line)) for line in _lines(path)]
    kept = [line + b"\n" for line, record in found if record is not None and keep(record)]
    whole = b"".join(kept)
    if path.is_file() and path.read_bytes() != whole:
        write_whole(path, whole)


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoryboardError(
            f"cannot read {path}: {error.strerror}; move or delete it: what it held is made again"
        ) from error


def parsed(text: str | bytes) -> dict[str, Any] | None:
    """Return the JSON object that ``text`` is; None for anything else, however deep or large."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def read_object(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in a file; None where there is none."""
    try:
        return parsed(path.read_bytes())
    except OSError:
        return None
