"""Moving a grid of latents as the picture is moved.

Convention: pixels (x, y), centres at whole numbers, y down; a cell is ``factor`` pixels wide, the
first at the left upper corner; cells at the right and below may reach beyond the picture.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from storyboard.drawers import FrameStart

_TINY = 1e-6
"""Weight of what was uncovered."""

_RIDGE = 1e-2
"""How strongly the fit of colours to latents tends to no colour at all, against noise."""

_FARTHEST = 1.0
"""How far a change of colours may take a number of a latent, in deviations of the codebook."""


def moved(start: FrameStart, size: tuple[int, int], factor: int, *, device: torch.device) -> Tensor:
    """Return where the cells of the new view come from in the old, (1, 2, h, w) in pixels.

    The mean over a cell of what moves its pixels, so it is exact for shifts and for cells that are
    cut by the picture's edge. What was uncovered does not count, unless it is the whole cell.
    """
    height, width = size
    places = _mesh(torch.arange(width, device=device), torch.arange(height, device=device))
    shifts = start.grid(places) - places
    known = torch.ones_like(shifts[:, :1])
    if start.revealed is not None:
        known = (1 - start.revealed).clamp(min=_TINY)
    mean = cells_of(shifts * known, factor) / cells_of(known, factor)
    rows, columns = mean.shape[2:]
    middles = [(torch.arange(n, device=device) + 0.5) * factor - 0.5 for n in (columns, rows)]
    return _mesh(*middles) + mean


def at_cells(latents: Tensor, places: Tensor, factor: int) -> Tensor:
    """Return latents (1, D, h, w) at ``places`` of `moved`, interpolated linearly.

    Cubics overshoot, and what they add comes back in every frame: after 40 frames pictures ring.
    """
    cells = torch.tensor(latents.shape[:1:-1], device=places.device) * factor
    grid = (places.permute(0, 2, 3, 1) + 0.5) / cells * 2 - 1
    return F.grid_sample(latents, grid, mode="bilinear", padding_mode="border", align_corners=False)


def recolored(latents: Tensor, picture: Tensor, change: tuple[Tensor, Tensor]) -> Tensor:
    """Return what to add to latents so that the colours of their cells change, without encoding.

    With ``c = P z + b`` fitted by least squares to the mean colours ``c`` of the cells, it is the
    shortest ``d`` with ``P d = matrix c + offset - c``, ``d = P' (P P')^-1 (...)``.

    Args:
        latents: (1, D, h, w), in deviations of the codebook.
        picture: (1, 3, h, w), the mean colour of every cell of the picture that they draw.
        change: ``matrix`` (3, 3) and ``offset`` (3,), see `FrameStart.color_matrix`.

    Returns:
        (1, D, h, w), at most `_FARTHEST` in size.
    """
    z, c = (values[0].flatten(1).double() for values in (latents, picture))
    centred = z - z.mean(1, keepdim=True)
    gram = centred @ centred.T / z.shape[1] + _RIDGE * torch.eye(len(z)).to(z)
    p = torch.linalg.solve(gram, centred @ (c - c.mean(1, keepdim=True)).T / z.shape[1]).T
    matrix, offset = (part.to(c) for part in change)
    wanted = matrix @ c + offset[:, None] - c
    scale = _TINY * torch.eye(3).to(p)
    step: Tensor = p.T @ torch.linalg.solve(p @ p.T + scale, wanted)
    return step.clamp(-_FARTHEST, _FARTHEST).view_as(latents).to(latents)


def _mesh(x: Tensor, y: Tensor) -> Tensor:
    """Return the points of a grid, (1, 2, h, w)."""
    return torch.stack(torch.meshgrid(x.float(), y.float(), indexing="xy"))[None]


def cells_of(values: Tensor, factor: int) -> Tensor:
    """Return the mean over every cell: (1, C, H, W) to (1, C, h, w)."""
    height, width = values.shape[2:]
    below, right = -height % factor, -width % factor
    sums = F.avg_pool2d(F.pad(values, (0, right, 0, below)), factor)
    inside = F.avg_pool2d(F.pad(torch.ones_like(values[:, :1]), (0, right, 0, below)), factor)
    return sums / inside
