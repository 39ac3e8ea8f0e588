"""A straight line through beats, where there is one."""

from __future__ import annotations

import numpy as np

from storyboard.audio.analysis import Floats

_TEMPO_RANGE = 0.03
_STEPS_PER_TURN = 8
_NEAR_S = 0.02
_NEAR_SHARE = 0.75
_PARTS, _PART_S = 12, 0.016
_ROUNDS = 16


def straight_grid(times: Floats, weights: Floats, period: float) -> tuple[float, float] | None:
    """``(period, first)`` in seconds of the evenly spaced grid that ``times`` (n,) lie on.

    ``first`` is the grid's first beat from zero on; ``period`` the length of a beat near which it
    is looked for. Times of more weight count more, and those far from the line less and less, so
    that soft attacks, which are late, do not bend it. None where the times lie on no grid: less
    than three quarters of them within twenty milliseconds, or a part of them aside by more than
    sixteen.
    """
    period, first = _roughly(times, weights, period)
    for scale in np.geomspace(_NEAR_S, _NEAR_S / 20, _ROUNDS):
        numbers = np.rint((times - first) / period)
        away = times - first - numbers * period
        period, first = _line(numbers, times, weights / (1 + (away / scale) ** 2) ** 2)
    numbers = np.rint((times - first) / period)
    away = times - first - numbers * period
    aside = [abs(float(np.median(part))) for part in np.array_split(away, _PARTS) if len(part)]
    if np.mean(np.abs(away) < _NEAR_S) < _NEAR_SHARE or max(aside) > _PART_S:
        return None
    return period, first % period


def _roughly(times: Floats, weights: Floats, period: float) -> tuple[float, float]:
    """The grid on which most times fall together, found by turning them round a circle."""
    length = max(float(times[-1] - times[0]), period)
    count = int(2 * _TEMPO_RANGE * length / period * _STEPS_PER_TURN) + 2
    rates = np.linspace(1 - _TEMPO_RANGE, 1 + _TEMPO_RANGE, count) / period
    sums = np.array([weights @ np.exp(2j * np.pi * rate * times) for rate in rates])
    best = int(np.abs(sums).argmax())
    return 1 / float(rates[best]), float(np.angle(sums[best])) / (2 * np.pi * float(rates[best]))


def _line(numbers: Floats, times: Floats, weights: Floats) -> tuple[float, float]:
    """The weighted least-squares line through times by number: (slope, value at 0)."""
    total = weights.sum()
    middle, centre = (weights @ numbers) / total, (weights @ times) / total
    spread = weights @ (numbers - middle) ** 2
    slope = float((weights * (numbers - middle)) @ (times - centre) / max(spread, 1e-12))
    return slope, float(centre - slope * middle)
