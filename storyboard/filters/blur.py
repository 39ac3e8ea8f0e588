"""Gaussian blur."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch.nn.functional as F
from kornia.filters import gaussian_blur2d
from torch import Tensor

from storyboard.filters import filters

MOST_PX = 6.0
"""Standard deviation above which a picture is blurred at a fraction of its size."""


def blurred(picture: Tensor, deviation_px: float) -> Tensor:
    """Return the picture convolved with a Gaussian, border pixels repeated.

    ``out = picture * exp(-r^2 / (2 deviation_px^2))``, normalised. A deviation above `MOST_PX` is
    applied at a half, a quarter ... of the size: its result holds no finer detail.

    Args:
        picture: (B, C, H, W).
        deviation_px: standard deviation in pixels; at most 0 returns the picture itself.

    Returns:
        (B, C, H, W), differentiable.
    """
    if deviation_px <= 0:
        return picture
    size, factor = picture.shape[-2:], 1
    while deviation_px / factor > MOST_PX and min(size) // factor >= 16:
        factor *= 2
    small = F.avg_pool2d(picture, factor, ceil_mode=True) if factor > 1 else picture
    deviation = deviation_px / factor
    side = 2 * max(1, round(3 * deviation)) + 1
    soft: Tensor = gaussian_blur2d(
        small, (side, side), (deviation, deviation), border_type="replicate"
    )
    if factor == 1:
        return soft
    return F.interpolate(soft, size, mode="bilinear", align_corners=False)


def blur_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `blurred` with the story's ``radius`` times ``amount``."""
    chosen = filters.resolve("blur", options)
    share = chosen["amount"] * chosen["radius"] / 100
    return lambda picture: blurred(picture, share * picture.shape[-2])


blur_filter.SEEN = False  # type: ignore[attr-defined]
