"""Parts of the picture that a prompt is for, and where a perceptor finds what words say.

A perceptor sees a part as a picture of its own: all around is grey, cut to the part's bounding box,
and every view of it counts by how much of the part it shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.perceptors.cutouts import InputFormat, cut
from storyboard.perceptors.views import Views, plain_views, window_views

if TYPE_CHECKING:
    from storyboard.perceptors import Perceptor

GREY = 0.5
"""What is seen around a part."""

_EDGE = 0.05
"""A mask below this does not count for the bounding box."""

_LEAST_SIDE = 1 / 8
"""The bounding box has at least this share of the picture's sides, so that views stay sharp."""

_LENS = InputFormat(16, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))

STANDS_OUT = (0.4, 1.4)
"""Standard deviations above the mean at which a place begins to be what words say, and is."""

_FLAT = 0.004
"""A deviation of the cosines below this is rounding and chance: nothing stands out."""

WINDOWS = (0.5, 0.3)
"""Sides of the windows through which words are looked for, in short sides of the picture."""


@dataclass(frozen=True)
class Spot:
    """A part of the picture: ``mask`` (1, 1, H, W) in 0..1, and its bounding box in pixels."""

    mask: Tensor
    rows: slice
    columns: slice

    @classmethod
    def of(cls, mask: Tensor) -> Spot | None:
        """Return the part that ``mask`` is; None where it is nothing."""
        inside = mask[0, 0] > _EDGE
        if not bool(inside.any()):
            return None
        rows, columns = (
            _span(inside.any(dim=axis).nonzero()[:, 0], inside.shape[1 - axis]) for axis in (1, 0)
        )
        return cls(mask, rows, columns)

    def seen(self, picture: Tensor) -> Tensor:
        """Return the part of ``picture`` (1, 3, H, W), grey around it: (1, 3, h, w)."""
        shown = torch.lerp(torch.full_like(picture, GREY), picture, self.mask)
        return shown[..., self.rows, self.columns]

    def shares(self, views: Views) -> Tensor:
        """Return how much of the part each of the ``views`` of it shows: (N,), mean 1."""
        mask = self.mask[..., self.rows, self.columns].expand(-1, 3, -1, -1)
        seen = cut(mask, plain_views(views), _LENS, mask.new_zeros(1)).mean(dim=(1, 2, 3))
        return seen / seen.mean().clamp(min=1e-6)


def _span(places: Tensor, count: int) -> slice:
    """Return the stretch of ``count`` pixels from the first of ``places`` to the last."""
    first, stop = int(places[0]), int(places[-1]) + 1
    short = max(0, round(count * _LEAST_SIDE) - (stop - first))
    first = max(0, first - short // 2)
    return slice(first, min(count, max(stop, first + round(count * _LEAST_SIDE))))


@torch.no_grad()
def relevance(perceptors: Iterable[tuple[Perceptor, float]], picture: Tensor, text: str) -> Tensor:
    """Return where ``picture`` (1, 3, H, W) shows what ``text`` says: (1, 1, H, W) in 0..1.

    Windows of two sizes slide over the picture; where their cosine with the text stands out from
    the picture's other windows, it is shown there. Nothing stands out of a picture that is alike
    everywhere. Of several perceptors it is the mean by their weights.
    """
    found, total = torch.zeros_like(picture[:, :1]), 0.0
    for perceptor, weight in perceptors:
        found = found + abs(weight) * _relevance(perceptor, picture, text)
        total += abs(weight)
    return found / total if total else found


def _relevance(perceptor: Perceptor, picture: Tensor, text: str) -> Tensor:
    height, width = picture.shape[-2:]
    lens = InputFormat(perceptor.size, perceptor.mean, perceptor.std)
    (wanted,) = perceptor.embed_texts([text])
    maps = []
    for side in WINDOWS:
        views, grid = window_views(width / height, side)
        seen = perceptor.embed_views(cut(picture, views, lens, picture.new_zeros(1)))
        cosines = (seen @ wanted).view(1, 1, *grid)
        apart = (cosines - cosines.mean()) / cosines.std().clamp(min=_FLAT)
        maps.append(F.interpolate(apart, (height, width), mode="bicubic", align_corners=True))
    low, high = STANDS_OUT
    share = ((torch.stack(maps).mean(dim=0) - low) / (high - low)).clamp(0, 1)
    return share * share * (3 - 2 * share)
