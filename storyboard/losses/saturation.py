"""Colourfulness of a picture."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from storyboard.losses import LossContext, losses


def colorfulness(picture: Tensor) -> Tensor:
    """Return the colourfulness of a picture as people judge it.

    Hasler and Süsstrunk, "Measuring colourfulness in natural images", 2003: with ``rg = R - G`` and
    ``yb = (R + G) / 2 - B``, ``sqrt(var(rg) + var(yb)) + 0.3 sqrt(mean(rg)^2 + mean(yb)^2)``.

    Args:
        picture: (B, 3, H, W) in [0, 1].

    Returns:
        Scalar, the mean over the batch: 0 for grey, about 0.15 for a dull photograph, 0.4 for a
        vivid one. Its gradient is finite on a grey picture.
    """
    red, green, blue = picture.flatten(2).unbind(1)
    opponents = (red - green, (red + green) / 2 - blue)
    spread = sum((o.var(1, correction=0) for o in opponents), start=picture.new_zeros(()))
    offset = sum((o.mean(1).square() for o in opponents), start=picture.new_zeros(()))
    return (_root(spread) + 0.3 * _root(offset)).mean()


def _root(value: Tensor) -> Tensor:
    tiny = 1e-8  # the slope of a square root at zero is infinite
    root: Tensor = (value + tiny).sqrt() - tiny**0.5
    return root


def saturation_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return minus `colorfulness`: a positive weight increases colour."""
    losses.resolve("saturation", context.options)
    return lambda picture: -colorfulness(picture)
