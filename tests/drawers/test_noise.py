"""Noise that goes with the camera: exact for a whole step, and noise after any move."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from storyboard.drawers.noise import FINE, NoiseGrid, blended, carried, fresh, refined

GRID = NoiseGrid((64, 96), 1)
NOISE = fresh((1, 4, 64, 96), 1)
Points = Callable[[Tensor], tuple[Tensor, Tensor]]


def moved(zoom: float = 1.0, x: float = 0.0, degrees: float = 0.0) -> Points:
    """A camera move about the middle; x in widths."""
    turn = math.radians(degrees)
    cos, sin, wide = math.cos(turn) * zoom, math.sin(turn) * zoom, 96 / 64
    matrix = torch.tensor([[cos, -sin / wide], [sin * wide, cos]]).double()

    def points(places: Tensor) -> tuple[Tensor, Tensor]:
        there = places @ matrix.T + torch.tensor([2 * x, 0.0]).double()
        return there, torch.ones(len(places), dtype=torch.bool)

    return points


def test_refined_noise_sums_up_to_the_noise() -> None:
    parts = refined(NOISE, torch.Generator().manual_seed(2))
    whole = torch.nn.functional.avg_pool2d(parts, FINE) * FINE
    torch.testing.assert_close(whole, NOISE, atol=1e-5, rtol=0)
    assert float(parts.std()) == pytest.approx(1, abs=0.01)
    beside = (parts[..., 1:] * parts[..., :-1]).mean()
    assert float(beside) == pytest.approx(0, abs=0.01)


def test_a_camera_that_stands_still_keeps_the_noise() -> None:
    torch.testing.assert_close(carried(NOISE, GRID, moved(), seed=3), NOISE, atol=1e-5, rtol=0)


def test_whole_cells_go_along_and_the_rest_is_fresh() -> None:
    found = carried(NOISE, GRID, moved(x=24 / 96), seed=3)
    torch.testing.assert_close(found[..., 24:], NOISE[..., :-24], atol=1e-5, rtol=0)
    assert float(found[..., :24].std()) == pytest.approx(1, abs=0.05)


MOVES = [
    moved(1.2),
    moved(0.7),
    moved(1.05, 0.013, 7),
    moved(degrees=45),
    moved(2.5),
    moved(9.0),
]


@pytest.mark.parametrize("points", MOVES)
def test_noise_stays_noise(points: Points) -> None:
    """Unit variance, no correlation between neighbours or channels, after three moves in a row."""
    found = NOISE
    for seed in (3, 4, 5):
        found = carried(found, GRID, points, seed=seed)
    assert float(found.std()) == pytest.approx(1, abs=0.03)
    assert float(found.mean()) == pytest.approx(0, abs=0.03)
    pairs = [
        (found[..., 1:], found[..., :-1]),
        (found[..., 1:, :], found[..., :-1, :]),
        (found[..., 1:, 1:], found[..., :-1, :-1]),
        (found[:, 1:], found[:, :-1]),
    ]
    for one, other in pairs:
        assert float((one * other).mean()) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_blended_noise_is_noise(share: float) -> None:
    found = blended(fresh((1, 4, 64, 96), 2), NOISE, share)
    assert float(found.std()) == pytest.approx(1, abs=0.03)
    assert float((found * NOISE).mean()) == pytest.approx(share**0.5, abs=0.03)


def test_a_padded_grid_lies_about_the_picture() -> None:
    """Five pixels more than the picture: two before it, three after."""
    grid = NoiseGrid((11, 11), 4)
    places = grid.places(4, 4, 1)
    assert places[0].tolist() == pytest.approx([2 * 0 / 11 - 1 + 0, -1 + 0.0])
    cells, inside = grid.cells(places, 4, 4)
    assert torch.equal(cells, torch.arange(16)) and bool(inside.all())
