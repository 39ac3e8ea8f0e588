"""One wedge of the picture, mirrored from side to side all the way round."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.filters import filters


def wedge(size: tuple[int, int], *, folds: int, angle: float) -> Tensor:
    """Return the sampling grid of the kaleidoscope: (H, W, 2) for ``grid_sample``.

    Convention: normalised x, y from -1 to 1 between the outer edges, y down
    (``align_corners=False``). The wedge is ``180 / folds`` degrees wide and begins ``angle``
    degrees counter-clockwise of straight to the right; it maps onto itself. Distances from the
    middle are kept, in a space where a height and a width of equal length are equal.
    """
    height, width = size
    aspect = width / height
    x = aspect * ((2 * torch.arange(width, dtype=torch.float64) + 1) / width - 1)[None, :]
    y = ((2 * torch.arange(height, dtype=torch.float64) + 1) / height - 1)[:, None]
    start, wide = math.radians(angle), math.pi / folds
    turned = (torch.atan2(-y, x) - start).remainder(2 * wide)
    folded = start + torch.minimum(turned, 2 * wide - turned)
    distance = torch.hypot(x, y)
    return torch.stack([distance * folded.cos() / aspect, -distance * folded.sin()], dim=-1)


def kaleidoscope_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return the picture seen through `wedge`, mirrored at its edge where that leaves it; mixed in
    by ``amount``.
    """
    chosen = filters.resolve("kaleidoscope", options)

    def kaleidoscope(picture: Tensor) -> Tensor:
        height, width = picture.shape[-2:]
        places = wedge((height, width), folds=chosen["folds"], angle=chosen["angle"])
        grid = places.to(picture).expand(len(picture), -1, -1, -1)
        folded = F.grid_sample(picture, grid, padding_mode="reflection", align_corners=False)
        return picture.lerp(folded, chosen["amount"])

    return kaleidoscope
