"""Disoccluded areas: noise and a stronger gradient where the camera uncovers new picture.

What a border or the surface behind fills in there is a smear, and a frame that flows on changes too
little to make a picture of it. So where something is uncovered, soft noise in the picture's own
colours breaks the smear up, and for a while that place learns faster than the rest and is not held.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.motion.noise_border import noise_over
from storyboard.render.painter import Filter

RIM = 0.03
"""Width of the soft rim of what was uncovered, in picture heights."""

NOISE = 0.5
"""Share of noise in what was uncovered, at ``reveal`` 1."""

HASTE = 3.0
"""How much more of the gradient counts there, at ``reveal`` 1."""

GROWTH_S = 0.5
"""The time constant in which what was uncovered becomes as the rest."""


def feather_mask(uncovered: Tensor) -> Tensor:
    """Return the mask ``uncovered``, (1, 1, H, W) of 0 and 1, with a soft rim of width `RIM`."""
    reach = max(1, round(RIM * uncovered.shape[2]))
    wider = F.max_pool2d(uncovered, 2 * reach + 1, 1, reach)
    soft = F.avg_pool2d(wider, 2 * reach + 1, 1, reach, count_include_pad=False)
    return torch.maximum(uncovered, soft)


def decay_mask(reveal_mask: Tensor, passed_s: float) -> Tensor:
    """Return decay ``reveal_mask`` by ``exp(-passed_s / GROWTH_S)``."""
    return reveal_mask * math.exp(-passed_s / GROWTH_S)


def add_noise(picture: Tensor, uncovered: Tensor, amount: float, *, seed: int) -> Tensor:
    """Mix noise into ``picture``, (1, 3, H, W), where ``uncovered``, (1, 1, H, W) in [0, 1], is
    set.
    """
    noise = noise_over(picture, torch.Generator().manual_seed(seed))
    share = (NOISE * amount * uncovered).clamp(0, 1)
    return picture + share * (noise - picture)


def boost_gradient(filters: Filter, reveal_mask: Tensor, amount: float) -> Filter:
    """Return ``filters`` with the gradient multiplied by ``1 + HASTE * amount * reveal_mask``.

    This acts on the picture, so it works for every drawer, whatever its parameters are.
    """
    weight = 1 + HASTE * amount * reveal_mask

    def change(picture: Tensor) -> Tensor:
        passed: Tensor = _BoostedGradient.apply(picture, weight)
        return filters(passed)

    return change


class _BoostedGradient(torch.autograd.Function):
    """The identity, whose gradient is multiplied with a weight."""

    @staticmethod
    def forward(ctx: Any, picture: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(weight)
        return picture.view_as(picture)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (weight,) = ctx.saved_tensors
        return gradient * weight, None
