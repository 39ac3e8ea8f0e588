"""Many matrices at once agree with those that move pictures, and with the mask of the warp."""

from __future__ import annotations

import numpy as np
import pytest

from storyboard.motion.matrices import matrix, relative
from storyboard.motion.path_matrices import uncovered, views
from storyboard.motion.warp import revealed
from storyboard.plan import POSE_FIELDS, Pose

ASPECT = 16 / 9
CALM = {"zoom": 1.4, "rotate": 25, "pan_x": 0.2, "pan_y": -0.3, "pivot_x": 0.2, "zoom_y": 0.8}
POSES = [
    Pose(),
    Pose(**CALM),
    Pose(shear_x=0.3, shear_y=-0.2, pivot_y=0.9, rotate=-200),
    Pose(orbit_x=30, orbit_y=-12, dolly=0.3, yaw=8, tilt=-6, roll=15, fov=70, **CALM),
]
STEPS = [
    (Pose(), Pose(zoom=1.2)),
    (Pose(), Pose(zoom=0.7)),
    (Pose(rotate=3), Pose(rotate=9, pan_x=0.1)),
    (Pose(orbit_x=10), Pose(orbit_x=14, dolly=-0.1)),
    (Pose(), Pose(pan_y=1.5)),
]


def rows(*poses: Pose) -> np.ndarray:
    return np.array([[getattr(pose, name) for name in POSE_FIELDS] for pose in poses])


def test_every_matrix_is_that_of_its_pose() -> None:
    found = views(rows(*POSES), ASPECT)
    expected = np.stack([matrix(pose, ASPECT).numpy() for pose in POSES])
    assert np.allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("start", "end"), STEPS)
def test_what_is_uncovered_is_the_mean_of_the_mask(start: Pose, end: Pose) -> None:
    first, last = views(rows(start, end), ASPECT)
    share = uncovered((last @ np.linalg.inv(first))[None])[0]
    mask = revealed(relative(start, end, ASPECT), (90, 160))
    assert share == pytest.approx(float(mask.mean()), abs=0.035)
