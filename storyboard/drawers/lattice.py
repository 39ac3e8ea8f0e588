"""Lattices of cells: where the cells of a shape lie, and how their values move.

A lattice covers a picture with cells of one shape. Its cells are kept as an array (rows, columns);
where a shape needs it, the array goes on beyond the picture by a row or a column on either side.

Convention: places are (x, y) in pitches, the picture from (0, 0) to (columns, rows) of the grid, y
down. The cell in row r and column c of the grid has its centre at (c + 1/2, r + 1/2); in every
other row of a shifted shape half a pitch to the left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

SHORT_SIDE = 45
"""Rectangles along the short side where the story does not say; at 16:9 that makes 80 x 45."""

_SLOPE = 0.7
"""How far the middle of a knit stitch hangs below its ends, in rows."""


@dataclass(frozen=True)
class Shape:
    """The shape of cells.

    Attributes:
        outline: corners from the centre of the cell's box, in pitches.
        density: columns and rows for each column and row of squares, so that the cells are regular.
        pixray: the same as Pixray has them.
        margin: columns and rows that the array has beyond the picture on either side.
        shifted: whether every other row lies half a pitch to the left.
        turned: whether every other cell stands on its head.
        least: pixels of the smallest pitch that can be distinguished.
        gap: share of a cell's size between it and the next where the story does not say.
    """

    outline: tuple[tuple[float, float], ...]
    density: tuple[float, float] = (1.0, 1.0)
    pixray: tuple[float, float] = (1.0, 1.0)
    margin: tuple[int, int] = (0, 0)
    shifted: bool = False
    turned: bool = False
    least: int = 2
    gap: float = 0.0


_BOX = ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
_HIGH, _LOW = 0.5 + _SLOPE / 2, 0.5 - _SLOPE / 2

SHAPES = {
    "rect": Shape(_BOX, least=1),
    "rect-shift": Shape(_BOX, shifted=True),
    "diamond": Shape(
        ((0.0, -1.0), (0.5, 0.0), (0.0, 1.0), (-0.5, 0.0)),
        density=(1.0, 2.0),
        pixray=(1.0, 2.0),
        margin=(0, 1),
        shifted=True,
    ),
    "triangle": Shape(
        ((0.0, -0.5), (1.0, 0.5), (-1.0, 0.5)),
        density=(3**0.5, 1.0),
        pixray=(1.414, 1.0),
        margin=(1, 0),
        turned=True,
    ),
    "hexagon": Shape(
        ((0.0, -2 / 3), (0.5, -1 / 3), (0.5, 1 / 3), (0.0, 2 / 3), (-0.5, 1 / 3), (-0.5, -1 / 3)),
        density=(1.0, 2 / 3**0.5),
        pixray=(1.0, 1.414),
        margin=(0, 1),
        shifted=True,
    ),
    "knit": Shape(
        ((-0.5, -_HIGH), (0.0, -_LOW), (0.5, -_HIGH), (0.5, _LOW), (0.0, _HIGH), (-0.5, _LOW)),
        density=(1.0, 1.2),
        margin=(0, 1),
        gap=0.12,
    ),
}
"""Every shape by its name. The cells of each cover the plane without overlap."""

_PIXRAY = {"square": (40, 40), "portrait": (40, 50), "wide": (80, 45)}


def grid_of(
    size: tuple[int, int],
    *,
    cells: tuple[int, int] | None,
    cell: float | None,
    shape: str = "rect",
    scale: float = 1.0,
) -> tuple[int, int]:
    """Return (rows, columns) of the grid; never more than the picture has room for.

    Args:
        size: (height, width) in pixels.
        cells: (columns, rows), or None.
        cell: edge of a cell in pixels, where there are no ``cells``, or None; with neither, 45
            squares along the short side, or as many regular cells of another shape.
        shape: see `SHAPES`.
        scale: how many times as large the cells are.
    """
    chosen = SHAPES[shape]
    if cells is not None:
        columns, rows = (count / scale for count in cells)
    else:
        edge = scale * (cell or min(size) / SHORT_SIDE)
        columns, rows = (
            pixels / edge * density
            for pixels, density in zip(size[::-1], chosen.density, strict=True)
        )
    return _fitted(size, (rows, columns), chosen.least)


def pixray_grid(size: tuple[int, int], *, shape: str, scale: float = 1.0) -> tuple[int, int]:
    """Return (rows, columns) of Pixray's default grid for a picture of this aspect.

    80x45 cells for wide pictures, 40x40 for square and 40x50 for tall ones, more of some shapes; a
    ``scale`` of 2 halves both. Shapes that interlock have odd counts, triangles even rows.
    """
    height, width = size
    aspect = "wide" if width > 1.2 * height else "portrait" if height > 1.2 * width else "square"
    chosen = SHAPES[shape]
    columns, rows = (
        int(int(count * density) / scale)
        for count, density in zip(_PIXRAY[aspect], chosen.pixray, strict=True)
    )
    if chosen.shifted:
        columns, rows = columns | 1, rows | 1
    if chosen.turned:
        columns, rows = columns | 1, rows + rows % 2
    return _fitted(size, (rows, columns), chosen.least)


def _fitted(size: tuple[int, int], grid: tuple[float, float], least: int) -> tuple[int, int]:
    """Return a whole grid whose pitch is at least ``least`` pixels."""
    rows, columns = (
        max(1, min(int(count + 0.5), pixels // least))
        for count, pixels in zip(grid, size, strict=True)
    )
    return rows, columns


@dataclass(frozen=True)
class Lattice:
    """The cells of ``shape`` over a picture, ``grid`` (rows, columns) of them."""

    shape: str
    grid: tuple[int, int]

    @property
    def cells(self) -> tuple[int, int]:
        """Return rows and columns of the array of cells, those beyond the picture included."""
        kind, (rows, columns) = SHAPES[self.shape], self.grid
        more_columns, more_rows = kind.margin
        return rows + 2 * more_rows, columns + 2 * more_columns + kind.shifted

    def centres(self) -> Tensor:
        """Return the centres of the cells in pitches, (N, 2) float64, row after row."""
        kind, (rows, columns) = SHAPES[self.shape], self.cells
        first_column, first_row = (-more for more in kind.margin)
        y = torch.arange(rows, dtype=torch.float64) + first_row
        x = torch.arange(columns, dtype=torch.float64) + first_column
        y, x = torch.meshgrid(y, x, indexing="ij")
        shift = 0.5 * y.remainder(2) if kind.shifted else 0.0
        return torch.stack([x + 0.5 - shift, y + 0.5], -1).flatten(0, 1)

    def polygons(self, size: tuple[int, int], gap: float = 0.0) -> Tensor:
        """Return the outlines of the cells in pixels of ``size``, (N, corners, 2) float64.

        ``gap`` is how much smaller they are about their middles, 0 to 1.
        """
        kind, centres = SHAPES[self.shape], self.centres()
        outline = torch.tensor(kind.outline, dtype=torch.float64)
        middle = outline.mean(0)
        outline = middle + (1 - gap) * (outline - middle)
        places = outline.expand(len(centres), -1, 2).clone()
        if kind.turned:
            number = centres.sub(0.5).round().sum(1)
            places[number.remainder(2) > 0, :, 1] *= -1
        return (centres[:, None] + places) * self._pitch(size)

    def moved(self, values: Tensor, back: Callable[[Tensor], Tensor]) -> Tensor:
        """Return ``values``, (1, C, rows, columns), as the camera moves them, in one interpolation.

        ``back`` takes places, (N, 2) normalised from -1 to 1, to where they were before.
        Where the move shrinks the picture, a cell takes the mean over several places in it.
        """
        extent = torch.tensor(self.grid[::-1], dtype=torch.float64)
        centres = self.centres()

        def before(places: Tensor) -> Tensor:
            return (back(places / extent * 2 - 1) + 1) / 2 * extent

        count = _views(before, centres)
        offsets = (torch.arange(count, dtype=torch.float64) + 0.5) / count - 0.5
        offsets = torch.cartesian_prod(offsets, offsets).view(-1, 1, 2)
        places = before((centres + offsets).flatten(0, 1)).to(values.device, values.dtype)
        taken = self._taken(values[0], places)
        return taken.view(values.shape[1], count * count, *self.cells).mean(1)[None]

    def _taken(self, values: Tensor, places: Tensor) -> Tensor:
        """Return ``values``, (C, rows, columns), between the cells: at (N, 2) in pitches, (C, N).

        The cubic spline through the values: along each row of cells, then across the rows, held
        within the range of the four cells around each place.
        """
        kind, (rows, columns) = SHAPES[self.shape], self.cells
        x, y = places[:, 0] - 0.5 + kind.margin[0], places[:, 1] - 0.5 + kind.margin[1]
        y = y.clamp(-1, rows)
        row = y.floor()[:, None] + torch.arange(-3, 5).to(y)
        odd = (row + kind.margin[1]).remainder(2)
        x = (x[:, None] + (0.5 * odd if kind.shifted else 0 * odd)).clamp(-1, columns)
        column = x.floor()[..., None] + torch.arange(-1, 3).to(x)
        down = _b_spline(y - y.floor()) @ _CARDINAL.to(y)
        down = down / down.sum(1, keepdim=True)
        weights = down[..., None] * _b_spline(x - x.floor())
        row, column = row.clamp(0, rows - 1).long()[..., None], column.long()
        index = row * (columns + 2 * _REACH) + column.clamp(-_REACH, columns + 1) + _REACH
        taken = (_coefficients(values).flatten(1)[:, index] * weights).sum((2, 3))
        index = (row * columns + column.clamp(0, columns - 1))[:, 3:5, 1:3]
        around = values.flatten(1)[:, index]
        return taken.clamp(around.amin((2, 3)), around.amax((2, 3)))

    def _pitch(self, size: tuple[int, int]) -> Tensor:
        (height, width), (rows, columns) = size, self.grid
        return torch.tensor([width / columns, height / rows], dtype=torch.float64)


def _views(before: Callable[[Tensor], Tensor], centres: Tensor) -> int:
    """Return how many places along each side of a cell stand for it: 1 unless the move shrinks."""
    beside = centres[:, None] + 0.5 * torch.tensor([[0, 0], [1, 0], [0, 1]]).to(centres)
    there = before(beside.flatten(0, 1)).view(-1, 3, 2)
    across, down = there[:, 1] - there[:, 0], there[:, 2] - there[:, 0]
    area = 4 * (across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]).abs()
    return int(area.median().nan_to_num(1.0).sqrt().round().clamp(1, 4))


_POLE = 3**0.5 - 2
"""What the response of the cubic spline's inverse filter falls by from cell to cell."""

_MEMORY = 14
"""Cells after which that response is below 1e-8."""

_REACH = 2
"""Coefficients beyond the last cell of a row that a place near it looks at."""

_CARDINAL = 3**0.5 * _POLE ** (torch.arange(-3, 5)[None] - torch.arange(-1, 3)[:, None]).abs()
"""Takes the weights of four B-spline coefficients to those of eight values, (4, 8)."""


def _b_spline(t: Tensor) -> Tensor:
    """Return the weights of the four cubic B-splines around a place: (...) to (..., 4)."""
    s = 1 - t
    inner = 2 / 3 - t * t * (2 - t) / 2
    outer = s**3 / 6, t**3 / 6
    return torch.stack([outer[0], inner, 1 - outer[0] - outer[1] - inner, outer[1]], -1)


def _coefficients(values: Tensor) -> Tensor:
    """Return the B-spline coefficients along the rows of ``values``, (C, rows, columns), with
    `_REACH` more on either side.

    Unser, Aldroubi and Eden, "B-spline signal processing", 1993.
    """
    response = 3**0.5 * _POLE ** torch.arange(-_MEMORY, _MEMORY + 1).abs().to(values)
    margin = _MEMORY + _REACH
    padded = functional.pad(values, (margin, margin), mode="replicate")
    rows = padded.flatten(0, 1)[:, None]
    return functional.conv1d(rows, response.view(1, 1, -1)).view(*values.shape[:2], -1)
