"""The picture as coloured cells: squares with hard edges, bricks, diamonds, triangles, hexagons or
knit stitches, opaque or transparent, in any colour or in those of a palette.

`Blocks` and `Tiles` place the cells: `Blocks` gives each pixel to one cell, `Tiles` shares those at
the edges. `PixelDrawer` has what both kinds of cells are painted with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from storyboard.drawers import FrameStart, drawers
from storyboard.drawers.cell_raster import raster_of
from storyboard.drawers.cell_svg import svg_of_cells
from storyboard.drawers.lattice import SHAPES, Lattice, grid_of, pixray_grid
from storyboard.drawers.parameters import load_into
from storyboard.palette import lookup, nearest


class Layout(Protocol):
    """Layout of the cells. Values are (1, C, rows, columns), rows and columns those of ``cells``;
    pictures (1, C, H, W).
    """

    cells: tuple[int, int]

    def spread(self, values: Tensor, paper: Tensor) -> Tensor:
        """Return the picture of ``values``; where no cell is, of ``paper``, (C,)."""

    def means(self, picture: Tensor) -> Tensor:
        """Return the mean of the picture within every cell."""

    def fitted(self, picture: Tensor, paper: Tensor) -> Tensor:
        """Return the values whose picture comes nearest to ``picture``."""

    def moved(self, values: Tensor, start: FrameStart) -> Tensor:
        """Return ``values`` in the view of the frame that begins."""


class Blocks:
    """Rectangles of whole pixels. They may be of two sizes that differ by one pixel, evenly mixed,
    where the grid does not divide the picture.
    """

    def __init__(
        self, size: tuple[int, int], grid: tuple[int, int], device: torch.device | str
    ) -> None:
        self.cells = grid
        self._row = cell_of_pixel(size[0], grid[0]).to(device)
        self._column = cell_of_pixel(size[1], grid[1]).to(device)

    def spread(self, values: Tensor, paper: Tensor) -> Tensor:
        """Implement `Layout.spread`."""
        return values[..., self._row, :][..., self._column]

    def means(self, picture: Tensor) -> Tensor:
        """Implement `Layout.means`."""
        rows, columns = self.cells
        across = mean_by(self._column, columns).to(picture)
        down = mean_by(self._row, rows).to(picture)
        return down @ picture @ across.T

    def fitted(self, picture: Tensor, paper: Tensor) -> Tensor:
        """Implement `Layout.fitted`."""
        return self.means(picture)

    def moved(self, values: Tensor, start: FrameStart) -> Tensor:
        """Implement `Layout.moved`: the cells are moved as the pixels of a small picture."""
        return start.grid(values)


class Tiles:
    """Cells of any shape, whose edges are anti-aliased."""

    def __init__(
        self,
        size: tuple[int, int],
        lattice: Lattice,
        device: torch.device | str,
        *,
        gap: float = 0.0,
    ) -> None:
        self.cells, self._size, self._lattice = lattice.cells, size, lattice
        self._raster = raster_of(lattice, size, gap).to(device)

    def spread(self, values: Tensor, paper: Tensor) -> Tensor:
        """Implement `Layout.spread`."""
        return self._raster.spread(values[0].flatten(1), paper)

    def means(self, picture: Tensor) -> Tensor:
        """Implement `Layout.means`."""
        return self._array(self._raster.means(picture))

    def fitted(self, picture: Tensor, paper: Tensor) -> Tensor:
        """Implement `Layout.fitted`."""
        return self._array(self._raster.fitted(picture, paper))

    def moved(self, values: Tensor, start: FrameStart) -> Tensor:
        """Implement `Layout.moved`: the cells take the values where their centres were before the
        move.
        """
        m = start.matrix
        if m is None:
            field = start.grid(_places(self._size).to(values))[0]
            return self._lattice.moved(values, lambda there: _looked_up(field, there))
        back = torch.linalg.inv(m.detach().cpu().double())
        return self._lattice.moved(values, lambda there: _projected(back, there))

    def _array(self, values: Tensor) -> Tensor:
        return values.view(1, -1, *self.cells)


class PixelDrawer:
    """A `storyboard.drawers.Drawer`. Options: see `storyboard.drawers.catalogue`."""

    native = True

    def __init__(
        self,
        size: tuple[int, int],
        options: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        generator: torch.Generator | None = None,
    ) -> None:
        self.size = size
        self._chosen = drawers.resolve("pixel", options)
        self._lattice = lattice_of(size, self._chosen)
        self._layout = self._laid_out(size, device)
        noise = torch.randn(1, 3, *self._layout.cells, generator=generator)
        start = (0.5 + self._chosen["init"] * noise).clamp(0, 1)
        self.cells = start.to(device).requires_grad_()
        self.alpha = torch.ones_like(self.cells[:, :1], requires_grad=self._chosen["transparent"])

    def _laid_out(self, size: tuple[int, int], device: torch.device | str) -> Layout:
        """Return where the cells are in a picture of ``size``."""
        lattice, gap = self._lattice, self._gap
        if lattice.shape == "rect" and gap == 0:
            return Blocks(size, lattice.grid, device)
        return Tiles(size, lattice, device, gap=gap)

    def retune(self, options: Mapping[str, Any]) -> bool:
        """Take over the gap and all that concerns colours. False where the lattice changes."""
        chosen = drawers.resolve("pixel", options)
        if lattice_of(self.size, chosen) != self._lattice:
            return False
        before, self._chosen = self._gap, chosen
        if self._gap != before:
            self._layout = self._laid_out(self.size, self.cells.device)
        return True

    def draw(self) -> Tensor:
        """Return the picture, (1, 3, H, W) in [0, 1]."""
        return self._drawn(self._layout)

    def draw_at(self, size: tuple[int, int]) -> Tensor:
        """Return the picture at another size, drawn anew, (1, 3, h, w)."""
        return self._drawn(self._laid_out(size, self.cells.device))

    def _drawn(self, layout: Layout) -> Tensor:
        colors, paper = self._colors(), self._paper
        if self._chosen["transparent"]:
            colors = paper.view(3, 1, 1).lerp(colors, clamp_inward(self.alpha))
        return layout.spread(colors, paper)

    def _colors(self) -> Tensor:
        """Return the colours of the cells as they are seen, (1, 3, rows, columns)."""
        colors, palette = clamp_inward(self.cells), self._palette
        if palette is None:
            return colors
        snapped = lookup(colors, palette)
        strength = self._chosen["palette_strength"]
        return snapped if strength == 1 else colors.lerp(snapped, strength)

    @property
    def _gap(self) -> float:
        """Return the share of a cell's size that is paper."""
        gap: float | None = self._chosen["gap"]
        return SHAPES[self._lattice.shape].gap if gap is None else gap

    @property
    def _paper(self) -> Tensor:
        return torch.tensor(self._chosen["paper"], device=self.cells.device)

    @property
    def _palette(self) -> Tensor | None:
        """Return the palette, (N, 3), None where cells have any colour."""
        colors = self._chosen["palette"]
        if not colors or self._chosen["palette_strength"] == 0:
            return None
        return torch.tensor(colors, device=self.cells.device)

    def svg(self) -> str:
        """Return the picture as SVG, which is sharp at any size."""
        return svg_of_cells(
            self._lattice.polygons(self.size, self._gap),
            self._colors().detach()[0].flatten(1).T,
            clamp_inward(self.alpha).detach().flatten(),
            paper=self._paper,
            size=self.size,
        )

    @torch.no_grad()
    def encode(self, canvas: Tensor) -> None:
        """Give every cell, opaque, the colour that comes nearest to ``canvas``, (1, 3, H, W)."""
        colors = self._layout.fitted(canvas.to(self.cells).clamp(0, 1), self._paper).clamp(0, 1)
        self.cells.copy_(self._unsnapped(colors))
        self.alpha.fill_(1)

    def _unsnapped(self, colors: Tensor) -> Tensor:
        """Return the colours that are seen as ``colors`` once the palette has drawn them in, where
        there are such colours, else ``colors``.
        """
        palette, strength = self._palette, self._chosen["palette_strength"]
        if palette is None or strength == 1:
            return colors
        goal = nearest(colors, palette)
        before = ((colors - strength * goal) / (1 - strength)).clamp(0, 1)
        return torch.where((nearest(before, palette) == goal).all(1, keepdim=True), before, colors)

    def parameters(self) -> list[dict[str, Any]]:
        """Return one group of the colours and, where cells are transparent, their opacities."""
        transparent = [self.alpha] if self._chosen["transparent"] else []
        return [{"params": [self.cells, *transparent], "lr": self._chosen["lr"]}]

    @torch.no_grad()
    def clamp(self) -> None:
        """Bring colours and opacities back into [0, 1]."""
        self.cells.clamp_(0, 1)
        self.alpha.clamp_(0, 1)

    @torch.no_grad()
    def carry(self, start: FrameStart) -> None:
        """Move the colours from cell to cell; the cells stay where they are, their edges sharp."""
        if self._chosen["transparent"]:
            cells, alpha = self._carried(start)
        else:
            cells, alpha = self._layout.moved(self.cells.detach(), start), self.alpha
        cells = start.recolor(cells.clamp(0, 1))
        if start.revealed is not None:
            share = self._layout.means(start.revealed.to(cells))
            cells = cells.lerp(self._layout.means(start.canvas.to(cells).clamp(0, 1)), share)
            alpha = alpha.lerp(torch.ones_like(alpha), share)
        self.cells.copy_(cells)
        self.alpha.copy_(alpha)

    def _carried(self, start: FrameStart) -> tuple[Tensor, Tensor]:
        """Return colours and opacities after the move; a colour counts as much as it is seen."""
        alpha = self.alpha.detach()
        weight = alpha.clamp_min(1e-3)
        values = torch.cat([self.cells.detach() * weight, weight, alpha], 1)
        moved = self._layout.moved(values, start)
        return moved[:, :3] / moved[:, 3:4].clamp_min(1e-3), moved[:, 4:].clamp(0, 1)

    def _tensors(self) -> dict[str, Tensor]:
        transparent = {"alpha": self.alpha} if self._chosen["transparent"] else {}
        return {"cells": self.cells, **transparent}

    def state_dict(self) -> dict[str, Tensor]:
        """Return the cells, (1, 3, rows, columns), and their opacities where they have any."""
        return {name: value.detach().clone() for name, value in self._tensors().items()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take over cells of the same lattice."""
        load_into(self._tensors(), state)


def lattice_of(size: tuple[int, int], chosen: Mapping[str, Any]) -> Lattice:
    """Return the lattice that resolved options ask for in a picture of ``size``."""
    shape, scale = chosen["shape"], chosen["scale"]
    if chosen["grid"] == "pixray" and chosen["cells"] is None and chosen["cell"] is None:
        return Lattice(shape, pixray_grid(size, shape=shape, scale=scale))
    given = {"cells": chosen["cells"], "cell": chosen["cell"]}
    return Lattice(shape, grid_of(size, **given, shape=shape, scale=scale))


def _projected(m: Tensor, places: Tensor) -> Tensor:
    """Return where the matrix, (3, 3), takes places, (N, 2)."""
    x, y, w = (torch.cat([places, torch.ones_like(places[:, :1])], 1) @ m.T).unbind(1)
    return torch.stack([x / w, y / w], 1).nan_to_num(2.0).clamp(-4, 4)


def _places(size: tuple[int, int]) -> Tensor:
    """Return the places of the pixels of ``size``, normalised x and y: (1, 2, H, W)."""
    y, x = ((2 * torch.arange(n) + 1) / n - 1 for n in size)
    return torch.stack(torch.meshgrid(x, y, indexing="xy"))[None]


def _looked_up(field: Tensor, places: Tensor) -> Tensor:
    """Return what ``field``, (2, H, W), holds at normalised places, (N, 2); beyond its outermost
    pixels it goes on as far as the places do.
    """
    edge = 1 - 1 / torch.tensor(field.shape[:0:-1], dtype=places.dtype)
    inside = torch.minimum(torch.maximum(places, -edge), edge)
    grid = inside.to(field).view(1, 1, -1, 2)
    taken = functional.grid_sample(field[None], grid, align_corners=False)
    return taken[0, :, 0].T.to(places) + places - inside


def cell_of_pixel(pixels: int, cells: int) -> Tensor:
    """Return the cell that the centre of each pixel lies in: (pixels,) of long."""
    return torch.div((2 * torch.arange(pixels) + 1) * cells, 2 * pixels, rounding_mode="floor")


def mean_by(cell: Tensor, cells: int) -> Tensor:
    """Return the (cells, pixels) matrix that takes the mean of every cell's pixels."""
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
