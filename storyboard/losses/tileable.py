"""Opposite borders that go on in each other."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from storyboard.losses import LossContext, losses

AXES = {"both": (2, 3), "horizontal": (3,), "vertical": (2,)}
LEVELS = 4


def seam(picture: Tensor, *, dims: tuple[int, ...] = (2, 3)) -> Tensor:
    """Return how visible the seams are where copies of the picture meet.

    The mean over `LEVELS` sizes, each a half of the one before, so that more than the outermost
    pixels answer: ``mean(((x[0] - x[-1]) - (x[1] - x[0] + x[-1] - x[-2]) / 2)^2)``, the step across
    a seam beside the steps next to it.

    Args:
        picture: (B, C, H, W) in [0, 1], H and W at least 2.
        dims: 3 for the seam between right and left, 2 for that between bottom and top.

    Returns:
        Scalar: 0 where the picture goes on without a jump.
    """
    total = picture.new_zeros(())
    for level in range(LEVELS):
        total = total + sum((_jump(picture.movedim(dim, 0)) for dim in dims), picture.new_zeros(()))
        if level + 1 == LEVELS or min(picture.shape[-2:]) < 4:
            break
        picture = F.avg_pool2d(picture, 2)
    return total / LEVELS


def _jump(lines: Tensor) -> Tensor:
    """Return the mean squared difference of the step from the last line, (L, ...), to the first
    from the mean of the steps before and after it.
    """
    step = lines[0] - lines[-1]
    usual = (lines[1] - lines[0] + lines[-1] - lines[-2]) / 2
    return (step - usual).square().mean()


def tileable_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return `seam` along the story's ``axis``."""
    dims = AXES[losses.resolve("tileable", context.options)["axis"]]
    return lambda picture: seam(picture, dims=dims)
