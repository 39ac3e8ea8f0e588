"""Left and right as mirror images."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from storyboard.losses import LossContext, losses


def asymmetry(picture: Tensor) -> Tensor:
    """Return the mean squared difference between the picture, (B, C, H, W), and its mirror image.

    The mirror stands upright in the middle. Scalar, 0 for a symmetric picture.
    """
    return (picture - picture.flip(-1)).square().mean()


def symmetry_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return `asymmetry`: a positive weight makes the picture symmetric."""
    losses.resolve("symmetry", context.options)
    return asymmetry
