"""The grid of cells: evenly laid out, exact means, hard edges through a move, a way back inside."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from storyboard.drawers.pixel import (
    PixelDrawer,
    cell_of_pixel,
    clamp_inward,
    grid_of,
)

# height and width, options, rows and columns
GRIDS = [
    ((360, 640), {}, (45, 80)),
    ((640, 360), {}, (80, 45)),
    ((512, 512), {}, (45, 45)),
    ((180, 320), {"cell": 10}, (18, 32)),
    ((180, 320), {"cell": 7}, (26, 46)),
    ((180, 320), {"cells": (40, 30)}, (30, 40)),
    ((180, 320), {"cells": (4000, 3)}, (3, 320)),
    ((20, 30), {}, (20, 30)),
    ((20, 30), {"cell": 100}, (1, 1)),
]


@pytest.mark.parametrize(("size", "options", "grid"), GRIDS)
def test_grid(size: tuple[int, int], options: dict, grid: tuple[int, int]) -> None:
    assert grid_of(size, **{"cells": None, "cell": None, **options}) == grid


@pytest.mark.parametrize(("pixels", "cells"), [(12, 4), (10, 3), (47, 13), (5, 5), (7, 1)])
def test_cells_are_even(pixels: int, cells: int) -> None:
    """All of one size or of two neighbouring ones, none empty, the layout its own mirror."""
    cell = cell_of_pixel(pixels, cells)
    counts = cell.bincount(minlength=cells)
    assert counts.min() >= 1 and counts.max() - counts.min() <= 1
    assert (cell.diff() >= 0).all()
    if pixels % cells == 0:
        assert counts.min() == counts.max()


def test_encode_takes_the_exact_mean() -> None:
    picture = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    drawer = PixelDrawer((6, 8), {"cells": [4, 3]})
    drawer.encode(picture)
    means = picture.reshape(1, 3, 3, 2, 4, 2).mean((3, 5))
    torch.testing.assert_close(drawer.cells.detach(), means)
    assert drawer.cells.shape == (1, 3, 3, 4)


def test_a_picture_of_cells_survives_many_frames() -> None:
    drawer = PixelDrawer((33, 47), {"cells": [13, 10]})
    drawer.encode(torch.rand(1, 3, 33, 47, generator=torch.Generator().manual_seed(0)))
    first = drawer.draw().detach()
    for _ in range(20):
        drawer.encode(drawer.draw().detach())
    torch.testing.assert_close(drawer.draw().detach(), first, atol=1e-6, rtol=0)


def test_edges_stay_hard_through_a_move(start: Any) -> None:
    drawer = PixelDrawer((20, 20), {"cells": [5, 5]})
    canvas = torch.rand(1, 3, 20, 20)
    drawer.carry(start(canvas, move=lambda grid: 0.5 * grid + 0.5 * grid.roll(1, 3)))
    moved = drawer.draw()
    blocks = moved.reshape(1, 3, 5, 4, 5, 4)
    assert torch.equal(blocks, blocks[:, :, :, :1, :, :1].expand_as(blocks))


def test_cells_change_colour_natively_and_take_the_canvas_where_it_is_revealed(start: Any) -> None:
    drawer = PixelDrawer((20, 20), {"cells": [5, 5]})
    before = drawer.cells.detach().clone()
    canvas, mask = torch.full((1, 3, 20, 20), 0.25), torch.zeros(1, 1, 20, 20)
    mask[..., 16:] = 1
    drawer.carry(start(canvas, change=lambda colors: colors / 2, revealed=mask))
    torch.testing.assert_close(drawer.cells[..., :4].detach(), before[..., :4] / 2)
    assert (drawer.cells[..., 4] == 0.25).all()


@pytest.mark.parametrize(
    ("value", "gradient", "passed"),
    [
        (0.5, 1.0, 1.0),
        (0.5, -1.0, -1.0),
        (1.2, 1.0, 1.0),  # a step goes down, back inside
        (1.2, -1.0, 0.0),
        (-0.2, -1.0, -1.0),
        (-0.2, 1.0, 0.0),
        (0.0, 1.0, 0.0),
        (1.0, -1.0, 0.0),
        (1.0, 1.0, 1.0),
    ],
)
def test_the_gradient_that_leads_back_inside_passes(
    value: float, gradient: float, passed: float
) -> None:
    cell = torch.tensor(value, requires_grad=True)
    clamped = clamp_inward(cell)
    clamped.backward(torch.tensor(gradient))
    assert 0 <= clamped <= 1
    assert cell.grad == passed


def test_clamp() -> None:
    drawer = PixelDrawer((8, 8), {"cells": [2, 2]})
    with torch.no_grad():
        drawer.cells.add_(3)
    drawer.clamp()
    assert drawer.cells.max() == 1


def test_only_another_grid_needs_another_drawer() -> None:
    drawer = PixelDrawer((18, 32), {"cell": 4})
    assert drawer.retune({"cell": 4, "lr": 0.2})
    assert drawer.parameters()[0]["lr"] == 0.2
    assert drawer.retune({"cell": 3.95})
    assert not drawer.retune({"cell": 6})
