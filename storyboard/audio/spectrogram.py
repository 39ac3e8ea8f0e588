"""Short-time spectrum features: mel bands, centroid, pitch classes, harmonic/percussive split.

Frame ``k`` is centred on sample ``k * step``, with zeros beyond the ends of the sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from storyboard.audio.analysis import HOP, SAMPLE_RATE
from storyboard.audio.bands import Samples

EAR_BANDS = 48
_WINDOW = 1024
_BLOCK = 1024
_LOWEST_OCTAVE_HZ = 55.0

_PITCH_WINDOW = 8192
PITCH_STEP = 12 * HOP
_PITCH_RANGE = (50.0, 2100.0)
_A4, _A = 440.0, 9
"""Concert pitch A4 in Hz, and the index of A among the pitch classes."""

_SHARE_WINDOW, _SHARE_BANDS, _SHARE_STEP = 2048, 96, 4
_HELD, _WIDE = 31, 17
"""Median filter lengths: frames (half a second) for harmonic, bands for percussive."""


@dataclass(frozen=True)
class Spectrum:
    """``power`` (EAR_BANDS, n) and ``octave`` (n,), a value every `HOP` samples.

    ``octave`` is the spectral centroid in octaves above 55 Hz, 0 in silence.
    """

    power: Samples
    octave: Samples


def spectrum(samples: Samples) -> Spectrum:
    """Return mel band power and spectral centroid in windows of 43 ms, for samples (n,)."""
    hertz = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE).astype(np.float32)
    bank = _ear_bands(_WINDOW, EAR_BANDS)
    powers, octaves = [], []
    for block in _blocks(samples, _WINDOW, HOP):
        magnitude = np.abs(block)
        total = magnitude.sum(axis=1)
        middle = (magnitude @ hertz) / np.maximum(total, 1e-20)
        octaves.append(np.log2(np.maximum(middle / _LOWEST_OCTAVE_HZ, 1)))
        powers.append((magnitude**2) @ bank)
    return Spectrum(np.concatenate(powers).T, np.concatenate(octaves))


def pitch_classes(samples: Samples) -> Samples:
    """Return the chroma (12, n): loudness of each pitch class, C first, every `PITCH_STEP` samples.

    Windows of a third of a second resolve semitones from 100 Hz.
    """
    hertz = np.fft.rfftfreq(_PITCH_WINDOW, 1 / SAMPLE_RATE)
    used = (hertz >= _PITCH_RANGE[0]) & (hertz <= _PITCH_RANGE[1])
    nearest = np.rint(12 * np.log2(hertz[used] / _A4)).astype(int) + _A
    classes = np.zeros((int(used.sum()), 12), np.float32)
    classes[np.arange(len(classes)), nearest % 12] = 1
    blocks = _blocks(samples, _PITCH_WINDOW, PITCH_STEP)
    return np.concatenate([np.sqrt(np.abs(b[:, used]) ** 2 @ classes) for b in blocks]).T


def percussive_share(samples: Samples) -> Samples:
    """Return the percussive share (n,) of the power in 0..1, every `HOP` samples; the rest is
    tonal.

    Fitzgerald, "Harmonic/percussive separation using median filtering" (DAFx 2010): with ``H`` the
    median over time and ``P`` the median over frequency, the share is ``P^2 / (H^2 + P^2)``.
    """
    from scipy import ndimage

    bank = _ear_bands(_SHARE_WINDOW, _SHARE_BANDS)
    blocks = _blocks(samples, _SHARE_WINDOW, _SHARE_STEP * HOP)
    power = np.concatenate([np.abs(block) ** 2 @ bank for block in blocks]).T
    harmonic = ndimage.median_filter(power, size=(1, _HELD), mode="nearest") ** 2
    percussive = ndimage.median_filter(power, size=(_WIDE, 1), mode="constant") ** 2
    mask = percussive / np.maximum(percussive + harmonic, 1e-30)
    share = (mask * power).sum(axis=0) / np.maximum(power.sum(axis=0), 1e-30)
    return spread(np.clip(share, 0, 1), _SHARE_STEP, -(-len(samples) // HOP))


def spread(values: Samples, step: int, count: int) -> Samples:
    """Interpolate ``values``, one every ``step``, linearly to ``count`` values."""
    places = np.arange(count) / step
    return np.interp(places, np.arange(len(values)), values).astype(np.float32)


def _ear_bands(window: int, count: int) -> Samples:
    """Return triangular filters (bins, count), evenly spaced on the mel scale, 1 at their peaks."""
    edges = 700 * (np.geomspace(1, 1 + SAMPLE_RATE / 2 / 700, count + 2) - 1)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    column = np.fft.rfftfreq(window, 1 / SAMPLE_RATE)[:, None]
    rise, fall = (column - low) / (middle - low), (high - column) / (high - middle)
    return np.maximum(np.minimum(rise, fall), 0).astype(np.float32)


def _blocks(samples: Samples, window: int, step: int) -> Iterator[Samples]:
    """Yield the spectra (frames, bins) of windows centred on every ``step``-th sample, in batches.

    A sine of amplitude ``a`` has the magnitude ``a`` at its bin.
    """
    from scipy import fft, signal

    count = max(1, -(-len(samples) // step))
    bell = signal.windows.hann(window, sym=False).astype(np.float32)
    bell *= 2 / bell.sum()
    padded = np.pad(samples, (window // 2, window + step))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::step][:count]
    for start in range(0, count, _BLOCK):
        yield fft.rfft(frames[start : start + _BLOCK] * bell)
