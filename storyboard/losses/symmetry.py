"""The picture as its own mirror image, or as itself turned."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.losses import LossContext, losses


def asymmetry(picture: Tensor) -> Tensor:
    """Return the mean squared difference between the picture, (B, C, H, W), and its mirror image.

    The mirror stands upright in the middle. Scalar, 0 for a symmetric picture.
    """
    return (picture - picture.flip(-1)).square().mean()


def unlike(picture: Tensor, matrix: tuple[float, float, float, float]) -> Tensor:
    """Return the mean squared difference between the picture and itself moved by ``matrix``.

    Convention: the picture is taken from ``(a x + b y, c x + d y)`` for ``(a, b, c, d)``, in pixels
    from the centre, y down, by bilinear sampling; what would come from outside does not count.

    Args:
        picture: (B, C, H, W) in [0, 1].
        matrix: a turn or a reflection about the centre.

    Returns:
        Scalar: 0 for a picture with that symmetry.
    """
    height, width = picture.shape[-2:]
    grid, inside = _places((height, width), matrix)
    places = grid.to(picture).expand(len(picture), -1, -1, -1)
    moved = F.grid_sample(picture, places, padding_mode="border", align_corners=False)
    weight = inside.to(picture)
    return ((picture - moved).square().mean((0, 1)) * weight).sum() / weight.sum().clamp(min=1)


@lru_cache(maxsize=8)
def _places(size: tuple[int, int], matrix: tuple[float, float, float, float]) -> tuple[Tensor, ...]:
    """Return the sampling grid (H, W, 2) of `unlike`, and where it lies inside: (H, W)."""
    y, x = torch.meshgrid(
        *(torch.arange(n, dtype=torch.float64) + 0.5 - n / 2 for n in size), indexing="ij"
    )
    a, b, c, d = matrix
    grid = torch.stack([(a * x + b * y) * 2 / size[1], (c * x + d * y) * 2 / size[0]], dim=-1)
    return grid, (grid.abs() <= 1).all(-1)


def symmetries(axis: str, folds: int) -> list[tuple[float, float, float, float]]:
    """Return the matrices under which a picture of that symmetry stays the same."""
    turn = 2 * math.pi / folds
    mirrors = {
        "vertical": (-1.0, 0.0, 0.0, 1.0),
        "horizontal": (1.0, 0.0, 0.0, -1.0),
        "diagonal": (0.0, 1.0, 1.0, 0.0),
    }
    if axis == "rotation":
        return [(math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn))]
    return [mirrors[axis]] if axis in mirrors else [mirrors["vertical"], mirrors["horizontal"]]


def symmetry_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return the mean of `unlike` over the symmetries asked for: a positive weight makes the
    picture symmetric.
    """
    chosen = losses.resolve("symmetry", context.options)
    if chosen["axis"] == "vertical":
        return asymmetry
    moves = symmetries(chosen["axis"], chosen["folds"])
    return lambda picture: torch.stack([unlike(picture, move) for move in moves]).mean()
