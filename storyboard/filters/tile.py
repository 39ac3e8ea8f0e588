"""The picture several times beside itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.filters import filters


def tiled(
    picture: Tensor, *, count: int, mirror: bool = False, shift: tuple[float, float] = (0, 0)
) -> Tensor:
    """Return ``count`` by ``count`` copies of the picture, each reduced to its share of the frame.

    Convention: ``out(x, y) = picture(frac(count x - shift_x), frac(count y - shift_y))`` with x and
    y from 0 to 1 over the frame, y down. With ``mirror`` every other copy is a mirror image, so
    that no seam shows.

    Args:
        picture: (B, C, H, W).
        count: copies along each side.
        mirror: whether copies mirror each other.
        shift: (x, y), how far the copies are moved right and down, in copies.

    Returns:
        (B, C, H, W), bilinear from the picture averaged to the size of a copy; differentiable.
    """
    height, width = picture.shape[-2:]
    small = picture
    if count > 1:
        small = F.interpolate(picture, (-(-height // count), -(-width // count)), mode="area")
    y = _places(height, count, shift[1], mirror=mirror).to(picture)
    x = _places(width, count, shift[0], mirror=mirror).to(picture)
    return _lerped(_lerped(small, y, dim=2, wrap=not mirror), x, dim=3, wrap=not mirror)


def _places(length: int, count: int, shift: float, *, mirror: bool) -> Tensor:
    place = count * (torch.arange(length, dtype=torch.float64) + 0.5) / length - shift
    if mirror:
        turned = place.remainder(2)
        return torch.minimum(turned, 2 - turned)
    return place.remainder(1)


def _lerped(picture: Tensor, place: Tensor, *, dim: int, wrap: bool) -> Tensor:
    """Return the picture at places 0..1 along ``dim``, wrapped or held at the border."""
    length = picture.shape[dim]
    at = place * length - 0.5
    left = at.floor()
    share = at - left
    ends = (left.long(), left.long() + 1)
    low, high = (i.remainder(length) if wrap else i.clamp(0, length - 1) for i in ends)
    share = share if dim == 3 else share[:, None]
    return torch.lerp(picture.index_select(dim, low), picture.index_select(dim, high), share)


def tile_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `tiled`, mixed in by ``amount``."""
    chosen = filters.resolve("tile", options)
    shift = (chosen["shift_x"], chosen["shift_y"])
    tiling = {"count": chosen["count"], "mirror": chosen["mirror"], "shift": shift}
    return lambda picture: picture.lerp(tiled(picture, **tiling), chosen["amount"])
