"""Brightness turned into colours along a ramp."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.filters import filters
from storyboard.filters.grayscale import grayscale


def duotone(picture: Tensor, colors: Tensor) -> Tensor:
    """Return the colour that the luma of each pixel stands for.

    The luma goes from the first colour at 0 through the others, evenly spaced, to the last at 1:
    ``(1 - f) colors[k] + f colors[k + 1]`` with ``k + f = luma (N - 1)``.

    Args:
        picture: (B, 3, H, W) in [0, 1].
        colors: (N, 3), N at least 1.

    Returns:
        (B, 3, H, W) in [0, 1], differentiable.
    """
    ramp = colors.to(picture)
    place = grayscale(picture)[:, 0].clamp(0, 1) * (len(ramp) - 1)
    left = place.detach().floor().long().clamp(max=max(len(ramp) - 2, 0))
    right = (left + 1).clamp(max=len(ramp) - 1)
    share = (place - left)[..., None]
    return torch.lerp(ramp[left], ramp[right], share).movedim(-1, 1)


def duotone_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `duotone` with the story's ``colors``, mixed in by ``amount``."""
    chosen = filters.resolve("duotone", options)
    colors = torch.tensor(chosen["colors"])
    return lambda picture: picture.lerp(duotone(picture, colors), chosen["amount"])
