"""One colour everywhere but in a soft spot."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from storyboard.losses import LossContext, losses

_BEND = 0.01  # differences below which the pull grows from nothing


def spot(size: tuple[int, int], center: tuple[float, float], width: float) -> Tensor:
    """Return ``exp(-r^2 / (2 width^2))``, (H, W) float64.

    ``center`` is (x, y) from 0 to 1 over the frame, y down; r and ``width`` are in heights of the
    frame.
    """
    height, across = size
    y = (torch.arange(height, dtype=torch.float64) + 0.5) / height - center[1]
    x = ((torch.arange(across, dtype=torch.float64) + 0.5) / across - center[0]) * across / height
    spot: Tensor = torch.exp(-(x[None, :] ** 2 + y[:, None] ** 2) / (2 * max(width, 1e-6) ** 2))
    return spot


def outside(picture: Tensor, color: Tensor, free: Tensor) -> Tensor:
    """Return the mean difference from ``color``, less where the picture is ``free``.

    ``mean((1 - g) (sqrt((x - c)^2 + b^2) - b))`` with g the `spot` and b one hundredth.

    Args:
        picture: (B, 3, H, W) in [0, 1].
        color: (3,).
        free: (H, W) in [0, 1].
    """
    difference = picture - color.to(picture)[:, None, None]
    distance = (difference.square() + _BEND**2).sqrt() - _BEND
    return (distance * (1 - free.to(picture))).mean()


def gaussian_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return `outside` of a spot of the story's place and width."""
    chosen = losses.resolve("gaussian", context.options)
    color, center = torch.tensor(chosen["color"]), (chosen["center_x"], chosen["center_y"])

    def gaussian(picture: Tensor) -> Tensor:
        height, width = picture.shape[-2:]
        return outside(picture, color, spot((height, width), center, chosen["width"] / 100))

    return gaussian
