"""Fit of an evenly spaced grid to beats."""

from __future__ import annotations

import numpy as np

from storyboard.audio.analysis import Floats

_TEMPO_RANGE = 0.03
_STEPS_PER_TURN = 8
_NEAR_S = 0.02
_NEAR_SHARE = 0.75
_PARTS, _MOST_PARTS = 12, 0.75
_PART_S, _SOFT_S = 0.016, 0.04
_ROUNDS = 16
_SAME_S = 0.0002
_LEAST_WEIGHT = 1e-3


def straight_grid(times: Floats, weights: Floats, period: float) -> tuple[float, float] | None:
    """Fit an evenly spaced grid to ``times`` (n,): ``(period, first)`` in seconds, or None.

    Iteratively reweighted least squares of ``time = first + number * period``. Points far from the
    line lose weight, so that soft, late attacks do not bend it. ``weights`` (n,) are the strengths
    of the beats, ``period`` the approximate period; ``first`` is the grid's first beat from 0.
    Returns None if the times lie on no grid (`_fits`).
    """
    weights = weights / (float(weights.max()) or 1.0) + _LEAST_WEIGHT
    period, first = _roughly(times, weights, period)
    for scale in np.geomspace(_NEAR_S, _NEAR_S / 20, _ROUNDS):
        numbers = np.rint((times - first) / period)
        away = times - first - numbers * period
        period, first = _line(numbers, times, weights / (1 + (away / scale) ** 2) ** 2)
    numbers = np.rint((times - first) / period)
    if not _fits(np.abs(times - first - numbers * period)):
        return None
    first += period * float(numbers[0])
    period, first = _as_set(period, first, beats=int(numbers[-1] - numbers[0]))
    return period, first % period


def _as_set(period: float, first: float, *, beats: int) -> tuple[float, float]:
    """Round the grid to a tempo with two decimals and a first beat in whole milliseconds.

    Music software sets such values. Done only where the result is within the precision of a
    measurement over ``beats`` beats.
    """
    usual = 60 / round(60 / period, 2)
    middle = max(beats // 2, 1)
    if abs(usual - period) * middle < _SAME_S:
        first, period = first + middle * (period - usual), usual
    whole = round(first, 3)
    return period, whole if abs(whole - first) < _SAME_S else first


def _fits(away: Floats) -> bool:
    """Return True if beats at these distances (n,) from a grid, in seconds and in order, lie on it.

    Three quarters of them must be within 20 ms, and no part of the song may deviate: of its twelve
    parts nine must be within 16 ms, and three, which may have soft attacks, within 40 ms.
    """
    parts = [float(np.median(part)) for part in np.array_split(away, _PARTS) if len(part)]
    near = float(np.mean(away < _NEAR_S)) >= _NEAR_SHARE
    return near and max(parts) <= _SOFT_S and float(np.quantile(parts, _MOST_PARTS)) <= _PART_S


def _roughly(times: Floats, weights: Floats, period: float) -> tuple[float, float]:
    """Return the (period, first) near ``period`` that maximise ``|sum(w * exp(2 pi i t /
    period))|``.
    """
    length = max(float(times[-1] - times[0]), period)
    count = int(2 * _TEMPO_RANGE * length / period * _STEPS_PER_TURN) + 2
    rates = np.linspace(1 - _TEMPO_RANGE, 1 + _TEMPO_RANGE, count) / period
    sums = np.array([weights @ np.exp(2j * np.pi * rate * times) for rate in rates])
    best = int(np.abs(sums).argmax())
    return 1 / float(rates[best]), float(np.angle(sums[best])) / (2 * np.pi * float(rates[best]))


def _line(numbers: Floats, times: Floats, weights: Floats) -> tuple[float, float]:
    """Return the weighted least-squares line through times by number: (slope, value at 0)."""
    total = weights.sum()
    middle, centre = (weights @ numbers) / total, (weights @ times) / total
    spread = weights @ (numbers - middle) ** 2
    slope = float((weights * (numbers - middle)) @ (times - centre) / max(spread, 1e-12))
    return slope, float(centre - slope * middle)
