"""The beat grid: exact both ways, also where the tempo drifts, and beyond its ends."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.curves.beat_grid import BeatGrid, exact
from storyboard.curves.clock import Clock
from storyboard.curves.instants import ShotScope
from storyboard.times import parse_time

F = Fraction
DRIFTING = BeatGrid((F(1), F(3, 2), F(19, 10), F(9, 4), F(5, 2)), zero=1)
"""Beats at 1, 1.5, 1.9, 2.25 and 2.5 s: it speeds up, and the second is beat 0."""

CLOCK = Clock(F(24), bpm=F(150), first_beat=F(3, 2), grid=DRIFTING, end=F(10))

MOMENTS = [
    (F(0), F(3, 2)),
    (F(1), F(19, 10)),
    (F(1, 2), F(17, 10)),
    (F(-1), F(1)),
    (F(-3), F(0)),
    (F(3), F(5, 2)),
    (F(5), F(3)),
]


@pytest.mark.parametrize(("beat", "moment"), MOMENTS)
def test_a_beat_has_one_moment_and_a_moment_one_beat(beat: Fraction, moment: Fraction) -> None:
    assert DRIFTING.moment(beat) == moment
    assert DRIFTING.beat(moment) == beat


times = st.fractions(min_value=-20, max_value=60, max_denominator=1001)
gaps = st.lists(st.fractions(F(1, 5), F(2), max_denominator=997), min_size=1, max_size=12)


@given(gaps=gaps, zero=st.integers(0, 12), moment=times)
def test_moments_and_beats_undo_one_another_exactly(
    gaps: list[Fraction], zero: int, moment: Fraction
) -> None:
    grid = BeatGrid(tuple(sum(gaps[:n], F(1)) for n in range(len(gaps) + 1)), min(zero, len(gaps)))
    assert grid.moment(grid.beat(moment)) == moment
    assert grid.beat(grid.moment(moment)) == moment


@pytest.mark.parametrize("fps", ["12", "24", "25", "24000/1001", "30", "60"])
def test_frames_have_the_nearest_floats_to_their_exact_beats(fps: str) -> None:
    rate = F(fps)
    frames = DRIFTING.frames(0, 400, rate)
    assert frames.tolist() == [float(DRIFTING.beat(n / rate)) for n in range(400)]
    assert DRIFTING.beats_at(np.arange(400) / float(rate)) == pytest.approx(frames, abs=1e-12)


def test_a_steady_grid_is_a_straight_line() -> None:
    grid = BeatGrid.steady(F(120), F(1, 4))
    assert [grid.moment(n) for n in (-1, 0, 7)] == [F(-1, 4), F(1, 4), F(15, 4)]
    assert grid.between(F(1, 4), F(5, 4)) == [F(1, 4), F(3, 4)]


WRITTEN = [
    ("position", "0b", F(3, 2)),
    ("position", "2b", F(9, 4)),
    ("position", "1 bar", F(11, 4)),
    ("within", "1b", F(1, 4)),
    ("within", "2b", F(1, 2)),
    ("within", "1/2b", F(1, 8)),
    ("within", "end - 1b", F(3, 4)),
    ("length", "2b", F(1, 2)),
]


@pytest.mark.parametrize(("what", "text", "expected"), WRITTEN)
def test_times_in_beats_follow_the_drift(what: str, text: str, expected: Fraction) -> None:
    """A shot from 2.25 s to 3.25 s: its first beat lasts 0.25 s, as all from there on."""
    start, stop = F(9, 4), F(13, 4)
    resolved = {
        "position": lambda: CLOCK.film_time(parse_time(text)),
        "within": lambda: CLOCK.time_in_shot(parse_time(text), start, stop),
        "length": lambda: CLOCK.duration_of(parse_time(text), start=start),
    }[what]()
    assert resolved == expected


def test_the_beats_of_instants_follow_the_drift() -> None:
    scope = ShotScope(CLOCK, F(0), F(4))
    whole = scope.exact([DRIFTING.moment(n) for n in range(-3, 8)])
    assert whole.b.tolist() == list(range(-3, 8))
    frames = scope.frames(0, 96)
    assert frames.b.tolist() == [float(DRIFTING.beat(F(n, 24))) for n in range(96)]
    assert scope.from_shot_start(frames.after).b == pytest.approx(frames.b)


@pytest.mark.parametrize(("samples", "rate"), [(29 * 441, 44100), (7 * 12345, 48000), (3, 8000)])
def test_measured_seconds_become_the_fractions_they_are(samples: int, rate: int) -> None:
    assert exact(np.array([samples / rate])) == [F(samples, rate)]


def test_half_a_frame_stays_half_a_frame() -> None:
    """12.5 frames at 25 and 24000/1001 fps, as a float of seconds and back."""
    for fps in (F(25), F(24000, 1001)):
        (moment,) = exact(np.array([float(F(25, 2) / fps)]))
        assert moment * fps == F(25, 2)
