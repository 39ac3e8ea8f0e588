"""The beat grid: exact where the tempo is steady, along with it where it drifts."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from storyboard.audio import analyse, beats
from storyboard.audio.analysis import SIGNAL_RATE, Floats
from storyboard.audio.onsets import Onsets
from storyboard.curves.clock import frame_of

Make = Callable[..., np.ndarray]
Save = Callable[..., Path]

MS = 0.001


def track(times: Floats, duration: float) -> beats.Beats:
    """The beats of hits at ``times``, without a sound: what the listening room would find."""
    flux = np.zeros((3, round(duration * SIGNAL_RATE)), np.float32)
    flux[:, np.rint(times * SIGNAL_RATE).astype(int)] = 10
    return beats.find(flux, Onsets(times, np.ones(len(times))), duration)


def nearest(found: Floats, times: Floats) -> Floats:
    """Return the distance of each time from the nearest beat."""
    return np.array([np.abs(found - time).min() for time in times])


@pytest.mark.parametrize("bpm", [60, 75, 90, 100, 120, 128.5, 140, 160, 174, 180])
def test_steady_clicks_have_their_tempo(bpm: float) -> None:
    times = np.arange(0.29, 30, 60 / bpm)
    grid = track(times, 30)
    assert grid.tempo == pytest.approx(bpm, abs=1e-6)
    assert grid.steady
    assert grid.times == pytest.approx(times, abs=0.3 * MS)


@pytest.mark.parametrize("bpm", [119.3, 123.456])
def test_ten_minutes_do_not_drift(bpm: float) -> None:
    """Every hit a little off, as onsets are found: no beat is off by a millisecond."""
    times = np.arange(0.29, 600, 60 / bpm)
    grid = track(times + np.random.default_rng(0).uniform(-MS, MS, len(times)), 600)
    assert grid.steady
    assert len(grid.times) == len(times)
    assert np.abs(grid.times - times).max() < MS


def test_missing_and_extra_hits_do_not_move_the_grid() -> None:
    chance = np.random.default_rng(2)
    times = np.arange(0.2, 60, 0.5)
    played = np.concatenate([times[chance.random(len(times)) < 0.7], chance.uniform(0, 60, 15)])
    grid = track(np.sort(played), 60)
    assert grid.steady
    assert grid.times == pytest.approx(times, abs=MS)


def test_a_fast_song_whose_path_changes_sides_has_the_faster_grid() -> None:
    """Every other beat is missing, first the even ones, then the odd ones."""
    fast = np.arange(0.2, 60, 60 / 170)
    grid = track(np.concatenate([fast[:80:2], fast[81::2]]), 60)
    assert grid.steady
    assert grid.tempo == pytest.approx(170)
    assert grid.times == pytest.approx(fast, abs=MS)


DRIFTING = {
    "faster and faster": 60 / np.linspace(120, 132, 120),
    "swaying": 60 / (120 + 6 * np.sin(np.arange(160) / 20)),
    "walking": 60 / (100 + np.cumsum(np.random.default_rng(5).normal(0, 0.5, 160))),
    "slower at the end": np.concatenate([np.full(80, 0.5), np.geomspace(0.5, 0.62, 20)]),
}


@pytest.mark.parametrize("lengths", DRIFTING.values(), ids=DRIFTING)
def test_a_drifting_tempo_is_followed(lengths: Floats) -> None:
    times = np.cumsum(lengths)
    grid = track(times, float(times[-1]) + 0.4)
    assert not grid.steady
    assert nearest(grid.times, times[:-3]).max() < MS
    assert abs(len(grid.times) - len(times)) <= 3


def test_the_grid_runs_through_what_has_no_beat() -> None:
    grid = track(np.arange(5.13, 30, 0.5), 40)
    assert grid.times == pytest.approx(np.arange(0.13, 40, 0.5), abs=MS)


@pytest.mark.parametrize("times", [[], [1.0], [1.0, 2.0, 3.0]], ids=len)
def test_few_hits_are_no_beat(times: list[float]) -> None:
    assert track(np.array(times, dtype=np.float64), 10) == beats.NONE


FPS = [Fraction(12), Fraction(24), Fraction(24000, 1001), Fraction(25), Fraction(30), Fraction(60)]


@pytest.mark.parametrize("first", [Fraction(0), Fraction(29, 100)], ids=str)
@pytest.mark.parametrize("fps", FPS, ids=str)
def test_the_frame_of_every_click_is_exact(
    fps: Fraction, first: Fraction, clicks: Make, save: Save
) -> None:
    """Also at 25 fps, where every other beat lies half way between two frames and goes up."""
    times = [first + Fraction(beat, 2) for beat in range(39)]
    song = analyse(save(clicks([float(time) for time in times], 19.5)))
    exact = [frame_of(time, fps) for time in times]
    for found in (song.beats, song.onsets):
        assert [frame_of(Fraction(float(beat)), fps) for beat in found] == exact


def accented(every: int, phase: int, count: int) -> list[float]:
    return [0.8 if beat % every == phase else 0.4 for beat in range(count)]


@pytest.mark.parametrize(("per_bar", "phase"), [(4, 0), (4, 3), (3, 1), (2, 1)])
def test_bars_begin_at_the_accents(per_bar: int, phase: int, clicks: Make, save: Save) -> None:
    times = np.arange(0.29, 20, 0.5)
    file = save(clicks(times, 20, loud=accented(per_bar, phase, len(times))))
    song = analyse(file, beats_per_bar=per_bar)
    assert song.bars == pytest.approx(times[phase::per_bar], abs=MS)


def test_without_accents_the_first_audible_beat_begins_a_bar(clicks: Make, save: Save) -> None:
    song = analyse(save(clicks(np.arange(1.29, 12, 0.5), 12)))
    assert song.bars == pytest.approx(np.arange(1.29, 12, 2), abs=MS)
    assert song.beats[0] == pytest.approx(0.29, abs=MS)


@pytest.mark.slow
def test_ten_minutes_of_sound_do_not_drift(clicks: Make, save: Save) -> None:
    times = np.arange(0.29, 600, 60 / 119.3)
    song = analyse(save(clicks(times, 600), "long.flac"))
    assert np.abs(song.beats - times).max() < MS
