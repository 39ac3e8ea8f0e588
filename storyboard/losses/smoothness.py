"""Total variation: the mean change from pixel to pixel."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from storyboard.losses import LossContext, losses

_TINY = 1e-3  # grey levels below which a slope counts squared: finite gradient on flat places


def total_variation(picture: Tensor) -> Tensor:
    """Return the mean slope of the picture, all channels together, the same in every direction.

    Rudin, Osher and Fatemi, "Nonlinear total variation based noise removal algorithms", 1992. The
    slope is measured in grey levels per hundredth of the height, so that one picture has one value
    at every resolution, and noise of single pixels counts more the finer they are.

    Args:
        picture: (B, C, H, W) in [0, 1], H and W at least 2.

    Returns:
        Scalar: 0 for a flat picture.
    """
    x = picture[..., :-1, 1:] - picture[..., :-1, :-1]
    y = picture[..., 1:, :-1] - picture[..., :-1, :-1]
    squares = (x.square() + y.square()).sum(1)
    slope = (squares + _TINY**2).sqrt() - _TINY
    return slope.mean() * picture.shape[2] / 100


def smoothness_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return `total_variation`: a positive weight smooths."""
    losses.resolve("smoothness", context.options)
    return total_variation
