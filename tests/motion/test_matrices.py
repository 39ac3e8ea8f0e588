"""Direction and order of each positive value of a pose, and invalid poses."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from storyboard.errors import UsageError
from storyboard.motion.matrices import matrix, relative
from storyboard.plan import Pose

WIDE = 16 / 9


def show(m: Tensor, x: float, y: float) -> list[float]:
    """Return the position of (x, y), in frame widths and heights from the top left, in the view."""
    seen = m @ torch.tensor([2 * x - 1, 2 * y - 1, 1], dtype=torch.float64)
    return [float(seen[0] / seen[2] + 1) / 2, float(seen[1] / seen[2] + 1) / 2]


# pose, a point of the picture, where it is seen: all in frame widths and heights, y down
SEEN = [
    (Pose(), (0.3, 0.8), (0.3, 0.8)),
    (Pose(pan_x=0.1), (0.5, 0.5), (0.4, 0.5)),
    (Pose(pan_y=0.1), (0.5, 0.5), (0.5, 0.6)),
    (Pose(zoom=2), (0.6, 0.5), (0.7, 0.5)),
    (Pose(zoom=2), (0.5, 0.4), (0.5, 0.3)),
    (Pose(zoom=3, pivot_x=0.2, pivot_y=0.9), (0.2, 0.9), (0.2, 0.9)),
    (Pose(rotate=70, pivot_x=0.2, pivot_y=0.9), (0.2, 0.9), (0.2, 0.9)),
    (Pose(shear_x=0.5, shear_y=0.2, pivot_x=0.7), (0.7, 0.5), (0.7, 0.5)),
    (Pose(rotate=90), (0.5 + 0.25 / WIDE, 0.5), (0.5, 0.25)),  # right of the centre goes up
    (Pose(rotate=90), (0.5, 0.25), (0.5 - 0.25 / WIDE, 0.5)),  # above the centre goes left
    (Pose(shear_x=0.5), (0.5, 0.3), (0.5 + 0.1 / WIDE, 0.5 - 0.2)),  # above goes right
    (Pose(shear_y=0.5), (0.5 + 0.2 / WIDE, 0.5), (0.5 + 0.2 / WIDE, 0.4)),  # right goes up
    # the order: pan, shear, rotate, zoom
    (Pose(pan_x=0.1, zoom=2), (0.5, 0.5), (0.3, 0.5)),
    (Pose(pan_x=0.1, rotate=90), (0.5, 0.5), (0.5, 0.5 + 0.1 * WIDE)),
    (Pose(pan_y=0.1, shear_x=1), (0.5, 0.5), (0.5 - 0.1 / WIDE, 0.6)),
    (Pose(shear_x=1, rotate=90), (0.5, 0.4), (0.5 - 0.1 / WIDE, 0.4)),
    (Pose(pan_x=0.1, zoom=2, pivot_x=0.4), (0.5, 0.5), (0.4, 0.5)),
]


@pytest.mark.parametrize(("pose", "point", "seen"), SEEN)
def test_where_a_point_is_seen(pose: Pose, point: tuple, seen: tuple) -> None:
    assert show(matrix(pose, WIDE), *point) == pytest.approx(seen, abs=1e-12)


@pytest.mark.parametrize("aspect", [1.0, WIDE, 9 / 16])
def test_rotation_keeps_lengths_and_angles(aspect: float) -> None:
    square = torch.diag(torch.tensor([aspect, 1, 1], dtype=torch.float64))
    turned = square @ matrix(Pose(rotate=33), aspect) @ torch.linalg.inv(square)
    torch.testing.assert_close(
        turned @ turned.T, torch.eye(3, dtype=torch.float64), atol=1e-12, rtol=0
    )


def test_one_formula_for_all() -> None:
    """Against the same steps done on one point with plain arithmetic."""
    pose = Pose(1.3, 25, 0.05, -0.1, 0.3, 0.6, 0.2, -0.1)
    x, y = 0.62 - pose.pan_x, 0.41 + pose.pan_y
    right, up = (x - pose.pivot_x) * WIDE, pose.pivot_y - y
    right, up = right + pose.shear_x * up, up + pose.shear_y * right
    angle = math.radians(pose.rotate)
    right, up = (
        right * math.cos(angle) - up * math.sin(angle),
        right * math.sin(angle) + up * math.cos(angle),
    )
    expected = (pose.pivot_x + pose.zoom * right / WIDE, pose.pivot_y - pose.zoom * up)
    assert show(matrix(pose, WIDE), 0.62, 0.41) == pytest.approx(expected, abs=1e-12)


def test_relative_leads_from_view_to_view() -> None:
    a, b = Pose(1.2, 10, 0.1), Pose(0.8, -20, 0, 0.2, 0.3)
    there, back = relative(a, b, WIDE), relative(b, a, WIDE)
    torch.testing.assert_close(there @ matrix(a, WIDE), matrix(b, WIDE))
    torch.testing.assert_close(there @ back, torch.eye(3, dtype=torch.float64))
    assert torch.equal(relative(a, a, WIDE), torch.eye(3, dtype=torch.float64))


@pytest.mark.parametrize(
    ("pose", "aspect", "message"),
    [
        (Pose(zoom=0), 1, "zoom is 0"),
        (Pose(zoom=-1), 1, "greater than 0"),
        (Pose(rotate=math.nan), 1, "rotate is nan"),
        (Pose(pan_y=math.inf), 1, "pan_y is inf"),
        (Pose(shear_x=2, shear_y=0.5), 1, "folds the picture"),
        (Pose(), 0, "aspect"),
    ],
)
def test_poses_that_cannot_be(pose: Pose, aspect: float, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        matrix(pose, aspect)
