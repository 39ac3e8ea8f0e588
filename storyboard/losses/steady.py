"""What the perceptors see stays what it was in the frame before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from storyboard.losses import LossContext, losses


def unsteady(seen: Sequence[Tensor], before: Sequence[Tensor]) -> Tensor:
    """Return the mean of ``1 - cos(a, b)`` over pairs of unit vectors (D,): 0 for equal ones."""
    return torch.stack([1 - a @ b for a, b in zip(seen, before, strict=True)]).mean()


def steady_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return `unsteady` beside the picture that came over; 0 where there is none, or no
    perceptor.
    """
    losses.resolve("steady", context.options)
    if context.reference is None or context.embed is None:
        return lambda picture: 0 * picture.sum()
    embed = context.embed
    with torch.no_grad():
        before = embed(context.reference)
    return lambda picture: unsteady(embed(picture), before)
