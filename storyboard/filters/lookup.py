"""Every pixel takes the nearest colour of a palette."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.filters import filters
from storyboard.palette import lookup, nearest, pass_through


def bayer(order: int) -> Tensor:
    """Return the threshold matrix of ordered dithering, (2**order, 2**order), mean 0.

    Bayer, "An optimum method for two-level rendition of continuous-tone pictures", 1973; its
    values lie evenly within -0.5..0.5.

    >>> bayer(1).tolist()
    [[-0.375, 0.125], [0.375, -0.125]]
    """
    matrix = torch.zeros(1, 1, dtype=torch.float64)
    for _ in range(order):
        quarter = 4 * matrix
        matrix = torch.cat(
            [
                torch.cat([quarter, quarter + 2], dim=1),
                torch.cat([quarter + 3, quarter + 1], dim=1),
            ]
        )
    return (matrix + 0.5) / matrix.numel() - 0.5


def spacing(palette: Tensor) -> float:
    """Return how far the colours of a palette, (N, 3), are apart, as a step of grey: the mean
    distance to the nearest other one, divided by the square root of 3; 0 for one colour.
    """
    if len(palette) < 2:
        return 0.0
    distance = torch.cdist(palette, palette)
    distance.fill_diagonal_(float("inf"))
    return float(distance.amin(1).mean()) / 3**0.5


def dithered(picture: Tensor, palette: Tensor, *, strength: float, dot_px: int = 1) -> Tensor:
    """Return the palette's colours in dots whose mean is near the picture (ordered dithering).

    The nearest colour to ``x + strength spacing bayer``, see `bayer` and `spacing`; the gradient
    passes straight through.

    Args:
        picture: (B, 3, H, W) in [0, 1].
        palette: (N, 3).
        strength: 0 for `lookup`, 1 for dots that reach from one colour to the next.
        dot_px: side of a dot in pixels.

    Returns:
        (B, 3, H, W), each pixel one of the palette.
    """
    height, width = picture.shape[-2:]
    matrix = bayer(3).repeat_interleave(dot_px, 0).repeat_interleave(dot_px, 1)
    side = len(matrix)
    screen = matrix.repeat(-(-height // side), -(-width // side))[:height, :width]
    offset = strength * spacing(palette) * screen
    return pass_through(picture, nearest(picture.detach() + offset.to(picture), palette))


def lookup_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `lookup` with the palette ``colors``, or `dithered`, mixed in by ``amount``."""
    chosen = filters.resolve("lookup", options)
    palette = torch.tensor(chosen["colors"])

    def show(picture: Tensor) -> Tensor:
        if not chosen["dither"]:
            return picture.lerp(lookup(picture, palette), chosen["amount"])
        dot_px = max(1, round(chosen["dot"] / 100 * picture.shape[-2]))
        shown = dithered(picture, palette, strength=chosen["dither"], dot_px=dot_px)
        return picture.lerp(shown, chosen["amount"])

    return show
