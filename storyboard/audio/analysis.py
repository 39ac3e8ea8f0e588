"""Result of an analysis: plain arrays, and how to sample them at any time.

Times are seconds of the sound file, from its first sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from storyboard.errors import UnknownName

Floats = npt.NDArray[np.float64]

SAMPLE_RATE = 24_000
"""Sample rate of the analysis in Hz; frequencies up to 12 kHz are analysed."""

HOP = 100
"""Samples between two values of a signal: 240 values a second."""

SIGNAL_RATE = SAMPLE_RATE / HOP


@dataclass(frozen=True)
class Band:
    """A frequency band from ``low`` to ``high``, in Hz."""

    low: float
    high: float


BANDS: Mapping[str, Band] = MappingProxyType(
    {
        "sub": Band(20, 60),
        "bass": Band(60, 250),
        "low_mid": Band(250, 500),
        "mid": Band(500, 2000),
        "high_mid": Band(2000, 6000),
        "high": Band(6000, SAMPLE_RATE / 2),
    }
)
"""The bands that every analysis has."""

PITCHES = ("c", "cs", "d", "ds", "e", "f", "fs", "g", "gs", "a", "as", "b")
"""The pitch classes, ``cs`` being C sharp."""

CHROMA = tuple(f"chroma_{pitch}" for pitch in PITCHES)

SIGNALS: Mapping[str, str] = MappingProxyType(
    {
        "rms": "loudness of the whole sound",
        **{
            name: f"loudness of the band from {band.low:g} to {band.high:g} Hz"
            for name, band in BANDS.items()
        },
        "percussive": "loudness of what is struck: drums, plucks, consonants",
        "harmonic": "loudness of what is held: pads, voices, strings",
        "onset": "strength of the onset that begins here, 0 where none does",
        "flux": "how much of the spectrum grows louder",
        "centroid": "brightness: the octave in which the middle of the spectrum lies",
        "pitch": "the loudest pitch class in twelfths: 0 is C, 1/12 C sharp, 9/12 A",
        **{
            f"chroma_{pitch}": f"loudness of the pitch class {pitch.upper().replace('S', '#')}"
            for pitch in PITCHES
        },
    }
)
"""Every built-in signal and one line on it."""

_ROUNDING_S = 1e-9
"""Seconds of tolerance: an onset on the edge between two frames belongs to the later one."""

STEPPED = frozenset({"pitch"})
"""Categorical signals: sampled at the nearest value, never interpolated."""


@dataclass(frozen=True)
class Analysis:
    """Analysis of a sound: signals, beats and sections.

    Attributes:
        duration: seconds.
        tempo: median beats per minute, 0 without beats.
        steady: True if one tempo holds throughout; the beats then lie exactly on its grid.
        beats, bars: seconds, ascending, through the whole file; a bar is its first beat.
        onsets: seconds, exact to the sample.
        onset_strengths: (n,) in 0..1, one for each onset.
        sections: start of each section in seconds; the first is 0.
        signals: (n,) in 0..1 over the used part; value ``k`` is at second ``k / rate``.
    """

    duration: float
    tempo: float
    steady: bool
    beats: Floats
    bars: Floats
    onsets: Floats
    onset_strengths: Floats
    sections: Floats
    rate: float
    signals: Mapping[str, Floats]

    def sample(self, name: str, seconds: Floats, *, width: float = 0.0) -> Floats:
        """Return the signal ``name`` at ``seconds`` (n,); 0 before and after the file.

        Values are interpolated linearly, except those of signals that stand for classes
        (``pitch``). With ``width`` > 0 the result is the maximum over the window of ``width``
        seconds centred on each time, so that no peak falls between two frames. ``onset`` gives the
        strongest onset within the half-open window, exact to the sample. Raises `UnknownName`.
        """
        if name not in self.signals:
            raise UnknownName("signal", name, self.signals)
        seconds = np.asarray(seconds, dtype=np.float64)
        if name == "onset":
            return self._strongest_onset(seconds, max(width, 1 / self.rate))
        if name in STEPPED:
            return self._nearest(self.signals[name], seconds)
        if width <= 0:
            return self._between(self.signals[name], seconds)
        return self._largest(self.signals[name], seconds, width)

    def _between(self, values: Floats, seconds: Floats) -> Floats:
        places = seconds * self.rate
        return np.interp(places, np.arange(len(values)), values, left=0.0, right=0.0)

    def _nearest(self, values: Floats, seconds: Floats) -> Floats:
        places = np.rint(seconds * self.rate)
        inside = (places >= 0) & (places < len(values))
        found: Floats = values[np.where(inside, places, 0).astype(np.int64)]
        return np.where(inside, found, 0.0)

    def _largest(self, values: Floats, seconds: Floats, width: float) -> Floats:
        """Return the maximum of the interpolated window edges and of all values within the
        window.
        """
        first, last = seconds - width / 2, seconds + width / 2
        ends = np.maximum(self._between(values, first), self._between(values, last))
        low = np.ceil(first * self.rate).astype(np.int64)
        high = np.floor(last * self.rate).astype(np.int64)
        return np.maximum(ends, window_max(values, low, high))

    def _strongest_onset(self, seconds: Floats, width: float) -> Floats:
        edges = self.onsets + _ROUNDING_S
        low = np.searchsorted(edges, seconds - width / 2, side="left")
        high = np.searchsorted(edges, seconds + width / 2, side="left") - 1
        return window_max(self.onset_strengths, low, high)


def window_max(values: Floats, low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> Floats:
    """Return the maximum of ``values[low[i] : high[i] + 1]`` for each i.

    Values outside of ``values`` and empty windows count as 0. Every window is covered by two
    overlapping ones whose length is a power of two (a sparse table).

    >>> window_max(np.array([0.1, 0.9, 0.3]), np.array([0, 2, 2]), np.array([1, 2, 1]))
    array([0.9, 0.3, 0. ])
    """
    count = len(values)
    low, high = np.clip(low, 0, count), np.clip(high, -1, count - 1)
    lengths = high - low + 1
    result = np.zeros(len(low))
    table, length = values, 1
    while length <= count:
        chosen = (lengths >= length) & (lengths < 2 * length)
        ends = high[chosen] - length + 1
        result[chosen] = np.maximum(table[low[chosen]], table[ends])
        table, length = np.maximum(table[:-length], table[length:]), 2 * length
    return np.maximum(result, 0.0)
