"""A move: how a picture gets from one view to another, in steps that can be gone back.

A camera's move is one matrix. Some of what a camera does is none: a swirl, a lens, the parallax of
a scene with depth. A `Move` joins both, first step first; the whole is still resampled once, for
`storyboard.motion.warp.warp` only asks it *where* each pixel of the result comes from.

Convention: points are (2, H, W), x then y, in *normalised* coordinates: -1 to 1 between the outer
edges of the border pixels, y down (``align_corners=False``). A step leads from the picture before
it to the picture after it; `Step.back` goes the other way, from where a point is seen to where it
comes from, because that is what resampling needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from storyboard.errors import UsageError

_SAME = 1e-12
"""A matrix this near to the identity is left out of a move: it is rounding, no movement."""

_FRONT = 1e-6
"""What lies at a smaller share of the picture's distance is at the camera, or behind it."""


class Step(Protocol):
    """One step of a move. Equal steps compare equal, so that one and its inverse cancel."""

    def back(self, points: Tensor) -> tuple[Tensor, Tensor | None]:
        """Map points of the picture after this step to their sources in the picture before it.

        Args:
            points: (2, H, W) float64, on the device of the picture.

        Returns:
            (2, H, W) likewise and finite, and a validity mask (H, W), bool, False where there is no
            source; None where all are valid.
        """

    def inverse(self) -> Step:
        """Return the step the other way."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """A step that is a matrix ``m``, (3, 3) float64: where a point was to where it is seen.

    Its sign counts: the third coordinate is positive for what lies in front of the camera.
    """

    m: Tensor

    def back(self, points: Tensor) -> tuple[Tensor, Tensor | None]:
        """Implement `Step.back`; what lies behind the camera comes from nowhere."""
        return project(torch.linalg.inv(self.m), points[0], points[1])

    def inverse(self) -> Matrix:
        """Implement `Step.inverse`."""
        return Matrix(torch.linalg.inv(self.m))


@dataclass(frozen=True)
class Move:
    """Steps, the first one first; none for a camera that stands still.

    ``b_to_c @ a_to_b`` is the move from a to c, as with matrices. Matrices that meet become one,
    and a step that meets its own inverse goes with it.
    """

    steps: tuple[Step, ...] = ()

    @classmethod
    def of(cls, *steps: Step) -> Move:
        """Return the move of these steps, simplified."""
        return cls(_simplified(steps))

    @property
    def matrix(self) -> Tensor:
        """Return the move as one matrix, (3, 3) float64. Raises `UsageError` where it is none."""
        if not self.steps:
            return torch.eye(3, dtype=torch.float64)
        if self.is_matrix and isinstance(self.steps[0], Matrix):
            return self.steps[0].m
        raise UsageError("this move is not a homography")

    @property
    def is_matrix(self) -> bool:
        """Return True where one matrix is all of it."""
        return len(self.steps) < 2 and all(isinstance(step, Matrix) for step in self.steps)

    def __matmul__(self, before: Move) -> Move:
        return Move.of(*before.steps, *self.steps)

    def inverse(self) -> Move:
        """Return the way back."""
        return Move(tuple(step.inverse() for step in reversed(self.steps)))

    def back(self, points: Tensor) -> tuple[Tensor, Tensor | None]:
        """Map points of the result to their sources, as `Step.back`, through all the steps."""
        valid: Tensor | None = None
        for step in reversed(self.steps):
            points, there = step.back(points)
            valid = there if valid is None else valid if there is None else valid & there
        return points, valid


IDENTITY = Move()
"""The move of a camera that stands still."""


def pixel_centres(count: int) -> Tensor:
    """Return the normalised centres of ``count`` pixels in a row: (n,) float64.

    >>> pixel_centres(4).tolist()
    [-0.75, -0.25, 0.25, 0.75]
    """
    return (2 * torch.arange(count, dtype=torch.float64) + 1) / count - 1


def pixel_grid(size: tuple[int, int], device: torch.device | str = "cpu") -> Tensor:
    """Return the normalised centres of the pixels of (height, width): (2, H, W) float64, x
    then y.
    """
    y, x = (pixel_centres(count) for count in size)
    return torch.stack(torch.meshgrid(x, y, indexing="xy")).to(device)


def project(m: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor | None]:
    """Map the points (x, y) by the matrix ``m``; also return which lie in front of the camera.

    Convention: ``m`` (3, 3) maps normalised (x, y, 1), broadcast against each other, to (x w, y w,
    w). Points with w <= 0 have no image; they are put at the origin.

    Returns:
        (2, H, W), and (H, W) bool, or None where all are in front.
    """
    rows = m.tolist()
    across, down, depth = ((a * x) + (b * y + c) for a, b, c in rows)
    if rows[2] == [0, 0, 1]:
        return torch.stack([across, down]), None
    front = depth > _FRONT * max(map(abs, rows[2]))
    if bool(front.all()):
        return torch.stack([across, down]) / depth, None
    depth = torch.where(front, depth, 1.0)
    return torch.stack([across, down]) / depth * front, front


def _simplified(steps: Iterable[Step]) -> tuple[Step, ...]:
    done: list[Step] = []
    for step in steps:
        if isinstance(step, Matrix):
            if done and isinstance(done[-1], Matrix):
                step = Matrix(step.m @ done.pop().m)  # type: ignore[attr-defined]
            if not _is_identity(step.m):
                done.append(step)
        elif done and done[-1] == step.inverse():
            done.pop()
        else:
            done.append(step)
    return tuple(done)


def _is_identity(m: Tensor) -> bool:
    still = torch.eye(3, dtype=torch.float64)
    return bool(torch.allclose(m / m[2, 2], still, rtol=0, atol=_SAME)) and float(m[2, 2]) > 0
