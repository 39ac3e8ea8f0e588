"""Colours near those of a palette."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from storyboard.losses import LossContext, losses
from storyboard.palette import nearest

_BEND = 0.01  # distances below which the pull grows from nothing


def off_palette(picture: Tensor, palette: Tensor) -> Tensor:
    """Return the mean distance of the picture's colours to the nearest of a palette.

    ``mean(sqrt(|x - q(x)|^2 + b^2) - b)`` over the pixels, with ``q`` the nearest colour by
    Euclid's distance in RGB and b one hundredth.

    Args:
        picture: (B, 3, H, W) in [0, 1].
        palette: (N, 3).

    Returns:
        Scalar: 0 where every pixel is of the palette, at most about 1.7.
    """
    squares = (picture - nearest(picture, palette)).square().sum(1)
    return ((squares + _BEND**2).sqrt() - _BEND).mean()


def palette_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return `off_palette` for the story's ``colors``."""
    colors = torch.tensor(losses.resolve("palette", context.options)["colors"])
    return lambda picture: off_palette(picture, colors)
