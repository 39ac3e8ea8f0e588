"""Contrast and detail: how far pixels are from the mean around them."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from storyboard.losses import LossContext, losses

_TINY = 1e-4  # the slope of a square root at zero is infinite


def around(picture: Tensor, scale: float) -> Tensor:
    """Return the mean over the square of ``scale`` hundredths of the height about each pixel, at
    least 3 pixels wide; the border is repeated. (B, C, H, W) to the same.
    """
    reach = max(1, round(scale / 200 * picture.shape[-2]))
    padded = F.pad(picture, (reach, reach, reach, reach), mode="replicate")
    return F.avg_pool2d(padded, 2 * reach + 1, stride=1)


def contrast(picture: Tensor, *, scale: float = 0.0) -> Tensor:
    """Return the standard deviation of the brightness.

    ``mean(sqrt(E[l^2] - E[l]^2))`` with l the mean of the channels, E the mean over the whole
    picture, or `around` each pixel where ``scale`` is above 0.

    Args:
        picture: (B, C, H, W) in [0, 1].
        scale: side of the squares in hundredths of the height; 0 for the whole picture.

    Returns:
        Scalar: 0 for a flat picture, at most 0.5.
    """
    light = picture.mean(1, keepdim=True)
    if scale > 0:
        variance = (around(light.square(), scale) - around(light, scale).square()).clamp(min=0)
    else:
        variance = (light - light.mean((2, 3), keepdim=True)).square().mean((2, 3))
    return ((variance + _TINY**2).sqrt() - _TINY).mean()


def contrast_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return minus `contrast`: a positive weight raises it."""
    chosen = losses.resolve("contrast", context.options)
    return lambda picture: -contrast(picture, **chosen)


def detail(picture: Tensor, *, scale: float = 0.5) -> Tensor:
    """Return how much of the picture is finer than ``scale``.

    ``mean(sqrt(d^2 + b^2) - b)`` with ``d = x - around(x)`` and b a hundredth.

    Args:
        picture: (B, C, H, W) in [0, 1].
        scale: hundredths of the height.

    Returns:
        Scalar: 0 for a flat picture.
    """
    bend = 0.01
    fine = picture - around(picture, scale)
    return ((fine.square() + bend**2).sqrt() - bend).mean()


def detail_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return minus `detail`: a positive weight sharpens."""
    chosen = losses.resolve("detail", context.options)
    return lambda picture: -detail(picture, **chosen)
