"""Samples of a film: bounded, without a jump between them, exact in their sums."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from storyboard.curves.expressions import compile_expression
from storyboard.curves.expressions.nodes import Environment
from storyboard.curves.expressions.quadrature import NODES, WEIGHTS, Samples, nodes_of, samples_of
from storyboard.curves.expressions.scope import Cache
from storyboard.curves.instants import ShotScope


def samples(text: str, scope: ShotScope) -> Samples:
    tree = compile_expression(text, scope.names).tree
    return samples_of(tree, Environment.of(scope.frames(0, 1)))


def test_the_nodes_integrate_degree_nine() -> None:
    for power in range(10):
        assert WEIGHTS @ NODES**power == pytest.approx(1 / (power + 1), rel=1e-14)


def test_no_sample_lies_on_a_jump(scope: ShotScope) -> None:
    edges = samples("beat_phase + decay(onset, 1)", scope).edges
    frames = np.floor(np.array([0.29, 1.3, 3.1]) * 24 + 0.5) / 24
    for jump in [*np.arange(0, 8, 0.5), *frames]:
        assert np.abs(edges - jump).min() < 1e-12
    assert (np.diff(edges) > 0).all()
    assert (edges[0], edges[-1] >= 8) == (0, True)


def test_a_film_of_a_day_has_no_more_cells_than_one_of_an_hour(scope: ShotScope) -> None:
    day = replace(scope, end=Fraction(86_400))
    assert len(samples("bass", day).edges) <= 2**18 + 2


@pytest.mark.parametrize("values", [[1, 1, 0, 0, 0], [0, 0, 0, 0, 1], [-1, -1, 0, 0, 0]])
def test_within_a_cell_the_sum_goes_one_way(values: list[float]) -> None:
    one = Samples(np.array([0.0, 1.0]), np.array([values], dtype=float))
    steps = np.diff(one.integral(np.linspace(0, 1, 1001)))
    assert (steps >= 0).all() or (steps <= 0).all()
    assert one.integral(np.ones(1))[0] == pytest.approx(WEIGHTS @ np.array(values))


def test_within_a_cell_the_sum_is_that_of_the_polynomial() -> None:
    edges = np.array([0.0, 1.0, 3.0])
    one = Samples(edges, (nodes_of(edges) ** 4).reshape(-1, 5))
    x = np.linspace(0, 3, 50)
    np.testing.assert_allclose(one.integral(x), x**5 / 5, rtol=1e-11, atol=1e-12)


def test_a_cache_keeps_what_was_asked_for_last() -> None:
    cache, made = Cache(size=2), []
    for key in "abacab":
        cache.recall(key, lambda key=key: made.append(key))
    assert made == ["a", "b", "c", "b"]
