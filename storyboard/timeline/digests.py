"""Digests: a name for all that a shot's pictures depend on, so that what changed is known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

#: Raised by one when the same plan would be painted differently.
ALGORITHM = "storyboard-pictures-1"


def digest_of(*parts: Any) -> str:
    """SHA-256, in hexadecimal, over the canonical JSON of ``parts``.

    Arrays go in by the digest of their bytes, dataclasses field by field, fractions as text.
    """
    text = json.dumps([_plain(part) for part in parts], sort_keys=True, allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        data = np.ascontiguousarray(value, dtype="<f8")
        return [list(data.shape), hashlib.sha256(data.tobytes()).hexdigest()]
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's contents."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
