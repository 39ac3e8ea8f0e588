"""Files of a render: whole or not there, and lines of JSON."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from storyboard import files

_KEPT = "every finished frame is kept, and the same command goes on from there"

told_plainly = partial(files.told_plainly, hint=_KEPT)
write_whole = partial(files.write_whole, hint=_KEPT)


def sha256_of(path: Path) -> str | None:
    """Return the digest of a file, None where there is none."""
    try:
        return files.file_digest(path)
    except FileNotFoundError:
        return None


def append_line(path: Path, record: dict[str, Any]) -> None:
    """Add ``record`` as a line of JSON. Raises as `write_whole`."""
    with told_plainly(path), path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record, sort_keys=True) + "\n")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The records of a file of JSON lines; a torn line, the trace of a killed process, is skipped.

    A file that ends in a torn line gets its line end back with the next `mend_lines`.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [record for line in text.splitlines() if (record := _record(line)) is not None]


def mend_lines(path: Path) -> None:
    """Drop torn lines from a file of JSON lines, so that the next one can be added."""
    records = read_lines(path)
    whole = "".join(json.dumps(record, sort_keys=True) + "\n" for record in records).encode()
    if path.is_file() and path.read_bytes() != whole:
        write_whole(path, whole)


def _record(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
