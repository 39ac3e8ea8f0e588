"""From the camera's path to small moves in space, for a scene with depth.

Convention: as in `storyboard.motion.depth`: a move's ``turn`` and ``shift`` are in normalised view
coordinates, and depths count in distances of the picture plane. With inverse depth 1 everywhere a
move is the matrix that `storyboard.motion.matrices.relative` gives for the plane.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from storyboard.motion.depth import Shift, steps_needed
from storyboard.motion.matrices import matrix
from storyboard.motion.perspective import IN_SPACE, projections
from storyboard.plan import POSE_FIELDS, Pose

_REST = {name: 0.0 for name in IN_SPACE}


def shifts(a: Pose, b: Pose, aspect: float, *, nearest: float) -> list[Shift]:
    """Return the moves from pose ``a`` to ``b``, cut so finely that no point leaps
    (`steps_needed`).

    ``nearest`` is the largest inverse depth in the scene. A camera that stands still has none.
    """
    count = steps_needed(between(a, b, aspect), nearest, aspect)
    poses = [_part(a, b, n / count) for n in range(count)] + [b]
    moves = (between(here, there, aspect) for here, there in pairwise(poses))
    return [move for move in moves if not _stands_still(move)]


def between(a: Pose, b: Pose, aspect: float) -> Shift:
    """Return the move in space from the view at pose ``a`` to that at pose ``b``."""
    if a == b:
        return Shift(torch.eye(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64))
    (turn_a, place_a), (turn_b, place_b) = (in_space(pose, aspect) for pose in (a, b))
    turn = turn_b @ torch.linalg.inv(turn_a)
    return Shift(turn, place_b - turn @ place_a)


def in_space(pose: Pose, aspect: float) -> tuple[Tensor, Tensor]:
    """Return ``(turn, place)``, (3, 3) and (3,) float64, of the camera at ``pose``.

    Convention: a point that is seen at p from the camera at rest, at depth z, is seen at the
    homogeneous ``turn @ (z p, z) + place``, whose third coordinate is its new depth. A pan moves
    the camera and is felt less far away; zoom, rotate, shear and pivot change what its film shows,
    at every depth alike; the fields of `IN_SPACE` move and turn it.
    """
    square = torch.tensor([aspect, 1, 1], dtype=torch.float64)
    flat = matrix(replace(pose, **_REST), aspect)
    pan = torch.tensor([-2 * pose.pan_x, 2 * pose.pan_y], dtype=torch.float64)
    panned = torch.cat([flat[:2, :2] @ pan, torch.zeros(1, dtype=torch.float64)])
    still = flat.clone()
    still[:, 2] -= panned
    # The picture plane's own matrix, in half heights, holds all of the camera but how depth
    # counts: as a turn has no stretch, that column is the cross product of the other two.
    plane = torch.from_numpy(projections(np.array([_row(pose)]), aspect)[0])
    wide = math.tan(math.radians(pose.fov) / 2)
    even = torch.tensor([wide, wide, 1], dtype=torch.float64)
    across, down = (even * plane[:, n] / wide for n in (0, 1))
    ahead = torch.linalg.cross(across, down) / even
    turn = torch.stack([plane[:, 0], plane[:, 1], ahead], dim=1) * square / square[:, None]
    place = (plane[:, 2] - ahead) / square
    return turn @ still, turn @ panned + place


def _part(a: Pose, b: Pose, share: float) -> Pose:
    """Return the pose on the way from ``a`` to ``b``: zooms by equal factors, all else by equal
    steps.
    """
    mixed = [
        start ** (1 - share) * end**share
        if name.startswith("zoom")
        else start + share * (end - start)
        for name, start, end in zip(POSE_FIELDS, _row(a), _row(b), strict=True)
    ]
    return Pose(**dict(zip(POSE_FIELDS, mixed, strict=True)))


def _row(pose: Pose) -> list[float]:
    return [getattr(pose, name) for name in POSE_FIELDS]


def _stands_still(move: Shift) -> bool:
    still = torch.eye(3, dtype=torch.float64)
    return torch.equal(move.turn, still) and not bool(move.shift.any())
