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


def scanlines_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Multiply the rows by ``1 - amount depth (1 - beam)``, see `beam`."""
    chosen = filters.resolve("scanlines", options)

    def scanlines(picture: Tensor) -> Tensor:
        height = picture.shape[-2]
        period_px = chosen["period"] / 100 * height
        light = beam(height, period_px=period_px, roll=chosen["roll"]).to(picture)
        share: float = chosen["amount"] * chosen["depth"]
        return picture * (1 - share * (1 - light))[:, None]

    return scanlines


scanlines_filter.SEEN = False  # type: ignore[attr-defined]
