"""Cutouts: all views of a batch taken from the picture at once.

The picture is halved by area averages into ever smaller *levels*, packed side by side in one
*atlas*; every view is sampled from the level that fits its size, all in one ``grid_sample``. Colour
jitter and the perceptor's normalisation are one 3x4 matrix a view, noise one slice of a bank.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.perceptors.views import Views

# A view is sampled from the level on which it is at most this much larger than its pixels:
# bilinear sampling passes over pixels from two on.
MINIFICATION = 1.5

_SLACK = 1 << 16  # how far the slices of the bank of noise lie apart at most


@dataclass(frozen=True)
class InputFormat:
    """Input format of a perceptor: square pictures of ``size`` pixels, normalised per channel."""

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True)
class Level:
    """A level's place in the atlas, in pixels.

    ``width`` and ``height`` are what the picture covers of it: no whole numbers where an odd side
    was halved.
    """

    width: float
    height: float
    left: int
    top: int


def cut(picture: Tensor, views: Views, lens: InputFormat, bank: Tensor) -> Tensor:
    """Return the views of ``picture``, jittered, with noise, and normalised.

    Convention: ``picture`` (1, 3, H, W) in [0, 1]; the result (N, 3, size, size). ``bank`` is a
    `noise_bank` of the same size. Differentiable in the picture.
    """
    count, size = len(views), lens.size
    reach = _reach(views, picture, size)
    atlas, levels = build_atlas(picture, int(reach.max()) + 1)
    with torch.no_grad():
        points = _points(views, size, picture.device)
        cover = _cover(points, views, picture)
        grid = _grid(points, [levels[n] for n in reach.tolist()], atlas)
    seen = F.grid_sample(
        atlas, grid.view(1, count * size, size, 2), padding_mode="border", align_corners=False
    )
    seen = seen.view(3, count, size * size)
    if cover is not None:
        grey = views.grey.nan_to_num().to(seen).view(1, count, 1)
        seen = torch.lerp(grey, seen, cover.view(1, count, -1))
    matrix, shift = _color(views, lens, seen)
    out = torch.baddbmm(shift, matrix, seen.transpose(0, 1)).view(count, 3, size, size)
    return out + _noise(views, lens, bank, out) if bool(views.noise.any()) else out


def noise_bank(size: int, seed: int, device: torch.device) -> Tensor:
    """Return normal noise of which every view of ``size`` pixels takes a slice."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(3 * size * size + _SLACK, generator=generator).to(device)


def build_atlas(picture: Tensor, count: int) -> tuple[Tensor, list[Level]]:
    """Return ``count`` levels of ``picture`` (1, 3, H, W), each half as large as the one before.

    The first is the picture; the others stand in a column to its right.
    """
    parts = [picture]
    height, width = picture.shape[-2:]
    levels, top = [Level(width, height, 0, 0)], 0
    for n in range(1, count):
        parts.append(_halve(parts[-1]))
        levels.append(Level(width / 2**n, height / 2**n, width, top))
        top += parts[-1].shape[-2]
    if count == 1:
        return picture, levels
    tall, wide = max(height, top), parts[1].shape[-1]
    column = torch.cat([F.pad(p, (0, wide - p.shape[-1])) for p in parts[1:]], dim=2)
    halves = (F.pad(p, (0, 0, 0, tall - p.shape[-2])) for p in (picture, column))
    return torch.cat(list(halves), dim=3), levels


def _halve(picture: Tensor) -> Tensor:
    """Average areas to half the size, rounded up: the last row or column counts twice if odd."""
    height, width = picture.shape[-2:]
    if height % 2 or width % 2:
        picture = F.pad(picture, (0, width % 2, 0, height % 2), mode="replicate")
    return F.avg_pool2d(picture, 2)


def _reach(views: Views, picture: Tensor, size: int) -> Tensor:
    """Return the level for each view, ``(N,)``: by the longest side of what it sees of the
    picture.
    """
    height, width = picture.shape[-2:]
    square = torch.tensor([[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]], dtype=torch.float64)
    corners = square @ views.matrix.transpose(1, 2)
    corners = corners[..., :2] / corners[..., 2:] * torch.tensor([width / 2, height / 2])
    sides = torch.linalg.vector_norm(corners - corners.roll(1, dims=1), dim=-1).amax(dim=1)
    smallest = max(0, min(height, width).bit_length() - 1)
    reach: Tensor = (sides / size / MINIFICATION).log2().ceil().clamp(0, smallest).long()
    return reach


def _points(views: Views, size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the source points of each view's pixels: x and y, ``(N, S, S)``, normalised to
    -1..1.
    """
    m = views.matrix.to(device, torch.float32)[:, :, :, None, None]
    axis = (torch.arange(size, device=device, dtype=torch.float32) + 0.5) * (2 / size) - 1
    u, v = axis.view(1, size), axis.view(size, 1)
    x, y, depth = (m[:, n, 0] * u + (m[:, n, 1] * v + m[:, n, 2]) for n in range(3))
    depth = depth.reciprocal_()
    return x.mul_(depth), y.mul_(depth)


def _cover(points: tuple[Tensor, Tensor], views: Views, picture: Tensor) -> Tensor | None:
    """Return the coverage of each pixel by the picture, in 0..1; None where no view exceeds it."""
    wide = ~views.grey.isnan()
    if not bool(wide.any()):
        return None
    rows = wide.nonzero()[:, 0].to(picture.device)
    height, width = picture.shape[-2:]
    inside = [
        (1 - line[rows].abs_()).mul_(side / 2).add_(0.5).clamp_(0, 1)
        for line, side in zip(points, (width, height), strict=True)
    ]
    cover = torch.ones_like(points[0])
    cover[rows] = inside[0].mul_(inside[1])
    return cover


def _grid(points: tuple[Tensor, Tensor], levels: list[Level], atlas: Tensor) -> Tensor:
    """Return the sampling grid in the atlas, ``(N, S, S, 2)``, mirrored at the picture's
    borders.
    """
    tall, wide = atlas.shape[-2:]
    places = torch.tensor(
        [[[v.width, v.left, wide], [v.height, v.top, tall]] for v in levels], device=atlas.device
    )
    span, start, whole = places.permute(2, 1, 0)[..., None, None]
    edge, scale, move = 1 - 1 / span, span / whole, (2 * start + span) / whole - 1
    grid = torch.empty(*points[0].shape, 2, device=atlas.device)
    for n, line in enumerate(points):
        mirrored = line.clamp(-1, 1).mul_(2).sub_(line)
        inside = torch.clamp(mirrored, min=-edge[n], max=edge[n])
        torch.add(inside.mul_(scale[n]), move[n], out=grid[..., n])
    return grid


def _color(views: Views, lens: InputFormat, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return the views' colour matrices with the lens's normalisation: ``(N, 3, 3)`` and ``(N, 3,
    1)``.
    """
    mean, std = (torch.tensor(v, dtype=torch.float64) for v in (lens.mean, lens.std))
    return (views.color / std[:, None]).to(like), ((views.shift - mean) / std)[..., None].to(like)


def _noise(views: Views, lens: InputFormat, bank: Tensor, like: Tensor) -> Tensor:
    """Return each view's slice of the bank, at its strength: ``(N, 3, S, S)``."""
    length = bank.numel() - _SLACK
    starts = (views.offset * _SLACK).long().tolist()
    noise = torch.stack([bank[start : start + length] for start in starts]).view_as(like)
    strength = views.noise[:, None] / torch.tensor(lens.std, dtype=torch.float64)
    return noise.mul_(strength[:, :, None, None].to(like))
