"""Bands of rows torn sideways, their colours apart: a disturbed signal."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.filters import Moment, filters


def tears(height: int, *, bands: int, seed: int) -> Tensor:
    """Return how far each row is torn, (height,) in -1..1: 0 outside the bands.

    ``bands`` bands of random place, height (up to a sixth of the picture) and direction.
    """
    generator = torch.Generator().manual_seed(seed)
    rows = torch.zeros(height)
    for place, tall, way in torch.rand(bands, 3, generator=generator).tolist():
        first = round(place * height)
        rows[first : first + max(1, round(tall * height / 6))] = 2 * way - 1
    return rows


def torn(picture: Tensor, rows_px: Tensor, *, split_px: float) -> Tensor:
    """Return the picture with each row rolled sideways, to whole pixels.

    ``out[c, y, x] = picture[c, y, (x - rows_px[y] - s_c) mod W]`` where ``s_c`` is ``split_px`` for
    red, 0 for green, minus ``split_px`` for blue, in rows that are torn at all.

    Args:
        picture: (B, 3, H, W).
        rows_px: (H,) displacement of each row to the right, in pixels.
        split_px: displacement between the colours, in pixels.

    Returns:
        (B, 3, H, W): every value one of the picture's; differentiable.
    """
    width = picture.shape[-1]
    split = split_px * torch.tensor([1.0, 0.0, -1.0])[:, None] * (rows_px != 0)
    shift = (rows_px + split).round().long().to(picture.device)
    columns = torch.arange(width, device=picture.device)
    source = (columns - shift[..., None]).remainder(width)
    return picture.gather(-1, source.expand(len(picture), -1, -1, -1))


def glitch_filter(options: Mapping[str, Any], moment: Moment) -> Callable[[Tensor], Tensor]:
    """Return `torn` along `tears`, ``amount`` times as far; new bands ``rate`` times a second."""
    chosen = filters.resolve("glitch", options)
    turn = math.floor(moment.time_s * chosen["rate"] + 1e-6)
    seed = (moment.seed + 0x9E3779B97F4A7C15 * (turn + 1)) % (1 << 63)

    def show(picture: Tensor) -> Tensor:
        height, width = picture.shape[-2:]
        reach = chosen["amount"] * width / 100
        rows = tears(height, bands=chosen["bands"], seed=seed) * reach * chosen["shift"]
        return torn(picture, rows, split_px=reach * chosen["split"])

    return show


glitch_filter.SEEN = False  # type: ignore[attr-defined]
glitch_filter.TIMED = True  # type: ignore[attr-defined]
