"""Loudness of a frequency band without delay.

A band is cut out in the frequency domain by a real gain, so no phase shift delays it. Dropping
the negative frequencies makes the rest analytic: its magnitude is the band's envelope, constant
for a steady tone at any frequency. Long sounds are processed in overlapping pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from storyboard.audio.analysis import HOP, SAMPLE_RATE, Band

Samples = npt.NDArray[np.float32]

_PIECE_S, _MARGIN_S = 30, 1
_EDGE_OCTAVES = 0.5
_SMOOTH_S = 0.01
_LOWEST = 16.0
"""Hz. Lowest frequency that counts; a DC offset is not loudness."""

WHOLE = Band(_LOWEST, SAMPLE_RATE / 2)


def loudness(samples: Samples, bands: Sequence[Band]) -> list[Samples]:
    """Return the RMS of each band: (n,) each, a value every `HOP` samples, the first at sample 0.

    A sine of amplitude ``a`` has ``a / sqrt(2)``. Smoothed symmetrically over 10 ms.
    """
    pieces = [[_envelope(piece, band) for band in bands] for piece in _pieces(samples)]
    count = -(-len(samples) // HOP)
    return [np.concatenate(parts)[:count] for parts in zip(*pieces, strict=True)]


def _pieces(samples: Samples) -> Iterator[npt.NDArray[np.complex64]]:
    """Yield the spectra of overlapping pieces of the sound, zeros around it."""
    from scipy import fft

    piece, margin = _PIECE_S * SAMPLE_RATE, _MARGIN_S * SAMPLE_RATE
    for start in range(0, max(1, len(samples)), piece):
        part = np.zeros(piece + 2 * margin, np.float32)
        first = max(0, start - margin)
        taken = samples[first : start + piece + margin]
        part[first - start + margin :][: len(taken)] = taken
        yield fft.rfft(part)


def _envelope(spectrum: npt.NDArray[np.complex64], band: Band) -> Samples:
    """Return the RMS of a band within a piece, its margins removed.

    A low band is computed at a lower sample rate; its envelope is the same there.
    """
    from scipy import fft

    top = band.high * 2**_EDGE_OCTAVES
    step = max(n for n in (1, 2, 5, 10, 20) if n == 1 or top <= SAMPLE_RATE / n)
    count = 2 * (len(spectrum) - 1)
    kept = np.zeros(count // step, np.complex64)
    share = min(len(spectrum), len(kept))
    hertz = np.arange(share, dtype=np.float32) * (SAMPLE_RATE / count)
    kept[:share] = spectrum[:share] * (_gain(hertz, band) * np.float32(np.sqrt(2) / step))
    waves = fft.ifft(kept)
    smooth = _smooth_every(waves.real**2 + waves.imag**2, HOP // step)
    margin = _MARGIN_S * SAMPLE_RATE // HOP
    return np.sqrt(np.maximum(smooth[margin : margin + _PIECE_S * SAMPLE_RATE // HOP], 0))


def _smooth_every(power: Samples, step: int) -> Samples:
    """Return the mean around every ``step``-th value, weighted by a Hann window of 10 ms."""
    from scipy import signal

    half = round(_SMOOTH_S / 2 * SAMPLE_RATE / HOP * step)
    window = signal.windows.hann(2 * half + 1).astype(np.float32)
    shift = -half % step  # so that the bell's middle falls on every step-th value
    padded = np.pad(power, (shift, half))
    smooth: Samples = signal.upfirdn(window / window.sum(), padded, down=step)
    return smooth[(half + shift) // step :]


def _gain(hertz: Samples, band: Band) -> Samples:
    """Return the gain of each frequency: 1 within the band, 0 outside, sqrt(1/2) at its edges.

    The edges are half an octave wide, symmetric on a logarithmic scale: two adjacent bands
    together keep the power.
    """
    octave = np.log2(np.maximum(hertz, 1e-3))
    rise = np.clip((octave - np.log2(band.low)) / _EDGE_OCTAVES + 0.5, 0, 1)
    fall = np.clip((np.log2(band.high) - octave) / _EDGE_OCTAVES + 0.5, 0, 1)
    if band.high >= SAMPLE_RATE / 2:
        fall = np.ones_like(fall)
    gain: Samples = (np.sin(rise * np.pi / 2) * np.sin(fall * np.pi / 2)).astype(np.float32)
    return gain
