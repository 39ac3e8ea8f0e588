"""Cells on pixels: exact shares, exact gradients, and pictures that are read as they were drawn."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from storyboard.drawers.cell_raster import CellRaster, _covered, raster_of
from storyboard.drawers.lattice import SHAPES, Lattice

NAMES = list(SHAPES)
SIZE = (33, 47)

# corners x, y; the shares of pixels (row, column)
OUTLINES = [
    ([(0, 0), (2, 0), (2, 2), (0, 2)], {(0, 0): 1, (0, 1): 1, (1, 0): 1, (1, 1): 1}),
    ([(0.5, 0.25), (1.5, 0.25), (1.5, 1), (0.5, 1)], {(0, 0): 0.375, (0, 1): 0.375}),
    ([(0, 0), (2, 2), (0, 2)], {(0, 0): 0.5, (1, 0): 1, (1, 1): 0.5}),
    ([(0, 2), (2, 2), (0, 0)], {(0, 0): 0.5, (1, 0): 1, (1, 1): 0.5}),
    ([(-3, 0), (1, 0), (1, 1), (-3, 1)], {(0, 0): 1}),
    # a V, whose notch is not its own
    ([(0, 0), (1, 1), (2, 0), (2, 1), (1, 2), (0, 1)], {(0, 0): 0.5, (0, 1): 0.5, (1, 0): 0.5,
     (1, 1): 0.5}),
]  # fmt: skip


@pytest.mark.parametrize(("outline", "shares"), OUTLINES)
def test_shares_are_areas(outline: list, shares: dict) -> None:
    polygon = torch.tensor([outline], dtype=torch.float64)
    pixel, number, share = _covered(polygon, (3, 4))
    found = {divmod(int(p), 4): float(s) for p, s in zip(pixel, share, strict=True)}
    assert found == pytest.approx(shares)
    assert (number == 0).all()


def noise(raster: CellRaster) -> Tensor:
    count = len(raster.pixels)
    return torch.rand(3, count, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("gap", [0.0, 0.2])
@pytest.mark.parametrize("shape", NAMES)
def test_the_gradient_is_the_transpose(shape: str, gap: float) -> None:
    """``<A v, g> = <v, A' g>``, and what cells leave is paper."""
    raster = raster_of(Lattice(shape, (5, 7)), SIZE, gap)
    values, black = noise(raster).requires_grad_(), torch.zeros(3)
    drawn = raster.spread(values, black)
    back = torch.rand(drawn.shape, generator=torch.Generator().manual_seed(1))
    (drawn * back).sum().backward()
    assert values.grad is not None
    torch.testing.assert_close((values * values.grad).sum(), (drawn * back).sum())
    white = raster.spread(torch.zeros_like(values), torch.ones(3))
    bare = float(white.detach().mean())
    assert bare == pytest.approx(1 - (1 - gap) ** 2 if gap else 0, abs=0.06)


@pytest.mark.parametrize("gap", [0.0, 0.2])
@pytest.mark.parametrize("shape", NAMES)
def test_what_was_drawn_is_read_again(shape: str, gap: float) -> None:
    raster = raster_of(Lattice(shape, (5, 7)), SIZE, gap)
    values, paper = noise(raster), torch.tensor([0.1, 0.2, 0.3])
    drawn = raster.spread(values, paper)
    read = raster.fitted(drawn, paper)
    seen = raster.area > 0.5
    torch.testing.assert_close(read[:, seen], values[:, seen], atol=1e-4, rtol=0)
    torch.testing.assert_close(raster.spread(read, paper), drawn, atol=1e-5, rtol=0)


def test_means_are_of_the_cells_own_pixels() -> None:
    raster = raster_of(Lattice("rect", (2, 2)), (4, 4))
    picture = torch.arange(16.0).view(1, 1, 4, 4)
    assert raster.means(picture).tolist() == [[2.5, 4.5, 10.5, 12.5]]


def test_rasters_are_kept() -> None:
    lattice = Lattice("hexagon", (3, 4))
    assert raster_of(lattice, SIZE) is raster_of(Lattice("hexagon", (3, 4)), SIZE)
