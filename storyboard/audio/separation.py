"""Stems without weights: drums, bass, vocals and the rest, by masks on short-time spectra.

What is struck is parted from what is held by median filters over time and over frequency
(Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx 2010). Below `BASS_HZ`,
where a drum is a tone as well, held is what is there half of the time around. Of what is held
above, vocals are what lies in the range of a voice and in the middle between the two channels
(Avendano and Jot, "Frequency domain techniques for stereo to multichannel upmix", AES 2002).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np
import numpy.typing as npt

from storyboard.audio.analysis import SAMPLE_RATE
from storyboard.audio.bands import Samples

STEMS = ("drums", "bass", "vocals", "other")
"""The names of the stems, those of Demucs."""

BASS_HZ = 180.0
VOICE_HZ = (180.0, 7000.0)
_WINDOW, _STEP = 2048, 512
"""Window and step of the spectra in samples: 85 and 21 ms."""

_HELD, _WIDE = 17, 31
"""Median filter lengths: steps (0.36 s) for what is held, bins (360 Hz) for what is struck."""

_LOW_HELD = 25
"""The same in steps (0.53 s) below `BASS_HZ`."""

_LIKE = (9, 3)
"""Steps and bins over which the channels are compared."""

_CENTRE = 6.0
"""Power of the likeness of the channels that is the share of the middle."""

_EDGE_OCTAVES = 0.25
_PIECE_S, _FADE_S = 30.0, 1.0

Spectra = npt.NDArray[np.complex64]


def separate(sides: Samples) -> dict[str, Samples]:
    """Return the `STEMS` of ``sides`` (n, 2) at `SAMPLE_RATE` Hz as samples (n,), mixed to mono;
    they add up to the mean of the sides. Long sounds are separated in pieces that are faded into
    one another.
    """
    stems = {name: np.zeros(len(sides), np.float32) for name in STEMS}
    for first, weights in _pieces(len(sides)):
        stop = first + len(weights)
        for name, part in _separated(sides[first:stop]).items():
            stems[name][first:stop] += part * weights
    return stems


def _pieces(length: int) -> Iterator[tuple[int, Samples]]:
    """Yield the start of each piece and its weights; those of all pieces add up to 1."""
    piece, fade = round(_PIECE_S * SAMPLE_RATE), round(_FADE_S * SAMPLE_RATE)
    ramp = np.linspace(0, 1, fade, endpoint=False, dtype=np.float32)
    for first in count(0, piece):
        stop = first + piece + fade
        weights = np.ones(min(stop, length) - first, np.float32)
        if first:
            weights[:fade] = ramp[: len(weights)]
        if stop < length:
            weights[-fade:] = 1 - ramp
        yield first, weights
        if stop >= length:
            return


def _separated(sides: Samples) -> dict[str, Samples]:
    """Return the stems of a short sound."""
    left, right = (_spectra(side) for side in sides.T)
    mix = (left + right) / 2
    hertz = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE).astype(np.float32)
    low = _below(hertz, BASS_HZ)
    held = _held_share(np.abs(mix), low)
    voice = _below(hertz, VOICE_HZ[1]) * (1 - _below(hertz, VOICE_HZ[0]))
    vocals = held * voice * _likeness(left, right) ** _CENTRE
    bass = held * low
    masks = {"bass": bass, "vocals": vocals, "other": held - bass - vocals}
    length = len(sides)
    stems = {name: _samples(mix * mask, length) for name, mask in masks.items()}
    rest: Samples = sides.mean(axis=1) - sum(stems.values())
    return {"drums": rest, **stems}


def _held_share(magnitude: Samples, low: Samples) -> Samples:
    """Return the share (frames, bins) of each magnitude that is held, not struck."""
    from scipy import ndimage

    harmonic = ndimage.median_filter(magnitude, size=(_HELD, 1), mode="nearest") ** 2
    percussive = ndimage.median_filter(magnitude, size=(1, _WIDE), mode="nearest") ** 2
    mask = harmonic / np.maximum(harmonic + percussive, 1e-20)
    bins = int(np.count_nonzero(low))
    steady = ndimage.median_filter(magnitude[:, :bins], size=(_LOW_HELD, 1), mode="nearest")
    share = np.minimum(steady / np.maximum(magnitude[:, :bins], 1e-10), 1) ** 2
    mask[:, :bins] += (share - mask[:, :bins]) * low[:bins]
    return np.asarray(mask, np.float32)


def _likeness(left: Spectra, right: Spectra) -> Samples:
    """Return how alike the channels are (frames, bins), in loudness and phase: 1 where they are the
    same, 0 where they have nothing in common.
    """
    from scipy import ndimage

    both = ndimage.uniform_filter((left * right.conj()).real, _LIKE, mode="nearest")
    power = ndimage.uniform_filter(np.abs(left) ** 2 + np.abs(right) ** 2, _LIKE, mode="nearest")
    return np.asarray(np.clip(2 * both / np.maximum(power, 1e-20), 0, 1), np.float32)


def _below(hertz: Samples, edge: float) -> Samples:
    """Return 1 below the edge and 0 above it, over half an octave."""
    octave = np.log2(np.maximum(hertz, 1.0) / edge)
    share = np.clip(0.5 - octave / (2 * _EDGE_OCTAVES), 0, 1)
    return np.asarray(np.sin(share * np.pi / 2) ** 2, np.float32)


def _spectra(samples: Samples) -> Spectra:
    """Return the spectra (frames, bins) of windows a quarter apart, zeros around the sound."""
    from scipy import fft

    padded = np.pad(samples, (_WINDOW, 2 * _WINDOW)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_STEP]
    spectra: Spectra = fft.rfft(frames * _bell(), axis=1)
    return spectra


def _samples(spectra: Spectra, length: int) -> Samples:
    """Return the samples (length,) of spectra as `_spectra` makes them."""
    from scipy import fft

    rows = fft.irfft(spectra, n=_WINDOW, axis=1) * _bell()
    parts = _WINDOW // _STEP
    total = np.zeros((len(rows) + parts - 1, _STEP), np.float32)
    for part in range(parts):
        total[part : part + len(rows)] += rows[:, part * _STEP : (part + 1) * _STEP]
    total /= 2  # squared windows add up to 2
    return total.ravel()[_WINDOW : _WINDOW + length]


def _bell() -> Samples:
    from scipy import signal

    return np.asarray(np.sqrt(signal.windows.hann(_WINDOW, sym=False)), np.float32)
