"""A differentiable, anti-aliased rasteriser of round strokes along Bezier curves.

A stroke covers a pixel by the distance d of the pixel's centre from its line: ``F(h - d) - F(-h -
d)``, with h half the stroke's width and F a smooth step of 1.5 pixels (the integral of a soft
pixel), which also thins strokes narrower than a pixel. Strokes are composited back to front,
``picture += alpha * (color - picture)`` with ``alpha = opacity * coverage``.

The gradient is exact for this picture: at the nearest point ``q = a + t (b - a)`` of a piece, the
distance changes with the ends as ``-(1 - t) n`` and ``-t n``, where n leads from q to the pixel.
Only pairs of a tile and a stroke that touches it are looked at (`storyboard.drawers.raster_tiles`),
and only what they cover is kept for the way back: 22 bytes a pixel of a pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers.raster_tiles import TILE, Pieces, Tiling, flatten, runs, tiling

SOFT = 0.75
"""Half the width of the edge of a stroke, in pixels."""

_PIXELS = TILE * TILE
_ROWS = 16384
"""Pairs whose distances are computed at a time, so that they stay in the processor's cache."""


@dataclass(frozen=True)
class Strokes:
    """Strokes in pixels, the rearmost first.

    Attributes:
        points: (N, 3 S + 1, 2) control points of S cubic curves in a row; (N, 1, 2) for dots.
        widths: (N,) in pixels.
        colors: (N, 3) in [0, 1].
        opacities: (N,) in [0, 1].
        paper: (3,) in [0, 1]: the colour behind all of them.
    """

    points: Tensor
    widths: Tensor
    colors: Tensor
    opacities: Tensor
    paper: Tensor


def draw_strokes(strokes: Strokes, size: tuple[int, int]) -> Tensor:
    """Return the picture of strokes, (1, 3, H, W) in [0, 1], differentiable in all of them.

    Convention: points are (x, y) in pixels, y down, (0, 0) the outer corner of the first pixel.

    Args:
        strokes: what to draw.
        size: (height, width) in pixels.
    """
    s = strokes
    picture: Tensor = _Raster.apply(size, s.points, s.widths, s.colors, s.opacities, s.paper)
    return picture


def curves_of(points: Tensor) -> Tensor:
    """Return the curves of strokes, one after the other: (N, 3 S + 1, 2) to (N S, 4, 2)."""
    if points.shape[1] == 1:
        return points
    return points.unfold(1, 4, 3).movedim(-1, 2).reshape(-1, 4, 2)


def sum_by(index: Tensor, values: Tensor, count: int) -> Tensor:
    """Return the sums of ``values``, (E, C), by ``index``, (E,): (count, C). Deterministic."""
    out = values.new_zeros(count, values.shape[1])
    if values.is_cuda:  # index_add_ is not deterministic there, this is
        return out.index_put_((index,), values, accumulate=True)
    columns = [out.new_zeros(count).index_add_(0, index, v) for v in values.unbind(1)]
    return torch.stack(columns, 1)


def _edge(inside: Tensor) -> tuple[Tensor, Tensor]:
    """Return the smooth step at ``inside`` pixels from the edge, and its slope."""
    s = ((inside + SOFT) / (2 * SOFT)).clamp(0, 1)
    return s * s * (3 - 2 * s), s * (1 - s) * (3 / SOFT)


def _in_tile(device: torch.device) -> Tensor:
    """Return the pixels of a tile from its centre, as rows x, y, 1: (3, TILE^2)."""
    along = torch.arange(TILE, device=device, dtype=torch.float32) - (TILE - 1) / 2
    y, x = torch.meshgrid(along, along, indexing="ij")
    return torch.stack([x.flatten(), y.flatten(), torch.ones(_PIXELS, device=device)])


def _lines(pieces: Pieces, tiles: Tiling) -> Tensor:
    """Return how every piece lies to its pair's tile: (C, 7).

    Three weights of (x, y, 1) that give the place along the piece from its middle, three that give
    the place across it, and half its length.
    """
    half_tile = TILE / 2
    corner = tiles.origins() + half_tile
    corner = torch.cat([corner[:0], *(corner[:length] for length in tiles.ranks)])
    a, b = pieces.a[tiles.piece] - corner, pieces.b[tiles.piece] - corner
    length = (b - a).norm(dim=1, keepdim=True)
    dot = a.new_tensor([[1.0, 0.0]])
    e = torch.where(length > 1e-6, (b - a) / length.clamp_min(1e-6), dot)
    middle = (a + b) / 2
    normal = torch.stack([-e[:, 1], e[:, 0]], 1)
    along, across = (-(middle * v).sum(1, keepdim=True) for v in (e, normal))
    return torch.cat([e, along, normal, across, length / 2], 1)


def _squared_distances(lines: Tensor, pixels: Tensor) -> Tensor:
    """Return the squared distances of a tile's pixels from pieces: (C, 7) to (C, TILE^2)."""
    past = (lines[:, :3] @ pixels).abs_().sub_(lines[:, 6:]).clamp_min_(0)
    across = lines[:, 3:6] @ pixels
    return past.square_().addcmul_(across, across)


def _nearest(pieces: Pieces, tiles: Tiling) -> tuple[Tensor, Tensor]:
    """Return every pixel's squared distance from the pair's stroke, (P, TILE^2), and the number of
    the piece that is nearest, int16 likewise.
    """
    lines, pixels = _lines(pieces, tiles), _in_tile(pieces.a.device)
    best = lines.new_empty(len(tiles.stroke), _PIXELS)
    number = torch.zeros(best.shape, dtype=torch.int16, device=best.device)
    for rank, (length, where) in enumerate(runs(tiles.ranks)):
        for begin in range(0, length, _ROWS):
            rows = slice(begin, min(begin + _ROWS, length))
            here = slice(where.start + rows.start, where.start + rows.stop)
            distance = _squared_distances(lines[here], pixels)
            if rank == 0:
                best[rows] = distance
            else:
                number[rows].masked_fill_(distance < best[rows], rank)
                torch.minimum(best[rows], distance, out=best[rows])
    return best, number


def _composite(alpha: Tensor, color: Tensor, paper: Tensor, tiles: Tiling) -> tuple[Tensor, Tensor]:
    """Lay the layers over the paper.

    Args:
        alpha: (P, TILE^2) in layer order.
        color: (P, 3) likewise.
        paper: (3,).
        tiles: the pairs.

    Returns:
        (T, 3, TILE^2): the tiles, those of most strokes first; and (P, 3, TILE^2): what was below
        every pair.
    """
    canvas = paper.view(1, 3, 1).expand(len(tiles.tiles), 3, _PIXELS).contiguous()
    below = canvas.new_empty(len(alpha), 3, _PIXELS)
    for count, where in runs(tiles.layers):
        below[where] = canvas[:count]
        step = (color[where, :, None] - canvas[:count]).mul_(alpha[where, None])
        canvas[:count] += step
    return canvas, below


def _uncomposite(
    gradient: Tensor, alpha: Tensor, color: Tensor, below: Tensor, tiles: Tiling
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of `_composite` in ``alpha``, ``color`` and ``paper``."""
    gradient, in_alpha = gradient.clone(), torch.empty_like(alpha)
    in_color = torch.empty_like(color)
    for count, where in reversed(list(runs(tiles.layers))):
        g = gradient[:count]
        in_color[where] = (g @ alpha[where, :, None])[..., 0]
        in_alpha[where] = (color[where, :, None] - below[where]).mul_(g).sum(1)
        g.mul_((1 - alpha[where])[:, None])
    return in_alpha, in_color, gradient.sum((0, 2))


def _untiled(canvas: Tensor, tiles: Tiling) -> Tensor:
    """Put tiles, (T, 3, TILE^2), together: (1, 3, H, W)."""
    (rows, columns), (height, width) = tiles.shape, tiles.size
    whole = torch.empty_like(canvas)
    whole[tiles.tiles] = canvas
    whole = whole.view(rows, columns, 3, TILE, TILE).permute(2, 0, 3, 1, 4)
    return whole.reshape(1, 3, rows * TILE, columns * TILE)[..., :height, :width].contiguous()


def _tiled(picture: Tensor, tiles: Tiling) -> Tensor:
    """Cut a picture, (1, 3, H, W), into tiles, zeros beyond its edge: (T, 3, TILE^2)."""
    (rows, columns), (height, width) = tiles.shape, tiles.size
    margin = (0, columns * TILE - width, 0, rows * TILE - height)
    whole = torch.nn.functional.pad(picture, margin).view(3, rows, TILE, columns, TILE)
    return whole.permute(1, 3, 0, 2, 4).reshape(-1, 3, _PIXELS)[tiles.tiles]


def _towards_ends(
    in_distance: Tensor, number: Tensor, pieces: Pieces, tiles: Tiling
) -> tuple[Tensor, Tensor]:
    """Lead the gradient of the distances to the ends of the pieces: (M, 4), a then b.

    Args:
        in_distance: (P, TILE^2), most of it zero.
        number: (P, TILE^2) int16, see `_nearest`.
        pieces: the pieces.
        tiles: the pairs.
    """
    flat = in_distance.flatten().nonzero()[:, 0]
    row, pixel = torch.div(flat, _PIXELS, rounding_mode="floor"), flat % _PIXELS
    begins = torch.tensor([0, *tiles.ranks[:-1]], device=flat.device).cumsum(0)
    piece = tiles.piece[begins[number.flatten()[flat].long()] + row]
    p = _in_tile(flat.device)[:2].T[pixel] + TILE / 2 + tiles.origins()[row]
    a, b = pieces.a[piece], pieces.b[piece]
    along = b - a
    t = ((p - a) * along).sum(1) / along.square().sum(1).clamp_min(1e-12)
    t = t.clamp_(0, 1)[:, None]
    n = p - a - t * along
    n = n / n.norm(dim=1, keepdim=True).clamp_min(1e-6)
    pull = -in_distance.flatten()[flat][:, None] * n
    return piece, torch.cat([pull * (1 - t), pull * t], 1)


def _towards_points(in_ends: Tensor, pieces: Pieces, points: Tensor) -> Tensor:
    """Lead the gradient of the ends, (M, 4), to the control points, (N, P, 2)."""
    count, controls = points.shape[0], pieces.weights.shape[2]
    shares = pieces.weights.transpose(1, 2) @ in_ends.view(-1, 2, 2)
    curves = max(1, (points.shape[1] - 1) // 3)
    by_curve = sum_by(pieces.curve, shares.flatten(1), count * curves)
    by_curve = by_curve.view(count, curves, controls, 2)
    out = torch.zeros_like(points)
    for control in range(controls):
        out[:, control : control + 3 * curves : 3] += by_curve[:, :, control]
    return out


class _Raster(torch.autograd.Function):
    """See `draw_strokes`."""

    @staticmethod
    def forward(ctx: Any, size: tuple[int, int], *tensors: Tensor) -> Tensor:
        points, widths, colors, opacities, paper = tensors
        pieces = flatten(curves_of(points))
        stroke = torch.div(pieces.curve, max(1, (points.shape[1] - 1) // 3), rounding_mode="floor")
        half = widths / 2
        tiles = tiling(pieces, stroke, half[stroke] + SOFT, size=size)
        squared, number = _nearest(pieces, tiles)
        distance = squared.sqrt_()
        cover = _coverage(distance, half[tiles.stroke, None])
        order = torch.empty_like(tiles.layer)
        order[tiles.layer] = torch.arange(len(order), device=order.device)
        alpha = (cover * opacities[tiles.stroke, None])[order]
        color = colors[tiles.stroke[order]]
        canvas, below = _composite(alpha, color, paper, tiles)
        ctx.save_for_backward(points, half, opacities, distance, number, alpha, color, below)
        ctx.pieces, ctx.tiles = pieces, tiles
        return _untiled(canvas, tiles)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        points, half, opacities, distance, number, alpha, color, below = ctx.saved_tensors
        pieces, tiles = ctx.pieces, ctx.tiles
        in_alpha, in_color, in_paper = _uncomposite(
            _tiled(gradient, tiles), alpha, color, below, tiles
        )
        in_alpha, in_color = in_alpha[tiles.layer], in_color[tiles.layer]
        h, opacity = half[tiles.stroke, None], opacities[tiles.stroke, None]
        (inner, inner_slope), (outer, outer_slope) = _edge(h - distance), _edge(h + distance)
        in_opacity = (in_alpha * (inner + outer - 1)).sum(1, keepdim=True)
        in_cover = in_alpha * opacity
        in_half = (in_cover * (inner_slope + outer_slope)).sum(1, keepdim=True)
        in_distance = in_cover * (outer_slope - inner_slope)
        piece, in_ends = _towards_ends(in_distance, number, pieces, tiles)
        in_points = _towards_points(sum_by(piece, in_ends, len(pieces.a)), pieces, points)
        by_stroke = sum_by(tiles.stroke, torch.cat([in_half, in_color, in_opacity], 1), len(points))
        in_width, in_color, in_opacity = by_stroke[:, 0] / 2, by_stroke[:, 1:4], by_stroke[:, 4]
        return None, in_points, in_width, in_color, in_opacity, in_paper


def _coverage(distance: Tensor, half: Tensor) -> Tensor:
    return _edge(half - distance)[0] + _edge(half + distance)[0] - 1
