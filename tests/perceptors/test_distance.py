"""Distances of directions, prompts' weights and stops, great circles."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from storyboard.perceptors.distance import slerp, spherical, weighted

X = torch.tensor([1.0, 0.0, 0.0])
Y = torch.tensor([0.0, 1.0, 0.0])


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(X, X, 0.0), (X, Y, 1.2337), (X, -X, 4.9348), (X, (X + Y) / math.sqrt(2), 0.30843)],
)
def test_distance_is_half_the_squared_angle(
    a: torch.Tensor, b: torch.Tensor, expected: float
) -> None:
    a = a.clone().requires_grad_()
    distance = spherical(a, b)
    distance.backward()
    assert distance.item() == pytest.approx(expected, abs=1e-4)
    assert a.grad is not None
    assert bool(a.grad.isfinite().all()), "a finite slope, at both ends too"


def test_distance_is_the_arcsine_form() -> None:
    a, b = F.normalize(torch.randn(2, 50, 8, generator=torch.Generator().manual_seed(0)), dim=-1)
    arcsine = 2 * ((a - b).norm(dim=-1) / 2).arcsin() ** 2
    torch.testing.assert_close(spherical(a, b), arcsine)


@pytest.mark.parametrize(
    ("weight", "stop", "distance", "value", "slope"),
    [
        (1.0, -math.inf, 0.8, 0.8, 1.0),
        (2.0, -math.inf, 0.8, 1.6, 2.0),
        (-2.0, -math.inf, 0.8, -1.6, -2.0),
        (1.0, 0.5, 0.8, 0.8, 1.0),
        (1.0, 0.5, 0.4, 0.4, 0.0),
        (-1.0, -0.9, 0.5, -0.5, -1.0),
        (-1.0, -0.9, 1.0, -1.0, 0.0),
    ],
)
def test_weight_and_stop(
    weight: float, stop: float, distance: float, value: float, slope: float
) -> None:
    leaf = torch.tensor(distance, requires_grad=True)
    loss = weighted(leaf, weight, stop)
    loss.backward()
    assert leaf.grad is not None
    assert (loss.item(), leaf.grad.item()) == pytest.approx((value, slope))


def test_each_view_stops_for_itself() -> None:
    leaf = torch.tensor([0.4, 0.8], requires_grad=True)
    weighted(leaf, 1.0, 0.5).sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("a", "b", "mix", "expected"),
    [
        (X, Y, 0.0, X),
        (X, Y, 1.0, Y),
        (X, Y, 0.5, F.normalize(X + Y, dim=-1)),
        (X, Y, 1 / 3, torch.tensor([math.cos(math.pi / 6), math.sin(math.pi / 6), 0.0])),
        (X, X, 0.7, X),
        (X, -X, 0.0, X),
        (X, -X, 1.0, -X),
    ],
)
def test_slerp_goes_along_the_great_circle(
    a: torch.Tensor, b: torch.Tensor, mix: float, expected: torch.Tensor
) -> None:
    torch.testing.assert_close(slerp(a, b, mix), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("other", [Y, -X, X + 1e-6 * Y, F.normalize(-X + 1e-6 * Y, dim=-1)])
def test_half_way_is_as_far_from_both_ends(other: torch.Tensor) -> None:
    half = slerp(X, other, 0.5)
    assert half.norm().item() == pytest.approx(1.0)
    assert spherical(half, X).item() == pytest.approx(spherical(half, other).item(), abs=1e-3)
