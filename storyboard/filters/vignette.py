"""Darker toward the corners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.filters import filters


def falloff(size: tuple[int, int], *, inner: float) -> Tensor:
    """Return a mask (H, W): 1 in the middle, falling smoothly from ``inner`` to 0 in the corners.

    ``inner`` and the distance are measured from the centre 0 to the corner 1, along an ellipse of
    the picture's own shape.
    """
    y, x = (2 * (torch.arange(n) + 0.5) / n - 1 for n in size)
    distance = ((x[None, :] ** 2 + y[:, None] ** 2) / 2).sqrt()
    out: Tensor = ((distance - inner) / (1 - inner)).clamp(0, 1)
    light: Tensor = 1 - out * out * (3 - 2 * out)
    return light


def vignette_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Multiply the picture by `falloff`, mixed in by ``amount``."""
    chosen = filters.resolve("vignette", options)

    def vignette(picture: Tensor) -> Tensor:
        height, width = picture.shape[-2:]
        light = falloff((height, width), inner=chosen["inner"]).to(picture)
        amount: float = chosen["amount"]
        return picture * (1 - amount * (1 - light))

    return vignette
