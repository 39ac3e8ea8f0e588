"""Tempo estimation over time."""

from __future__ import annotations

import numpy as np

from storyboard.audio.analysis import SIGNAL_RATE, Floats
from storyboard.audio.bands import Samples

STEP = 3
TEMPO_RATE = SIGNAL_RATE / STEP
"""Values a second of the onset strength in which tempo and beats are tracked."""

SLOWEST, FASTEST = 45.0, 220.0
"""Range of tempo in beats per minute."""

_TEMPI = 160
_USUAL, _USUAL_OCTAVES = 115.0, 0.9
_WINDOW_S, _EVERY_S = 10.0, 1.0
_MULTIPLES = (1, 2, 3, 4)
_HALF = 0.3
_CHANGE_COST = 60.0
_LEAST_CERTAINTY = 0.05


def tempo_over_time(strength: Samples) -> Floats | None:
    """Return the beat period (n,) at each value of ``strength`` (n,), in steps; None without a
    beat.

    Every second, the autocorrelation of ten seconds scores each tempo; the result is the path of
    best total score without jumps (dynamic programming).
    """
    from scipy import ndimage

    tempi = np.geomspace(SLOWEST, FASTEST, _TEMPI)
    lags = 60 * TEMPO_RATE / tempi
    fits = _fits(ndimage.gaussian_filter1d(strength, 1.0), lags)
    usual = np.exp(-0.5 * (np.log2(tempi / _USUAL) / _USUAL_OCTAVES) ** 2)
    if float(fits.max(initial=0)) < _LEAST_CERTAINTY:
        return None
    path = _smoothest(np.maximum(fits, 0) * usual)
    middles = np.arange(len(path)) * _EVERY_S * TEMPO_RATE
    exact = np.interp(np.arange(len(strength)), middles, np.log(lags[path]))
    lag: Floats = np.round(np.exp(exact) * 4) / 4  # few distinct values: each needs a table later
    return lag


def _fits(strength: Samples, lags: Floats) -> Floats:
    """Return the normalised autocorrelation of ``strength`` at ``lags``: (windows, lags), at most
    1.
    """
    from scipy import fft

    half, hop = round(_WINDOW_S * TEMPO_RATE / 2), round(_EVERY_S * TEMPO_RATE)
    count = max(1, -(-len(strength) // hop))
    padded = np.pad(strength.astype(np.float64), (half, half + hop))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half)[::hop][:count]
    size = fft.next_fast_len(4 * half, real=True)
    places = np.arange(2 * half)
    result = np.zeros((count, len(lags)))
    for row, window in enumerate(windows):
        centred = window - window.mean()
        alike = fft.irfft(np.abs(fft.rfft(centred, size)) ** 2, size)[: 2 * half]
        if alike[0] > 1e-9:
            alike = alike / alike[0]
            combs = [np.interp(lags * m, places, alike, right=0.0) / m for m in _MULTIPLES]
            result[row] = sum(combs) - _HALF * np.interp(lags / 2, places, alike)
    return result


def _smoothest(fits: Floats) -> Floats:
    """Return the column of each row that maximises the sum, with a penalty for changing column."""
    octaves = np.arange(fits.shape[1]) / fits.shape[1] * np.log2(FASTEST / SLOWEST)
    cost = _CHANGE_COST * (octaves[:, None] - octaves[None, :]) ** 2
    best, chosen = fits[0], []
    for row in fits[1:]:
        reached = best[:, None] - cost
        chosen.append(reached.argmax(axis=0))
        best = reached.max(axis=0) + row
    path = [int(best.argmax())]
    for before in reversed(chosen):
        path.append(int(before[path[-1]]))
    return np.array(path[::-1])
