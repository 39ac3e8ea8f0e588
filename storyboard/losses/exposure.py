"""Brightness and contrast within a middle range."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from storyboard.losses import LossContext, losses


def exposure(picture: Tensor, *, brightness: float, contrast: float) -> Tensor:
    """How far the picture's light is from where it should be.

    The squared differences of the mean of all pixels from ``brightness`` and of their standard
    deviation from ``contrast``, over all channels together, so that a picture may be of one colour.

    Args:
        picture: (B, C, H, W) in [0, 1].
        brightness: wanted mean, 0..1.
        contrast: wanted standard deviation, 0..0.5.

    Returns:
        Scalar, 0 where both are met.
    """
    light = picture.mean(1).flatten(1)
    mean = light.mean(1)
    deviation = (light.var(1, correction=0) + 1e-8).sqrt()
    return ((mean - brightness).square() + (deviation - contrast).square()).mean()


def exposure_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """`exposure` with the story's options."""
    chosen = losses.resolve("exposure", context.options)
    return lambda picture: exposure(picture, **chosen)
