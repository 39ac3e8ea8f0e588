"""Depth: how far away is what the camera sees, and the step that a scene with depth takes.

Convention: *inverse depth* is 1 over the depth, which is measured along the camera's axis in units
of the distance of the picture plane: inverse depth 1 lies in that plane, 2 at half its distance, 0
at the horizon. Points are (2, H, W), x then y, normalised, y down, as in `storyboard.motion.moves`.
What a point is seen at, here and there, obeys

    there ~ turn @ here + nearness_here * shift         (homogeneous, third coordinate: depth ratio)

which is the pinhole camera written for two views (Hartley and Zisserman, "Multiple View Geometry",
2004, chapter 9): ``turn`` moves what is infinitely far, ``shift`` is what inverse depth adds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

LARGEST = 0.02
"""A step moves no point further by its inverse depth than this share of the frame's width."""

MOST_STEPS = 64
"""Into so many steps a move is cut at most: beyond, nothing of the picture is left anyway."""

_BEHIND = 1e-3
"""No point is seen from nearer than this share of its depth, so that none is behind the camera."""


@dataclass(frozen=True, eq=False)
class Shift:
    """A camera's move in space: ``turn`` (3, 3) and ``shift`` (3,), float64; see the module."""

    turn: Tensor
    shift: Tensor

    def inverse(self) -> Shift:
        """Return the move the other way."""
        turn = torch.linalg.inv(self.turn)
        return Shift(turn, -turn @ self.shift)

    def see(self, points: Tensor, inverse_depth: Tensor) -> tuple[Tensor, Tensor]:
        """Map points (2, H, W) of this inverse depth (H, W) to the view after the move: points,
        inverse depth.
        """
        x, y = points
        turned = [a * x + b * y + c for a, b, c in self.turn.tolist()]
        seen = [t + inverse_depth * s for t, s in zip(turned, self.shift.tolist(), strict=True)]
        depth = seen[2].clamp(min=_BEHIND)
        return torch.stack(seen[:2]) / depth, inverse_depth / depth


class DepthField(Protocol):
    """A scene that looks the same from everywhere: its inverse depth is a formula of the view."""

    def inverse_depth(self, points: Tensor) -> Tensor:
        """Return the inverse depth (H, W) at points (2, H, W) of any view."""


@dataclass(frozen=True)
class Sphere:
    """The inside of a ball with the camera in its middle: inverse depth by direction.

    ``aspect`` is width / height, ``focal`` the distance of the picture plane in half heights,
    ``radius`` the ball's in distances of the picture plane. It may be turned in for ever.
    """

    aspect: float
    focal: float
    radius: float = 1.0

    def inverse_depth(self, points: Tensor) -> Tensor:
        """Implement `DepthField.inverse_depth`: a direction far from the axis reaches the ball at a
        smaller depth.
        """
        x, y = self.aspect * points[0] / self.focal, points[1] / self.focal
        return (1 + x * x + y * y).sqrt() / self.radius


@dataclass(frozen=True)
class Tunnel:
    """The inside of a pipe along the camera's axis: inverse depth grows with the distance to the
    middle.

    ``radius`` is the pipe's in half heights of the picture plane: with 1 the wall is as far as that
    plane where the picture's upper edge is. ``far`` is the depth at which it is closed. Who flies
    along it sees it unchanged, so that the flight never ends.
    """

    aspect: float
    radius: float = 1.0
    far: float = 20.0

    def inverse_depth(self, points: Tensor) -> Tensor:
        """Implement `DepthField.inverse_depth`."""
        off = (self.aspect * points[0]).square() + points[1].square()
        return (off.sqrt() / self.radius).clamp(min=1 / self.far)


@dataclass(frozen=True)
class Flattened:
    """A field drawn towards the picture plane: ``strength`` 0 is flat, 1 the field as it is."""

    field: DepthField
    strength: float

    def inverse_depth(self, points: Tensor) -> Tensor:
        """Implement `DepthField.inverse_depth`."""
        return (1 + self.strength * (self.field.inverse_depth(points) - 1)).clamp(min=0)


@dataclass(frozen=True, eq=False)
class FieldStep:
    """A step through a `DepthField`. Nothing in it hides anything: every point has a source."""

    field: DepthField
    move: Shift

    def back(self, points: Tensor) -> tuple[Tensor, Tensor | None]:
        """Implement `storyboard.motion.moves.Step.back`."""
        return self.move.inverse().see(points, self.field.inverse_depth(points))[0], None

    def inverse(self) -> FieldStep:
        """Implement `storyboard.motion.moves.Step.inverse`."""
        return FieldStep(self.field, self.move.inverse())


def leap(move: Shift, nearest: float, aspect: float) -> float:
    """Return the largest parallax of ``move`` in frame widths: the nearest point against the
    farthest.

    A turn or a zoom moves both alike and counts for nothing, however large.
    """
    line = torch.linspace(-1, 1, 5, dtype=torch.float64)
    points = torch.stack(torch.meshgrid(line, line, indexing="xy"))
    near, far = (
        move.see(points, torch.full_like(points[0], n))[0].clamp(-4, 4) for n in (nearest, 0.0)
    )
    across, down = (near - far) / 2
    return float(torch.hypot(across, down / aspect).max())


def steps_needed(move: Shift, nearest: float, aspect: float) -> int:
    """Return the number of steps into which to cut ``move`` so that each `leap` is below
    `LARGEST`.
    """
    return min(max(math.ceil(leap(move, nearest, aspect) / LARGEST), 1), MOST_STEPS)


def nearest_of(field: DepthField) -> float:
    """Return the largest inverse depth in the frame: a field has it at a corner or the middle."""
    line = torch.linspace(-1, 1, 9, dtype=torch.float64)
    points = torch.stack(torch.meshgrid(line, line, indexing="xy"))
    return float(field.inverse_depth(points).max())
