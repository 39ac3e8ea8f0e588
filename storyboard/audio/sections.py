"""Segmentation of a song into sections.

Finds the cuts that leave the least squared difference within the sections, by dynamic
programming (Jackson et al., "An algorithm for optimal partitioning of data on an interval",
2005). Each cut must explain a minimum share of the total difference.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from storyboard.audio.analysis import HOP, SIGNAL_RATE, Floats
from storyboard.audio.bands import Samples
from storyboard.audio.spectrogram import PITCH_STEP, spread

Places = npt.NDArray[np.int64]

_MOST_MOMENTS = 2400
_MOMENT = 60
"""Signal values per moment: a quarter of a second."""

_SHORTEST_S, _SHORTEST_SHARE, _LEAST_S = 6.0, 0.1, 3.0
_LEAST_SHARE = 0.04
_LEAST_DB = 12.0
"""Minimum that a cut must explain: as a share of the total difference, and absolutely."""

_SMOOTH_S = 2.0
_FLOOR_DB = 50.0
_PITCH_DB = 6.0
_NEAR_BEAT = 0.5


def find(power: Samples, pitches: Samples, beats: Floats, duration: float) -> Floats:
    """Return the start of each section in seconds, the first at 0.

    ``power`` (mel bands, n) has a value every `HOP` samples, ``pitches`` (12, m) one every
    `PITCH_STEP`. Cuts are moved to the nearest beat where there are beats.
    """
    count = power.shape[1]
    size = max(_MOMENT, -(-count // _MOST_MOMENTS))
    moments = _moments(power, pitches, size)
    shortest = min(_SHORTEST_S, max(_LEAST_S, _SHORTEST_SHARE * duration))
    cuts = _cut(moments, max(1, round(shortest * SIGNAL_RATE / size)))
    times = np.array([cut * size / SIGNAL_RATE for cut in cuts], dtype=np.float64)
    return np.unique(np.concatenate([[0.0], _on_beats(times, beats)]))


def _moments(power: Samples, pitches: Samples, size: int) -> Floats:
    """Return the features of each moment (moments, features): bands in decibels, and pitch classes.

    Averaged over two seconds, longer than a bar's rhythm: what repeats with it starts no section.
    """
    from scipy import ndimage

    loudest = float(power.max(initial=0)) or 1.0
    pairs = power.reshape(-1, 2, power.shape[1]).mean(axis=1)
    bands = 10 * np.log10(np.maximum(_means(pairs, size) / loudest, 10 ** (-_FLOOR_DB / 10)))
    shares: Samples = pitches / np.maximum(pitches.sum(axis=0), 1e-6)
    step = PITCH_STEP // HOP
    even = np.stack([spread(row, step, power.shape[1]) for row in shares])
    audible = (bands.max(axis=0) > -_FLOOR_DB) * _PITCH_DB
    moments = np.concatenate([bands, audible * _means(even, size)]).T.astype(np.float64)
    smooth = max(1, round(_SMOOTH_S * SIGNAL_RATE / size))
    return np.asarray(ndimage.uniform_filter1d(moments, smooth, axis=0, mode="nearest"))


def _means(values: Samples, size: int) -> Samples:
    """Return the mean of every ``size`` columns, the last of the remainder."""
    starts = np.arange(0, values.shape[1], size)
    counts = np.diff(np.append(starts, values.shape[1]))
    return (np.add.reduceat(values, starts, axis=1) / counts).astype(np.float32)


def _cut(moments: Floats, shortest: int) -> list[int]:
    """Return the indices of the best cuts, without 0."""
    count = len(moments)
    sums = np.concatenate([np.zeros((1, moments.shape[1])), np.cumsum(moments, axis=0)])
    squares = np.concatenate([[0.0], np.cumsum((moments**2).sum(axis=1))])

    def within(first: Places, stop: int) -> Floats:
        """Return the squared deviation from their mean of moments ``first`` to ``stop - 1``."""
        total = ((sums[stop] - sums[first]) ** 2).sum(axis=1) / (stop - first)
        difference: Floats = squares[stop] - squares[first] - total
        return difference

    whole = float(within(np.array([0]), count)[0])
    price = max(_LEAST_SHARE * whole, _LEAST_DB**2 * shortest)
    best, before = np.full(count + 1, np.inf), np.zeros(count + 1, np.int64)
    best[0] = 0.0
    for stop in range(min(shortest, count), count + 1):
        first = np.arange(0, max(1, stop - shortest + 1))
        costs = best[first] + within(first, stop) + price
        before[stop] = int(costs.argmin())
        best[stop] = costs[before[stop]]
    cuts, place = [], int(before[count])
    while place > 0:
        cuts.append(place)
        place = int(before[place])
    return cuts[::-1]


def _on_beats(times: Floats, beats: Floats) -> Floats:
    """Snap each time to the nearest beat, if one is near."""
    if len(beats) < 2:
        return times
    nearest = beats[np.abs(beats[None, :] - times[:, None]).argmin(axis=1)]
    near = np.abs(nearest - times) <= np.median(np.diff(beats)) * _NEAR_BEAT
    return np.where(near, nearest, times)
