"""Lattices: how many cells a picture has, that they tile it, and how their values move."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from storyboard.drawers.cell_raster import raster_of
from storyboard.drawers.lattice import SHAPES, Lattice, grid_of, pixray_grid

NAMES = list(SHAPES)

# height and width, shape, scale; columns and rows
PIXRAY = [
    ((432, 768), "rect", 1, (80, 45)),
    ((144, 144), "rect", 1, (40, 40)),
    ((480, 384), "rect", 1, (40, 50)),
    ((432, 768), "rect", 2, (40, 22)),
    ((432, 768), "hexagon", 1, (81, 63)),
    ((432, 768), "triangle", 1, (113, 46)),
    ((432, 768), "diamond", 1, (81, 91)),
    ((30, 40), "rect", 1, (40, 30)),
]


@pytest.mark.parametrize(("size", "shape", "scale", "grid"), PIXRAY)
def test_pixrays_grids(
    size: tuple[int, int], shape: str, scale: float, grid: tuple[int, int]
) -> None:
    assert pixray_grid(size, shape=shape, scale=scale)[::-1] == grid


# height and width, what the story asks for, columns and rows
REGULAR = [
    ((360, 640), {}, (80, 45)),
    ((360, 640), {"scale": 2}, (40, 23)),
    ((360, 640), {"shape": "diamond"}, (80, 90)),
    ((360, 640), {"shape": "triangle"}, (139, 45)),
    ((360, 640), {"shape": "hexagon"}, (80, 52)),
    ((360, 640), {"shape": "hexagon", "cell": 20}, (32, 21)),
    ((360, 640), {"shape": "hexagon", "cells": (30, 20), "scale": 2}, (15, 10)),
    ((20, 30), {"shape": "diamond"}, (15, 10)),
    ((1, 1), {"shape": "knit"}, (1, 1)),
]


@pytest.mark.parametrize(("size", "options", "grid"), REGULAR)
def test_regular_grids(size: tuple[int, int], options: dict, grid: tuple[int, int]) -> None:
    assert grid_of(size, **{"cells": None, "cell": None, **options})[::-1] == grid


@pytest.mark.parametrize("size", [(37, 65), (64, 36)])
@pytest.mark.parametrize("shape", NAMES)
def test_the_cells_cover_the_picture_once(shape: str, size: tuple[int, int]) -> None:
    raster = raster_of(Lattice(shape, (5, 7)), size)
    covered = torch.zeros(size[0] * size[1])
    covered.index_add_(0, raster.pixels.flatten(), raster.weights.flatten())
    torch.testing.assert_close(covered, torch.ones_like(covered), atol=1e-5, rtol=0)
    assert (raster.area > 0).float().mean() > 0.8


@pytest.mark.parametrize("shape", NAMES)
def test_centres_and_outlines_agree(shape: str) -> None:
    lattice = Lattice(shape, (4, 6))
    middles = (lattice.polygons((40, 60)).amin(1) + lattice.polygons((40, 60)).amax(1)) / 2
    torch.testing.assert_close(middles, 10 * lattice.centres())
    assert len(middles) == lattice.cells[0] * lattice.cells[1]


def ramp(lattice: Lattice) -> Tensor:
    """Return values that are the places of the cells, (1, 2, rows, columns)."""
    return lattice.centres().T.reshape(1, 2, *lattice.cells)


@pytest.mark.parametrize("shape", NAMES)
def test_a_move_that_stays_changes_nothing(shape: str) -> None:
    lattice = Lattice(shape, (9, 12))
    values = torch.rand(1, 3, *lattice.cells, generator=torch.Generator().manual_seed(0))
    moved = lattice.moved(values, lambda places: places)
    torch.testing.assert_close(moved, values, atol=1e-6, rtol=0)


@pytest.mark.parametrize("shape", NAMES)
def test_a_ramp_moves_as_a_ramp(shape: str) -> None:
    """Where no border is near, every cell holds the place that it was at before."""
    lattice = Lattice(shape, (24, 30))
    values, shift = ramp(lattice), torch.tensor([0.3, -0.7], dtype=torch.float64)
    moved = lattice.moved(values, lambda places: places + shift / torch.tensor([15.0, 12.0]))
    off = (moved - values - shift.view(1, 2, 1, 1)).abs()[..., 8:-8, 8:-8]
    assert off.max() < 0.01


@pytest.mark.parametrize("shape", NAMES)
def test_shrinking_takes_means(shape: str) -> None:
    """A fine pattern seen from twice as far is grey, not a coarse pattern."""
    lattice = Lattice(shape, (24, 30))
    values = torch.rand(1, 1, *lattice.cells, generator=torch.Generator().manual_seed(0)).double()
    moved = lattice.moved(values, lambda places: 4 * places)
    inner = moved[..., 11:14, 14:17] - values.mean()
    assert inner.square().mean() < 0.5 * values.var()


@pytest.mark.parametrize("shape", NAMES)
def test_there_and_back_a_hundred_times_keeps_the_mean(shape: str) -> None:
    lattice = Lattice(shape, (20, 20))
    values = torch.rand(1, 1, *lattice.cells, generator=torch.Generator().manual_seed(0)).double()
    moved = values
    for turn in range(100):
        shift = 0.02 if turn % 2 else -0.02
        moved = lattice.moved(moved, lambda places, by=shift: places + by)
    assert float((moved.mean() - values.mean()).abs()) < 0.01
