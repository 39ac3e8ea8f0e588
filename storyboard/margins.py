"""The part of a picture that a border of given widths leaves free."""

from __future__ import annotations

import torch
from torch import Tensor

Margins = tuple[float, float, float, float]
"""Widths of a border in pixels: left, right, top, bottom."""


def opening(size: tuple[int, int], margins_px: Margins) -> Tensor:
    """Return the share of each pixel that a border leaves free, (H, W) float64 in [0, 1].

    ``size`` is (height, width) in pixels; parts of a pixel count as such, so that a border grows
    smoothly.
    """
    left, right, top, bottom = margins_px
    rows, columns = _free(size[0], top, bottom), _free(size[1], left, right)
    return rows[:, None] * columns[None, :]


def _free(length: int, first: float, last: float) -> Tensor:
    place = torch.arange(length, dtype=torch.float64)
    free: Tensor = ((place + 1).clamp(max=length - last) - place.clamp(min=first)).clamp(0, 1)
    return free
