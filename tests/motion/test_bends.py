"""Swirl, ripple and lens: absolute like the rest of a pose, undone exactly, one resample."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from storyboard.motion import STEEPEST_RIPPLE
from storyboard.motion.bends import LensDistortion, Ripple, Swirl, bends
from storyboard.motion.moves import IDENTITY, Matrix, Move
from storyboard.motion.path import between
from storyboard.motion.warp import revealed, warp
from storyboard.plan import Pose

WIDE = 16 / 9
BENT = [
    Pose(swirl=200, swirl_radius=0.4, pivot_x=0.4),
    Pose(ripple=0.03, ripple_length=0.25, ripple_phase=0.3, pivot_y=0.6),
    Pose(lens=0.5),
    Pose(lens=-0.5),
    Pose(swirl=-40, ripple=-0.02, lens=0.2, zoom=1.3, rotate=10, yaw=10),
]


def grid(spread: float = 1.0) -> Tensor:
    y, x = torch.meshgrid(torch.linspace(-1, 1, 19), torch.linspace(-1, 1, 31), indexing="ij")
    return spread * torch.stack([x, y]).double()


def picture() -> Tensor:
    y, x = torch.meshgrid(torch.arange(54.0), torch.arange(96.0), indexing="ij")
    waves = 0.5 + 0.2 * torch.sin(x / 5) + 0.2 * torch.cos(y / 4)
    return torch.stack([waves, waves.flip(0), 1 - waves])[None]


def seen(pose: Pose, x: float, y: float) -> tuple[float, float]:
    """Return the position of the point (x, y) of the still picture, normalised, in the view."""
    there, _ = between(pose, Pose(), WIDE).back(
        torch.tensor([x, y], dtype=torch.float64)[:, None, None]
    )
    return float(there[0]), float(there[1])


@pytest.mark.parametrize("pose", BENT)
def test_a_constant_bend_is_a_still_picture(pose: Pose) -> None:
    assert between(pose, pose, WIDE) == IDENTITY
    still = picture()
    assert warp(still, between(pose, pose, WIDE)) is still


@pytest.mark.parametrize("pose", BENT)
def test_back_is_the_inverse_far_beyond_the_frame(pose: Pose) -> None:
    for bend in bends(pose, WIDE):
        for points in (grid(), grid(3.0), grid(0.01)):
            there, valid = bend.back(points)
            again, _ = bend.inverse().back(there)
            assert valid is None
            torch.testing.assert_close(again, points, atol=1e-9, rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    height=st.floats(-1, 1),
    length=st.floats(0.02, 3),
    phase=st.floats(-5, 5),
    spread=st.floats(0.01, 4),
)
def test_no_ripple_folds_and_every_one_is_undone(
    height: float, length: float, phase: float, spread: float
) -> None:
    ripple = Ripple(height * STEEPEST_RIPPLE * length, length, phase, (0.1, -0.2), WIDE)
    points = grid(spread)
    there, _ = ripple.back(points)
    again, _ = ripple.inverse().back(there)
    torch.testing.assert_close(again, points, atol=1e-8, rtol=0)


# pose, a point of the picture and where it is seen, normalised, y down
SEEN = [
    (Pose(swirl=90), (0.0, 0.0), (0.0, 0.0)),
    # a point at half the radius turns by 90 exp(-1/4) degrees: from the right upwards
    (Pose(swirl=90, swirl_radius=0.5), (0.5 / WIDE, 0.0), None),
    (Pose(lens=0.3, pivot_x=0.1), (0.0, 0.0), (0.0, 0.0)),
    (Pose(ripple=0.03, pivot_x=0.7), (0.4, 0.0), (0.4, 0.0)),
]


@pytest.mark.parametrize(("pose", "point", "expected"), SEEN)
def test_where_a_point_goes(pose: Pose, point: tuple, expected: tuple | None) -> None:
    if expected is None:
        angle = math.radians(pose.swirl * math.exp(-0.25))
        expected = (0.5 * math.cos(angle) / WIDE, -0.5 * math.sin(angle))
    assert seen(pose, *point) == pytest.approx(expected, abs=1e-9)


def test_which_way_a_lens_draws_the_corners() -> None:
    assert max(seen(Pose(lens=0.2), 1, 1)) < 0.9
    assert min(seen(Pose(lens=-0.2), 1, 1)) > 1.1
    # near the middle r - strength r^3, r 1 in the corner
    assert seen(Pose(lens=0.01), 1, 1)[0] == pytest.approx(0.99, abs=1e-3)
    assert seen(Pose(lens=0.5), 0.01, 0.01)[0] == pytest.approx(0.01, rel=1e-3)


def test_ripples_run_outwards() -> None:
    """The ring that was drawn out is farther out a quarter of a ring later."""
    ripple = Ripple(0.05, 0.5, 0.0, (0.0, 0.0), 1.0)
    r = torch.linspace(1, 2, 1001).double()
    crest = [
        float(r[(replace(ripple, phase=phase)._out(r) - r)[:400].argmax()]) for phase in (0.0, 0.25)
    ]
    assert crest[1] - crest[0] == pytest.approx(0.125, abs=0.01)


@pytest.mark.parametrize("a", BENT)
@pytest.mark.parametrize("b", BENT)
def test_moves_compose_and_return(a: Pose, b: Pose) -> None:
    c = Pose(swirl=30, lens=0.1, pan_x=0.1, tilt=10)
    points = grid(0.6)
    whole, _ = between(a, c, WIDE).back(points)
    stepwise, _ = (between(b, c, WIDE) @ between(a, b, WIDE)).back(points)
    torch.testing.assert_close(stepwise, whole, atol=1e-8, rtol=0)
    assert (between(b, a, WIDE) @ between(a, b, WIDE)).is_matrix
    returned, _ = between(a, b, WIDE).back(between(b, a, WIDE).back(points)[0])
    torch.testing.assert_close(returned, points, atol=1e-8, rtol=0)


def test_a_growing_swirl_turns_more_and_many_steps_are_one() -> None:
    poses = [Pose(swirl=2.0 * n, zoom=1.01**n) for n in range(31)]
    total = IDENTITY
    for before, after in pairwise(poses):
        total = between(before, after, WIDE) @ total
    # the swirls between have gone: still picture, matrix, one swirl
    assert [type(step) for step in total.steps] == [Matrix, Swirl]
    torch.testing.assert_close(
        warp(picture(), total),
        warp(picture(), between(poses[0], poses[-1], WIDE)),
        atol=1e-4,
        rtol=0,
    )


def test_a_swirl_there_and_back_keeps_the_picture() -> None:
    still, swirled = picture(), Pose(swirl=60)
    back = warp(warp(still, between(Pose(), swirled, WIDE)), between(swirled, Pose(), WIDE))
    assert (back - still)[..., 12:-12, 24:-24].abs().max() < 0.03


def test_a_barrel_uncovers_the_corners_and_a_pincushion_nothing() -> None:
    size = (54, 96)
    barrel = revealed(between(Pose(), Pose(lens=0.3), WIDE), size)
    assert barrel[0, 0, 0, 0] == 1 and barrel[0, 0, 27, 48] == 0 and 0.1 < barrel.mean() < 0.5
    assert revealed(between(Pose(), Pose(lens=-0.3), WIDE), size).sum() == 0


def test_bends_of_a_still_camera_are_none() -> None:
    assert bends(Pose(), WIDE) == ()
    assert bends(Pose(swirl_radius=2, ripple_length=1, ripple_phase=3), WIDE) == ()
    assert bends(Pose(lens=0.1), WIDE) == (LensDistortion(0.1, WIDE),)
    assert Move.of(*bends(Pose(swirl=5), WIDE)).inverse().steps == (Swirl(-5, 1, (0, 0), WIDE),)
