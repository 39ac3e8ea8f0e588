"""Analyse a sound file: decode, measure (or read from the cache), normalise to 0..1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from storyboard.audio import cache
from storyboard.audio.analysis import (
    CHROMA,
    SAMPLE_RATE,
    SIGNAL_RATE,
    SIGNALS,
    STEPPED,
    Analysis,
    Band,
    Floats,
)
from storyboard.audio.bands import Samples
from storyboard.errors import BadValue, EncodeFailed, UsageError
from storyboard.files import file_digest, is_file

if TYPE_CHECKING:
    from storyboard.audio.beats import Beats
    from storyboard.audio.measure import Measures

VERSION = 8
"""Version of the measurements; increment it to invalidate cached ones."""

_CANCELLED = 0.05
"""Share of the power of two channels (-13 dB) below which their mix has lost the sound."""

_QUIETEST = 0.01
"""Least divisor of a signal, as a share of the sound's loudest moment (-40 dB)."""

_QUIETEST_PART = 0.1
"""The same for percussive and harmonic: their separation always leaves a residue (-20 dB)."""


def analyse(
    file: Path,
    *,
    bands: Mapping[str, Band] | None = None,
    used: tuple[float, float] | None = None,
    beats_per_bar: int = 4,
    tracker: Path | None = None,
) -> Analysis:
    """Analyse the sound of ``file``: any format that ffmpeg reads, or a video's first audio stream.

    Args:
        file: the sound file.
        bands: additional signals by name.
        used: start and end of the part that the film uses, in seconds of the file. Signals are
            normalised to a maximum of 1 over this part.
        beats_per_bar: at least 1; with a tracker its bars are as long as it hears them.
        tracker: weights of beat-this, which finds beats and bars (`beat_model`).

    Measurements are cached under the digest of the file (`storyboard.audio.cache`).

    Raises:
        UsageError: the file does not exist or cannot be read.
        BadValue: the file has no audio, or a band or ``beats_per_bar`` is invalid.
    """
    from storyboard.audio import beats
    from storyboard.audio.measure import NAMES, Measures, measure

    bands = bands or {}
    check_bands(bands)
    if beats_per_bar < 1:
        raise BadValue(f"invalid beats_per_bar {beats_per_bar}: must be at least 1", hint="use 4")
    source = _Source(Path(file))
    arrays = cache.kept(f"{source.key} all", lambda: measure(source.samples).arrays())
    measures = Measures(**arrays)
    levels = dict(zip(NAMES, measures.levels, strict=True))
    for name, band in bands.items():
        levels[name] = source.band(band)
    part = _used(used, float(measures.duration))
    onset_strengths = _strengths(measures.onsets, measures.rises, part)
    signals = _normalised(levels, part)
    signals["onset"] = _impulses(measures.onsets, onset_strengths, len(measures.levels[0]))
    grid = beats.Beats(measures.beats, float(measures.tempo), bool(measures.steady))
    bars = beats.bars(measures.accents, grid.times, beats_per_bar)
    if tracker is not None:
        grid, bars = _tracked(source, measures, tracker)
    return Analysis(
        duration=float(measures.duration),
        tempo=grid.tempo,
        steady=grid.steady,
        beats=grid.times,
        bars=bars,
        onsets=measures.onsets,
        onset_strengths=onset_strengths,
        sections=on_bars(measures.sections, bars),
        rate=SIGNAL_RATE,
        signals=signals,
    )


def _tracked(source: _Source, measures: Measures, tracker: Path) -> tuple[Beats, Floats]:
    """Return the beats and bars that a network hears, on the onsets that are measured."""
    from storyboard.audio import beat_model, beats
    from storyboard.audio.onsets import Onsets

    key = f"{source.key} beats {beat_model.VERSION} {file_digest(tracker)}"
    heard = cache.kept(key, lambda: beat_model.track(source.samples, tracker))
    onsets = Onsets(measures.onsets, measures.rises)
    grid = beats.refined(heard["beats"], onsets, float(measures.duration))
    return grid, beat_model.nearest_beats(heard["downbeats"], grid.times)


def on_bars(sections: Floats, bars: Floats) -> Floats:
    """Return the starts of ``sections``, in seconds, each on the nearest of the ``bars``; the first
    and those further away than half a bar, before the music has a beat or after, stay.

    >>> on_bars(np.array([0.0, 3.0, 9.0]), np.array([0.0, 2.4, 4.8, 7.2, 9.6]))
    array([0. , 2.4, 9.6])
    """
    if len(bars) < 2 or len(sections) < 2:
        return sections
    later = sections[1:]
    nearest = bars[np.abs(bars[None, :] - later[:, None]).argmin(axis=1)]
    near = np.abs(nearest - later) <= np.median(np.diff(bars)) / 2
    moved = np.where(near, nearest, later)
    return np.unique(np.concatenate([sections[:1], moved[moved > sections[0]]]))


def check_bands(bands: Mapping[str, Band]) -> None:
    """Raise `BadValue` for the first band with an invalid name or range."""
    for name, band in bands.items():
        if name in SIGNALS:
            hint = "rename the band"
            raise BadValue(
                f"the band name {name!r} is already a built-in signal", hint=hint, path=(name,)
            )
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            hint = "use letters, digits and _, not starting with a digit"
            raise BadValue(f"invalid band name {name!r}", hint=hint, path=(name,))
        if not 0 < band.low < band.high:
            hint = "use low-high in Hz, such as 90-120"
            raise BadValue(
                f"invalid band {band.low:g}-{band.high:g} Hz: low must be below high",
                hint=hint,
                path=(name,),
            )
        if band.low >= SAMPLE_RATE / 2:
            hint = f"frequencies above {SAMPLE_RATE // 2} Hz are not analysed"
            raise BadValue(
                f"invalid band: its low frequency {band.low:g} Hz is out of range",
                hint=hint,
                path=(name,),
            )


class _Source:
    """A sound file: its digest, computed at once, and its samples, decoded on first use."""

    def __init__(self, file: Path) -> None:
        if not is_file(file):
            raise UsageError(f"file not found: {file}")
        self.file = file
        try:
            self.key = f"{VERSION} {file_digest(file)}"
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror or error}") from error

    @cached_property
    def samples(self) -> Samples:
        """Return the samples (n,) at `SAMPLE_RATE` Hz, channels mixed to mono."""
        return decode(self.file)

    def band(self, band: Band) -> Samples:
        """Return the loudness (n,) of one band, a value every `HOP` samples."""
        from storyboard.audio.bands import loudness

        key = f"{self.key} band {band.low!r} {band.high!r}"
        kept = cache.kept(key, lambda: {"levels": loudness(self.samples, [band])[0]})
        levels: Samples = kept["levels"]
        return levels


def decode(file: Path) -> Samples:
    """Decode ``file`` to samples (n,) in [-1, 1] at `SAMPLE_RATE` Hz, mono. Raises `BadValue`."""
    from storyboard.media import ffmpeg

    hint = "use wav, mp3, flac, ogg, m4a, or a video with an audio stream"
    try:
        if not ffmpeg.probe(file).has_audio:
            raise BadValue(f"{file} has no audio stream", hint=hint)
        samples = ffmpeg.decode_audio(file, rate=SAMPLE_RATE)[:, 0]
        sides = ffmpeg.decode_audio(file, rate=SAMPLE_RATE, channels=2)
    except EncodeFailed as error:
        raise BadValue(f"cannot read {file} as audio", hint=hint) from error
    if not len(samples):
        raise BadValue(f"{file} contains no samples: its audio is empty", hint=hint)
    return uncancelled(np.nan_to_num(samples), np.nan_to_num(sides))


def decode_sides(file: Path, *, rate: int = SAMPLE_RATE) -> Samples:
    """Decode ``file`` to samples (n, 2) in [-1, 1] at ``rate`` Hz. Raises `BadValue`."""
    from storyboard.media import ffmpeg

    try:
        sides = ffmpeg.decode_audio(file, rate=rate, channels=2)
    except EncodeFailed as error:
        raise BadValue(f"cannot read {file} as audio") from error
    if not len(sides):
        raise BadValue(f"{file} contains no samples: its audio is empty")
    return np.nan_to_num(sides)


def uncancelled(mix: Samples, sides: Samples) -> Samples:
    """Return ``mix`` (n,), or half the difference of the two ``sides`` (n, 2) where one is the
    other's inverse, so that little more than `_CANCELLED` of their power is left in the mix.
    """
    power = float(np.mean(sides**2, dtype=np.float64))
    if float(np.mean(mix**2, dtype=np.float64)) >= _CANCELLED * power:
        return mix
    difference: Samples = ((sides[:, 0] - sides[:, 1]) / 2).astype(np.float32)
    return difference


def _used(used: tuple[float, float] | None, duration: float) -> slice:
    """Return the used part as a slice of signal values, at least one long."""
    start, end = used or (0.0, duration)
    if not 0 <= start < end:
        hint = "use 0 <= start < end, in seconds of the file"
        raise BadValue(f"invalid range {start:g} to {end:g} s", hint=hint)
    if start >= duration:
        raise BadValue(
            f"invalid range: the audio ends at {duration:.3f} s, before start ({start:g} s)"
        )
    first = int(start * SIGNAL_RATE)
    return slice(first, max(first + 1, int(np.ceil(end * SIGNAL_RATE))))


def _normalised(levels: Mapping[str, Samples], used: slice) -> dict[str, Floats]:
    """Divide each signal by its maximum in the used part, or by its least divisor if that is
    larger.
    """
    loudest = float(levels["rms"][used].max(initial=0))
    pitched = max(float(levels[name][used].max(initial=0)) for name in CHROMA)
    signals = {}
    for name, values in levels.items():
        largest = float(values[used].max(initial=0))
        if name in CHROMA:
            largest = max(pitched, _QUIETEST * loudest)
        elif name in ("percussive", "harmonic"):
            largest = max(largest, _QUIETEST_PART * loudest)
        elif name not in ("flux", "centroid"):
            largest = max(largest, _QUIETEST * loudest)
        wide = values.astype(np.float64)
        signals[name] = wide if name in STEPPED else np.clip(wide / (largest or 1.0), 0.0, 1.0)
    return signals


def _strengths(times: Floats, rises: Floats, used: slice) -> Floats:
    """Return the onsets' rises divided by the largest in the used part: (n,) in 0..1."""
    inside = rises[(times * SIGNAL_RATE >= used.start) & (times * SIGNAL_RATE < used.stop)]
    largest = float(inside.max(initial=0)) or float(rises.max(initial=0)) or 1.0
    return np.clip(rises / largest, 0.0, 1.0)


def _impulses(times: Floats, strengths: Floats, count: int) -> Floats:
    """Return a signal (count,) with the strongest onset at its nearest value, 0 elsewhere."""
    impulses = np.zeros(count)
    places = np.minimum(np.rint(times * SIGNAL_RATE).astype(int), count - 1)
    np.maximum.at(impulses, places, strengths)
    return impulses
