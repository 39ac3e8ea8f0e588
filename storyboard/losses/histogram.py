"""The colours of a picture, wherever they lie."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.losses import LossContext, losses

DIRECTIONS = 16
ROWS = 96
"""Rows above which a picture is averaged in squares of pixels first."""


def directions() -> Tensor:
    """Return unit vectors spread evenly over half a sphere, (`DIRECTIONS`, 3) float64."""
    n = torch.arange(DIRECTIONS, dtype=torch.float64)
    z = (n + 0.5) / DIRECTIONS
    turn = n * math.pi * (3 - math.sqrt(5))
    flat = (1 - z * z).sqrt()
    return torch.stack([flat * turn.cos(), flat * turn.sin(), z], dim=1)


def color_distance(picture: Tensor, other: Tensor) -> Tensor:
    """Return how far apart the colours of two pictures of one shape are, whatever they show.

    The squared sliced Wasserstein distance of their colours in RGB (Bonneel, Rabin, Peyre and
    Pfister, 2015): along each of `directions`, the mean squared difference of the sorted
    projections; then the mean over the directions.

    Args:
        picture: (B, 3, H, W) in [0, 1].
        other: (B or 1, 3, H, W); gets no gradient.

    Returns:
        Scalar: 0 for the same colours in any order.
    """
    mine, wanted = (_sorted(one) for one in (picture, other.detach().to(picture)))
    return (mine - wanted).square().mean()


def _sorted(picture: Tensor) -> Tensor:
    """Return the colours along each direction in order: (B, DIRECTIONS, pixels)."""
    factor = -(-picture.shape[-2] // ROWS)  # a whole number: every pixel counts the same
    if factor > 1:
        picture = F.avg_pool2d(picture, factor, ceil_mode=True, count_include_pad=False)
    ordered: Tensor = (directions().to(picture) @ picture.flatten(2)).sort(dim=-1)[0]
    return ordered


def histogram_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return `color_distance` to the picture ``image``; 0 where there is none."""
    losses.resolve("histogram", context.options)
    if context.image is None:
        return lambda picture: 0 * picture.sum()
    wanted = context.image("image")
    return lambda picture: color_distance(picture, wanted)
