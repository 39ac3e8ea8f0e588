"""The matrices of many poses at once, in plain numpy: for what is asked of a film without torch.

Convention: as in `storyboard.motion.matrices`, whose `matrix` is the one that moves pictures. The
two agree to within rounding, which a test holds them to.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from storyboard.motion.perspective import IN_SPACE, projections
from storyboard.plan import POSE_FIELDS, Floats

Numbers = npt.NDArray[np.floating]

_AHEAD = 1e-6


def views(poses: Floats, aspect: float) -> Floats:
    """Return the matrix of every pose, (n, 3, 3), from rows of `POSE_FIELDS`; bends are left out.

    Convention: maps normalised source coordinates to normalised view coordinates, as
    `storyboard.motion.matrices.matrix`.
    """
    pose = {name: poses[:, place] for place, name in enumerate(POSE_FIELDS)}
    pivot = aspect * (2 * pose["pivot_x"] - 1), 2 * pose["pivot_y"] - 1
    angle = np.radians(pose["rotate"])
    wide, high = pose["zoom"] * pose["zoom_x"], pose["zoom"] * pose["zoom_y"]
    turn, shear = _identities(len(poses)), _identities(len(poses))
    turn[:, 0, 0], turn[:, 0, 1] = wide * np.cos(angle), wide * np.sin(angle)
    turn[:, 1, 0], turn[:, 1, 1] = -high * np.sin(angle), high * np.cos(angle)
    shear[:, 0, 1], shear[:, 1, 0] = -pose["shear_x"], -pose["shear_y"]
    pan = _shifts(-2 * aspect * pose["pan_x"], 2 * pose["pan_y"])
    view: Floats = _shifts(*pivot) @ turn @ shear @ _shifts(-pivot[0], -pivot[1]) @ pan
    if np.any(poses[:, [POSE_FIELDS.index(name) for name in IN_SPACE]]):
        view = projections(poses, aspect) @ view
    square = np.array([aspect, 1, 1])
    view = view * square / square[:, None]
    return view


def uncovered(steps: Floats, *, across: int = 40, down: int = 24) -> Floats:
    """Estimate the uncovered share of the picture, 0 to 1, for each step (n, 3, 3): (n,).

    Convention: the mean of `storyboard.motion.warp.revealed`, estimated on a grid of
    ``across`` x ``down`` points.
    """
    back = np.linalg.inv(steps)
    corners = _outside(back, *np.meshgrid([-1.0, 1.0], [-1.0, 1.0]))
    shares = np.zeros(len(steps))
    some = corners.any(axis=1)  # a step whose corners are covered covers all between them
    x, y = ((2 * np.arange(count) + 1) / count - 1 for count in (across, down))
    shares[some] = _outside(back[some], *np.meshgrid(x, y)).mean(axis=1)
    return shares


def _outside(back: Numbers, x: Numbers, y: Numbers) -> npt.NDArray[np.bool_]:
    """Return a mask (n, m) of the points (m) that come from outside of the picture, by matrix."""
    points = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    found = back @ points
    depth = found[:, 2]
    reach = np.abs(found[:, :2]).max(axis=1)
    outside: npt.NDArray[np.bool_] = (depth <= _AHEAD) | (reach > depth * (1 + 1e-9))
    return outside


def _identities(count: int) -> Floats:
    return np.tile(np.eye(3), (count, 1, 1))


def _shifts(x: Floats, y: Floats) -> Floats:
    matrices = _identities(len(x))
    matrices[:, 0, 2], matrices[:, 1, 2] = x, y
    return matrices
