"""Onset detection, exact to the sample, and the strength of each onset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storyboard.audio.analysis import HOP, SAMPLE_RATE, SIGNAL_RATE, Floats
from storyboard.audio.bands import Samples

_FLOOR_DB = 70.0
_LAG = 4
_LEAST_RISE_DB = 0.6
_LEAST_SHARE = 0.05
_APART_S = 0.03
_LOCAL_S = 0.2
_NEARBY_S = 6.0
_SEARCH_S = 0.04
_DECAY_S = 0.004
_RINGING_S = 0.001
_FLOOR_SHARE = 0.03
_HALF_WINDOW = 6
_BATCH = 512


@dataclass(frozen=True)
class Onsets:
    """Onset times in seconds, ascending, and the loudness that each adds."""

    times: Floats
    rises: Floats


def flux(power: Samples) -> Samples:
    """Return the spectral flux: the rise of each mel band in decibels, (bands, n) like ``power``.

    A band is compared with the maximum of its neighbours a moment ago, so that vibrato and
    glissando are not onsets (Böck and Widmer, "Maximum filter vibrato suppression", DAFx 2013).
    """
    from scipy import ndimage

    loudest = float(power.max(initial=0))
    if loudest <= 0:
        return np.zeros_like(power)
    level = 10 * np.log10(np.maximum(power / loudest, 10 ** (-_FLOOR_DB / 10)))
    before = ndimage.maximum_filter1d(level, 3, axis=0, mode="nearest")
    before = np.pad(before, ((0, 0), (_LAG, 0)), constant_values=-_FLOOR_DB)[:, :-_LAG]
    rise: Samples = np.maximum(level - before, 0)
    return rise


def find(samples: Samples, power: Samples, rising: Samples) -> Onsets:
    """Detect onsets from the samples, the bands' ``power`` (bands, n) and the mean `flux` (n,)."""
    frames = _peaks(rising)
    times = _refine(samples, frames)
    order = np.argsort(times, kind="stable")
    times, added = times[order], rises(power, times[order])
    kept = _apart(times, added)
    return Onsets(times[kept], added[kept])


def _peaks(rising: Samples) -> npt.NDArray[np.int64]:
    """Return the frames of local maxima of the flux that stand out from the local median."""
    from scipy import ndimage, signal

    usual = ndimage.uniform_filter1d(rising, round(_LOCAL_S * SIGNAL_RATE), mode="nearest")
    largest = ndimage.maximum_filter1d(rising, round(_NEARBY_S * SIGNAL_RATE), mode="nearest")
    least = np.maximum(_LEAST_RISE_DB, _LEAST_SHARE * largest)
    distance = round(_APART_S * SIGNAL_RATE)
    peaks, _ = signal.find_peaks(np.pad(rising, 1), distance=distance)
    peaks = peaks - 1
    return np.asarray(peaks[rising[peaks] > 1.5 * usual[peaks] + least[peaks]], np.int64)


def _refine(samples: Samples, frames: npt.NDArray[np.int64]) -> Floats:
    """Return the second at which the sound rises most, near each frame.

    Compares the energy of the next milliseconds with that of the last, at every sample, both for
    the waveform and for its derivative (in which a click stands out from a loud bass), and uses the
    one that rises more.
    """
    reach, margin = round(_SEARCH_S * SAMPLE_RATE), round(8 * _DECAY_S * SAMPLE_RATE)
    padded = np.pad(samples, reach + margin + 1)
    times = np.empty(len(frames))
    for start in range(0, len(frames), _BATCH):
        middle = frames[start : start + _BATCH] * HOP
        span = np.arange(2 * (reach + margin) + 1)
        near = padded[middle[:, None] + span + 1]
        slope = near - padded[middle[:, None] + span]
        jumps = np.stack([_jump(near, margin), _jump(slope, margin)])
        which, row = jumps.max(axis=2).argmax(axis=0), np.arange(len(middle))
        places = jumps[which, row].argmax(axis=1)
        places += _rise(np.stack([near, slope])[which, row], places + margin)
        times[start : start + _BATCH] = (middle + places - reach) / SAMPLE_RATE
    return np.maximum(times, 0.0)


def _rise(waves: Samples, places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the samples after its place (n,) at which each wave (n, samples) reaches a quarter
    peak.

    This skips the pre-ringing that resampling and lossy formats add before a click.
    """
    span = np.arange(round(_RINGING_S * SAMPLE_RATE))
    height = np.abs(waves[np.arange(len(places))[:, None], places[:, None] + span])
    rise: npt.NDArray[np.int64] = (height >= height.max(axis=1, keepdims=True) / 4).argmax(axis=1)
    return rise


def _jump(near: Samples, margin: int) -> Samples:
    """Return the log ratio of the energy after each sample to that before it, margins removed."""
    from scipy import signal

    keep = float(np.exp(-1 / (_DECAY_S * SAMPLE_RATE)))
    energy = near.astype(np.float64) ** 2
    past = signal.lfilter([0, 1], [1, -keep], energy, axis=1)
    future = signal.lfilter([1], [1, -keep], energy[:, ::-1], axis=1)[:, ::-1]
    floor = _FLOOR_SHARE * future.max(axis=1, keepdims=True) + 1e-20
    jump: Samples = np.log((future + floor) / (past + floor))[:, margin:-margin]
    return jump


def rises(power: Samples, times: Floats) -> Floats:
    """Return the loudness (m,) that begins at each time (m,): the root of the power that bands
    gain.
    """
    from scipy import ndimage

    last = power.shape[1] - 1
    places = np.rint(times * SIGNAL_RATE).astype(int)
    loudest = ndimage.maximum_filter1d(power, _HALF_WINDOW, axis=1, mode="nearest")
    after = loudest[:, np.clip(places + _HALF_WINDOW // 2, 0, last)]
    before = power[:, np.clip(places - _HALF_WINDOW, 0, last)] * (places >= _HALF_WINDOW)
    gained: Floats = np.maximum(after - before, 0).sum(axis=0).astype(np.float64)
    return np.sqrt(gained)


def _apart(times: Floats, rises: Floats) -> npt.NDArray[np.bool_]:
    """Return a mask of the onsets to keep so that no two are nearer than `_APART_S`.

    Stronger onsets take precedence.
    """
    kept = np.zeros(len(times), bool)
    for i in np.argsort(-rises, kind="stable"):
        low, high = np.searchsorted(times, (times[i] - _APART_S, times[i] + _APART_S))
        kept[i] = not kept[low:high].any()
    return kept
