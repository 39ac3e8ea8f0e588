"""Colours through a look-up table of a grading program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.errors import BadValue
from storyboard.filters import filters
from storyboard.media.cube_file import Cube, read_cube


def looked_up(picture: Tensor, cube: Cube) -> Tensor:
    """Return every colour as the table has it, trilinear between its entries.

    The table's domain is mapped to its first and last entry; colours outside take the nearest.

    Args:
        picture: (B, 3, H, W) in [0, 1].
        cube: a table of one or three dimensions.

    Returns:
        (B, 3, H, W) in [0, 1], differentiable.
    """
    table = torch.from_numpy(cube.table).to(picture)
    low, high = (picture.new_tensor(end)[:, None, None] for end in (cube.low, cube.high))
    place = (picture - low) / (high - low)
    found = _of_cube(place, table) if table.dim() == 4 else _of_channels(place, table)
    return found.clamp(0, 1)


def _of_cube(place: Tensor, table: Tensor) -> Tensor:
    """Sample (N, N, N, 3), indexed by blue, green, red, at (B, 3, H, W) from 0 to 1."""
    volume = table.permute(3, 0, 1, 2)[None].expand(len(place), -1, -1, -1, -1)
    grid = (2 * place - 1).movedim(1, -1)[:, None]
    sampled = F.grid_sample(volume, grid, padding_mode="border", align_corners=True)
    return sampled[:, :, 0]


def _of_channels(place: Tensor, table: Tensor) -> Tensor:
    """Sample (N, 3), a table for each channel, at (B, 3, H, W) from 0 to 1."""
    at = place.clamp(0, 1) * (len(table) - 1)
    left = at.detach().floor().long().clamp(max=len(table) - 2)
    channels = []
    for n in range(3):
        column, index = table[:, n], left[:, n]
        channels.append(torch.lerp(column[index], column[index + 1], at[:, n] - index))
    return torch.stack(channels, dim=1)


@lru_cache(maxsize=8)
def _kept(file: Path, changed: int) -> Cube:
    """Return the table in ``file``, which was changed at ``changed``: read once."""
    return read_cube(file)


def lut_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `looked_up` in the story's ``file``, mixed in by ``amount``."""
    chosen = filters.resolve("lut", options)
    if chosen["file"] is None:
        raise BadValue("filter 'lut' needs a file", hint="write file: look.cube")
    file: Path = chosen["file"]
    cube = _kept(file, file.stat().st_mtime_ns if file.exists() else 0)
    return lambda picture: picture.lerp(looked_up(picture, cube), chosen["amount"])


lut_filter.SEEN = False  # type: ignore[attr-defined]
