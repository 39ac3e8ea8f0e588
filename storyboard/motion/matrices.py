"""From a camera pose to the 3x3 matrix that moves the picture. What no matrix does is in `bends`.

Convention: matrices are float64 in *normalised* picture coordinates: x and y from -1 to 1 between
the outer edges of the border pixels, x to the right, y down (``align_corners=False``). A matrix
maps where a point *is* in the still picture to where the camera *shows* it; `warp` uses it in that
direction. Its sign counts: the third coordinate is positive for what lies in front of the camera.
Angles are degrees, counter-clockwise. One matrix serves every resolution of a picture.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from storyboard.errors import UsageError
from storyboard.motion.perspective import EDGE_ON, IN_SPACE, projections, sight
from storyboard.plan import POSE_FIELDS, Pose


def matrix(pose: Pose, aspect: float) -> Tensor:
    """Return the matrix from the still picture to the view of the camera at ``pose``.

    Convention: maps normalised source coordinates to normalised view coordinates (see the module).
    Applied to the picture in this order: pan, shear, rotate, zoom, the last three about the pivot,
    in a space where a height and a width of equal length are equal, so that nothing shears at 16:9;
    then the camera in space, orbit, dolly, yaw, tilt, roll (`perspective.projections`). Both shears
    act at once. A pan comes before the zoom and is magnified by it, and is turned with the picture.

    Args:
        pose: the camera; zoom > 0, every field finite.
        aspect: width / height of the picture.

    Returns:
        (3, 3) float64.

    Raises:
        UsageError: the pose has no inverse (zoom 0, shear_x * shear_y = 1), is not finite, or sees
            the picture from its edge or from behind.

    >>> from storyboard.plan import Pose
    >>> matrix(Pose(zoom=2, pan_x=0.25), aspect=1.0).tolist()
    [[2.0, 0.0, -1.0], [0.0, 2.0, 0.0], [0.0, 0.0, 1.0]]
    """
    _check(pose, aspect)
    # Lengths are half heights from here: x runs from -aspect to aspect.
    pivot_x, pivot_y = aspect * (2 * pose.pivot_x - 1), 2 * pose.pivot_y - 1
    angle = math.radians(pose.rotate)
    cos, sin = math.cos(angle), math.sin(angle)
    wide, high = pose.zoom * pose.zoom_x, pose.zoom * pose.zoom_y
    # y is down: this is counter-clockwise
    turn = _rows([[wide * cos, wide * sin, 0], [-high * sin, high * cos, 0], [0, 0, 1]])
    shear = _rows([[1, -pose.shear_x, 0], [-pose.shear_y, 1, 0], [0, 0, 1]])
    pan = _shift(-2 * aspect * pose.pan_x, 2 * pose.pan_y)
    view = _shift(pivot_x, pivot_y) @ turn @ shear @ _shift(-pivot_x, -pivot_y) @ pan
    if any(getattr(pose, name) for name in IN_SPACE):
        view = _in_space(pose, aspect) @ view
    square = torch.tensor([aspect, 1, 1], dtype=torch.float64)
    return view * square / square[:, None]


def relative(a: Pose, b: Pose, aspect: float) -> Tensor:
    """Return the matrix that moves the picture seen at pose ``a`` to that seen at pose ``b``.

    Convention: as `matrix`; ``relative(a, b) = matrix(b) @ inverse(matrix(a))``, and
    ``relative(b, a)`` is the way back. Equal poses give exactly the identity.
    """
    start, end = matrix(a, aspect), matrix(b, aspect)
    if torch.equal(start, end):
        return torch.eye(3, dtype=torch.float64)
    moved: Tensor = end @ torch.linalg.inv(start)
    return moved


def _in_space(pose: Pose, aspect: float) -> Tensor:
    view = projections(np.array([[getattr(pose, name) for name in POSE_FIELDS]]), aspect)
    if min(float(part[0]) for part in sight(view)) < EDGE_ON:
        why = "edge-on, behind the camera or out of view"
        raise UsageError(f"invalid pose: the picture plane is {why}")
    return torch.from_numpy(view[0])


def _check(pose: Pose, aspect: float) -> None:
    for name in POSE_FIELDS:
        if not math.isfinite(getattr(pose, name)):
            raise UsageError(f"the camera's {name} is {getattr(pose, name)}")
    for name in ("zoom", "zoom_x", "zoom_y", "fov"):
        if getattr(pose, name) <= 0:
            value = getattr(pose, name)
            raise UsageError(f"the camera's {name} is {value}; it must be greater than 0")
    if pose.fov >= 180:
        raise UsageError(f"the camera's fov is {pose.fov}; it must be less than 180")
    if abs(1 - pose.shear_x * pose.shear_y) < 1e-9:
        raise UsageError("shear_x * shear_y is 1, which folds the picture into a line")
    if not (math.isfinite(aspect) and aspect > 0):
        raise UsageError(f"the aspect (width / height) is {aspect}; it must be greater than 0")


def _rows(rows: list[list[float]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def _shift(x: float, y: float) -> Tensor:
    return _rows([[1, 0, x], [0, 1, y], [0, 0, 1]])
