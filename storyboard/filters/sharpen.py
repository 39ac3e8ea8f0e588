"""Crisper edges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.filters import filters


def sharpen(picture: Tensor, *, amount: float, radius: float) -> Tensor:
    """Sharpen by an unsharp mask: add ``amount`` of the difference to the blurred picture.

    Args:
        picture: (B, C, H, W) in [0, 1].
        amount: 0 for nothing, 1 to add the detail once.
        radius: standard deviation of the blur, in hundredths of the height; never less than 0.6
            pixels, below which no blur would be seen.

    Returns:
        (B, C, H, W), held within [0, 1]; there the gradient passes as if it were not held.
    """
    deviation = max(0.6, radius / 100 * picture.shape[2])
    sharper = picture + amount * (picture - _blur(_blur(picture, deviation).mT, deviation).mT)
    return sharper + (sharper.clamp(0, 1) - sharper).detach()


def _blur(picture: Tensor, deviation: float) -> Tensor:
    """Apply a Gaussian blur along the rows, extending the border pixels."""
    reach = max(1, round(3 * deviation))
    offsets = torch.arange(-reach, reach + 1, dtype=picture.dtype, device=picture.device)
    kernel = torch.exp(-0.5 * (offsets / deviation) ** 2)
    rows = picture.flatten(0, 2)[:, None]
    padded = F.pad(rows, (reach, reach), mode="replicate")
    return F.conv1d(padded, (kernel / kernel.sum())[None, None]).view_as(picture)


def sharpen_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `sharpen` with the story's options."""
    chosen = filters.resolve("sharpen", options)
    return lambda picture: sharpen(picture, **chosen)
