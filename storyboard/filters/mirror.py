"""The left half, and its mirror image as the right one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.filters import filters


def mirror(picture: Tensor) -> Tensor:
    """Replace the right half by the left one's mirror image: (B, C, H, W) to the same.

    With an odd width the middle column stays.
    """
    width = picture.shape[-1]
    left = picture[..., : (width + 1) // 2]
    return torch.cat([left, left[..., : width // 2].flip(-1)], dim=-1)


def mirror_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `mirror`, mixed in by ``amount``."""
    amount = filters.resolve("mirror", options)["amount"]
    return lambda picture: picture.lerp(mirror(picture), amount)
