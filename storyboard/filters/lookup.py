"""Every pixel takes the nearest colour of a palette."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.filters import filters

_AT_ONCE = 1 << 22  # distances held in memory at a time


def lookup(picture: Tensor, palette: Tensor) -> Tensor:
    """The nearest colour of the palette, by Euclid's distance in RGB.

    The gradient passes straight through, as if nothing had been done (Bengio, Léonard and
    Courville, 2013, arXiv 1308.3432): a pixel can so travel to the border of another colour.

    Args:
        picture: (B, 3, H, W).
        palette: (N, 3).

    Returns:
        (B, 3, H, W), each pixel one of the palette.
    """
    palette = palette.to(picture)
    pixels = picture.detach().movedim(1, -1).reshape(-1, 3)
    parts = torch.split(pixels, max(1, _AT_ONCE // len(palette)))
    nearest = torch.cat([torch.cdist(part, palette).argmin(1) for part in parts])
    batch, _, height, width = picture.shape
    found = palette[nearest].reshape(batch, height, width, 3).movedim(-1, 1)
    return _PassThrough.apply(picture, found)  # type: ignore[no-any-return]


class _PassThrough(torch.autograd.Function):
    """The second picture forward, the first one's gradient back. Exact, unlike a + (b - a)."""

    @staticmethod
    def forward(ctx: Any, picture: Tensor, shown: Tensor) -> Tensor:
        return shown.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


def lookup_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """`lookup` with the palette ``colors``, mixed in by ``amount``."""
    chosen = filters.resolve("lookup", options)
    palette = torch.tensor(chosen["colors"])
    return lambda picture: picture.lerp(lookup(picture, palette), chosen["amount"])
