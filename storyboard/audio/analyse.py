"""From a sound file to its `Analysis`: decoded, measured or remembered, and put between 0 and 1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

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

VERSION = 8
"""Raised when the same sound would be measured otherwise, so that nothing old is read."""

_CANCELLED = 0.05
"""Share of the power of two channels (-13 dB) below which their mix has lost the sound."""

_QUIETEST = 0.01
"""A signal quieter than this share of the loudest moment of all (-40 dB) does not go up to 1."""

_QUIETEST_PART = 0.1
"""The same for what is struck and what is held: no sound is parted without a rest (-20 dB)."""


def analyse(
    file: Path,
    *,
    bands: Mapping[str, Band] | None = None,
    used: tuple[float, float] | None = None,
    beats_per_bar: int = 4,
) -> Analysis:
    """What is known of the sound of ``file``: any format, or a video's first sound.

    ``bands`` are further signals by name. ``used`` are the seconds of the file that the film has:
    over these, signals go up to 1. What was measured is kept by the contents of the file
    (`storyboard.audio.cache`). Raises `UsageError` where there is no such file, `BadValue` where
    it holds no sound or a band cannot be.
    """
    from storyboard.audio import beats
    from storyboard.audio.measure import NAMES, Measures, measure

    bands = bands or {}
    check_bands(bands)
    if beats_per_bar < 1:
        raise BadValue(f"beats_per_bar {beats_per_bar} is no number of beats", hint="write 4")
    source = _Source(Path(file))
    arrays = cache.kept(f"{source.key} all", lambda: measure(source.samples).arrays())
    told = Measures(**arrays)
    levels = dict(zip(NAMES, told.levels, strict=True))
    for name, band in bands.items():
        levels[name] = source.band(band)
    part = _used(used, float(told.duration))
    onset_strengths = _strengths(told.onsets, told.rises, part)
    signals = _normalised(levels, part)
    signals["onset"] = _impulses(told.onsets, onset_strengths, len(told.levels[0]))
    bars = beats.bars(told.accents, told.beats, beats_per_bar)
    return Analysis(
        duration=float(told.duration),
        tempo=float(told.tempo),
        steady=bool(told.steady),
        beats=told.beats,
        bars=bars,
        onsets=told.onsets,
        onset_strengths=onset_strengths,
        sections=on_bars(told.sections, bars),
        rate=SIGNAL_RATE,
        signals=signals,
    )


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
    """Raise `BadValue` for the first band that cannot be, or cannot be called so."""
    for name, band in bands.items():
        if name in SIGNALS:
            hint = "choose another name for it"
            raise BadValue(f"{name!r} is a signal that every sound has", hint=hint, path=(name,))
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            hint = "letters, digits and _, and no digit first"
            raise BadValue(f"{name!r} cannot be the name of a band", hint=hint, path=(name,))
        if not 0 < band.low < band.high:
            hint = "low before high, in Hz, such as 90-120"
            raise BadValue(
                f"no band goes from {band.low:g} to {band.high:g} Hz", hint=hint, path=(name,)
            )
        if band.low >= SAMPLE_RATE / 2:
            hint = f"what is above {SAMPLE_RATE // 2} Hz is not looked at"
            raise BadValue(f"a band cannot begin at {band.low:g} Hz", hint=hint, path=(name,))


class _Source:
    """A sound file: its digest at once, its samples when they are needed."""

    def __init__(self, file: Path) -> None:
        if not is_file(file):
            raise UsageError(f"there is no file {file}")
        self.file = file
        try:
            self.key = f"{VERSION} {file_digest(file)}"
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror or error}") from error

    @cached_property
    def samples(self) -> Samples:
        """The sound (n,) at `SAMPLE_RATE`, its channels mixed."""
        return decode(self.file)

    def band(self, band: Band) -> Samples:
        """The loudness of one band."""
        from storyboard.audio.bands import loudness

        key = f"{self.key} band {band.low!r} {band.high!r}"
        kept = cache.kept(key, lambda: {"levels": loudness(self.samples, [band])[0]})
        levels: Samples = kept["levels"]
        return levels


def decode(file: Path) -> Samples:
    """The sound (n,) of ``file`` at `SAMPLE_RATE`, its channels mixed. Raises `BadValue`."""
    from storyboard.media import ffmpeg

    hint = "it takes wav, mp3, flac, ogg, m4a, or a video with a sound track"
    try:
        if not ffmpeg.probe(file).has_audio:
            raise BadValue(f"{file} holds no sound", hint=hint)
        samples = ffmpeg.decode_audio(file, rate=SAMPLE_RATE)[:, 0]
        sides = ffmpeg.decode_audio(file, rate=SAMPLE_RATE, channels=2)
    except EncodeFailed as error:
        raise BadValue(f"{file} cannot be read as sound", hint=hint) from error
    if not len(samples):
        raise BadValue(f"{file} holds no sound: it lasts no time at all", hint=hint)
    return uncancelled(np.nan_to_num(samples), np.nan_to_num(sides))


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
    """The used part as places in a signal; at least one value."""
    start, end = used or (0.0, duration)
    if not 0 <= start < end:
        hint = "the start comes first, both in seconds of the file"
        raise BadValue(f"no part of a sound goes from {start:g} to {end:g} s", hint=hint)
    if start >= duration:
        raise BadValue(f"the sound ends at {duration:.3f} s, before {start:g} s")
    first = int(start * SIGNAL_RATE)
    return slice(first, max(first + 1, int(np.ceil(end * SIGNAL_RATE))))


def _normalised(levels: Mapping[str, Samples], used: slice) -> dict[str, Floats]:
    """Each signal divided by its largest value in the used part, or by what it is at least."""
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
    """The onsets' rises as shares of the largest in the used part."""
    inside = rises[(times * SIGNAL_RATE >= used.start) & (times * SIGNAL_RATE < used.stop)]
    largest = float(inside.max(initial=0)) or float(rises.max(initial=0)) or 1.0
    return np.clip(rises / largest, 0.0, 1.0)


def _impulses(times: Floats, strengths: Floats, count: int) -> Floats:
    """The strongest onset nearest to each value of a signal, else 0."""
    impulses = np.zeros(count)
    places = np.minimum(np.rint(times * SIGNAL_RATE).astype(int), count - 1)
    np.maximum.at(impulses, places, strengths)
    return impulses
