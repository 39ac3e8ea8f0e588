"""What is known of a soundtrack: plain arrays, and how they are read at any second.

Seconds are those of the sound file, from its first sample on.
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
"""Samples a second of what is analysed: mono, so the highest tone heard is 12 kHz."""

HOP = 100
"""Samples from one value of a signal to the next: 240 values a second."""

SIGNAL_RATE = SAMPLE_RATE / HOP


@dataclass(frozen=True)
class Band:
    """A stretch of the spectrum from ``low`` to ``high``, in Hz."""

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
"""What is on the edge between two frames belongs to the later, however the sum was rounded."""

STEPPED = frozenset({"pitch"})
"""Signals that stand for one of several things, between which there is nothing."""


@dataclass(frozen=True)
class Analysis:
    """What is known of a sound.

    ``duration`` in seconds; ``tempo`` in beats a minute, the median, 0 where there is no beat;
    ``steady``: one tempo holds from start to end, and the beats lie exactly on its grid.
    ``beats`` and ``bars`` (the first beat of each bar) ascend and run through the whole file.
    ``onsets`` are exact to the sample, ``onset_strengths`` (0..1) belong to them. ``sections`` has
    the start of each, the first is 0. ``signals`` are (n,) each, 0..1 over the used part; value k
    is that at second ``k / rate``.
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
        """The signal at ``seconds`` (n,), which may be any; 0 before the file and after it.

        With ``width`` > 0 the largest value from ``width / 2`` before each second to as much after
        it, so that nothing falls between two frames. ``onset`` is the strongest onset within the
        half-open window, exact to the sample. Raises `UnknownName`.
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
        """The two ends of the window, between values, and all values within it."""
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
    """The largest of ``values[low[i] : high[i] + 1]`` for each i, at least 0; what lies outside of
    ``values`` is 0, and so is an empty window.

    Every window is covered by two overlapping ones whose length is a power of two.
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
