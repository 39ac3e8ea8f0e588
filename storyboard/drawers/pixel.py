"""The picture as a grid of coloured cells with hard edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers import FrameStart, drawers
from storyboard.drawers.parameters import load_into

SHORT_SIDE = 45
"""Cells along the short side where the story does not say; at 16:9 that makes 80 x 45."""


class PixelDrawer:
    """A `storyboard.drawers.Drawer`. Options: see `storyboard.drawers.catalogue`.

    The cells may be of two sizes that differ by one pixel, evenly mixed, where the grid does not
    divide the picture.
    """

    native = True

    def __init__(
        self,
        size: tuple[int, int],
        options: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        generator: torch.Generator | None = None,
    ) -> None:
        chosen = drawers.resolve("pixel", options)
        self.size = size
        self.lr = chosen["lr"]
        rows, columns = grid_of(size, cells=chosen["cells"], cell=chosen["cell"])
        self._row = cell_of_pixel(size[0], rows).to(device)
        self._column = cell_of_pixel(size[1], columns).to(device)
        noise = torch.randn(1, 3, rows, columns, generator=generator)
        start = (0.5 + chosen["init"] * noise).clamp(0, 1)
        self.cells = start.to(device).requires_grad_()

    def retune(self, options: Mapping[str, Any]) -> bool:
        """Take over the learning rate. False where the grid is another one."""
        chosen = drawers.resolve("pixel", options)
        grid = grid_of(self.size, cells=chosen["cells"], cell=chosen["cell"])
        self.lr = chosen["lr"]
        return grid == tuple(self.cells.shape[2:])

    def draw(self) -> Tensor:
        """The picture, (1, 3, H, W) in [0, 1]."""
        cells: Tensor = clamp_inward(self.cells)
        return cells[..., self._row, :][..., self._column]

    @torch.no_grad()
    def encode(self, canvas: Tensor) -> None:
        """Give every cell the mean of its pixels in ``canvas``, (1, 3, H, W)."""
        self.cells.copy_(self._means(canvas.to(self.cells).clamp(0, 1)))

    def parameters(self) -> list[dict[str, Any]]:
        """One group: the cells."""
        return [{"params": [self.cells], "lr": self.lr}]

    @torch.no_grad()
    def clamp(self) -> None:
        """Bring the cells back into [0, 1]."""
        self.cells.clamp_(0, 1)

    @torch.no_grad()
    def carry(self, start: FrameStart) -> None:
        """Move the colours from cell to cell; the cells stay where they are, their edges hard."""
        cells = start.recolor(start.grid(self.cells.detach()).clamp(0, 1))
        if start.revealed is not None:
            new = self._means(start.canvas.to(cells).clamp(0, 1))
            cells = cells.lerp(new, self._means(start.revealed.to(cells)))
        self.cells.copy_(cells)

    def _means(self, picture: Tensor) -> Tensor:
        """Return the mean of every cell's pixels: (1, C, H, W) to (1, C, rows, columns)."""
        rows, columns = self.cells.shape[2:]
        across = mean_by(self._column, columns).to(picture)
        down = mean_by(self._row, rows).to(picture)
        return down @ picture @ across.T

    def state_dict(self) -> dict[str, Tensor]:
        """The cells, (1, 3, rows, columns)."""
        return {"cells": self.cells.detach().clone()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take over cells of the same grid."""
        load_into({"cells": self.cells}, state)


def grid_of(
    size: tuple[int, int], *, cells: tuple[int, int] | None, cell: float | None
) -> tuple[int, int]:
    """(rows, columns) of the grid; never more than the picture has pixels.

    Args:
        size: (height, width) in pixels.
        cells: (columns, rows), or None.
        cell: edge of a cell in pixels, where there are no ``cells``, or None; with neither, 45
            cells along the short side.
    """
    if cells is not None:
        columns, rows = cells
    else:
        edge = cell or min(size) / SHORT_SIDE
        rows, columns = (max(1, int(pixels / edge + 0.5)) for pixels in size)
    return min(rows, size[0]), min(columns, size[1])


def cell_of_pixel(pixels: int, cells: int) -> Tensor:
    """The cell that the centre of each pixel lies in: (pixels,) of long."""
    return torch.div((2 * torch.arange(pixels) + 1) * cells, 2 * pixels, rounding_mode="floor")


def mean_by(cell: Tensor, cells: int) -> Tensor:
    """The (cells, pixels) matrix that takes the mean of every cell's pixels."""
    members = torch.nn.functional.one_hot(cell, cells).T.float()
    return members / members.sum(1, keepdim=True)


class _ClampInward(torch.autograd.Function):
    """See `clamp_inward`."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        ctx.save_for_backward(value)
        return value.clamp(0, 1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (value,) = ctx.saved_tensors
        outward = ((value <= 0) & (gradient > 0)) | ((value >= 1) & (gradient < 0))
        return gradient.masked_fill(outward, 0)


def clamp_inward(value: Tensor) -> Tensor:
    """Clamp to [0, 1]; the gradient passes except where a step along it would lead outside.

    A plain clamp stops every gradient outside, and a value that has left never comes back.
    """
    clamped: Tensor = _ClampInward.apply(value)
    return clamped
