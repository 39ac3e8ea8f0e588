"""Assign pieces of strokes to tiles of the picture, in drawing order.

Convention: points are (x, y) in pixels, y down, (0, 0) the outer corner of the first pixel, so that
pixel (i, j) has its centre at (j + 0.5, i + 0.5).

A *piece* is a straight part of a stroke. A *pair* is a tile and a stroke that touches it; the
nearest of the stroke's pieces there decides how it covers the tile's pixels. All work is done pair
by pair, in two orders that make every step a contiguous slice:

* *near* order: pairs with most pieces first. The pieces of number ``r`` of all pairs that have one
  are then one slice, which belongs to the first rows.
* *layer* order: layer 0 is the rearmost stroke of every tile, layer 1 the one over it. With the
  tiles of most strokes first, a layer is one slice, which belongs to the first tiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

TILE = 8
"""Edge of a tile in pixels."""

_FLAT = 0.2
"""How far, in pixels, a piece may lie from the curve that it stands for."""

_LONGEST = 4.0 * TILE
"""Longest piece in pixels; a longer one would have many tiles about it that it does not touch."""

_FAR = 1e5
"""Pixels from the picture beyond which no control point lies."""

_MOST_PIECES = 96
"""Pieces of one curve."""


@dataclass(frozen=True)
class Pieces:
    """Straight parts of curves.

    Attributes:
        a, b: (M, 2) their ends.
        curve: (M,) long, ascending: the curve that each belongs to.
        weights: (M, 2, J): the weights of the curve's J control points in ``a`` and in ``b``.
    """

    a: Tensor
    b: Tensor
    curve: Tensor
    weights: Tensor


@dataclass(frozen=True)
class Tiling:
    """The pairs of a picture, see the module.

    Attributes:
        size: (height, width) of the picture in pixels.
        shape: (rows, columns) of tiles.
        piece: (C,) long: pieces, by their number within a pair, then in near order.
        ranks: pairs that have a piece of number r, for every r: lengths of the slices of ``piece``.
        stroke, tile: (P,) long of every pair, in near order.
        layer: (P,) long: the place of every pair in layer order.
        layers: tiles that have a layer k, for every k: lengths of the slices in layer order.
        tiles: (T,) long: all tiles, those of most strokes first.
    """

    size: tuple[int, int]
    shape: tuple[int, int]
    piece: Tensor
    ranks: list[int]
    stroke: Tensor
    tile: Tensor
    layer: Tensor
    layers: list[int]
    tiles: Tensor

    def origins(self) -> Tensor:
        """Return the outer corner (x, y) of every pair's tile: (P, 2)."""
        columns = self.shape[1]
        return TILE * torch.stack([self.tile % columns, self.tile // columns], 1).float()


def flatten(curves: Tensor) -> Pieces:
    """Cut curves into straight pieces that lie within a fifth of a pixel of them.

    The number of pieces is Wang's bound for cubic Bezier curves: ``sqrt(6 / 8 * bend / tolerance)``
    with the largest second difference of the control points as ``bend``.

    Args:
        curves: (Q, 4, 2) control points, or (Q, 1, 2) for points.
    """
    curves = curves.nan_to_num(nan=_FAR).clamp(-_FAR, _FAR)
    count = _pieces_of(curves)
    curve = torch.repeat_interleave(count)
    first = count.cumsum(0) - count
    number = torch.arange(len(curve), device=curve.device) - first[curve]
    pieces = count[curve].to(curves)
    ends = torch.stack([number / pieces, (number + 1) / pieces], 1)
    weights = _bernstein(ends) if curves.shape[1] == 4 else torch.ones_like(ends)[..., None]
    a, b = (weights @ curves[curve]).unbind(1)
    return Pieces(a, b, curve, weights)


def _pieces_of(curves: Tensor) -> Tensor:
    """Return the number of pieces of every curve: (Q,) long."""
    if curves.shape[1] == 1:
        return torch.ones(len(curves), dtype=torch.long, device=curves.device)
    steps = curves.diff(dim=1)
    bend = steps.diff(dim=1).norm(dim=2).amax(1)
    length = steps.norm(dim=2).sum(1)
    count = torch.maximum((0.75 * bend / _FLAT).sqrt(), length / _LONGEST)
    return count.ceil().clamp(1, _MOST_PIECES).long()


def _bernstein(u: Tensor) -> Tensor:
    """Return the weights of four control points at places ``u`` from 0 to 1: (...,) to (..., 4)."""
    v = 1 - u
    return torch.stack([v**3, 3 * u * v**2, 3 * u**2 * v, u**3], -1)


def tiling(pieces: Pieces, stroke: Tensor, reach: Tensor, *, size: tuple[int, int]) -> Tiling:
    """Find the pairs of a picture of ``size`` and put them in order.

    Args:
        pieces: of all strokes, those of the rearmost stroke first.
        stroke: (M,) long, ascending: the stroke of every piece.
        reach: (M,) how far from each piece, in pixels, it covers anything.
        size: (height, width) in pixels.
    """
    rows, columns = (-(-pixels // TILE) for pixels in size)
    piece, tile = _touched(pieces, reach, (rows, columns))
    tile, order = torch.sort(tile, stable=True)
    piece = piece[order]
    key = tile * (int(stroke.max()) + 1 if len(stroke) else 1) + stroke[piece]
    _, pair, pieces_in = torch.unique_consecutive(key, return_inverse=True, return_counts=True)
    first = pieces_in.cumsum(0) - pieces_in
    near, ranks = _largest_first(pieces_in)
    by_rank = _slices(_number_within(pair, first), near[pair], ranks)
    layer, layers, tiles = _layers(tile[first], rows * columns)
    back = _inverse(near)
    return Tiling(
        size,
        (rows, columns),
        _placed(piece, by_rank),
        ranks,
        stroke[piece[first]][back],
        tile[first][back],
        layer[back],
        layers,
        tiles,
    )


def _layers(tile: Tensor, count: int) -> tuple[Tensor, list[int], Tensor]:
    """Return `Tiling.layer`, `Tiling.layers` and `Tiling.tiles` of pairs in order of tiles.

    Args:
        tile: (P,) long, ascending: the tile of every pair, its rearmost stroke first.
        count: tiles in all.
    """
    strokes_in = torch.bincount(tile, minlength=count)
    place, layers = _largest_first(strokes_in)
    number = _number_within(tile, strokes_in.cumsum(0) - strokes_in)
    return _slices(number, place[tile], layers), layers, _inverse(place)


def _touched(pieces: Pieces, reach: Tensor, shape: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Return every piece, ascending, and tile that touch each other: (C,) of long each."""
    a, b = pieces.a, pieces.b
    most = torch.tensor(shape[::-1], device=a.device)
    low = ((torch.minimum(a, b) - reach[:, None]) / TILE).floor().long().clamp_min(0)
    high = ((torch.maximum(a, b) + reach[:, None]) / TILE).floor().long()
    spans = (torch.minimum(high, most - 1) - low + 1).clamp_min(0)
    count = spans[:, 0] * spans[:, 1]
    piece = torch.repeat_interleave(count)
    number = _number_within(piece, count.cumsum(0) - count)
    across = spans[piece, 0]
    x = low[piece, 0] + number % across
    y = low[piece, 1] + torch.div(number, across, rounding_mode="floor")
    half_diagonal = (TILE - 1) * 0.5**0.5
    centre = TILE * (torch.stack([x, y], 1) + 0.5)
    near = _distance(centre, a[piece], b[piece]) < reach[piece] + half_diagonal
    return piece[near], (y * shape[1] + x)[near]


def _distance(p: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Return the distances of points from straight pieces: all (C, 2), to (C,)."""
    along = b - a
    share = ((p - a) * along).sum(1) / along.square().sum(1).clamp_min(1e-12)
    distance: Tensor = (p - a - share.clamp(0, 1)[:, None] * along).norm(dim=1)
    return distance


def _number_within(group: Tensor, first: Tensor) -> Tensor:
    """Return the number of every member within its group, given where groups begin."""
    return torch.arange(len(group), device=group.device) - first[group]


def _largest_first(counts: Tensor) -> tuple[Tensor, list[int]]:
    """Return the place of every group, the largest first, and how many have a member r, by r."""
    order = torch.sort(counts, descending=True, stable=True).indices
    most = int(counts.max()) if len(counts) else 0
    of_size = torch.bincount(counts, minlength=most + 1)
    having = of_size.flip(0).cumsum(0).flip(0)[1:]
    return _inverse(order), having.tolist()


def _slices(number: Tensor, place: Tensor, lengths: list[int]) -> Tensor:
    """Return where members go that are put together by their number within their group, then by
    the place of the group.
    """
    begins = torch.tensor([0, *lengths], device=place.device).cumsum(0)
    return begins[number] + place


def _placed(values: Tensor, to: Tensor) -> Tensor:
    out = torch.empty_like(values)
    out[to] = values
    return out


def _inverse(permutation: Tensor) -> Tensor:
    return _placed(torch.arange(len(permutation), device=permutation.device), permutation)


def runs(lengths: list[int]) -> Iterator[tuple[int, slice]]:
    """Yield the length of every slice and where it lies."""
    begin = 0
    for length in lengths:
        yield length, slice(begin, begin + length)
        begin += length
