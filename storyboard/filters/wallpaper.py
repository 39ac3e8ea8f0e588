"""The seventeen wallpaper groups: a picture repeated, turned and mirrored over the plane."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.filters import filters

SIGNS = {
    "1": "x, y",
    "2": "-x, -y",
    "mx": "-x, y",
    "my": "x, -y",
    "gx": "-x, y + .5",
    "c": "x + .5, y + .5",
    "cmx": "-x + .5, y + .5",
    "cmy": "x + .5, -y + .5",
    "c2": "-x + .5, -y + .5",
    "mx.5": "-x + .5, y",
    "my.5": "x + .5, -y",
    "4": "-y, x",
    "4'": "y, -x",
    "d": "y, x",
    "d'": "-y, -x",
    "cd": "y + .5, x + .5",
    "cd'": "-y + .5, -x + .5",
    "3": "-y, x - y",
    "3'": "-x + y, -x",
    "6": "x - y, x",
    "6'": "y, -x + y",
    "h1": "-x + y, y",
    "h2": "x, x - y",
    "h3": "x - y, -y",
    "h4": "-x, -x + y",
}
"""Symmetry operations by a short name, in coordinates of the lattice."""

GROUPS: dict[str, tuple[str, tuple[float, float]]] = {
    "p1": ("1", (0.5, 0.5)),
    "p2": ("1 2", (0.5, 0.25)),
    "pm": ("1 mx", (0.25, 0.5)),
    "pg": ("1 gx", (0.25, 0.5)),
    "cm": ("1 mx c cmx", (0.25, 0.25)),
    "pmm": ("1 mx my 2", (0.25, 0.25)),
    "pmg": ("1 2 mx.5 my.5", (0.5, 0.2)),
    "pgg": ("1 2 cmx cmy", (0.25, 0.2)),
    "cmm": ("1 mx my 2 c cmx cmy c2", (0.22, 0.16)),
    "p4": ("1 2 4 4'", (0.25, 0.25)),
    "p4m": ("1 2 4 4' mx my d d'", (1 / 3, 1 / 6)),
    "p4g": ("1 2 4 4' cmx cmy cd cd'", (1 / 6, 1 / 6)),
    "p3": ("1 3 3'", (0.3, 0.2)),
    "p3m1": ("1 3 3' d' h1 h2", (1 / 3, 1 / 3)),
    "p31m": ("1 3 3' d h3 h4", (0.45, 0.15)),
    "p6": ("1 3 3' 2 6 6'", (0.4, 0.15)),
    "p6m": ("1 3 3' 2 6 6' d d' h1 h2 h3 h4", (0.389, 0.111)),
}
"""The operations of each group (International Tables for Crystallography, volume A, chapter 6), and
a point in the middle of the part of the cell that the others are images of."""


def lattice(group: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the lattice of ``group`` as a matrix: its columns are the sides of a cell of
    length 1, at 120 degrees for groups with threefold turns, else at right angles.
    """
    hexagonal = group.startswith(("p3", "p6"))
    return np.array([[1, -0.5], [0, math.sqrt(0.75)]]) if hexagonal else np.eye(2)


def images(group: str, x: Tensor, y: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Return where the operations of ``group`` take a point of the lattice, within one cell."""
    return [_image(SIGNS[name], x, y) for name in GROUPS[group][0].split()]


def _image(sign: str, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    first, second = (_sum(part, x, y) for part in sign.split(","))
    return first, second


def _sum(part: str, x: Tensor, y: Tensor) -> Tensor:
    total, way = torch.zeros_like(x), 1.0
    for word in part.replace("-", " - ").replace("+", " + ").split():
        if word in "+-":
            way = 1.0 if word == "+" else -1.0
        else:
            term = {"x": x, "y": y}.get(word)
            total = total + way * (float(word) if term is None else term)
    return total


@lru_cache(maxsize=4)
def wallpaper_grid(size: tuple[int, int], group: str, count: float, angle_deg: float) -> Tensor:
    """Return the sampling grid of a wallpaper: (H, W, 2) for ``grid_sample``, float32.

    Convention: normalised x, y from -1 to 1 between the outer edges, y down
    (``align_corners=False``). The frame's height holds ``count`` cells; every point takes the one
    of its images that is nearest to the group's middle point, so that all points of an orbit are
    one place of the picture. That part of the cell is shown as large as the picture's height, about
    its centre, turned counter-clockwise by ``angle_deg``.
    """
    height, width = size
    rows, columns = (
        (torch.arange(n, dtype=torch.float64) + 0.5 - n / 2) * count / height for n in size
    )
    y, x = torch.meshgrid(-rows, columns, indexing="ij")
    basis = torch.from_numpy(lattice(group))
    inverse = torch.linalg.inv(basis)
    u, v = (inverse[i, 0] * x + inverse[i, 1] * y for i in (0, 1))
    best = _nearest(group, u, v, basis)
    area = len(GROUPS[group][0].split()) / abs(float(torch.linalg.det(basis)))
    turn = math.radians(angle_deg)
    cos, sin, scale = math.cos(turn), math.sin(turn), 2 * math.sqrt(area)
    across, up = best[0] * cos + best[1] * sin, best[1] * cos - best[0] * sin
    return torch.stack([scale * across * height / width, -scale * up], dim=-1).float()


def _nearest(group: str, u: Tensor, v: Tensor, basis: Tensor) -> tuple[Tensor, Tensor]:
    """Return the way (x, y) from the group's middle point to its nearest image of each point."""
    middle = GROUPS[group][1]
    found_x, found_y = torch.full_like(u, 9.0), torch.full_like(u, 9.0)
    for first, second in images(group, u, v):
        a, b = (p - m - (p - m).round() for p, m in zip((first, second), middle, strict=True))
        for i, j in product((-1, 0, 1), repeat=2):
            x = basis[0, 0] * (a + i) + basis[0, 1] * (b + j)
            y = basis[1, 0] * (a + i) + basis[1, 1] * (b + j)
            nearer = x * x + y * y < found_x * found_x + found_y * found_y - 1e-9
            found_x, found_y = torch.where(nearer, x, found_x), torch.where(nearer, y, found_y)
    return found_x, found_y


def wallpaper(picture: Tensor, *, group: str, count: float, angle_deg: float = 0.0) -> Tensor:
    """Return the picture through `wallpaper_grid`, mirrored where that leaves it.

    Args:
        picture: (B, C, H, W).
        group: one of `GROUPS`.
        count: cells along the height.
        angle_deg: how far the picture is turned in its cell.

    Returns:
        (B, C, H, W), differentiable.
    """
    height, width = picture.shape[-2:]
    grid = wallpaper_grid((height, width), group, count, angle_deg)
    order = len(GROUPS[group][0].split())
    factor = max(1, round(count * math.sqrt(order)))
    small = picture
    if factor > 1 and min(height, width) >= 4 * factor:
        small = F.interpolate(picture, (-(-height // factor), -(-width // factor)), mode="area")
    places = grid.to(picture).expand(len(picture), -1, -1, -1)
    return F.grid_sample(small, places, padding_mode="reflection", align_corners=False)


def wallpaper_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `wallpaper`, mixed in by ``amount``."""
    chosen = filters.resolve("wallpaper", options)
    given = {"group": chosen["group"], "count": chosen["count"], "angle_deg": chosen["angle"]}
    return lambda picture: picture.lerp(wallpaper(picture, **given), chosen["amount"])
