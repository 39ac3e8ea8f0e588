"""Drift: what moved between two pictures of one view, and where it is in between.

The camera's own movement is undone before, so that what is left is what the picture did by itself.
Optical flow finds it in both directions; each pixel is then sent to where it is at a time in
between, and every place takes its velocity from what arrives there (forward warping, as in
Niklaus and Liu, "Softmax splatting for video frame interpolation", 2020).

Convention: as `storyboard.motion.flow`: displacements are (2, H, W) in pixels, x then y, y down.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.motion.flow import COLOR, flow_between
from storyboard.motion.moves import pixel_grid

MATCHED = 640
"""Pixels of the longer side of the pictures that are compared; larger ones are made smaller."""

AGREES = (1.0, 0.05)
"""How far two displacements of one thing may differ, squared: so many squared pixels, and this
share of their squared length."""

_DISTINCT = 20.0
"""How much less a pixel counts whose colour is another one where it arrives, per grey level 0..1
of the difference: things in front keep their colour, what they cover does not."""

_EMPTY = 0.05
"""The mass below which nothing has arrived at a place."""

_STILL = 0.1
"""A drift that is nowhere longer than this many pixels is none."""


@dataclass(frozen=True)
class Between:
    """The drift at one time in between, in the view of the two pictures.

    ``velocity`` is (2, h, w) in widths and heights of the picture from the first to the second.
    ``first`` and ``second``, (1, 1, h, w) in 0..1, are where each picture shows what belongs there;
    ``sure`` is 0 where the flow is not to be believed and the pictures are better faded.
    """

    velocity: Tensor
    first: Tensor
    second: Tensor
    sure: Tensor


@dataclass(frozen=True)
class Drift:
    """Optical flow between ``before`` and ``after``, both (1, 3, h, w) in [0, 1] and of one view.

    ``forth`` belongs to ``before`` and leads to ``after``, ``back`` the other way. ``known``,
    (1, 1, h, w), is where ``after`` is a picture at all.
    """

    before: Tensor
    after: Tensor
    forth: Tensor
    back: Tensor
    known: Tensor

    @property
    def is_still(self) -> bool:
        """Return True if nothing moved."""
        known = self.known[0] > 0.5
        return float(torch.maximum(self.forth.abs(), self.back.abs()).mul(known).max()) < _STILL

    def at(self, share: float) -> Between:
        """Return the drift at ``share``, 0 to 1, of the way from first to second picture."""
        velocity = self._velocity(share)
        first_at, second_at = -share * velocity, (1 - share) * velocity
        first = _agreement(_shifted(self.forth, first_at), velocity) * _inside(first_at)
        second = _agreement(-_shifted(self.back, second_at), velocity) * _inside(second_at)
        second = second * _shifted(self.known[0], second_at)[0]
        alike = _alike(_shifted(self.before[0], first_at), _shifted(self.after[0], second_at))
        sure = torch.maximum(first, second) * (1 - first * second * (1 - alike))
        size = velocity.new_tensor([velocity.shape[2], velocity.shape[1]])[:, None, None]
        return Between(velocity / size, first[None, None], second[None, None], sure[None, None])

    def _velocity(self, share: float) -> Tensor:
        """Return the displacement from first to second of what is seen at ``share``, (2, h, w)."""
        change = _change(self.before[0], _shifted(self.after[0], self.forth))
        one = _sent(self.forth, share * self.forth, (1 - share) * torch.exp(-_DISTINCT * change))
        change = _change(self.after[0], _shifted(self.before[0], self.back))
        weight = share * torch.exp(-_DISTINCT * change) * self.known[0, 0]
        other = _sent(-self.back, (1 - share) * self.back, weight)
        return _filled(one[:2] + other[:2], one[2:] + other[2:])


def drift_between(before: Tensor, after: Tensor, known: Tensor) -> Drift:
    """Return how ``before`` became ``after``.

    Args:
        before: (1, 3, H, W) in [0, 1].
        after: the same shape, of the same view.
        known: (1, 1, H, W) in [0, 1], where ``after`` is a picture; elsewhere nothing moved.
    """
    height, width = before.shape[-2:]
    scale = min(1.0, MATCHED / max(height, width))
    size = [max(round(height * scale), 1), max(round(width * scale), 1)]
    first, second, there = (
        F.interpolate(one, size, mode="bilinear", align_corners=False, antialias=True)
        for one in (before, after, known)
    )
    flow = flow_between(first, second * there + first * (1 - there))
    return Drift(first, second, flow.forward, flow.backward, there)


def _shifted(field: Tensor, by: Tensor) -> Tensor:
    """Return ``field``, (C, h, w), at every pixel's place moved ``by``: (C, h, w)."""
    height, width = field.shape[-2:]
    ratio = by.new_tensor([2 / width, 2 / height])[:, None, None]
    grid = (pixel_grid((height, width)).to(by) + by * ratio).permute(1, 2, 0)[None]
    return F.grid_sample(field[None], grid, padding_mode="border", align_corners=False)[0]


def _inside(by: Tensor) -> Tensor:
    """Return (h, w), 1 where a pixel's place moved ``by`` lies in the picture, else 0."""
    height, width = by.shape[-2:]
    ratio = by.new_tensor([2 / width, 2 / height])[:, None, None]
    return ((pixel_grid((height, width)).to(by) + by * ratio).abs() <= 1).all(0).float()


def _agreement(one: Tensor, other: Tensor) -> Tensor:
    """Return (h, w), 1 where two displacements are the same, falling to 0 (see `AGREES`)."""
    pixels, share = AGREES
    allowed = pixels + share * other.square().sum(0)
    return torch.exp(-(one - other).square().sum(0) / allowed)


def _change(one: Tensor, other: Tensor) -> Tensor:
    """Return the mean difference in colour around every pixel: (h, w)."""
    return F.avg_pool2d((one - other).abs().mean(0)[None, None], 3, 1, 1)[0, 0]


def _alike(one: Tensor, other: Tensor) -> Tensor:
    same, different = COLOR
    return ((different - _change(one, other)) / (different - same)).clamp(0, 1)


def _sent(values: Tensor, by: Tensor, weight: Tensor) -> Tensor:
    """Send ``values``, (2, h, w), ``by`` so many pixels, onto the four pixels around that place.

    Returns:
        (3, h, w): the sum of ``weight`` times value that arrives at each pixel, and of ``weight``.
    """
    height, width = weight.shape
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    at_x, at_y = x + by[0], y + by[1]
    left, top = at_x.floor(), at_y.floor()
    given = torch.cat([values * weight, weight[None]]).flatten(1)
    total = given.new_zeros(3, height * width)
    for right, below in ((0, 0), (1, 0), (0, 1), (1, 1)):
        column, row = left + right, top + below
        part = (1 - (at_x - column).abs()) * (1 - (at_y - row).abs())
        part = part * ((column >= 0) & (column < width) & (row >= 0) & (row < height))
        place = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
        total.index_add_(1, place.long().flatten(), given * part.flatten())
    return total.view(3, height, width)


def _filled(total: Tensor, mass: Tensor) -> Tensor:
    """Return ``total / mass``, where nothing arrived from around, however far that is."""
    value, there = total / mass.clamp(min=1e-6), mass > _EMPTY
    reach = 3
    while not bool(there.all()) and reach < 2 * max(mass.shape[1:]):
        wide = _box(torch.cat([total, mass])[None], reach)[0]
        reached = wide[2:] > _EMPTY / reach**2
        value = torch.where(there, value, wide[:2] / wide[2:].clamp(min=1e-9))
        there, reach = there | reached, 3 * reach
    return value


def _box(field: Tensor, reach: int) -> Tensor:
    """Return the mean over squares of ``reach`` pixels a side, fewer at the edges."""
    height, width = field.shape[-2:]
    across = F.avg_pool2d(field, (1, reach), 1, (0, reach // 2), count_include_pad=False)
    return F.avg_pool2d(across, (reach, 1), 1, (reach // 2, 0), count_include_pad=False)[
        ..., :height, :width
    ]
