"""Colours brought to the nearest of a palette, with a gradient that passes straight through."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_AT_ONCE = 1 << 22  # distances held in memory at a time


def nearest(picture: Tensor, palette: Tensor) -> Tensor:
    """Return the colour of ``palette``, (N, 3), nearest to each of ``picture``, (B, 3, H, W), by
    Euclid's distance in RGB; no gradient passes.
    """
    palette = palette.to(picture)
    pixels = picture.detach().movedim(1, -1).reshape(-1, 3)
    parts = torch.split(pixels, max(1, _AT_ONCE // len(palette)))
    found = palette[torch.cat([torch.cdist(part, palette).argmin(1) for part in parts])]
    batch, _, height, width = picture.shape
    return found.reshape(batch, height, width, 3).movedim(-1, 1)


def lookup(picture: Tensor, palette: Tensor) -> Tensor:
    """Return the nearest colour of the palette, by Euclid's distance in RGB.

    The gradient passes straight through, as if nothing had been done (Bengio, Léonard and
    Courville, 2013, arXiv 1308.3432): a pixel can so travel to the border of another colour.

    Args:
        picture: (B, 3, H, W).
        palette: (N, 3).

    Returns:
        (B, 3, H, W), each pixel one of the palette.
    """
    return pass_through(picture, nearest(picture, palette))


def pass_through(picture: Tensor, shown: Tensor) -> Tensor:
    """Return ``shown``, whose gradient goes to ``picture`` unchanged; both of one shape."""
    return _PassThrough.apply(picture, shown)  # type: ignore[no-any-return]


class _PassThrough(torch.autograd.Function):
    """The second picture forward, the first one's gradient back. Exact, unlike a + (b - a)."""

    @staticmethod
    def forward(ctx: Any, picture: Tensor, shown: Tensor) -> Tensor:
        return shown.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None
