"""Events: each belongs to the frame nearest to it, and is exactly there at every fps."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from storyboard.curves.beat_grid import BeatGrid
from storyboard.curves.clock import Clock, frame_of
from storyboard.curves.curves import read_curve
from storyboard.curves.expressions.errors import ExpressionError
from storyboard.curves.expressions.events import NEVER_S
from storyboard.curves.instants import ShotScope
from storyboard.curves.sound import Events, Sound
from storyboard.media.frame_rates import parse_fps

FPS = ["12", "24", "25", "23.976", "30", "60", "29.97"]


def clicks(fps: Fraction, times: list[Fraction]) -> ShotScope:
    events = Events(np.array([float(time) for time in times]), np.ones(len(times)))
    clock = Clock(fps, bpm=Fraction(120))
    return ShotScope(clock, Fraction(0), Fraction(60), sound=Sound({}, {"onset": events}))


def frames(text: str, scope: ShotScope, seconds: int = 60) -> np.ndarray:
    at = scope.frames(0, int(seconds * scope.clock.fps))
    return read_curve(text, names=scope.names).sample(at)


@pytest.mark.parametrize("fps", FPS)
@pytest.mark.parametrize("text", ["since(beat) == 0", "until(beat) == 0", "decay(beat, 999) == 1"])
def test_the_frame_of_a_beat_at_120_bpm_is_exact(fps: str, text: str) -> None:
    rate = parse_fps(fps)
    scope = ShotScope(Clock(rate, bpm=Fraction(120)), Fraction(0), Fraction(60))
    expected = {frame_of(Fraction(n, 2), rate) for n in range(120)}
    found = set(np.flatnonzero(frames(text, scope)).tolist())
    assert found == {n for n in expected if n < int(60 * rate)}


@pytest.mark.parametrize("fps", FPS)
def test_the_flash_of_a_click_anywhere_is_at_the_nearest_frame(fps: str) -> None:
    rate = parse_fps(fps)
    times = [Fraction(29, 100), Fraction(3, 2), Fraction(1, 2) / rate + 2, Fraction(59999, 1000)]
    scope = clicks(rate, times)
    expected = [frame_of(time, rate) for time in times if frame_of(time, rate) < int(60 * rate)]
    assert np.flatnonzero(frames("since(onset) == 0", scope)).tolist() == expected
    counts = frames("count(onset)", scope)
    assert [int(np.argmax(counts >= n + 1)) for n in range(len(expected))] == expected


def test_ten_minutes_do_not_drift() -> None:
    rate = parse_fps("23.976")
    grid = BeatGrid.steady(Fraction(128), Fraction(1, 3))
    scope = ShotScope(Clock(rate, bpm=Fraction(128), grid=grid), Fraction(0), Fraction(600))
    flashes = np.flatnonzero(frames("since(beat) == 0", scope, 600)).tolist()
    beats = grid.between(Fraction(0), Fraction(600))
    last = int(600 * rate)
    assert flashes == [n for n in (frame_of(beat, rate) for beat in beats) if n < last]


EXPECTED = [
    ("since(drop)", [NEVER_S, NEVER_S, 0, 1]),
    ("until(drop)", [2, 1, 0, NEVER_S]),
    ("count(drop)", [0, 0, 1, 1]),
    ("count(beat)", [1, 3, 5, 7]),
    ("count(bar)", [1, 1, 2, 2]),
    ("since(bar)", [0, 1, 0, 1]),
    ("since(onset)", [NEVER_S, 1 - 7 / 24, 2 - 31 / 24, 3 - 31 / 24]),
    ("count(drums.onset)", [0, 1, 2, 2]),
    ("decay(drop, 2)", [0, 0, 1, math.exp(-2)]),
    ("decay(drop, 0)", [0, 0, 1, 1]),
    ("since(t > 0.7) if t > 0.7 else 9", [9, 7 / 24, 31 / 24, 55 / 24]),
    ("count(t < 0.7)", [1, 1, 1, 1]),
    ("count(square(1b))", [1, 3, 5, 7]),
    ("count(bass > 0.9) ", [0, 1, 1, 1]),
    ("since(1 - t)", [0, 1, 2, 3]),
    ("count(event=drop)", [0, 0, 1, 1]),
]


@pytest.mark.parametrize(("text", "expected"), EXPECTED)
def test_values(sample: object, text: str, expected: list[float]) -> None:
    assert sample(text, 0, 1, 2, 3) == pytest.approx(expected, abs=1e-12)


def test_decay_is_the_sum_over_all_that_was(sample: object) -> None:
    ages = [(1 - 7 / 24, 0.5)], [(2 - 7 / 24, 0.5), (2 - 31 / 24, 1.0)]
    expected = [sum(w * math.exp(-3 * age) for age, w in one) for one in ages]
    assert sample("decay(onset, 3)", 1, 2) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("fps", ["24", "60"])
def test_a_rise_is_found_to_the_frame(fps: str) -> None:
    rate = parse_fps(fps)
    rise = Fraction(1234567, 1000000)
    scope = ShotScope(Clock(rate), Fraction(0), Fraction(4))
    values = frames(f"since(t >= {float(rise)}) == 0", scope, 4)
    assert np.flatnonzero(values).tolist() == [frame_of(rise, rate)]


def test_delayed_events_stay_exact(sample: object) -> None:
    assert sample("delay(since(beat), 12f) == 0", 0.5, 1, 1 + 1 / 24, fps=24) == [1, 1, 0]
    assert sample("delay(decay(drop, 9), 1/3)", 7 / 3, fps=24) == [1]


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        ("1 + drop", 5, "'drop' is a moment, not a number", "since(drop)"),
        ("since(dorp)", 7, "unknown name 'dorp'", "did you mean 'drop'"),
        ("decay(drop, t)", 13, "per_s has to be the same at all times", None),
        ("decay(drop, 0-1)", 13, "per_s is -1, below zero", None),
        ("since()", 1, "since takes other arguments than these 0", "write since(event)"),
        ("after(beat, t)", 7, "after() expects one event, got 16", "name a mark"),
    ],
)
def test_errors(refused: object, text: str, column: int, message: str, hint: str | None) -> None:
    refused(text, column, message, hint)


def test_without_a_bpm_there_are_no_beats() -> None:
    scope = ShotScope(Clock(Fraction(24)), Fraction(0), Fraction(4))
    with pytest.raises(ExpressionError, match="needs a tempo"):
        read_curve("count(beat)", names=scope.names).sample(scope.frames(0, 4))
