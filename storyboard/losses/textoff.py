"""The picture shows no lettering."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from storyboard.losses import LossContext, losses


def textoff_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return how much lettering the perceptors see, see `storyboard.perceptors.lettering`: 0 where
    it is as little as on a plain ground, and without a perceptor.
    """
    losses.resolve("textoff", context.options)
    return context.lettering or (lambda picture: 0 * picture.sum())
