"""Initial positions of strokes: anywhere for a fresh picture, or guided by a picture.

Convention: places are in picture heights from the middle of the picture, see
`storyboard.drawers.strokes`. Everything random is drawn on the CPU from one seed, so that the same
strokes begin on every device.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.drawers.raster import Strokes, draw_strokes

_LAYERS = (0.2, 0.3, 0.5)
"""Shares of the strokes that are placed together on a picture, the large ones first."""

_EVERYWHERE = 0.02
"""Share of the strokes that begin anywhere, whatever the picture asks for."""

_MOST_ANEW = 8
"""At most one in so many visible strokes begins anew in a frame."""

_TURN = 0.6
"""By how many radians, at most, a stroke turns from one control point to the next."""


@dataclass(frozen=True)
class Births:
    """The beginning of strokes, from one seed.

    Attributes:
        generator: the source of all chance.
        count: strokes in all.
        segments: curves of a stroke; 0 for dots.
        step: mean distance of neighbouring control points in heights.
        widths: least and greatest, in heights.
        aspect: width over height of the picture.
    """

    generator: torch.Generator
    count: int
    segments: int
    step: float
    widths: tuple[float, float]
    aspect: float

    def fresh(self, strength: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return places (N, P, 2), widths (N,), colours (N, 3) and opacities (N,) of strokes
        anywhere; their colours differ from grey by ``strength``, 0 to 1.
        """
        n, (least, most) = self.count, self.widths
        starts = (self._random(n, 2) - 0.5) * torch.tensor([self.aspect, 1.0])
        places = self._walks(starts, 2 * torch.pi * self._random(n), spread=torch.pi)
        widths = least + (most - least) * self._random(n)
        colors = 0.5 + strength * (self._random(n, 3) - 0.5)
        return places, widths, colors, 0.3 + 0.7 * self._random(n)

    def layers(self) -> Iterator[tuple[Tensor, float]]:
        """Yield the strokes, (n,) long, that are placed together and the share of the greatest
        width that they have, back to front.
        """
        begin = 0
        for number, share in enumerate(_LAYERS):
            end = self.count if number == len(_LAYERS) - 1 else begin + round(share * self.count)
            yield torch.arange(begin, end), 1 - number / len(_LAYERS)
            begin = end

    def on(
        self, canvas: Tensor, wanted: Tensor | None, count: int, *, width: float
    ) -> tuple[Tensor, Tensor]:
        """Return places, (n, P, 2), and widths, (n,), of strokes that follow the edges of
        ``canvas``.

        Args:
            canvas: (1, 3, H, W).
            wanted: (1, 1, H, W): how readily strokes begin there; None for evenly.
            count: how many.
            width: 0 for the least, 1 for the greatest.
        """
        least, most = self.widths
        widths = torch.full((count,), least + (most - least) * width)
        widths = widths * (0.8 + 0.4 * self._random(count))
        middles = self._spread(canvas if wanted is None else wanted, count, even=wanted is None)
        angles = _angles_along(canvas.cpu(), middles)
        places = self._walks(middles, angles, spread=_TURN)
        return places + (middles[:, None] - places.mean(1, keepdim=True)), widths

    def chosen(self, lost: Tensor, visible: Tensor, new: Tensor | None) -> Tensor:
        """Return which strokes begin anew, (n,) long: the lost, and as many more of the least
        visible as the ``new`` picture, (1, 1, H, W), needs.
        """
        wanted = 0
        if new is not None:
            wanted = int(float(new.mean()) * self.count + float(self._random(1)))
        gone = int(lost.sum())
        more = min(max(0, wanted - gone), self.count // _MOST_ANEW)
        order = torch.sort(visible.masked_fill(lost, -1), stable=True).indices
        return order[: gone + more].sort().values

    def share_for(self, new: Tensor, count: int) -> float:
        """Return the ``width`` for `on` with which ``count`` strokes cover the ``new`` picture,
        (1, 1, H, W), twice.
        """
        length, area = 3 * self.segments * self.step, 2 * float(new.mean()) * self.aspect / count
        width = (math.sqrt(length * length + 4 * area) - length) / 2
        least, most = self.widths
        return min(max((width - least) / max(most - least, 1e-9), 0.0), 1.0)

    def _random(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.generator)

    def _walks(self, starts: Tensor, angles: Tensor, *, spread: float) -> Tensor:
        """Return control points that walk from ``starts``, (n, 2), in directions (n,) that change
        by up to ``spread`` at every step: (n, P, 2).
        """
        n, steps = len(starts), 3 * self.segments
        turns = (2 * self._random(n, steps) - 1) * spread
        ways = angles[:, None] + turns
        lengths = self.step * (0.5 + self._random(n, steps))
        walk = torch.stack([ways.cos(), ways.sin()], 2) * lengths[..., None]
        return torch.cat([starts[:, None], walk], 1).cumsum(1)

    def _spread(self, wanted: Tensor, count: int, *, even: bool) -> Tensor:
        """Return places, (n, 2), as dense as ``wanted``, (1, C, H, W), or ``even``.

        Systematic sampling: the places are as even as chance allows.
        """
        height, width = wanted.shape[2:]
        weight = torch.ones(height * width) if even else wanted.detach().cpu().flatten().double()
        weight = weight + _EVERYWHERE * weight.mean() + 1e-12
        total = weight.cumsum(0)
        marks = (torch.arange(count) + self._random(count)) / count * total[-1]
        pixel = torch.searchsorted(total, marks.to(total)).clamp_max(height * width - 1)
        pixel = pixel[torch.randperm(count, generator=self.generator)]
        cells = torch.stack([pixel % width, torch.div(pixel, width, rounding_mode="floor")], 1)
        places = (cells + self._random(count, 2)) / height
        return places - torch.tensor([self.aspect, 1.0]) / 2


def sample_at(picture: Tensor, places: Tensor) -> Tensor:
    """Return the values of ``picture``, (1, C, H, W), at places (n, P, 2): (n, P, C)."""
    height, width = picture.shape[2:]
    grid = places * torch.tensor([2 * height / width, 2.0], device=places.device)
    values = F.grid_sample(
        picture, grid[None].to(picture), padding_mode="border", align_corners=False
    )
    return values[0].permute(1, 2, 0)


def covered(strokes: Strokes, opacities: Tensor, size: tuple[int, int]) -> Tensor:
    """Return how much strokes of these opacities, (N,), cover: (1, 1, H, W) from 0 to 1."""
    white = torch.ones_like(strokes.colors)
    black = torch.zeros_like(strokes.paper)
    s = Strokes(strokes.points, strokes.widths, white, opacities, black)
    return draw_strokes(s, size)[:, :1]


def _angles_along(canvas: Tensor, middles: Tensor) -> Tensor:
    """Return the direction of the edges of ``canvas``, (1, 3, H, W), at places (n, 2): (n,).

    The direction in which the smoothed structure tensor changes least.
    """
    grey = canvas.mean(1, keepdim=True)
    radius = max(1, min(grey.shape[2:]) // 40)
    soft = F.avg_pool2d(F.pad(grey, [radius] * 4, mode="replicate"), 2 * radius + 1, 1)
    dy, dx = torch.gradient(soft[0, 0]) if min(soft.shape[2:]) > 1 else (soft[0, 0] * 0,) * 2
    tensor = torch.stack([dx * dx, dx * dy, dy * dy])[None]
    tensor = F.avg_pool2d(F.pad(tensor, [radius] * 4, mode="replicate"), 2 * radius + 1, 1)
    xx, xy, yy = sample_at(tensor, middles[:, None])[:, 0].unbind(1)
    return 0.5 * torch.atan2(2 * xy, xx - yy) + torch.pi / 2
