"""The surface that a depth map is, between its pixels and as the camera moves on.

Convention: as in `storyboard.motion.depth`; a map is an inverse depth for each pixel, (H, W).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.motion.moves import pixel_grid

EDGE = 0.05
"""Neighbours whose inverse depth differs by more than this share of the scene's range are an edge.
"""

_TOGGLES = 3
"""Rounds in which ramps become steps: a ramp of some ten pixels needs no more."""


@dataclass(frozen=True)
class DepthRange:
    """The inverse depth of what is farthest and nearest in a scene, ever: a fixed scale."""

    far: float
    near: float

    @property
    def edge(self) -> float:
        """Return the difference in inverse depth that is an edge."""
        return EDGE * (self.near - self.far)


@dataclass(frozen=True, eq=False)
class Surface:
    """The map of a view, and where on the map that it came from each of its pixels lies.

    ``inverse_depth`` is (H, W) float64. ``first`` (H, W) is the map as it was given or estimated,
    in the view of that time, and ``place`` (2, H, W) where on it each pixel lies, normalised. With
    them an edge is known to a part of a pixel, however many small moves led here: the pixels of
    ``inverse_depth`` alone would hold it in place while the picture creeps away from under it.
    """

    span: DepthRange
    inverse_depth: Tensor
    first: Tensor
    place: Tensor

    @classmethod
    def of(cls, inverse_depth: Tensor, span: DepthRange) -> Surface:
        """Return the surface of a new map."""
        size = inverse_depth.shape[0], inverse_depth.shape[1]
        return cls(span, inverse_depth, inverse_depth, pixel_grid(size, inverse_depth.device))

    @property
    def size(self) -> tuple[int, int]:
        """Return (height, width) of the map."""
        return self.inverse_depth.shape[0], self.inverse_depth.shape[1]

    @property
    def grid(self) -> Tensor:
        """Return the centres of its pixels, (2, H, W)."""
        return pixel_grid(self.size, self.inverse_depth.device)

    def take(self, values: Tensor, points: Tensor) -> Tensor:
        """Return ``values`` (C, H, W) at ``points`` (2, h, w), normalised: (C, h, w).

        Bilinear between those of the four pixels around that lie on the surface which is seen at
        the point. Beyond the border: those of the border.
        """
        at, share, _ = self.look(points)
        return mixed(values, at, share)

    def look(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Find the pixels of the visible surface at ``points``, (2, h, w).

        Returns the four pixels around each point and their shares, (4, h, w) both, and a mask (h,
        w) of points without any surface. Of the surfaces that the four lie on and that reach as far
        as the point the nearest one is visible, and only its pixels have a share; where none does,
        the nearest pixel.
        """
        at, share = self._around(points)
        near = self.inverse_depth.flatten()[at]
        lost = near.amax(0) - near.amin(0) > self.span.edge
        if not bool(lost.any()):
            return at, share, lost
        near, part = near[:, lost], share[:, lost]
        reaches = self._reaches(at[:, lost], points[:, lost]) & (part > 1e-6)
        own = torch.where(reaches, near, -1.0).amax(0)
        none = own < 0
        own = torch.where(none, near.gather(0, part.argmax(0, keepdim=True))[0], own)
        share[:, lost] = part * ((near - own).abs() <= self.span.edge)
        lost[lost.clone()] = none
        return at, share, lost

    def take_nearest(self, values: Tensor, points: Tensor) -> Tensor:
        """Return ``values`` (H, W) of the pixels nearest to ``points``: (h, w)."""
        return values.flatten()[_pixel(points, self.size)]

    def _around(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Return the four pixels around each point, and their shares: (4, h, w) both."""
        height, width = self.size
        x = ((points[0] + 1) * width / 2 - 0.5).clamp(0, width - 1)
        y = ((points[1] + 1) * height / 2 - 0.5).clamp(0, height - 1)
        left, top = x.floor().long(), y.floor().long()
        right, below = (left + 1).clamp(max=width - 1), (top + 1).clamp(max=height - 1)
        u, v = x - left, y - top
        at = torch.stack([row * width + column for row in (top, below) for column in (left, right)])
        shares = [by_row * by_column for by_row in (1 - v, v) for by_column in (1 - u, u)]
        return at, torch.stack(shares)

    def _reaches(self, at: Tensor, points: Tensor) -> Tensor:
        """Return True where the surface of the pixels ``at`` extends to the point."""
        centres, places = self.grid.flatten(1)[:, at], self.place.flatten(1)[:, at]
        inside = points.clamp(-1, 1)[:, None]
        here, there = (
            self.first.flatten()[_pixel(place, self.size)]
            for place in (places, places + inside - centres)
        )
        return (there - here).abs() <= self.span.edge


def mixed(values: Tensor, at: Tensor, share: Tensor) -> Tensor:
    """Return ``values`` (C, H, W), mixed from the pixels ``at`` by ``share``, as `Surface.look`
    does.
    """
    taken: Tensor = (values.flatten(1)[:, at] * share).sum(1) / share.sum(0)
    return taken


def crisp(inverse_depth: Tensor, span: DepthRange) -> Tensor:
    """Return the map with its ramps turned into steps: (H, W).

    Estimated and drawn maps blur the edges of things, and what lies on such a ramp belongs to
    nothing. Where the neighbourhood of 5 x 5 pixels holds an edge, each pixel takes the nearer in
    value of its two extremes: the toggle mapping of Kramer and Bruckner, "Iterations of a
    non-linear transformation for enhancement of digital images", 1975.
    """
    for _ in range(_TOGGLES):
        high, low = extremes(inverse_depth, 2)
        snapped = torch.where(inverse_depth - low > high - inverse_depth, high, low)
        inverse_depth = torch.where(high - low > 5 * span.edge, snapped, inverse_depth)
    return inverse_depth


def extremes(inverse_depth: Tensor, reach: int) -> tuple[Tensor, Tensor]:
    """Return the maximum and minimum of each pixel's neighbours within ``reach`` pixels."""

    def largest(values: Tensor) -> Tensor:
        across = F.max_pool2d(values[None, None], (1, 2 * reach + 1), 1, (0, reach))
        return F.max_pool2d(across, (2 * reach + 1, 1), 1, (reach, 0))[0, 0]

    return largest(inverse_depth), -largest(-inverse_depth)


def _pixel(points: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the flat indices, row by row, of the pixels nearest to normalised points (2, ...)."""
    height, width = size
    x = ((points[0] + 1) * width / 2).floor().clamp(0, width - 1).long()
    y = ((points[1] + 1) * height / 2).floor().clamp(0, height - 1).long()
    return y * width + x
