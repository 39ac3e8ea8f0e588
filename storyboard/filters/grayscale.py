"""The picture without its colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from storyboard.filters import filters

#: How bright red, green and blue are to the eye (ITU-R BT.709, on the coded values).
LUMA = (0.2126, 0.7152, 0.0722)


def grayscale(picture: Tensor) -> Tensor:
    """Replace every channel by the luma: (B, 3, H, W) to (B, 3, H, W)."""
    weights = picture.new_tensor(LUMA)[:, None, None]
    return (picture * weights).sum(1, keepdim=True).expand_as(picture)


def grayscale_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `grayscale`, mixed in by ``amount``."""
    amount = filters.resolve("grayscale", options)["amount"]
    return lambda picture: picture.lerp(grayscale(picture), amount)
