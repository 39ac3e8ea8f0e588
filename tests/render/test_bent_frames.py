"""What no matrix does, in the frame loop: absolute, and resampled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch

from storyboard.motion.path import between
from storyboard.motion.warp import warp
from storyboard.plan import POSE_FIELDS, Plan, Pose, ShotPlan
from storyboard.render.chain_session import Studio
from storyboard.render.loop import advance
from storyboard.render.pictures import to_8_bit

Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]

SIGHTS = [
    dict(swirl=150, lens=0.2),
    dict(orbit_x=30, tilt=-10, ripple=0.02),
]


def film_of(poses: Sequence[Pose], steps: Sequence[int], shot: Shots, film: Films) -> Plan:
    rows = np.array([[getattr(pose, name) for name in POSE_FIELDS] for pose in poses])
    made = shot(count=len(poses), poses=rows, entry=poses[0], exit=poses[-1])
    made.values["steps"][:] = steps
    return film(made)


@pytest.mark.parametrize("sight", SIGHTS)
def test_a_constant_sight_is_a_still_picture(sight: dict, shot: Shots, film: Films) -> None:
    plan = film_of([Pose(**sight)] * 3, [4, 0, 0], shot, film)
    studio, state, pictures = Studio(plan, torch.device("cpu")), None, []
    for frame in plan.frames:
        state, drawn = advance(studio, state, frame)
        pictures.append(drawn.picture)
    assert all(np.array_equal(pictures[0], picture) for picture in pictures)


@pytest.mark.parametrize("sight", SIGHTS)
def test_a_growing_one_moves_the_anchor_once(sight: dict, shot: Shots, film: Films) -> None:
    poses = [
        Pose(**{name: share * value for name, value in sight.items()}) for share in (0, 0.5, 1)
    ]
    plan = film_of(poses, [4, 0, 0], shot, film)
    studio, state = Studio(plan, torch.device("cpu")), None
    for number, frame in enumerate(plan.frames):
        state, drawn = advance(studio, state, frame)
        once = to_8_bit(warp(state.anchor, between(poses[0], poses[number], 32 / 18)))
        assert np.abs(drawn.picture.astype(int) - once.astype(int)).max() <= 1
    assert not np.array_equal(drawn.picture, to_8_bit(state.anchor))


@pytest.mark.parametrize("drawer", ["fft", "pixel"])
def test_every_drawer_follows_and_goes_on_painting(drawer: str, shot: Shots, film: Films) -> None:
    poses = [Pose(swirl=20.0 * n, orbit_y=5.0 * n) for n in range(3)]
    plan = film_of(poses, [3, 2, 2], lambda **given: shot(drawer=drawer, **given), film)
    studio, state = Studio(plan, torch.device("cpu")), None
    for frame in plan.frames:
        state, drawn = advance(studio, state, frame)
        assert drawn.picture.std() > 0
    assert state.anchor_frame == 2 and torch.isfinite(state.anchor).all()
