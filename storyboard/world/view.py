"""A canvas that sees the drawn world through a camera: every curve is computed anew for each view,
so a scene stays sharp at any zoom, and two views of one scene agree wherever both look.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from storyboard.world.canvas import STILL, Canvas, Drift, Region

MARGIN = 1.7
"""How far a scene is drawn to the sides, in frames; beyond it goes on as its mirror image."""

STARS_ACROSS = 150
"""Cells for stars and flakes along the shorter side of the frame."""

LARGEST_STAR = 1.5
"""Radius in pixels that a star keeps when the camera comes nearer; points have no size."""


def whole() -> Tensor:
    """Return the matrix of a camera that did not move."""
    return torch.eye(3, dtype=torch.float64)


@dataclass(frozen=True)
class Camera:
    """View of a scene.

    Attributes:
        matrix: (3, 3) float64, takes places of the scene's frame to those of the screen, both with
            x and y from -1 to 1 between the outer edges.
        places: (2, H, W): where on that screen every pixel looks; without, at itself.
    """

    matrix: Tensor = field(default_factory=whole)
    places: Tensor | None = None


class View(Canvas):
    """One picture of a scene, seen through ``camera``.

    ``means`` are what an earlier,
    whole view settled (`settled`); a whole view is given an empty list and fills it.
    """

    variety = 0.0

    def __init__(
        self,
        size: tuple[int, int],
        seed: int,
        camera: Camera,
        *,
        means: list[Tensor],
        wanted: Mapping[str, str] | None = None,
        time_s: float = 0.0,
    ) -> None:
        self.camera, self.means = camera, means
        self._read = 0 if means else -1  # the next mean to take, -1 while they are collected
        super().__init__(1, size, seed, wanted=wanted)
        self.time_s = time_s

    def frame(self, *, short: float = 0.0, middle: float = 0.0) -> None:
        """Choose what the frame covers, as `Canvas.frame`, before the camera moved."""
        super().frame(short=short, middle=middle)
        if self.camera.places is None:
            across = self.x.double() / self.reach_x + 0 * self.y.double()
            down = (self.y.double() - self.middle) / self.reach_y + 0 * across
        else:
            across, down = (value[None].double() for value in self.camera.places)
        seen = torch.stack([across, down, torch.ones_like(across)], -1)
        x, y, w = (seen @ torch.linalg.inv(self.camera.matrix).T).unbind(-1)
        x, y = x / w, y / w
        unit = 2 * min(self.reach_x, self.reach_y) / STARS_ACROSS
        self.cell, self.visible_x = unit, self.reach_x
        self.reach_x, self.reach_y = self.reach_x * MARGIN, self.reach_y * MARGIN
        self.x = folded(x * self.visible_x, self.reach_x).float()
        self.y = (y * self.reach_y / MARGIN + self.middle).float()
        self.level = self.y
        self.pixel = _pixel(x * self.visible_x, y * self.reach_y / MARGIN)

    def part(self, within: Tensor) -> tuple[Canvas, Region]:
        """Return a view of the smallest rectangle that holds a mask (1, H, W), and its place."""
        region = _rectangle(within)
        seen = copy.copy(self)
        seen.x, seen.y, seen.level = (v[:, *region] for v in (self.x, self.y, self.level))
        seen.height, seen.width = seen.x.shape[1:]
        if isinstance(self.pixel, Tensor):
            seen.pixel = self.pixel[:, *region]
        return seen, region

    def settled(self, value: Tensor) -> Tensor:
        """Return the mean that the whole view had here."""
        if self._read < 0:
            self.means.append(value)
            return value
        self._read += 1
        return self.means[self._read - 1]

    def specks(self, density: float, softness: float = 0.35, *, drift: Drift = STILL) -> Tensor:
        """Return single bright points, one in some cells of the scene, (1, H, W) in [0, 1]; those
        that stand still twinkle.
        """
        rows, columns = (int(2 * r / self.cell) + 2 for r in (self.reach_y, self.reach_x))
        dice = torch.rand(4, rows, columns, generator=self.generator)
        bright = (dice[0] < density).float() * (0.4 + 0.6 * dice[1])
        if drift == STILL:
            bright = bright * (1 - 0.25 * torch.sin(self.time_s * (1 + 3 * dice[2]) + 9 * dice[3]))
        across = (self.x - drift[0] * self.time_s + self.reach_x) / self.cell
        down = (self.y - drift[1] * self.time_s - self.middle + self.reach_y) / self.cell
        total = torch.zeros(1, *across.shape[1:])
        most = (1 + softness) * LARGEST_STAR * torch.as_tensor(self.pixel)
        radius = most.clamp(max=(0.5 + 0.5 * softness) * self.cell)
        for i in (-1, 0, 1):
            for j in (-1, 0, 1):
                column, row = across.floor().long() + i, down.floor().long() + j
                place = row.remainder(rows), column.remainder(columns)
                dx = across - column - dice[2][place]
                dy = down - row - dice[3][place]
                distance = torch.hypot(dx, dy) * self.cell - radius
                total = torch.maximum(total, bright[place] * self.cover(distance))
        return total


def _rectangle(within: Tensor) -> Region:
    rows, columns = (within[0].any(dim).nonzero()[:, 0] for dim in (1, 0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def folded(values: Tensor, reach: float) -> Tensor:
    """Return places mirrored back into ``[-reach, reach]`` as often as needed.

    >>> folded(torch.tensor([0.5, 1.25, -1.5]), 1.0)
    tensor([ 0.5000,  0.7500, -0.5000])
    """
    return (1 - ((values / reach + 1).remainder(4) - 2).abs()) * reach


def _pixel(x: Tensor, y: Tensor) -> float | Tensor:
    """Return the size of a pixel in the scene, one number where it is the same everywhere."""
    (x_down, x_across), (y_down, y_across) = (
        torch.gradient(value[0], dim=(0, 1)) for value in (x, y)
    )
    size = (x_across * y_down - x_down * y_across).abs().sqrt()
    if float(size.max() - size.min()) < 1e-6 * float(size.mean()):
        return float(size.mean())
    return size[None].float()
