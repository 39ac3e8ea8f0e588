"""A border in one colour, or as in a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from storyboard.losses import LossContext, losses
from storyboard.margins import Margins, opening

SIDES = ("left", "right", "top", "bottom")


def off_border(picture: Tensor, target: Tensor, border: Tensor) -> Tensor:
    """Return the mean squared difference from ``target`` within the border.

    ``sum(m |x - t|^2) / (C sum(m))``.

    Args:
        picture: (B, C, H, W) in [0, 1].
        target: the same shape, or one that broadcasts to it.
        border: (H, W), m: 1 in the border, 0 elsewhere.

    Returns:
        Scalar; 0 where there is no border.
    """
    squares = (picture - target).square() * border
    return squares.mean((0, 1)).sum() / border.sum().clamp(min=1e-6)


def edge_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return `off_border` toward ``color``, or toward the picture ``image`` where it is given."""
    chosen = losses.resolve("edge", context.options)
    if chosen["image"] is not None and context.image is not None:
        target = context.image("image")
    else:
        target = torch.tensor(chosen["color"])[:, None, None]

    def edge(picture: Tensor) -> Tensor:
        height, width = picture.shape[-2:]
        border = 1 - opening((height, width), margins(chosen, min(height, width)))
        return off_border(picture, target.to(picture), border.to(picture))

    return edge


def margins(chosen: dict[str, Any], shorter: int) -> Margins:
    """Return the widths of the border in pixels: those of the sides, else ``thickness``."""
    shares = (chosen["thickness"] if chosen[side] is None else chosen[side] for side in SIDES)
    left, right, top, bottom = (share / 100 * shorter for share in shares)
    return left, right, top, bottom
