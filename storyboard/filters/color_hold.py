"""Colours kept from drifting: their statistics are led back to a reference that moves slowly.

Each frame paints over the one before, so a small liking of the perceptor for more contrast or one
hue adds up over a hundred frames. The loop keeps a `LabStats` of recent frames and gives every
canvas a part of it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from kornia.color import lab_to_rgb, rgb_to_lab
from torch import Tensor

GAIN = 1.5
"""Most that the contrast of a channel is raised or lowered: a flat picture is not blown up."""


@dataclass(frozen=True)
class LabStats:
    """Mean and standard deviation of a picture's colours in CIE L*a*b* (D65).

    ``mean`` and ``std`` are (3,): L from 0 to 100, a and b about -100 to 100.
    """

    mean: Tensor
    std: Tensor

    @classmethod
    @torch.no_grad()
    def of(cls, picture: Tensor) -> LabStats:
        """Return the statistics of (B, 3, H, W) in [0, 1], over the whole batch."""
        return _stats(rgb_to_lab(picture))

    def toward(self, other: LabStats, share: float) -> LabStats:
        """Return these statistics moved by ``share`` (0..1) toward ``other``: a moving average."""
        return LabStats(self.mean.lerp(other.mean, share), self.std.lerp(other.std, share))


def color_hold(picture: Tensor, target: LabStats, *, amount: float) -> Tensor:
    """Shift and stretch each L*a*b* channel so that its mean and deviation come near ``target``.

    Reinhard, Ashikhmin, Gooch and Shirley, "Color transfer between images", 2001, done in CIELAB.
    Colours that would leave the gamut are brought back by taking chroma, not by cutting a channel
    off, so nothing burns or turns in hue.

    Args:
        picture: (B, 3, H, W) in [0, 1].
        target: where the statistics should be.
        amount: 0 returns ``picture`` itself, 1 goes all the way.

    Returns:
        (B, 3, H, W) in [0, 1], differentiable.
    """
    if amount <= 0:
        return picture
    lab = rgb_to_lab(picture)
    return _matched(lab, _stats(lab.detach()), target, amount)


def color_change(here: LabStats, target: LabStats, *, amount: float) -> Callable[[Tensor], Tensor]:
    """Return what `color_hold` does to every pixel of a picture whose statistics are ``here``.

    The function takes and gives (1, 3, h, w) in [0, 1] of any size: cells, strokes, palettes.
    """
    return lambda colors: _matched(rgb_to_lab(colors), here, target, amount)


def _matched(lab: Tensor, here: LabStats, target: LabStats, amount: float) -> Tensor:
    gain = (target.std / here.std.clamp(min=1e-3)).clamp(1 / GAIN, GAIN)
    matched = _channels(gain) * (lab - _channels(here.mean)) + _channels(target.mean)
    return into_gamut(lab_to_rgb(lab.lerp(matched, amount), clip=False))


def into_gamut(picture: Tensor) -> Tensor:
    """Bring colours into [0, 1] by mixing them with the grey of the same mean: (B, 3, H, W).

    Every pixel inside stays exactly as it is.
    """
    grey = picture.mean(1, keepdim=True).clamp(0, 1)
    away = picture - picture.mean(1, keepdim=True)
    room = torch.where(away > 0, 1 - grey, grey)
    share = (room / away.abs().clamp(min=1e-6)).amin(1, keepdim=True).clamp(max=1)
    inside = (picture >= 0).all(1, keepdim=True) & (picture <= 1).all(1, keepdim=True)
    return torch.where(inside, picture, (grey + share * away).clamp(0, 1))


def _stats(lab: Tensor) -> LabStats:
    return LabStats(lab.mean((0, 2, 3)), lab.std((0, 2, 3), correction=0))


def _channels(value: Tensor) -> Tensor:
    return value[:, None, None]
