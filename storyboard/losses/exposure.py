"""Brightness and contrast within a middle range."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from storyboard.losses import LossContext, losses


def exposure(picture: Tensor, *, brightness: float, contrast: float) -> Tensor:
    """Return the squared error of the picture's brightness and contrast.

    ``(mean - brightness)^2 + (std - contrast)^2`` over all pixels and channels together, so that a
    picture may be of one colour.

    Args:
        picture: (B, C, H, W) in [0, 1].
        brightness: target mean, 0..1.
        contrast: target standard deviation, 0..0.5.

    Returns:
        Scalar, 0 where both targets are met.
    """
    light = picture.mean(1).flatten(1)
    mean = light.mean(1)
    deviation = (light.var(1, correction=0) + 1e-8).sqrt()
    return ((mean - brightness).square() + (deviation - contrast).square()).mean()


def exposure_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return `exposure` with the story's options."""
    chosen = losses.resolve("exposure", context.options)
    return lambda picture: exposure(picture, **chosen)
