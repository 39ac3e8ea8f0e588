"""A picture of few, large pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from storyboard.filters import filters


def pixelated(picture: Tensor, *, across: int) -> Tensor:
    """Return ``picture`` as square cells of one colour each, the mean of what they cover.

    Args:
        picture: (B, C, H, W).
        across: cells along the width; no more than the picture has pixels.

    Returns:
        (B, C, H, W).
    """
    height, width = picture.shape[2:]
    across = min(across, width)
    down = max(1, min(height, round(across * height / width)))
    cells = F.adaptive_avg_pool2d(picture, (down, across))
    return F.interpolate(cells, (height, width), mode="nearest-exact")


def pixelate_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `pixelated`, mixed in by ``amount``."""
    chosen = filters.resolve("pixelate", options)
    return lambda picture: picture.lerp(
        pixelated(picture, across=chosen["across"]), chosen["amount"]
    )
