"""The picture stays near the previous one, as the camera moved it."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from storyboard.errors import UsageError
from storyboard.losses import LossContext, losses

BEND = 0.02
"""Differences well below this count squared, those well above by their size: five grey levels."""


def hold(
    picture: Tensor, reference: Tensor, *, revealed: Tensor | None = None, scale: float = 1.0
) -> Tensor:
    """Return the mean difference of two pictures, robust and a little blurred.

    Charbonnier's ``sqrt(d^2 + BEND^2) - BEND``: small flicker is pulled in as by a spring, while a
    place that a new prompt truly changes is not held back with a force that grows without bound.
    Both pictures are first averaged over squares of ``scale`` hundredths of the height, so that the
    texture may go on living while what it shows stays. Where the camera revealed something new,
    nothing is held.

    Args:
        picture: (B, C, H, W) in [0, 1].
        reference: the same shape; gets no gradient.
        revealed: (1, 1, H, W), 1 where nothing is to be held, or None.
        scale: edge of the squares, in hundredths of the height; 0 for single pixels.

    Returns:
        Scalar: 0 for equal pictures, about the mean absolute difference for very different ones.

    Raises:
        UsageError: the shapes differ.
    """
    if picture.shape != reference.shape:
        shapes = f"{tuple(picture.shape)} and {tuple(reference.shape)}"
        raise UsageError(f"hold compares pictures of one shape, not {shapes}")
    edge = max(1, round(scale / 100 * picture.shape[2]))
    difference = _shrink(picture - reference.detach(), edge)
    distance = (difference.square() + BEND**2).sqrt() - BEND
    if revealed is None:
        return distance.mean()
    known = 1 - _shrink(revealed.to(distance), edge)
    return (distance * known).mean(1).sum() / known.expand(len(picture), -1, -1, -1).sum().clamp(
        min=1
    )


def _shrink(picture: Tensor, edge: int) -> Tensor:
    """Average over squares; those at the right and lower border may be smaller."""
    return F.avg_pool2d(picture, edge, ceil_mode=True, count_include_pad=False)


def hold_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return `hold` toward the context's reference; 0 where there is none."""
    chosen = losses.resolve("hold", context.options)
    reference, revealed = context.reference, context.revealed
    if reference is None:
        return lambda picture: 0 * picture.sum()
    return lambda picture: hold(picture, reference, revealed=revealed, **chosen)
