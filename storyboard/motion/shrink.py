"""Sampling a picture that shrinks more in one place than in another, without aliasing.

Under an affine move every part of a picture shrinks alike and one blur before sampling does. Under
perspective, a lens or parallax it does not: the far side of a tilted plane shrinks most, and more
along one axis than along the other. So the picture is blurred to several levels along either axis
and every pixel takes from those between which its own shrinking lies (a ripmap of Gaussians).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from storyboard.motion.sample import blur, sample

VISIBLE = 0.15
"""Deviation in pixels from which on a blur is done; below, the neighbours' share is under 1e-9."""

_STRIDES = (1.0, 2**0.5, 2.0, 2**1.5, 4.0, 8.0, 16.0, 32.0, 64.0)
"""What a blurred picture is made for: pixels of the source from one pixel of the result to the
next. Beyond the last a picture is a patch of colour."""


def deviation(stride: Tensor) -> Tensor:
    """Return the Gaussian deviation in pixels that prepares a picture for sampling at ``stride`` >
    1.
    """
    return (stride**2 - 1).clamp(min=0).sqrt() / 2


def sample_unevenly(
    picture: Tensor, points: Tensor, *, valid: Tensor | None, border: str, resample: str
) -> Tensor:
    """Return the picture's values at ``points``, of a picture smoothed where they lie far apart.

    Convention: as `storyboard.motion.sample.sample`; ``valid`` is (H', W') bool, False where a
    point is invalid. The stride is the distance to the neighbours, of the two on either side
    the nearer one, so that a tear between two pixels blurs neither.
    """
    levels = torch.stack([_levels(axis, picture.shape[-1 - n]) for n, axis in enumerate(points)])
    if valid is not None:
        levels = levels * valid
    if float(levels.max()) == 0:
        return sample(picture, points, border=border, resample=resample)
    result = picture.new_zeros(*picture.shape[:2], *points.shape[1:])
    for source, weight in _parts(picture, levels, border):
        chosen = weight > 0
        # what is blurred needs no spline
        kind = resample if source is picture else "bilinear"
        taken = sample(source, points[:, chosen][:, None], border=border, resample=kind)
        result[..., chosen] += weight[chosen].to(picture.dtype) * taken[..., 0, :]
    return result


def _levels(place: Tensor, size: int) -> Tensor:
    """Return the level of `_STRIDES` that each point needs along one axis, interpolated."""
    stride = torch.hypot(_step(place, 0), _step(place, 1)).clamp(1, min(2 * size, _STRIDES[-1]))
    strides = torch.tensor(_STRIDES, dtype=torch.float64).log2().to(place)
    wanted = stride.log2()
    above = torch.searchsorted(strides, wanted).clamp(min=1)
    low, high = strides[above - 1], strides[above]
    level = above - 1 + (wanted - low) / (high - low)
    return torch.where(deviation(stride) > VISIBLE, level, 0.0)


def _step(place: Tensor, axis: int) -> Tensor:
    """Return the distance to the nearer neighbour along an axis; 0 where there is no neighbour."""
    if place.shape[axis] < 2:
        return torch.zeros_like(place)
    steps = place.diff(dim=axis).abs()
    first, last = steps.narrow(axis, 0, 1), steps.narrow(axis, -1, 1)
    return torch.minimum(torch.cat([first, steps], axis), torch.cat([steps, last], axis))


def _parts(picture: Tensor, levels: Tensor, border: str) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the picture at every pair of levels that a pixel needs, and how much each needs it."""
    tops = [int(level.amax().ceil()) for level in levels]
    for across in range(tops[0] + 1):
        columns = (1 - (levels[0] - across).abs()).clamp(min=0)
        blurred: Tensor | None = None
        for down in range(tops[1] + 1):
            weight = columns * (1 - (levels[1] - down).abs()).clamp(min=0)
            if not bool(weight.any()):
                continue
            blurred = _blurred(picture, -1, across, border) if blurred is None else blurred
            yield _blurred(blurred, -2, down, border), weight


def _blurred(picture: Tensor, axis: int, level: int, border: str) -> Tensor:
    if level == 0:
        return picture
    stride = torch.tensor(_STRIDES[level], dtype=torch.float64)
    return blur(picture, axis, float(deviation(stride)), border)
