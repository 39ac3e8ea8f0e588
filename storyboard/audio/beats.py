"""Beat tracking: the tempo, the time of each beat, and the beats that begin a bar.

Tempo over time from autocorrelation; beats by dynamic programming (Ellis, "Beat tracking by
dynamic programming", JNMR 2007), each moved to its nearest strong onset; then, where one tempo
holds throughout, a straight line through all of them, so that the last beat is as exact as the
first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storyboard.audio.analysis import Floats
from storyboard.audio.bands import Samples
from storyboard.audio.grid import straight_grid
from storyboard.audio.onsets import Onsets
from storyboard.audio.tempo import FASTEST, STEP, TEMPO_RATE, tempo_over_time

Places = npt.NDArray[np.int64]

_FEWEST_ONSETS = 4
_TIGHTNESS = 100.0
_NEAR_S, _NEAR_SHARE = 0.025, 0.12
"""Largest distance of an onset from its beat: in seconds, and as a share of the period."""

_AT_ZERO_S = 0.005
"""Seconds by which the first beat may precede the file's first sample."""

_AUDIBLE = 0.2
_BEYOND_CHANCE, _LEAST_ACCENT = 3.0, 0.03
"""Margin of accent by which another phase must exceed the first to begin the bars."""


@dataclass(frozen=True)
class Beats:
    """``times`` in seconds, ascending, through the whole file; ``tempo`` is the median in beats per
    minute, 0 without beats.
    """

    times: Floats
    tempo: float
    steady: bool


NONE = Beats(np.zeros(0), 0.0, False)


def find(rising: Samples, onsets: Onsets, duration: float) -> Beats:
    """Track the beats of a sound from its spectral flux (ranges, n) and its onsets."""
    if len(onsets.times) < _FEWEST_ONSETS:
        return NONE
    strength = _every(rising.sum(axis=0), STEP)
    periods = tempo_over_time(strength)
    if periods is None:
        return NONE
    return refined(_track(strength, periods) / TEMPO_RATE, onsets, duration)


def refined(rough: Floats, onsets: Onsets, duration: float) -> Beats:
    """Return beats from ``rough`` ones (n,) in seconds: each moved to the onset that it means, and
    all to a straight line where one tempo holds.
    """
    if len(rough) < _FEWEST_ONSETS:
        return NONE
    places, chosen = _meant(rough, onsets)
    times = onsets.times[chosen]
    if len(times) < _FEWEST_ONSETS:
        return NONE
    line = _line(times, onsets.rises[chosen], float(np.median(np.diff(rough))))
    if line is not None:
        period, first = line
        beats = _through(np.array([first, first + period]), duration)
        return Beats(beats, 60 / period, True)
    moved = rough + np.interp(np.arange(len(rough)), places, times - rough[places])
    beats = _through(moved, duration)
    return Beats(beats, 60 / float(np.median(np.diff(beats))), False)


def _line(times: Floats, weights: Floats, period: float) -> tuple[float, float] | None:
    """Fit the straight grid through the times at this tempo, or else at twice it.

    If every second beat of a fast song is equally strong, the path alternates between the halves:
    all beats then lie on the faster grid.
    """
    periods = [period, period / 2] if 120 / period <= FASTEST else [period]
    lines = (straight_grid(times, weights, length) for length in periods)
    return next((line for line in lines if line is not None), None)


def bars(accents: Floats, beats: Floats, beats_per_bar: int) -> Floats:
    """Return the beats that begin a bar: every ``beats_per_bar``-th, in the phase of most accent.

    ``accents`` (n,) belong to ``beats`` (n,) in seconds. If no phase stands out, the first audible
    beat begins a bar.

    >>> bars(np.array([0.1, 1.0, 0.1, 0.1] * 2), np.arange(8.0), 4)
    array([1., 5.])
    """
    if len(beats) <= beats_per_bar:
        return beats[:1]
    groups = [accents[phase::beats_per_bar] for phase in range(beats_per_bar)]
    phases = np.array([group.mean() for group in groups])
    chance = max(float(group.std()) / np.sqrt(len(group)) for group in groups)
    first = int(np.argmax(accents > _AUDIBLE * accents.max())) % beats_per_bar
    phase = int(phases.argmax())
    stands_out = phases[phase] > phases[first] + _BEYOND_CHANCE * chance + _LEAST_ACCENT
    return beats[phase if stands_out else first :: beats_per_bar]


def _meant(rough: Floats, onsets: Onsets) -> tuple[Places, Places]:
    """Match rough beats to strong onsets nearby; return the places of both."""
    gaps = np.gradient(rough)
    reach = np.minimum(3 * _NEAR_S, _NEAR_SHARE * gaps)
    places, chosen = [], []
    for place, (beat, most) in enumerate(zip(rough, reach, strict=True)):
        low, high = np.searchsorted(onsets.times, (beat - most, beat + most))
        if low < high:
            near = onsets.times[low:high]
            weights = onsets.rises[low:high] * np.exp(-0.5 * ((near - beat) / _NEAR_S) ** 2)
            places.append(place)
            chosen.append(low + int(weights.argmax()))
    return np.array(places, dtype=np.int64), np.array(chosen, dtype=np.int64)


def _through(beats: Floats, duration: float) -> Floats:
    """Extend ``beats`` at their first and last tempo to both ends of the file."""
    start, end = np.median(np.diff(beats[:5])), np.median(np.diff(beats[-5:]))
    early = int(np.floor((beats[0] + _AT_ZERO_S) / start))
    late = int(np.ceil((duration - beats[-1]) / end - 1e-9)) - 1
    before = beats[0] - start * np.arange(early, 0, -1)
    after = beats[-1] + end * np.arange(1, max(late, 0) + 1)
    whole = np.concatenate([before, beats, after])
    inside: Floats = whole[(whole >= -_AT_ZERO_S) & (whole < duration)]
    return np.maximum(inside, 0.0)


def _every(values: Samples, step: int) -> Samples:
    """Return the maximum of ``step`` values around every ``step``-th one."""
    from scipy import ndimage

    largest: Samples = ndimage.maximum_filter1d(values, step, mode="nearest")[::step]
    return largest


def _track(strength: Samples, periods: Floats) -> Floats:
    """Return the places of the beats: strong values, spaced by about ``periods`` (n,)."""
    score = strength.astype(np.float64) / (float(strength.std()) or 1.0)
    before = np.full(len(score), -1)
    tables = {period: _costs(period) for period in np.unique(periods)}
    for now in range(1, len(score)):
        gaps, costs = tables[periods[now]]
        reached = score[np.maximum(now - gaps, 0)] - costs - 1e9 * (gaps > now)
        chosen = int(reached.argmax())
        if reached[chosen] > 0:
            score[now] += reached[chosen]
            before[now] = now - gaps[chosen]
    tail = round(1.5 * float(periods[-1]))
    now = max(0, len(score) - tail) + int(score[-tail:].argmax())
    beats = []
    while now >= 0:
        beats.append(now)
        now = int(before[now])
    return np.array(beats[::-1], dtype=np.float64)


def _costs(period: float) -> tuple[Places, Floats]:
    """Return the gaps, in steps, that may follow a beat and the penalty of each.

    The penalty is the squared logarithm of gap over period, as in Ellis (2007).
    """
    gaps = np.arange(max(1, round(period / 2)), round(2 * period) + 1)
    costs: Floats = _TIGHTNESS * np.log(gaps / period) ** 2
    return gaps, costs
