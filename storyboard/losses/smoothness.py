"""Total variation: the mean change from pixel to pixel."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from storyboard.losses import LossContext, losses

_TINY = 1e-3  # grey levels below which a slope counts squared: finite gradient on flat places

CLIP = 0.5
"""Slope from which ``clipped`` pulls no more, in grey levels per hundredth of the height."""

TYPES: dict[str, Callable[[Tensor], Tensor]] = {
    "plain": lambda slope: slope,
    "clipped": lambda slope: slope.clamp(max=CLIP),
    "log": torch.log1p,
}
"""What is done to each slope: ``s``, ``min(s, CLIP)``, ``ln(1 + s)``."""


def total_variation(
    picture: Tensor, *, type: str = "plain", order: int = 1, scale: float = 0.0
) -> Tensor:
    """Return the mean slope of the picture, all channels together, the same in every direction.

    Rudin, Osher and Fatemi, "Nonlinear total variation based noise removal algorithms", 1992. The
    slope is measured in grey levels per hundredth of the height, so that one picture has one value
    at every resolution, and noise of single pixels counts more the finer they are.

    Args:
        picture: (B, C, H, W) in [0, 1], H and W at least 2.
        type: one of `TYPES`: ``clipped`` spares strong edges, ``log`` counts them less.
        order: 1 for slopes, 2 for the change of slopes, which spares even gradients.
        scale: distance over which slopes are taken, in hundredths of the height; at least a pixel.

    Returns:
        Scalar: 0 for a flat picture.
    """
    height = picture.shape[2]
    step = max(1, min(round(scale / 100 * height), (min(picture.shape[2:]) - 1) // order))
    x, y = picture, picture
    for _ in range(order):
        x = x[..., step:] - x[..., :-step]
        y = y[..., step:, :] - y[..., :-step, :]
    squares = (x[..., : y.shape[-2], :].square() + y[..., : x.shape[-1]].square()).sum(1)
    slope = (squares + _TINY**2).sqrt() - _TINY
    hundredths = height / 100 / step
    if type == "plain":
        return slope.mean() * hundredths
    return TYPES[type](slope * hundredths).mean()


def smoothness_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return `total_variation`: a positive weight smooths."""
    chosen = losses.resolve("smoothness", context.options)
    return lambda picture: total_variation(picture, **chosen)
