"""Dark lines across the picture, as on a tube."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.filters import filters


def beam(height: int, *, period_px: float, roll: float) -> Tensor:
    """Return how bright each row is drawn, (height,) in [0, 1].

    ``(1 + cos(2 pi (y / period_px - roll))) / 2``; ``period_px`` is at least 2.
    """
    y = torch.arange(height, dtype=torch.float64)
    light: Tensor = (1 + torch.cos(2 * math.pi * (y / max(2.0, period_px) - roll))) / 2
    return light


def scanned(picture: Tensor, light: Tensor, *, depth: float) -> Tensor:
    """Return the picture drawn in lines, about as bright on the whole as it was.

    ``(1 - (1 - x)^g) (1 - depth (1 - light))`` with ``g = 1 / (1 - depth / 2)``: a line is as much
    brighter as the gaps beside it are darker, and white does not burn out.

    Args:
        picture: (B, C, H, W) in [0, 1].
        light: (H,) of `beam`.
        depth: how dark the gaps are; 0 returns the picture itself.
    """
    if not depth:
        return picture
    brighter = 1 - (1 - picture) ** (1 / (1 - depth / 2))
    return brighter * (1 - depth * (1 - light.to(picture)))[:, None]


def scanlines_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `scanned` with ``depth`` times ``amount``."""
    chosen = filters.resolve("scanlines", options)

    def scanlines(picture: Tensor) -> Tensor:
        height = picture.shape[-2]
        period_px = chosen["period"] / 100 * height
        light = beam(height, period_px=period_px, roll=chosen["roll"])
        return scanned(picture, light, depth=chosen["amount"] * chosen["depth"])

    return scanlines


scanlines_filter.SEEN = False  # type: ignore[attr-defined]
