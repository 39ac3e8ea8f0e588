"""Light that spreads from the bright parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.filters import filters
from storyboard.filters.blur import blurred

SCALES = ((1 / 3, 0.6), (1.0, 0.6), (3.0, 0.4))
"""Blurs that the light spreads by, as shares of the radius, with their weights: a bright rim close
to the lamp, a halo around it and a haze far off."""


def glow(picture: Tensor, *, strength: float, threshold: float, radius: float) -> Tensor:
    """Return the picture with the spread light of its bright parts added (bloom).

    ``1 - (1 - x) exp(-strength spread)`` with ``spread = sum_k w_k blur_k(lit)`` over `SCALES` and
    ``lit = max(0, x - threshold) / (1 - threshold)``, channel by channel: nothing burns out, thin
    lights have a halo too, and black stays black far from any light.

    Args:
        picture: (B, C, H, W) in [0, 1].
        strength: 0 returns the picture itself, 1 adds all of the light.
        threshold: value from which a pixel gives light, 0 to below 1.
        radius: standard deviation of the middle blur in hundredths of the height.

    Returns:
        (B, C, H, W) in [0, 1], differentiable.
    """
    if not strength:
        return picture
    lit = (picture - threshold).clamp(min=0) / (1 - threshold)
    radius_px = radius / 100 * picture.shape[-2]
    spread = torch.stack([w * blurred(lit, share * radius_px) for share, w in SCALES]).sum(0)
    return 1 - (1 - picture) * torch.exp(-strength * spread)


def glow_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `glow` with ``amount`` as its strength."""
    chosen = filters.resolve("glow", options)
    chosen["strength"] = chosen.pop("amount")
    return lambda picture: glow(picture, **chosen)


glow_filter.SEEN = False  # type: ignore[attr-defined]
