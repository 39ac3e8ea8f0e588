"""The way through a plan: within shots, across their borders, never across a cut."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from storyboard.errors import UsageError
from storyboard.motion.matrices import relative
from storyboard.motion.moves import IDENTITY
from storyboard.motion.path import legs, move
from storyboard.plan import POSE_FIELDS, Plan, Pose, Quality, ShotPlan

ASPECT = 32 / 18


def shot(
    index: int, first: int, poses: list[Pose], ends: tuple[Pose, Pose], chain: int
) -> ShotPlan:
    fields = [list(vars(p).values()) for p in poses]
    count = len(poses)
    return ShotPlan(
        index, f"shot {index}", Fraction(first, 4), Fraction(first + count, 4), first,
        first + count, chain, False, "fft", {}, (), (),
        np.array(fields, dtype=float).reshape(count, len(POSE_FIELDS)), *ends,
        "reflect", (0, 0, 0), "bicubic", 8, {}, 0, tuple(range(count)), "",
    )  # fmt: skip


def film() -> Plan:
    one = [Pose(zoom=1.0), Pose(zoom=1.1), Pose(zoom=1.2)]
    two = [Pose(rotate=5.0), Pose(rotate=15.0)]
    shots = (
        shot(0, 0, one, (one[0], Pose(zoom=1.3)), 0),
        shot(1, 3, [], (Pose(pan_x=0.1), Pose(pan_x=0.3)), 0),
        shot(2, 3, two, (Pose(rotate=0.0), Pose(rotate=20.0)), 0),
        shot(3, 5, [Pose()], (Pose(), Pose()), 1),
    )
    quality = Quality("sketch", (), 1, 1, 1, 1, 20)
    return Plan(
        "film", "film", 32, 18, Fraction(4), Fraction(6, 4), 6, quality, 0, shots, None, {}, "", ""
    )


def test_within_a_shot_the_poses_are_compared() -> None:
    expected = relative(Pose(zoom=1.0), Pose(zoom=1.2), ASPECT)
    torch.testing.assert_close(move(film(), 0, 2).matrix, expected)


def test_across_a_border_the_camera_goes_on() -> None:
    """last -> exit, the whole of a shot without frames, entry -> first."""
    expected = (
        relative(Pose(rotate=0.0), Pose(rotate=5.0), ASPECT)
        @ relative(Pose(pan_x=0.1), Pose(pan_x=0.3), ASPECT)
        @ relative(Pose(zoom=1.2), Pose(zoom=1.3), ASPECT)
    )
    assert len(legs(film(), 2, 3)) == 3
    torch.testing.assert_close(move(film(), 2, 3).matrix, expected)


def test_moves_multiply_to_the_move() -> None:
    total = IDENTITY
    for n in range(4):
        total = move(film(), n, n + 1) @ total
    torch.testing.assert_close(total.matrix, move(film(), 0, 4).matrix)
    assert move(film(), 4, 0) @ total == IDENTITY


def test_no_move_stays_exactly() -> None:
    assert move(film(), 1, 1) == IDENTITY


def test_no_move_leads_across_a_cut() -> None:
    with pytest.raises(UsageError, match="frames 4 and 5 are separated by a cut"):
        move(film(), 4, 5)
