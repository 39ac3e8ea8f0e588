"""Depth as a formula: what a step through it does, and how finely moves are cut."""

from __future__ import annotations

import math

import pytest
import torch

from storyboard.motion.depth import (
    LARGEST,
    MOST_STEPS,
    DepthField,
    FieldStep,
    Flattened,
    Shift,
    Sphere,
    Tunnel,
    leap,
    nearest_of,
    steps_needed,
)
from storyboard.motion.depth.small_moves import between, in_space, shifts
from storyboard.motion.matrices import relative
from storyboard.motion.moves import Move, pixel_grid, project
from storyboard.motion.path import between as plane_between
from storyboard.motion.warp import warp
from storyboard.plan import Pose

ASPECT = 16 / 9
GRID = pixel_grid((18, 32))
BUSY = Pose(
    zoom=1.2,
    rotate=10,
    pan_x=0.1,
    pan_y=-0.05,
    pivot_x=0.3,
    shear_x=0.1,
    zoom_x=1.1,
    dolly=0.1,
    yaw=5,
    tilt=3,
    roll=12,
    orbit_x=8,
    orbit_y=-4,
    fov=50,
)


class Flat:
    """A field of one inverse depth: a plane parallel to the picture."""

    def __init__(self, inverse_depth: float) -> None:
        self.value = inverse_depth

    def inverse_depth(self, points: torch.Tensor) -> torch.Tensor:
        return torch.full_like(points[0], self.value)


POSES = {
    "pan": Pose(pan_x=0.1, pan_y=-0.05),
    "zoom": Pose(zoom=1.3, zoom_y=0.9),
    "turn about a pivot": Pose(rotate=20, pivot_x=0.2, pivot_y=0.8),
    "shear": Pose(shear_x=0.2),
    "roll": Pose(roll=10, fov=70),
    "yaw and tilt": Pose(yaw=8, tilt=-5),
    "dolly": Pose(dolly=0.2),
    "orbit": Pose(orbit_x=12, orbit_y=-7),
    "everything": BUSY,
}


@pytest.mark.parametrize("pose", POSES.values(), ids=POSES)
def test_the_picture_plane_moves_as_its_matrix_says(pose: Pose) -> None:
    seen, _ = between(Pose(), pose, ASPECT).see(GRID, torch.ones_like(GRID[0]))
    wanted, _ = project(relative(Pose(), pose, ASPECT), GRID[0], GRID[1])
    torch.testing.assert_close(seen, wanted, rtol=0, atol=1e-12)


def test_between_two_poses_the_plane_moves_as_its_matrix_says() -> None:
    other = Pose(zoom=0.9, yaw=-3, dolly=0.3, pan_x=-0.2, roll=-40, fov=35)
    flat = torch.linalg.inv(relative(Pose(), BUSY, ASPECT))
    still, _ = project(flat, GRID[0], GRID[1])
    turn, place = in_space(BUSY, ASPECT)
    depth = turn[2, 0] * still[0] + turn[2, 1] * still[1] + turn[2, 2] + place[2]
    seen, _ = between(BUSY, other, ASPECT).see(GRID, 1 / depth)
    wanted, _ = project(relative(BUSY, other, ASPECT), GRID[0], GRID[1])
    torch.testing.assert_close(seen, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["pan", "zoom", "turn about a pivot", "shear", "roll"])
def test_a_picture_at_the_planes_depth_is_warped_as_the_plane_is(name: str) -> None:
    picture = torch.rand(1, 3, 18, 32, generator=torch.Generator().manual_seed(1))
    moves = shifts(Pose(), POSES[name], ASPECT, nearest=1.0)
    steps = Move(tuple(FieldStep(Flat(1.0), move) for move in moves))
    wanted = warp(picture, plane_between(Pose(), POSES[name], ASPECT))
    if "zoom" in name or "shear" in name:  # what shrinks is smoothed in another way by each
        picture_seen, _ = steps.back(GRID)
        plane_seen, _ = plane_between(Pose(), POSES[name], ASPECT).back(GRID)
        torch.testing.assert_close(picture_seen, plane_seen, rtol=0, atol=1e-5)
    else:
        torch.testing.assert_close(warp(picture, steps), wanted, rtol=0, atol=1e-5)


def test_a_pan_is_felt_less_far_away() -> None:
    move = between(Pose(), Pose(pan_x=0.1), ASPECT)
    for inverse_depth in (0.0, 0.5, 1.0, 2.0):
        seen, after = move.see(GRID, torch.full_like(GRID[0], inverse_depth))
        torch.testing.assert_close(
            seen[0] - GRID[0], torch.full_like(GRID[0], -0.2 * inverse_depth)
        )
        torch.testing.assert_close(after, torch.full_like(GRID[0], inverse_depth))


@pytest.mark.parametrize("pose", [Pose(yaw=30), Pose(zoom=3), Pose(roll=90), Pose(tilt=-20)])
def test_turns_and_zooms_are_the_same_at_every_depth(pose: Pose) -> None:
    move = between(Pose(), pose, ASPECT)
    torch.testing.assert_close(move.shift, torch.zeros(3, dtype=torch.float64))
    assert steps_needed(move, nearest=100.0, aspect=ASPECT) == 1


def test_who_flies_along_a_tunnel_sees_it_unchanged() -> None:
    tunnel = Tunnel(ASPECT, far=1e9)
    near = tunnel.inverse_depth(GRID)
    seen, after = between(Pose(), Pose(dolly=0.3), ASPECT).see(GRID, near)
    inside = after > 0
    torch.testing.assert_close(tunnel.inverse_depth(seen)[inside], after[inside])


def test_who_turns_within_a_sphere_sees_it_unchanged() -> None:
    fov = 60.0
    sphere = Sphere(ASPECT, 1 / math.tan(math.radians(fov / 2)))
    behind, front = Pose(yaw=165, fov=fov), Pose(yaw=170, fov=fov)
    seen, after = between(behind, front, ASPECT).see(GRID, sphere.inverse_depth(GRID))
    torch.testing.assert_close(sphere.inverse_depth(seen), after)


@pytest.mark.parametrize(("strength", "wanted"), [(0.0, 1.0), (1.0, 3.0), (0.5, 2.0), (2.0, 5.0)])
def test_strength_draws_a_field_to_the_plane(strength: float, wanted: float) -> None:
    field: DepthField = Flattened(Flat(3.0), strength)
    assert float(field.inverse_depth(GRID)[0, 0]) == pytest.approx(wanted)


def test_moves_are_cut_until_no_point_leaps() -> None:
    tunnel = Tunnel(ASPECT)
    nearest = nearest_of(tunnel)
    assert nearest == pytest.approx(math.hypot(ASPECT, 1))
    whole = between(Pose(), Pose(dolly=0.2), ASPECT)
    assert leap(whole, nearest, ASPECT) > 5 * LARGEST
    small = shifts(Pose(), Pose(dolly=0.2), ASPECT, nearest=nearest)
    assert len(small) == steps_needed(whole, nearest, ASPECT)
    assert all(leap(move, nearest, ASPECT) <= 1.5 * LARGEST for move in small)
    product, place = torch.eye(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    for move in small:
        product, place = move.turn @ product, move.turn @ place + move.shift
    torch.testing.assert_close(product, whole.turn)
    torch.testing.assert_close(place, whole.shift)


def test_no_move_is_cut_for_ever() -> None:
    assert len(shifts(Pose(), Pose(pan_x=50), ASPECT, nearest=9.0)) == MOST_STEPS


def test_a_tunnel_does_not_tear() -> None:
    """Neighbours stay neighbours, and in order, over a flight of three radii in one frame."""
    tunnel = Tunnel(ASPECT)
    moves = shifts(Pose(), Pose(dolly=3), ASPECT, nearest=nearest_of(tunnel))
    points, valid = Move(tuple(FieldStep(tunnel, move) for move in moves)).back(GRID)
    assert valid is None
    assert bool((points[0].diff(dim=1) > 0).all())
    assert bool((points[1].diff(dim=0) > 0).all())
    assert float(points.abs().max()) <= 1


def test_a_camera_that_stands_still_takes_no_step() -> None:
    assert shifts(BUSY, BUSY, ASPECT, nearest=3.0) == []


def test_there_and_back_is_where_one_was() -> None:
    move = between(Pose(), BUSY, ASPECT)
    near = torch.full_like(GRID[0], 0.8)
    there, inverse_depth = move.see(GRID, near)
    back, same = move.inverse().see(there, inverse_depth)
    torch.testing.assert_close(back, GRID)
    torch.testing.assert_close(same, near)


def test_nothing_comes_from_behind_the_camera() -> None:
    through = Shift(torch.eye(3, dtype=torch.float64), torch.tensor([0, 0, -5.0]).double())
    seen, near = through.see(GRID, torch.ones_like(GRID[0]))
    assert bool(torch.isfinite(seen).all()) and bool((near > 0).all())
