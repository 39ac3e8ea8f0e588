"""A signal read at any second, and the largest of what lies within a window."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.audio import SIGNALS, Analysis
from storyboard.audio.analysis import Floats, window_max
from storyboard.errors import UnknownName

RATE = 10.0


def analysis(**signals: list[float]) -> Analysis:
    nothing = np.zeros(0)
    return Analysis(
        duration=1.0,
        tempo=0.0,
        steady=False,
        beats=nothing,
        bars=nothing,
        onsets=np.array([0.29, 0.35, 0.5]),
        onset_strengths=np.array([0.5, 1.0, 0.25]),
        sections=np.zeros(1),
        rate=RATE,
        signals={name: np.array(values) for name, values in signals.items()},
    )


def read(name: str, seconds: list[float], width: float = 0.0) -> list[float]:
    found = analysis(rms=[0, 1, 0, 0.5], pitch=[0, 0.25, 0.75, 0], onset=[0] * 4)
    return found.sample(name, np.array(seconds), width=width).tolist()


@pytest.mark.parametrize(
    ("name", "seconds", "width", "expected"),
    [
        ("rms", [0.1, 0.15, 0.2, 0.3], 0, [1, 0.5, 0, 0.5]),  # straight between two values
        ("rms", [-0.1, 0.31, 5], 0, [0, 0, 0]),  # nothing before and after the file
        ("rms", [0.2], 0.2, [1]),  # the largest within half of the width to either side
        ("rms", [0.2], 0.1, [0.5]),  # an end of the window lies between two values
        ("rms", [0.0, 0.1, 0.2, 0.3], 0.02, [0.1, 1, 0.1, 0.5]),
        ("rms", [0.1, 9.0], 99, [1, 1]),  # wider than the file
        ("rms", [], 0.1, []),
        ("pitch", [0.1, 0.14, 0.16, 0.9], 0, [0.25, 0.25, 0.75, 0]),  # never between two pitches
        ("onset", [0.25, 0.3, 0.4], 0.1, [0.5, 0.5, 1]),  # 0.35 belongs to the later window
        ("onset", [0.5, 0.6], 0.1, [0.25, 0]),
        ("onset", [0.3], 1.0, [1]),
    ],
)
def test_a_signal_at_any_second(
    name: str, seconds: list[float], width: float, expected: list[float]
) -> None:
    assert read(name, seconds, width) == pytest.approx(expected)


def test_an_unknown_signal_is_reported_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'bass'"):
        analysis(bass=[0]).sample("bas", np.zeros(1))


@given(
    st.lists(st.floats(0, 1), max_size=40),
    st.lists(st.tuples(st.integers(-50, 50), st.integers(-2, 60)), max_size=20),
)
def test_window_max_is_the_largest_of_each_window(
    values: list[float], windows: list[tuple[int, int]]
) -> None:
    low = np.array([first for first, _ in windows], dtype=np.int64)
    high = np.array([first + length for first, length in windows], dtype=np.int64)
    expected = [
        max((values[k] for k in range(max(0, a), min(b + 1, len(values)))), default=0.0)
        for a, b in zip(low, high, strict=True)
    ]
    found: Floats = window_max(np.array(values, dtype=np.float64), low, high)
    assert found.tolist() == expected


def test_every_built_in_signal_has_a_line() -> None:
    assert all(line and "\n" not in line for line in SIGNALS.values())
    assert all(name.isidentifier() for name in SIGNALS)
