"""Cells drawn and read: which share of each pixel every cell covers, exactly.

Which cell covers how much of which pixel depends on the lattice and the size alone, so it is
computed once. Drawing is then a look-up and a small blend at the edges, and its gradient a sum over
the pixels of every cell.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from storyboard.drawers.lattice import Lattice

_LEAST = 1e-5
"""Share of a pixel below which a cell does not count there."""

_SOLVES = 24
"""Most steps of the conjugate gradients that read a picture."""


@dataclass(frozen=True)
class CellRaster:
    """Coverage of a picture's pixels by N cells; the paper counts as cell N.

    Attributes:
        size: (height, width) in pixels.
        first: (H W,) the cell that covers most of each pixel.
        mixed: (E,) the pixels that several cells share.
        cells: (E, K) the cells that share them, the paper where there are fewer.
        shares: (E, K) how much of the pixel each covers; they add up to 1.
        pixels: (N, M) the pixels of every cell, 0 where there are fewer.
        weights: (N, M) how much of each it covers, 0 where there are fewer.
    """

    size: tuple[int, int]
    first: Tensor
    mixed: Tensor
    cells: Tensor
    shares: Tensor
    pixels: Tensor
    weights: Tensor

    def to(self, device: torch.device | str) -> CellRaster:
        """Return the same on ``device``."""
        tensors = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "size"}
        return CellRaster(self.size, **{name: t.to(device) for name, t in tensors.items()})

    def spread(self, values: Tensor, paper: Tensor) -> Tensor:
        """Return the picture of cells, differentiable in ``values``.

        Args:
            values: (C, N).
            paper: (C,), seen where no cell is.

        Returns:
            (1, C, H, W).
        """
        picture: Tensor = _Spread.apply(values, paper, self)
        return picture.view(1, -1, *self.size)

    def gather(self, picture: Tensor) -> Tensor:
        """Return the sum over the pixels of every cell, each counted by its share: (C, H W) to
        (C, N). The transpose of `spread` without paper; deterministic on every device.
        """
        return _sums(picture, self.pixels, self.weights)

    def means(self, picture: Tensor) -> Tensor:
        """Return the mean of every cell's pixels, (1, C, H, W) to (C, N); 0 for unseen cells."""
        return self.gather(picture[0].flatten(1)) / self.area.clamp_min(1e-9)

    @property
    def area(self) -> Tensor:
        """Return the pixels that every cell covers, (N,); 0 for one outside the picture."""
        return self.weights.sum(1)

    def fitted(self, picture: Tensor, paper: Tensor) -> Tensor:
        """Return the values with which `spread` comes nearest to ``picture`` in the mean square.

        Conjugate gradients on the normal equations, which are nearly diagonal. A cell that is not
        seen has the value of the one before it in its row.

        Args:
            picture: (1, C, H, W).
            paper: (C,).

        Returns:
            (C, N).
        """
        area = self.area
        seen = area > 1e-3
        inverse = seen / area.clamp_min(1e-3)
        x = self.means(picture) * seen
        nothing = torch.zeros_like(paper)

        def residual(values: Tensor, target: Tensor, behind: Tensor) -> Tensor:
            drawn = self.spread(values, behind).view_as(target)
            return self.gather(target - drawn) * seen

        r = residual(x, picture[0].flatten(1), paper)
        p, rz = r * inverse, (r * r * inverse).sum(1, keepdim=True)
        for _ in range(_SOLVES):
            if float(r.abs().max()) < 1e-7:
                break
            product = -residual(p, torch.zeros_like(picture[0].flatten(1)), nothing)
            step = rz / (p * product).sum(1, keepdim=True).clamp_min(1e-30)
            x, r = x + step * p, r - step * product
            rz, before = (r * r * inverse).sum(1, keepdim=True), rz
            p = r * inverse + rz / before.clamp_min(1e-30) * p
        return torch.where(seen, x, x.roll(1, 1))


class _Spread(torch.autograd.Function):
    """See `CellRaster.spread`."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, paper: Tensor, raster: CellRaster) -> Tensor:
        ctx.raster = raster
        table = torch.cat([values, paper[:, None]], 1)
        picture = table.index_select(1, raster.first)
        mixed = _sums(table, raster.cells, raster.shares)
        return picture.index_copy_(1, raster.mixed, mixed)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        raster: CellRaster = ctx.raster
        return raster.gather(gradient), None, None


def _sums(values: Tensor, index: Tensor, weights: Tensor) -> Tensor:
    """Return ``(values[:, index] * weights).sum(-1)``: (C, I) by (G, K) to (C, G)."""
    rows = values.T.contiguous()
    sums = functional.embedding_bag(index, rows, per_sample_weights=weights, mode="sum")
    return sums.T.contiguous()


@lru_cache(maxsize=8)
def raster_of(lattice: Lattice, size: tuple[int, int], gap: float = 0.0) -> CellRaster:
    """Return how the cells of ``lattice`` cover the pixels of ``size``, (height, width)."""
    polygons = lattice.polygons(size, gap)
    pixel, cell, share = _covered(polygons, size)
    total = torch.zeros(size[0] * size[1], dtype=torch.float64).index_add_(0, pixel, share)
    full = total > 1 - 4 * _LEAST if gap else torch.ones_like(total, dtype=torch.bool)
    share = torch.where(full[pixel], share / total[pixel].clamp_min(_LEAST), share)
    paper = torch.where(full, 0.0, 1 - total)
    missing = (paper > 0).nonzero()[:, 0]
    whole = (
        torch.cat([pixel, missing]),
        torch.cat([cell, torch.full_like(missing, len(polygons))]),
        torch.cat([share, paper[missing]]),
    )
    order = (whole[0] * 2 - whole[2]).argsort()  # by pixel, the largest share first
    cells, shares = _table(whole, order, size[0] * size[1], fill=len(polygons))
    mixed = (cells.shape[1] > 1) * (shares[:, 0] < 1 - _LEAST)
    mixed = mixed.nonzero()[:, 0]
    order = cell.argsort(stable=True)
    pixels, weights = _table((cell, pixel, share), order, len(polygons), fill=0)
    return CellRaster(
        size, cells[:, 0].contiguous(), mixed, cells[mixed], shares[mixed], pixels, weights
    )


def _table(
    pairs: tuple[Tensor, Tensor, Tensor], order: Tensor, count: int, *, fill: int
) -> tuple[Tensor, Tensor]:
    """Return items and shares of every group as tables (count, most).

    ``pairs`` are groups, items and shares, each (P,), and ``order`` sorts them by group.
    """
    group, item, share = (values[order] for values in pairs)
    members = group.bincount(minlength=count)
    place = torch.arange(len(group)) - (members.cumsum(0) - members)[group]
    shape = count, int(members.max())
    items = torch.full(shape, fill, dtype=torch.long)
    shares = torch.zeros(shape, dtype=torch.float32)
    items[group, place] = item
    shares[group, place] = share.float()
    return items, shares


def _covered(polygons: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Return which share of which pixel every polygon covers: pixels, polygons, shares, each (P,).

    Polygons are (N, corners, 2) in pixels. By Green's theorem the area of a polygon within a pixel
    is the integral of ``clamp(x - left, 0, 1)`` along the polygon's outline in y, cut to the
    pixel's row: exact, edge by edge.
    """
    height, width = size
    low = polygons.amin(1).floor()
    spans = (polygons.amax(1) - low).ceil().amax(0).long().tolist()
    left = low[:, None, None, 0] + torch.arange(spans[0])
    top = low[:, None, None, 1] + torch.arange(spans[1])[:, None]
    area = torch.zeros(len(polygons), spans[1], spans[0], dtype=torch.float64)
    for a, b in zip(polygons.unbind(1), polygons.roll(-1, 1).unbind(1), strict=True):
        area += _beside(a[:, :, None, None], b[:, :, None, None], left, top)
    area = area.abs().clamp(max=1)
    inside = (left >= 0) & (left < width) & (top >= 0) & (top < height) & (area > _LEAST)
    polygon = inside.nonzero()[:, 0]
    pixel = (top * width + left).expand_as(area)[inside].long()
    return pixel, polygon, area[inside]


def _beside(a: Tensor, b: Tensor, left: Tensor, top: Tensor) -> Tensor:
    """Return the integral of ``clamp(x - left, 0, 1)`` in y along the line from ``a`` to ``b``,
    within the row of pixels from ``top``.
    """
    (xa, ya), (xb, yb) = a.unbind(1), b.unbind(1)
    slope = (xb - xa) / torch.where((yb - ya).abs() < 1e-12, torch.inf, yb - ya)
    begin, end = (torch.minimum(torch.maximum(y, top), top + 1) for y in (ya, yb))
    u, v = (xa + slope * (y - ya) - left for y in (begin, end))
    same = (v - u).abs() < 1e-9
    mean = (_integral(v) - _integral(u)) / torch.where(same, torch.inf, v - u)
    mean = torch.where(same, u.clamp(0, 1), mean)
    return (end - begin) * mean


def _integral(u: Tensor) -> Tensor:
    """Return the integral of ``clamp(x, 0, 1)`` from 0 to ``u``."""
    return 0.5 * u.clamp(0, 1).square() + (u - 1).clamp_min(0)
