"""Colour look-up tables in the ``.cube`` format of Adobe (2013) and of most grading programs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from storyboard.errors import BadValue
from storyboard.files import read_bounded
from storyboard.media.picture_files import existing

MOST_BYTES = 32_000_000
"""Of a file: enough for a cube of `MOST_SIDE` entries with twelve digits each."""

MOST_SIDE = 65
"""Entries along a side of a cube. The format allows 256, of which no program is known to us."""

MOST_ENTRIES = 65_536
"""Of a table for each channel by itself."""

Floats = npt.NDArray[np.float64]

_KEY = re.compile(r"[A-Za-z_]+[0-9A-Za-z_]*")
_IGNORED = ("TITLE", "LUT_IN_VIDEO_RANGE", "LUT_OUT_VIDEO_RANGE")


@dataclass(frozen=True)
class Cube:
    """A look-up table.

    Attributes: table: (N, N, N, 3) indexed by blue, green, red, or (N, 3) where each channel has a
    table of its own. low, high: (3,) the colours that its first and last entry stand for.
    """

    table: Floats
    low: Floats
    high: Floats


def read_cube(file: Path) -> Cube:
    """Return the look-up table in ``file``.

    Raises `BadValue` for a file that does not exist, cannot be read, is larger than `MOST_BYTES`,
    or is no table of one or three dimensions with as many finite entries as it promises.
    """
    try:
        raw = read_bounded(existing(file), MOST_BYTES)
    except OSError as error:
        raise BadValue(f"{file} cannot be read: {error.strerror}") from None
    if len(raw) > MOST_BYTES:
        raise BadValue(f"{file} is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        return _parsed(raw.decode("utf-8", errors="replace"))
    except BadValue as error:
        hint = error.hint or "expected a .cube file with LUT_3D_SIZE or LUT_1D_SIZE"
        raise BadValue(f"{file} is no look-up table: {error.message}", hint=hint) from None


def _parsed(text: str) -> Cube:
    settings, rows = _split(text)
    kinds = [key for key in ("LUT_1D_SIZE", "LUT_3D_SIZE") if key in settings]
    if len(kinds) != 1:
        raise BadValue("it has no size" if not kinds else "it has two sizes")
    three = kinds[0] == "LUT_3D_SIZE"
    side = _size(settings[kinds[0]], MOST_SIDE if three else MOST_ENTRIES)
    entries = _entries(rows, side**3 if three else side)
    table = entries.reshape(side, side, side, 3) if three else entries
    low, high = _domain(settings)
    return Cube(table, low, high)


def _split(text: str) -> tuple[dict[str, list[str]], list[str]]:
    """Return the settings by their keyword, and the lines of numbers after them."""
    settings: dict[str, list[str]] = {}
    rows: list[str] = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if not _KEY.fullmatch(words[0]):
            rows.append(line)
        elif words[0] in settings or rows:
            raise BadValue(f"line {number}: {words[0][:40]!r} is out of place")
        else:
            settings[words[0]] = words[1:]
    return settings, rows


def _size(words: list[str], most: int) -> int:
    if len(words) != 1 or not re.fullmatch(r"[0-9]{1,6}", words[0]):
        raise BadValue("its size is not a whole number")
    if not 2 <= int(words[0]) <= most:
        raise BadValue(f"its size {int(words[0])} must be between 2 and {most}")
    return int(words[0])


def _entries(rows: list[str], count: int) -> Floats:
    """Return ``count`` rows of red, green, blue: (count, 3)."""
    if len(rows) != count:
        raise BadValue(f"it has {len(rows)} entries and promises {count}")
    return np.stack([_numbers(row.partition("#")[0].split()) for row in rows])


def _numbers(words: list[str]) -> Floats:
    try:
        found = np.array([float(word) for word in words], dtype=np.float64)
    except ValueError:
        found = np.zeros(0)
    if len(found) != 3 or not np.isfinite(found).all():
        raise BadValue(f"{' '.join(words)[:60]!r} is not three numbers")
    return found


def _domain(settings: dict[str, list[str]]) -> tuple[Floats, Floats]:
    """Return the colours of the first and the last entry: 0 and 1 where the file states none."""
    ends = settings.get("LUT_3D_INPUT_RANGE") or settings.get("LUT_1D_INPUT_RANGE")
    if ends is not None and len(ends) == 2:
        low, high = (_numbers([end] * 3) for end in ends)
    else:
        low = _numbers(settings.get("DOMAIN_MIN", ["0"] * 3))
        high = _numbers(settings.get("DOMAIN_MAX", ["1"] * 3))
    if not (high > low).all():
        raise BadValue("its domain is empty")
    known = {"DOMAIN_MIN", "DOMAIN_MAX", *_IGNORED}
    for key in settings:
        if key not in known and not key.startswith(("LUT_1D_", "LUT_3D_")):
            raise BadValue(f"unknown keyword {key[:40]!r}")
    return low, high
