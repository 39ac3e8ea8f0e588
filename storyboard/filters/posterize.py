"""A few levels in each channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from storyboard.filters import filters
from storyboard.palette import pass_through


def posterized(picture: Tensor, *, levels: int) -> Tensor:
    """Return the nearest of ``levels`` evenly spaced values, channel by channel.

    ``round(x (levels - 1)) / (levels - 1)``; the gradient passes straight through.

    Args:
        picture: (B, C, H, W) in [0, 1].
        levels: at least 2.

    Returns:
        (B, C, H, W) in [0, 1].
    """
    shown = (picture.detach() * (levels - 1)).round() / (levels - 1)
    return pass_through(picture, shown)


def posterize_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `posterized`, mixed in by ``amount``."""
    chosen = filters.resolve("posterize", options)
    return lambda picture: picture.lerp(
        posterized(picture, levels=chosen["levels"]), chosen["amount"]
    )
