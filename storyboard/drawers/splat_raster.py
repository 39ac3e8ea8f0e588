"""A differentiable rasteriser of 2D Gaussians, blended by their share of the weight.

A splat weighs ``w = opacity * (exp(-q / 2) - exp(-REACH^2 / 2))``, where q is the squared distance
of the pixel from the splat's centre in deviations, and nothing beyond `REACH` deviations. The
picture is ``sum(w color) / sum(w)``, with the paper at the weight `PAPER`: no order, no colour out
of range, and a picture that any affine change of colours commutes with, but for the paper.

Only pairs of a tile and a splat that reaches it are looked at. Tiles of about as many splats are
put together, so that all work is matrix products; the gradient is autograd's, and exact.
"""

from __future__ import annotations

import torch
from torch import Tensor

TILE = 16
"""Edge of a tile in pixels."""

REACH = 3.0
"""Deviations beyond which a splat weighs nothing."""

PAPER = 1e-3
"""Weight of the colour behind the splats."""

_GROW = 1.25
"""Tiles whose numbers of splats differ by up to this factor are put together."""


def draw_splats(
    centers: Tensor,
    precisions: Tensor,
    colors: Tensor,
    opacities: Tensor,
    paper: Tensor,
    *,
    size: tuple[int, int],
) -> Tensor:
    """Return the picture of splats, (1, 3, H, W), differentiable in all of them.

    Convention: places are (x, y) in pixels, y down, (0, 0) the outer corner of the first pixel.

    Args:
        centers: (N, 2).
        precisions: (N, 3): a, b and c of ``q = a x^2 + 2 b x y + c y^2``.
        colors: (N, 3) in [0, 1].
        opacities: (N,) in [0, 1].
        paper: (3,).
        size: (height, width) in pixels.
    """
    height, width = size
    rows, columns = -(-height // TILE), -(-width // TILE)
    splat, tile = pairs(centers.detach(), precisions.detach(), (rows, columns))
    values = torch.cat([colors, torch.ones_like(colors[:, :1])], 1) * opacities[:, None]
    sums = values.new_zeros(rows * columns, 4, TILE * TILE)
    for chosen, index, here in _groups(splat, tile, rows * columns):
        sums = sums.index_copy(
            0, chosen, _tile_sums(centers, precisions, values, (chosen, index, here), columns)
        )
    paper = torch.cat([paper, paper.new_ones(1)]) * PAPER
    sums = sums + paper[:, None]
    picture = (sums[:, :3] / sums[:, 3:]).view(rows, columns, 3, TILE, TILE)
    picture = picture.permute(2, 0, 3, 1, 4).reshape(1, 3, rows * TILE, columns * TILE)
    return picture[..., :height, :width]


def _tile_sums(
    centers: Tensor,
    precisions: Tensor,
    values: Tensor,
    group: tuple[Tensor, Tensor, Tensor],
    columns: int,
) -> Tensor:
    """Return the sums of weighted values over tiles of a group: (T, 4, TILE^2)."""
    tile, index, here = group
    middle = TILE * torch.stack([tile % columns, tile // columns], 1).to(centers) + TILE / 2
    x, y = (centers[index] - middle[:, None]).unbind(2)
    a, b, c = precisions[index].unbind(2)
    terms = [a, c, 2 * b, -2 * (a * x + b * y), -2 * (b * x + c * y)]
    constant = a * x * x + 2 * b * x * y + c * y * y
    squared = torch.stack([*terms, constant], 2) @ _monomials(centers.device)
    least = torch.exp(torch.tensor(-REACH * REACH / 2)).item()
    weights = (torch.exp(-0.5 * squared) - least).clamp(min=0)
    shares = values[index] * here[..., None]
    return shares.transpose(1, 2) @ weights


def _monomials(device: torch.device) -> Tensor:
    """Return x^2, y^2, x y, x, y and 1 of a tile's pixels from its middle: (6, TILE^2)."""
    along = torch.arange(TILE, device=device, dtype=torch.float32) - (TILE - 1) / 2
    y, x = torch.meshgrid(along, along, indexing="ij")
    x, y = x.flatten(), y.flatten()
    return torch.stack([x * x, y * y, x * y, x, y, torch.ones_like(x)])


def pairs(centers: Tensor, precisions: Tensor, shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Return every splat and tile where the splat's bounding box meets the tile: (P,) long each."""
    a, b, c = precisions.unbind(1)
    determinant = (a * c - b * b).clamp(min=1e-12)
    reach = REACH * torch.stack([c / determinant, a / determinant], 1).sqrt()
    most = torch.tensor(shape[::-1], device=centers.device) - 1
    low = ((centers - reach) / TILE).floor().clamp(-1e6, 1e6).long().clamp_min(0)
    high = ((centers + reach) / TILE).floor().clamp(-1e6, 1e6).long()
    spans = (torch.minimum(high, most) - low + 1).clamp_min(0)
    count = spans[:, 0] * spans[:, 1]
    splat = torch.repeat_interleave(count)
    number = torch.arange(len(splat), device=splat.device) - (count.cumsum(0) - count)[splat]
    x = low[splat, 0] + number % spans[splat, 0]
    y = low[splat, 1] + torch.div(number, spans[splat, 0], rounding_mode="floor")
    return splat, y * shape[1] + x


def _groups(splat: Tensor, tile: Tensor, tiles: int) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Return tiles, (T,), their splats padded to a common number, (T, K), and which of those are
    real, (T, K) float, group by group.
    """
    tile, order = torch.sort(tile, stable=True)
    splat = splat[order]
    counts = torch.bincount(tile, minlength=tiles)
    first = counts.cumsum(0) - counts
    ranked = torch.sort(counts, descending=True, stable=True)
    sizes, groups, begin = ranked.values.tolist(), [], 0
    while begin < tiles and sizes[begin] > 0:
        end = begin
        while end < tiles and sizes[end] > 0 and sizes[end] * _GROW >= sizes[begin]:
            end += 1
        chosen = ranked.indices[begin:end]
        place = torch.arange(sizes[begin], device=tile.device)
        here = place < counts[chosen, None]
        index = splat[torch.where(here, first[chosen, None] + place, 0)]
        groups.append((chosen, index, here.float()))
        begin = end
    return groups
