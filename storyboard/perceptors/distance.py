"""Distance between directions, and points between them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Below this sine the two directions are the same or opposite, and the great circle is undefined.
_SAME = 1e-4


def spherical(a: Tensor, b: Tensor) -> Tensor:
    """Return squared great-circle distance, ``2 asin(|a - b| / 2)^2``: half the squared angle.

    ``a`` and ``b`` hold unit vectors in their last dimension and broadcast; the result lacks it.
    Identical 0, orthogonal 1.2337, opposite 4.9348. The angle is taken as
    ``2 atan2(|a - b|, |a + b|)``, equal for unit vectors: exact at both ends, where the arcsine has
    no finite slope.
    """
    apart = torch.linalg.vector_norm(a - b, dim=-1)
    together = torch.linalg.vector_norm(a + b, dim=-1)
    return 2 * torch.atan2(apart, together).square()


def weighted(distance: Tensor, weight: float, stop: float = float("-inf")) -> Tensor:
    """Return a distance as a loss: ``weight * distance``, with no slope once it is good enough.

    A negative weight pushes away. The gradient is zero where the *signed* distance, negative for a
    negative weight, is below ``stop``; the value stays what it is.
    """
    signed = distance if weight >= 0 else -distance
    return abs(weight) * torch.where(signed > stop, signed, signed.detach())


def slerp(a: Tensor, b: Tensor, mix: float) -> Tensor:
    """Return the unit vector at ``mix`` (0..1) of the way from ``a`` to ``b`` on their great
    circle.

    ``a`` and ``b`` are unit vectors in the last dimension. Nearly equal ones are mixed in a
    straight line; from a vector to its opposite every way is as short, and one is chosen.
    """
    cosine = (a * b).sum(dim=-1, keepdim=True)
    sideways = b - cosine * a
    sine = torch.linalg.vector_norm(sideways, dim=-1, keepdim=True)
    lost = (sine < _SAME) & (cosine < 0)
    sideways = torch.where(lost, _orthogonal(a), sideways)
    angle = torch.where(lost, torch.pi, torch.atan2(sine, cosine)) * mix
    return F.normalize(
        torch.cos(angle) * a + torch.sin(angle) * F.normalize(sideways, dim=-1), dim=-1
    )


def _orthogonal(a: Tensor) -> Tensor:
    """Return a direction orthogonal to ``a``: the axis it has least of, less its share in it."""
    axis = F.one_hot(a.abs().argmin(dim=-1), a.shape[-1]).to(a.dtype)
    return axis - (a * axis).sum(dim=-1, keepdim=True) * a
