"""A span that hears something, for what expressions do over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from storyboard.curves.clock import Clock
from storyboard.curves.curves import read_curve
from storyboard.curves.expressions import ExpressionError
from storyboard.curves.instants import ShotScope
from storyboard.curves.sound import Events, Sound

ONSETS, STRENGTHS = (0.29, 1.3, 3.1), (0.5, 1.0, 0.8)
CLOCK = Clock(Fraction(24), bpm=Fraction(120), marks={"drop": Fraction(2)})

Sample = Callable[..., list[float]]


def span_of(
    clock: Clock, start: float = 0, end: float = 8, define: Mapping[str, Any] = {}
) -> ShotScope:
    """A span with a slow ``bass``, and onsets of which ``onset`` is the signal, a frame wide."""
    width, onsets = float(1 / clock.fps), Events(np.array(ONSETS), np.array(STRENGTHS))

    def onset(t: np.ndarray) -> np.ndarray:
        near = np.abs(t[:, None] - onsets.times) <= width / 2 + 1e-9
        return (near * onsets.weights).max(axis=1)

    signals = {"bass": lambda t: 0.5 + 0.5 * np.sin(t), "onset": onset, "drums.onset": onset}
    sound = Sound(signals, {"onset": onsets, "drums.onset": onsets})
    return ShotScope(
        clock, Fraction(start), Fraction(end), seed=7, sound=sound, define=dict(define)
    )


@pytest.fixture
def scope() -> ShotScope:
    return span_of(CLOCK)


@pytest.fixture
def sample() -> Sample:
    """``sample(text, *seconds, fps=24, ...)``: the expression at those seconds of the film."""

    def at(text: str, *seconds: float, fps: Any = 24, **options: Any) -> list[float]:
        scope = span_of(replace(CLOCK, fps=Fraction(fps)), **options)
        times = [Fraction(second).limit_denominator(10**6) for second in seconds]
        return read_curve(text, names=scope.names).sample(scope.exact(times)).tolist()

    return at


@pytest.fixture
def refused(sample: Sample) -> Callable[..., None]:
    """Holds that an expression is refused, at this column and in these words."""

    def refuse(text: str, column: int, message: str, hint: str | None = None) -> None:
        with pytest.raises(ExpressionError) as caught:
            sample(text, 0, 1)
        assert message in caught.value.message
        assert caught.value.column == column
        assert (hint or "") in (caught.value.hint or "")

    return refuse


@pytest.fixture
def hear() -> Callable[..., ShotScope]:
    return lambda fps=24, **options: span_of(replace(CLOCK, fps=Fraction(fps)), **options)
