"""Chromatic aberration: red and blue a little larger and smaller than green."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.filters import filters


def aberration(picture: Tensor, *, shift_px: float) -> Tensor:
    """Return the picture with red enlarged and blue reduced about the centre.

    Convention: at distance r from the centre, of R in the corner, red is taken from
    ``r (1 - shift_px / R)``, blue from ``r (1 + shift_px / R)``, by bilinear sampling; green stays
    exactly as it is. Past the border its pixels are repeated.

    Args:
        picture: (B, 3, H, W).
        shift_px: pixels by which red and blue are displaced in the corners; below 0 the other way.

    Returns:
        (B, 3, H, W), differentiable.
    """
    if shift_px == 0:
        return picture
    height, width = picture.shape[-2:]
    share = shift_px / (math.hypot(height, width) / 2)
    red, green, blue = picture.chunk(3, dim=1)
    return torch.cat([_scaled(red, 1 - share), green, _scaled(blue, 1 + share)], dim=1)


def _scaled(channel: Tensor, scale: float) -> Tensor:
    matrix = channel.new_tensor([[scale, 0, 0], [0, scale, 0]]).expand(len(channel), 2, 3)
    grid = F.affine_grid(matrix, list(channel.shape), align_corners=False)
    return F.grid_sample(channel, grid, padding_mode="border", align_corners=False)


def aberration_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `aberration` by ``shift`` times ``amount``."""
    chosen = filters.resolve("aberration", options)
    share = chosen["amount"] * chosen["shift"] / 100
    return lambda picture: aberration(picture, shift_px=share * picture.shape[-2])


aberration_filter.SEEN = False  # type: ignore[attr-defined]
