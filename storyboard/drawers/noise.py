"""Noise that goes with the camera and stays noise.

Resampling noise blurs it, and the nearest cell repeats it; a sampler makes mush or stripes of both.
Integral noise ("How I Warped Your Noise", Chang et al. 2024) takes a cell for the sum of ever finer
noise within it: the cells are refined, the small parts are moved, and every new cell is the sum of
the parts that land in it, over the root of their number. Each part counts once, so cells stay
independent and of unit variance whatever the move.

Convention: noise (1, C, h, w), of unit variance, on the CPU; its grid covers a picture of
`NoiseGrid`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

FINE = 4
"""Parts along the edge of a cell: enough for a camera that comes four times nearer."""

Points = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Places before a move to those after it, see `storyboard.drawers.FrameStart.points`."""


@dataclass(frozen=True)
class NoiseGrid:
    """The grid of cells over a picture.

    Attributes:
        size: (height, width) of the picture in pixels.
        cell: pixels along the edge of a cell; the cells' middle is that of the picture.
    """

    size: tuple[int, int]
    cell: int

    def places(self, rows: int, columns: int, fine: int) -> Tensor:
        """Return the centres of the parts of all cells, row by row, (N, 2) normalised x, y."""
        lines, starts = [], self._starts(rows, columns)
        for count, side, start in zip((rows, columns), self.size, starts, strict=True):
            pixels = (torch.arange(count * fine, dtype=torch.float64) + 0.5) * self.cell / fine
            lines.append(2 * (pixels + start) / side - 1)
        y, x = torch.meshgrid(*lines, indexing="ij")
        return torch.stack([x, y], dim=-1).flatten(0, 1)

    def cells(self, places: Tensor, rows: int, columns: int) -> tuple[Tensor, Tensor]:
        """Return the number of the cell that each place (N, 2) lies in, and whether there is one.

        Cells are counted row by row.
        """
        starts = self._starts(rows, columns)
        y, x = (
            (((places[:, axis] + 1) / 2 * side - start) / self.cell).floor().long()
            for axis, side, start in zip((1, 0), self.size, starts, strict=True)
        )
        inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
        return (y * columns + x).clamp(0, rows * columns - 1), inside

    def _starts(self, rows: int, columns: int) -> tuple[int, int]:
        """Return where the grid begins, in pixels from the picture's upper left corner."""
        height, width = self.size
        return -((rows * self.cell - height) // 2), -((columns * self.cell - width) // 2)


def fresh(shape: tuple[int, ...], seed: int) -> Tensor:
    """Return noise that nothing was known of."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def blended(new: Tensor, old: Tensor, share: float) -> Tensor:
    """Return noise of unit variance whose variance is ``old`` noise's by ``share``, 0 to 1."""
    return new * math.sqrt(1 - share) + old * math.sqrt(share)


def refined(noise: Tensor, dice: torch.Generator, *, fine: int = FINE) -> Tensor:
    """Return noise (1, C, fine * h, fine * w) whose sums over cells, over ``fine``, are ``noise``.

    Of all such noise it is a random one: its parts are independent and of unit variance.
    """
    _, channels, rows, columns = noise.shape
    parts = torch.randn(channels, rows, fine, columns, fine, generator=dice)
    parts -= parts.mean(dim=(2, 4), keepdim=True)
    parts += noise[0, :, :, None, :, None] / fine
    return parts.reshape(1, channels, rows * fine, columns * fine)


def carried(noise: Tensor, grid: NoiseGrid, points: Points, *, seed: int) -> Tensor:
    """Return ``noise`` as the camera sees it after a move; where it sees none of it, fresh noise.

    Args:
        noise: (1, C, h, w).
        grid: where its cells lie.
        points: the move.
        seed: of what is finer than ``noise``, and of fresh noise.
    """
    _, channels, rows, columns = noise.shape
    parts = refined(noise, torch.Generator().manual_seed(seed))[0].flatten(1)
    places, known = points(grid.places(rows, columns, FINE))
    cells, inside = grid.cells(places.cpu().double(), rows, columns)
    known = known.cpu() & inside
    sums = torch.zeros(channels, rows * columns).index_add_(1, cells[known], parts[:, known])
    counts = torch.bincount(cells[known], minlength=rows * columns)
    moved = (sums / counts.clamp(min=1).sqrt()).reshape(noise.shape)
    empty = (counts == 0).reshape(rows, columns)
    return torch.where(empty, fresh(tuple(noise.shape), seed ^ 0x5EED), moved)
