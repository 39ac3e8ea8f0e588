"""Oscillators: their shapes, limits and phases; periods in beats lie on the beat grid."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from storyboard.curves.beat_grid import BeatGrid
from storyboard.curves.clock import Clock
from storyboard.curves.curves import read_curve
from storyboard.curves.expressions.errors import ExpressionError
from storyboard.curves.instants import ShotScope

CLOCK = Clock(Fraction(24), bpm=Fraction(120))

VALUES = [
    ("sine(4)", [0, 1, 0, -1, 0]),
    ("tri(4)", [0, 1, 0, -1, 0]),
    ("saw(4)", [-1, -0.5, 0, 0.5, -1]),
    ("square(4)", [1, 1, -1, -1, 1]),
    ("pulse(4)", [1, 1, 0, 0, 1]),
    ("pulse(4, width=0.25)", [1, 0, 0, 0, 1]),
    ("pulse(4, 0.75, high=3, low=2)", [3, 3, 3, 2, 3]),
    ("sine(8b)", [0, 1, 0, -1, 0]),
    ("sine(2 bars)", [0, 1, 0, -1, 0]),
    ("sine(96f)", [0, 1, 0, -1, 0]),
    ("sine(4000ms)", [0, 1, 0, -1, 0]),
    ("sine(period=4s)", [0, 1, 0, -1, 0]),
    ("sine(4, 2)", [0, 2, 0, -2, 0]),
    ("sine(4, amp=2, center=1)", [1, 3, 1, -1, 1]),
    ("sine(4, phase=0.25)", [1, 0, -1, 0, 1]),
    ("sine(4, phase=0.25, amp=2)", [2, 0, -2, 0, 2]),
    ("sine(4, low=0)", [0.5, 1, 0.5, 0, 0.5]),
    ("sine(4, low=10, high=20)", [15, 20, 15, 10, 15]),
    ("saw(4, high=0, low=1)", [1, 0.75, 0.5, 0.25, 1]),
    ("sine(4, amp=t)", [0, 1, 0, -3, 0]),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_values(sample: object, text: str, expected: list[float]) -> None:
    assert sample(text, 0, 1, 2, 3, 4) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("fps", ["12", "24", "25", "24000/1001", "30", "60"])
@pytest.mark.parametrize("period", ["1/3", "7f", "1b", "0.1"])
def test_a_period_begins_at_its_frame_whatever_the_rounding(fps: str, period: str) -> None:
    rate = Fraction(fps)
    scope = ShotScope(replace(CLOCK, fps=rate), Fraction(0), Fraction(60))
    at = scope.frames(0, int(60 * rate))
    saw = read_curve(f"saw({period}, low=0, high=1)", names=scope.names).sample(at)
    length = {"7f": 7 / rate, "1b": Fraction(1, 2)}.get(period) or Fraction(period)
    exact = [float(Fraction(n) / rate / length % 1) for n in range(len(at))]
    np.testing.assert_allclose(saw, exact, atol=1e-8)


def test_a_period_in_beats_follows_a_drifting_tempo() -> None:
    grid = BeatGrid(tuple(Fraction(n) for n in (0, 1, 3, 4)))
    scope = ShotScope(replace(CLOCK, grid=grid), Fraction(0), Fraction(4))
    at = scope.exact([Fraction(n) for n in (0, 1, 2, 3, 4)])
    assert read_curve("saw(1b)", names=scope.names).sample(at).tolist() == [-1, -1, 0, -1, -1]
    assert read_curve("saw(4b)", names=scope.names).sample(at)[2] == pytest.approx(-0.25)


@pytest.mark.parametrize("beats", [(0, 1, 3, 4), (0.5, 0.9, 1.7)])
def test_beats_and_moments_undo_one_another(beats: tuple[float, ...]) -> None:
    grid = BeatGrid(tuple(Fraction(n) for n in beats), zero=1)
    seconds = np.linspace(-2, 8, 101)
    np.testing.assert_allclose(grid.seconds_of(grid.beats_at(seconds)), seconds, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        ("sine(4b, ampl=2)", 10, "sine has no argument 'ampl'", "did you mean 'amp'"),
        ("sine(4b, wobble=2)", 10, "sine has no argument 'wobble'", "write sine(period, amp=1"),
        ("sine(amp=2)", 1, "sine takes other arguments than these 1", "write sine(period"),
        ("sine(4b, 2, amp=3)", 13, "sine is given 'amp' twice", "write sine(period"),
        ("sine(amp=3, 4b)", 13, "without a name follows one with a name", "write sine(period"),
        ("sine(4b, amp=2, low=1)", 1, "pass either amp or low, not both", "leave one out"),
        ("2 * sine(t)", 10, "the period has to be the same at all times", None),
        ("sine(0)", 6, "the period is 0, not above zero", None),
        ("sine(0b)", 6, "the period must be above 0", None),
        ("sine(0-2)", 6, "the period is -2, not above zero", None),
    ],
)
def test_errors(refused: object, text: str, column: int, message: str, hint: str | None) -> None:
    refused(text, column, message, hint)


UNITS = [
    ("4b", 2),
    ("2 bars", 4),
    ("1 bar", 2),
    ("0.5s", 0.5),
    ("250ms", 0.25),
    ("12f", 0.5),
    ("1m", 60),
    ("2 * 4b + 1", 5),
    ("t < 0.5s", 1),
    ("sin(2*pi*t/4b)", 0),
    ("1e-1s", 0.1),
]


@pytest.mark.parametrize(("text", "seconds"), UNITS)
def test_a_number_with_a_unit_is_seconds(sample: object, text: str, seconds: float) -> None:
    assert sample(text, 0) == [seconds]


def test_beats_need_a_bpm() -> None:
    scope = ShotScope(replace(CLOCK, bpm=None), Fraction(0), Fraction(4))
    for text in ("4b", "sine(4b)"):
        with pytest.raises(ExpressionError, match="needs a tempo"):
            read_curve(text, names=scope.names).sample(scope.frames(0, 2))
