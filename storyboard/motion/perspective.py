"""The camera in space: from its place and its turns to what it makes of the flat picture.

Plain numpy, many poses at once, so that a whole film is checked without torch.

Convention: space has x to the right, y down and z away from the camera, which at rest stands at
the origin and looks along z at the picture, a plane at distance 1. The picture fills the frame at
rest whatever ``fov`` is: a wide angle stands near, a narrow one far, and `fov` only says how strong
perspective is. Lengths in the picture are half heights; ``aspect`` is width / height.
"""

from __future__ import annotations

import numpy as np

from storyboard.plan import POSE_FIELDS, Floats

IN_SPACE = ("roll", "tilt", "yaw", "orbit_x", "orbit_y", "dolly")
"""The fields of a pose that perspective begins with: where all are 0, the picture is flat."""

EDGE_ON = 0.01
"""Where either number of `sight` is less, the picture is a line, or out of sight."""

_X, _Y, _Z = 0, 1, 2


def projections(poses: Floats, aspect: float) -> Floats:
    """Return the matrices of the camera in space: the last part of
    `storyboard.motion.matrices.matrix`.

    Convention: maps (x, y, 1) in the flat view, half heights from its middle and y down, to (x w,
    y w, w) in the frame; w is how far the point lies in front of the camera, 1 at rest. The picture
    is turned by the orbit about the pivot, then the camera goes ahead by ``dolly``, then it turns:
    yaw, tilt, roll, each about its own axes as the ones before left them.

    Args:
        poses: (n, len(POSE_FIELDS)).
        aspect: width / height.

    Returns:
        (n, 3, 3); exactly the identity where every field of `IN_SPACE` is 0.
    """
    pose = {name: poses[:, place] for place, name in enumerate(POSE_FIELDS)}
    k = np.tan(np.radians(pose["fov"]) / 2)
    turn = _turn(_Z, -pose["roll"]) @ _turn(_X, -pose["tilt"]) @ _turn(_Y, -pose["yaw"])
    plane = (_turn(_X, pose["orbit_y"]) @ _turn(_Y, pose["orbit_x"]))[:, :, :2] * k[:, None, None]
    pivot = np.stack([aspect * (2 * pose["pivot_x"] - 1), 2 * pose["pivot_y"] - 1], axis=1)
    middle = np.concatenate([pivot * k[:, None], 1 - pose["dolly"][:, None]], axis=1)
    middle -= (plane @ pivot[:, :, None])[:, :, 0]
    view: Floats = turn @ np.concatenate([plane, middle[:, :, None]], axis=2)
    view[:, :2] /= k[:, None, None]
    return view


def sight(projections: Floats) -> tuple[Floats, Floats]:
    """Return distance and view angle of the picture for matrices (n, 3, 3): two arrays of shape
    (n,).

    The first is the distance from the camera to the picture's plane, 1 at rest, negative behind
    it; the second the cosine of the angle between the optical axis and the plane's normal, 0 where
    it looks along the plane, negative where it looks away.
    """
    m = projections
    facing: Floats = m[:, 0, 0] * m[:, 1, 1] - m[:, 0, 1] * m[:, 1, 0]
    return np.linalg.det(m), facing


def _turn(axis: int, degrees: Floats) -> Floats:
    """Return rotations (n, 3, 3) about an axis: x to y about z, y to z about x, z to x about y."""
    angle = np.radians(degrees)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turns = np.tile(np.eye(3), (len(angle), 1, 1))
    turns[:, first, first] = turns[:, second, second] = np.cos(angle)
    turns[:, second, first] = np.sin(angle)
    turns[:, first, second] = -turns[:, second, first]
    return turns
