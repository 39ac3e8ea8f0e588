"""Peaks of a sound for drawing its waveform at any zoom."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from storyboard.audio import cache
from storyboard.audio.analyse import decode
from storyboard.audio.analysis import SAMPLE_RATE
from storyboard.audio.bands import Samples
from storyboard.files import file_digest

Peaks = npt.NDArray[np.int8]

MOST_PEAKS = 360_000
"""Columns of a sound: an hour has a hundred a second, ten minutes have the finest."""

FINEST = 300
"""Peaks a second at most."""


def peak_rate(duration_s: float) -> int:
    """Return how many peaks a second a sound has: as many as `FINEST` and `MOST_PEAKS` allow.

    >>> peak_rate(60), peak_rate(3600)
    (300, 100)
    """
    return max(1, min(FINEST, int(MOST_PEAKS / max(duration_s, 1.0))))


def peaks(file: Path, *, rate: int) -> Peaks:
    """Return the lowest and highest sample of every column of ``file``, (n, 2) in -127..127 with
    ``rate`` columns a second, the loudest sample being 127; kept by the digest of the file.

    Raises `BadValue` for what is no sound.
    """
    key = f"peaks 1 {rate} {file_digest(file)}"
    found: Peaks = cache.kept(key, lambda: {"peaks": extremes(decode(file), rate)})["peaks"]
    return found


def extremes(samples: Samples, rate: int) -> Peaks:
    """Return `peaks` of ``samples`` (n,) at `SAMPLE_RATE` Hz."""
    count = max(1, -(-len(samples) * rate // SAMPLE_RATE))
    edges = (np.arange(count) * SAMPLE_RATE // rate).astype(int)
    low, high = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
    most = float(np.abs(samples).max()) or 1.0
    scaled: Peaks = np.rint(np.stack([low, high], axis=1) / most * 127).astype(np.int8)
    return scaled
