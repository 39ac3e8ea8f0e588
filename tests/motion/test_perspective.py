"""The camera in space: which way each plus turns, and that it is a true picture of a plane."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from storyboard.errors import UsageError
from storyboard.motion.matrices import matrix, relative
from storyboard.motion.perspective import projections, sight
from storyboard.plan import POSE_FIELDS, Pose

WIDE = 16 / 9
FOVS = (10, 25, 40, 60, 90, 120)


def show(m: Tensor, x: float, y: float) -> list[float]:
    """Return the position of (x, y), in frame widths and heights from the top left, in the view."""
    seen = m @ torch.tensor([2 * x - 1, 2 * y - 1, 1], dtype=torch.float64)
    return [float(seen[0] / seen[2] + 1) / 2, float(seen[1] / seen[2] + 1) / 2]


def across(degrees: float, fov: float = 40) -> float:
    """Return the distance of the middle from the optical axis, in frame heights, turned so."""
    return math.tan(math.radians(degrees)) / math.tan(math.radians(fov / 2)) / 2


# pose, a point of the picture, where it is seen: frame widths and heights, y down
SEEN = [
    (Pose(yaw=20), (0.5, 0.5), (0.5 - across(20) / WIDE, 0.5)),  # to the right: content left
    (Pose(tilt=20), (0.5, 0.5), (0.5, 0.5 + across(20))),  # up: content down
    (Pose(yaw=20, fov=90), (0.5, 0.5), (0.5 - across(20, 90) / WIDE, 0.5)),
    (Pose(yaw=20, roll=90), (0.5, 0.5), (0.5, 0.5 + across(20))),  # the left of it turns down
    (Pose(dolly=0.5), (0.6, 0.5), (0.7, 0.5)),  # half-way: twice as large
    (Pose(dolly=-1), (0.7, 0.5), (0.6, 0.5)),
    (Pose(dolly=0.5, fov=90), (0.6, 0.3), (0.7, 0.1)),
    (Pose(dolly=0.5, zoom=2), (0.55, 0.5), (0.7, 0.5)),
    (Pose(pan_x=0.1, dolly=0.5), (0.5, 0.5), (0.3, 0.5)),
    (Pose(zoom_x=2), (0.6, 0.4), (0.7, 0.4)),
    (Pose(zoom_y=2), (0.6, 0.4), (0.6, 0.3)),
    (Pose(zoom_x=2, rotate=90), (0.5, 0.4), (0.3 + 0.2 - 0.2 / WIDE, 0.5)),  # after the turn
    (Pose(orbit_x=30, pivot_x=0.2, pivot_y=0.9), (0.2, 0.9), (0.2, 0.9)),
    (Pose(orbit_y=-40, pivot_x=0.2, pivot_y=0.9), (0.2, 0.9), (0.2, 0.9)),
]


@pytest.mark.parametrize(("pose", "point", "seen"), SEEN)
def test_where_a_point_is_seen(pose: Pose, point: tuple, seen: tuple) -> None:
    assert show(matrix(pose, WIDE), *point) == pytest.approx(seen, abs=1e-12)


@pytest.mark.parametrize("fov", FOVS)
def test_roll_turns_by_its_degrees_at_every_fov(fov: float) -> None:
    torch.testing.assert_close(
        matrix(Pose(roll=10, fov=fov), WIDE), matrix(Pose(rotate=10), WIDE), atol=1e-12, rtol=0
    )


@pytest.mark.parametrize("fov", FOVS)
@pytest.mark.parametrize("dolly", [-3, -0.5, 0.25, 0.9])
def test_dolly_along_the_axis_is_zoom(fov: float, dolly: float) -> None:
    moved = matrix(Pose(dolly=dolly, fov=fov, pan_x=0.1), WIDE)
    zoomed = matrix(Pose(zoom=1 / (1 - dolly), pan_x=0.1), WIDE)
    torch.testing.assert_close(moved / moved[2, 2], zoomed, atol=1e-12, rtol=0)


@pytest.mark.parametrize("fov", FOVS)
def test_fov_alone_changes_nothing(fov: float) -> None:
    assert torch.equal(matrix(Pose(fov=fov), WIDE), torch.eye(3, dtype=torch.float64))


SPACE = [{}, {"yaw": 30}, {"tilt": -25}, {"roll": 50}, {"orbit_x": 40}, {"orbit_y": 30, "fov": 80}]


@pytest.mark.parametrize("space", SPACE)
def test_a_pan_moves_the_content_the_same_way_in_2d_and_3d(space: dict) -> None:
    """And is never dropped: what is seen turned and panned is the panned picture, turned."""
    for pan in ({"pan_x": 0.1}, {"pan_y": 0.1}):
        both = matrix(Pose(**space, **pan), WIDE)
        torch.testing.assert_close(both, matrix(Pose(**space), WIDE) @ matrix(Pose(**pan), WIDE))
        before, after = show(matrix(Pose(**space), WIDE), 0.5, 0.5), show(both, 0.5, 0.5)
        assert math.dist(before, after) > 0.03
        if "roll" not in space:
            assert after[0] < before[0] if "pan_x" in pan else after[1] > before[1]


@pytest.mark.parametrize(
    ("pose", "nearer", "farther"),
    [
        (Pose(orbit_x=40), (0.8, 0.5), (0.2, 0.5)),  # to the right: the right side is nearer
        (Pose(orbit_y=40), (0.5, 0.2), (0.5, 0.8)),  # over the top: the top is nearer
        (Pose(yaw=20), (0.1, 0.5), (0.9, 0.5)),  # looks right: what is there is farther
    ],
)
def test_what_is_nearer_is_larger(pose: Pose, nearer: tuple, farther: tuple) -> None:
    m = matrix(pose, WIDE)

    def size(x: float, y: float) -> float:
        return math.dist(show(m, x, y), show(m, x + 1e-3, y + 1e-3))

    assert size(*nearer) > 1.2 * size(*farther)


def test_straight_lines_stay_straight_and_the_horizon_is_where_it_must_be() -> None:
    m = matrix(Pose(tilt=30, fov=60), WIDE)
    a, b, c = (torch.tensor(show(m, x, 0.2 + x / 2)) for x in (0.1, 0.5, 0.9))
    assert float(torch.linalg.det(torch.stack([b - a, c - a]))) == pytest.approx(0, abs=1e-7)
    # the plane's far end is 60 degrees above where the camera looks: cot(30) / tan(30) half heights
    horizon = show(m, 0.5, -1e9)[1]
    assert horizon == pytest.approx(0.5 - 1.5, abs=1e-6)


angles = st.floats(-35, 35)
POSES = st.builds(
    Pose,
    zoom=st.floats(0.5, 2),
    rotate=st.floats(-180, 180),
    pan_x=st.floats(-0.3, 0.3),
    pan_y=st.floats(-0.3, 0.3),
    pivot_x=st.floats(0.2, 0.8),
    zoom_x=st.floats(0.5, 2),
    yaw=angles,
    tilt=angles,
    roll=st.floats(-180, 180),
    orbit_x=angles,
    orbit_y=angles,
    dolly=st.floats(-0.5, 0.3),
    fov=st.floats(5, 100),
)


@settings(max_examples=60, deadline=None)
@given(POSES, POSES, POSES)
def test_moves_compose_and_return(a: Pose, b: Pose, c: Pose) -> None:
    steps = relative(b, c, WIDE) @ relative(a, b, WIDE)
    torch.testing.assert_close(steps, relative(a, c, WIDE), atol=1e-9, rtol=1e-7)
    there = relative(a, b, WIDE) @ relative(b, a, WIDE)
    torch.testing.assert_close(there, torch.eye(3, dtype=torch.float64), atol=1e-9, rtol=0)
    assert torch.equal(relative(a, a, WIDE), torch.eye(3, dtype=torch.float64))


def rows(**pose: float) -> np.ndarray:
    return np.array([[getattr(Pose(**pose), name) for name in POSE_FIELDS]])


@pytest.mark.parametrize(
    ("pose", "distance", "facing"),
    [
        ({}, 1, 1),
        ({"dolly": 0.25, "yaw": 60}, 0.75, 0.5),
        ({"dolly": 1.5}, -0.5, 1),
        ({"orbit_x": 60}, 0.5, 0.5),
        ({"orbit_x": 60, "yaw": 60}, 0.5, 1),  # the camera goes round and looks straight again
        ({"tilt": 90, "roll": 30}, 1, 0),
        ({"orbit_y": 120}, -0.5, -0.5),
    ],
)
def test_how_the_camera_stands_to_the_picture(pose: dict, distance: float, facing: float) -> None:
    found = sight(projections(rows(**pose), WIDE))
    assert [float(part[0]) for part in found] == pytest.approx([distance, facing], abs=1e-12)


@pytest.mark.parametrize("pose", [{"orbit_x": 90}, {"dolly": 1}, {"yaw": -100}, {"orbit_y": 170}])
def test_from_the_edge_or_from_behind_there_is_no_matrix(pose: dict) -> None:
    with pytest.raises(UsageError, match="the picture plane is edge-on"):
        matrix(Pose(**pose), WIDE)


@pytest.mark.parametrize("pose", [{"fov": 0}, {"fov": 180}, {"zoom_y": 0}])
def test_lenses_that_cannot_be(pose: dict) -> None:
    with pytest.raises(UsageError, match=next(iter(pose))):
        matrix(Pose(**pose), WIDE)
