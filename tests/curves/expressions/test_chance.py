"""Noise and random numbers: their ranges, their smoothness, and whose seed they follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from storyboard.curves.curves import read_curve
from storyboard.curves.expressions.errors import ExpressionError
from storyboard.curves.instants import ShotScope


def values(text: str, scope: ShotScope) -> np.ndarray:
    return read_curve(text, names=scope.names).sample(
        scope.from_shot_start(np.linspace(0, 8, 8001))
    )


@pytest.mark.parametrize("name", ["perlin", "simplex"])
def test_gradient_noise(scope: ShotScope, name: str) -> None:
    many = values(f"{name}(100*t)", scope)
    assert 0.6 < np.abs(many).max() <= 1.0
    assert abs(many.mean()) < 0.05
    np.testing.assert_allclose(values(f"{name}(floor(100*t))", scope), 0, atol=1e-12)
    slope = np.diff(values(f"{name}(t)", scope)) * 1000
    assert np.abs(slope).max() < 7
    assert np.abs(np.diff(slope)).max() < 0.1


@pytest.mark.parametrize(
    "text",
    ["perlin(t + 0.5)", "simplex(t + 0.5)", "wiggle(3, 1)", "hold_random(0.5)"],
)
def test_it_follows_the_seed_of_the_shot_and_its_own(scope: ShotScope, text: str) -> None:
    again = values(text, scope)
    np.testing.assert_array_equal(values(text, scope), again)
    assert np.abs(values(text, replace(scope, seed=8.0)) - again).max() > 0.1
    assert np.abs(values(text[:-1] + ", seed=3)", scope) - again).max() > 0.1


def test_noise_and_rand_have_no_seed_but_the_one_that_is_given(scope: ShotScope) -> None:
    for text in ("noise(t)", "rand(t)"):
        np.testing.assert_array_equal(values(text, scope), values(text, replace(scope, seed=8.0)))


def test_wiggle_wanders_as_often_and_as_far_as_it_is_reported(scope: ShotScope) -> None:
    wanders = values("wiggle(10, 0.2)", scope)
    turns = np.count_nonzero(np.diff(np.sign(np.diff(wanders))))
    assert 40 < turns < 160
    assert 0.05 < np.abs(wanders).max() <= 0.2


def test_a_held_number_changes_once_a_period(scope: ShotScope) -> None:
    held = values("hold_random(1b, low=2, high=3)", scope)
    assert ((held >= 2) & (held < 3)).all()
    changes = np.flatnonzero(np.diff(held)) + 1
    assert changes.tolist() == [n * 500 for n in range(1, 17)]


def test_a_changing_frequency_is_refused(sample: object) -> None:
    with pytest.raises(ExpressionError, match="freq has to be the same") as caught:
        sample("1 + wiggle(1 + t, 2)", 0, 1)
    assert (caught.value.column, caught.value.hint) == (
        5,
        "write noise(integral(freq)), which never jumps",
    )
