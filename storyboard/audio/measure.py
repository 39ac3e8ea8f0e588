"""Measurements of a sound that do not depend on the story: the expensive part, cached."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from storyboard.audio import beats, onsets, sections, spectrogram
from storyboard.audio.analysis import BANDS, CHROMA, HOP, SAMPLE_RATE, Floats
from storyboard.audio.bands import WHOLE, Samples, loudness

_SILENCE = 1e-4
"""RMS below which a sound counts as silence: -80 dB of full scale."""

_BASS_BANDS = 6
"""Mel bands up to 350 Hz."""

_HARMONY_STEPS = 4
"""Fifth of a second; pitch classes are measured over windows of a third."""


@dataclass(frozen=True)
class Measures:
    """Measurements in physical units; times in seconds of the file.

    ``levels`` (names, n) has the signals of `NAMES`, all but the onsets, a value every `HOP`
    samples: RMS for loudness, decibels for flux, octaves for the centroid, twelfths for the pitch.
    ``accents`` belong to the beats: the gain in loudness of bass and mix at each.
    """

    duration: float
    tempo: float
    steady: bool
    beats: Floats
    accents: Floats
    onsets: Floats
    rises: Floats
    sections: Floats
    levels: Samples

    def arrays(self) -> dict[str, Any]:
        """Return the fields by name, for the cache."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


NAMES = ("rms", *BANDS, "percussive", "harmonic", "flux", "centroid", "pitch", *CHROMA)
"""Names of the rows of ``levels``."""


def measure(samples: Samples) -> Measures:
    """Measure samples (n,) in [-1, 1] at `SAMPLE_RATE` Hz."""
    duration = len(samples) / SAMPLE_RATE
    whole, *bands = loudness(samples, [WHOLE, *BANDS.values()])
    if float(whole.max(initial=0)) < _SILENCE:
        return _silence(duration, len(whole))
    seen = spectrogram.spectrum(samples)
    pitches = spectrogram.pitch_classes(samples)
    flux = onsets.flux(seen.power)
    mean = flux.mean(axis=0)
    begun = onsets.find(samples, seen.power, mean)
    ranges = np.stack([flux[:_BASS_BANDS].mean(axis=0), flux[_BASS_BANDS:].mean(axis=0), mean])
    grid = beats.find(ranges, begun, duration)
    percussive = spectrogram.percussive_share(samples)
    parts = [np.sqrt(percussive) * whole, np.sqrt(1 - percussive) * whole]
    octave = np.where(whole >= _SILENCE, seen.octave, 0)
    levels = [whole, *bands, *parts, mean, octave, *_pitches(pitches, whole)]
    return Measures(
        duration=duration,
        tempo=grid.tempo,
        steady=grid.steady,
        beats=grid.times,
        accents=_accents(grid.times, seen.power, pitches),
        onsets=begun.times,
        rises=begun.rises,
        sections=sections.find(seen.power, pitches, grid.times, duration),
        levels=np.stack(levels).astype(np.float32),
    )


def _pitches(pitches: Samples, whole: Samples) -> list[Samples]:
    """Return the loudest pitch class in twelfths, and the loudness of all twelve."""
    step = spectrogram.PITCH_STEP // HOP
    rows = [spectrogram.spread(row, step, len(whole)) for row in pitches]
    loudest = np.argmax(rows, axis=0).astype(np.float32) / 12
    return [np.where(whole >= _SILENCE, loudest, 0), *rows]


def _accents(times: Floats, power: Samples, pitches: Samples) -> Floats:
    """Return the accent of each beat: gain in loudness, the bass counted twice, and harmonic
    change.

    Relative to the largest gain in loudness of any beat.
    """
    whole = onsets.rises(power, times)
    bass = onsets.rises(power[:_BASS_BANDS], times)
    added = whole + bass + _harmony_change(times, pitches)
    return np.asarray(added / (float(whole.max(initial=0)) or 1.0))


def _harmony_change(times: Floats, pitches: Samples) -> Floats:
    """Return the distance between the mean pitch classes after and before each time."""
    places = np.rint(times * SAMPLE_RATE / spectrogram.PITCH_STEP).astype(int)
    last, reach = pitches.shape[1] - 1, _HARMONY_STEPS
    before, after = np.clip(places - reach, 0, last), np.clip(places + reach, 0, last)
    change = (pitches[:, after] - pitches[:, before]).astype(np.float64)
    return np.asarray(np.linalg.norm(change, axis=0))


def _silence(duration: float, count: int) -> Measures:
    nothing = np.zeros(0)
    levels = np.zeros((len(NAMES), count), np.float32)
    return Measures(duration, 0.0, False, nothing, nothing, nothing, nothing, np.zeros(1), levels)
