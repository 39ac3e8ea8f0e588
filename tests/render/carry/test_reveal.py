"""New picture where the camera uncovers: the mask, the noise, the haste."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from storyboard.plan import POSE_FIELDS, Plan, Pose, ShotPlan, VideoPlan
from storyboard.render.carry.reveal import (
    GROWTH_S,
    HASTE,
    add_noise,
    boost_gradient,
    decay_mask,
    feather_mask,
)
from storyboard.render.chain_session import Studio
from storyboard.render.loop import advance
from storyboard.render.state import ChainState

Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]
SIZE = (36, 64)
PICTURE = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(3)) * 0.2 + 0.4


def strip(columns: int) -> torch.Tensor:
    mask = torch.zeros(1, 1, *SIZE)
    mask[..., -columns:] = 1
    return mask


def test_nothing_uncovered_has_no_rim() -> None:
    assert not feather_mask(torch.zeros(1, 1, *SIZE)).any()


def test_the_rim_is_soft_and_around_what_was_uncovered() -> None:
    row = feather_mask(strip(4))[0, 0, 18]
    assert row[-4:].tolist() == [1.0] * 4
    assert not row[:-8].any()
    assert bool((row.diff() >= 0).all()) and 0 < float(row[-6]) < 1


def test_noise_is_in_the_mask_only_in_the_pictures_colours_and_the_same_for_a_seed() -> None:
    mask = strip(20)
    broken = add_noise(PICTURE, mask, 1.0, seed=5)
    assert torch.equal(broken[..., :44], PICTURE[..., :44])
    assert float((broken - PICTURE)[..., 44:].abs().mean()) > 0.01
    assert float(broken.min()) >= float(PICTURE.min())
    assert float(broken.max()) <= float(PICTURE.max())
    assert torch.equal(broken, add_noise(PICTURE, mask, 1.0, seed=5))
    assert not torch.equal(broken, add_noise(PICTURE, mask, 1.0, seed=6))
    assert torch.equal(add_noise(PICTURE, mask, 0.0, seed=5), PICTURE)


def test_haste_multiplies_the_gradient_and_leaves_the_picture() -> None:
    picture = PICTURE.clone().requires_grad_()
    seen = boost_gradient(lambda p: p * 2, strip(4), 0.5)(picture)
    assert torch.equal(seen, PICTURE * 2)
    seen.sum().backward()
    assert picture.grad is not None
    wanted = 2 * (1 + HASTE * 0.5 * strip(4)).expand_as(PICTURE)
    torch.testing.assert_close(picture.grad, wanted)


def test_what_was_uncovered_becomes_as_the_rest() -> None:
    assert float(decay_mask(torch.ones(1), GROWTH_S)) == pytest.approx(1 / np.e)
    twice = decay_mask(decay_mask(torch.ones(1), 0.2), 0.3)
    torch.testing.assert_close(twice, decay_mask(torch.ones(1), 0.5))


def panning(shot: Shots, reveal: float, *, pan: float = 0.1) -> ShotPlan:
    rows: Any = np.tile([getattr(Pose(), name) for name in POSE_FIELDS], (4, 1))
    rows[:, POSE_FIELDS.index("pan_x")] = pan * np.arange(4)
    values = {"reveal": reveal, "color_hold": 0.0}
    return shot(poses=rows, entry=Pose(), exit=Pose(pan_x=4 * pan), values=values)


def painted(plan: Plan) -> tuple[ChainState, list[Any]]:
    studio, state, pictures = Studio(plan, torch.device("cpu")), None, []
    for frame in plan.frames:
        state, drawn = advance(studio, state, frame)
        pictures.append(drawn.picture.astype(int))
    assert state is not None
    return state, pictures


def test_a_camera_that_stands_still_reveals_nothing(shot: Shots, film: Films) -> None:
    (plain, without), (state, revealing) = (
        painted(film(panning(shot, amount, pan=0.0))) for amount in (0.0, 1.0)
    )
    assert plain.reveal_mask is None and state.reveal_mask is None
    assert all(np.array_equal(a, b) for a, b in zip(without, revealing, strict=True))


def test_a_pan_grows_most_where_it_uncovers(shot: Shots, film: Films) -> None:
    (plain, without), (state, revealing) = (
        painted(film(panning(shot, amount))) for amount in (0.0, 1.0)
    )
    assert plain.reveal_mask is None and state.reveal_mask is not None
    assert (
        float(state.reveal_mask[..., -3:].min()) == 1
        and float(state.reveal_mask[..., 0].max()) == 0
    )
    columns = np.abs(without[1] - revealing[1]).mean((0, 2))
    assert columns[-4:].mean() > 2 * columns[:16].mean()


@pytest.mark.parametrize("border", ["reflect", "color", "zeros", "noise", "wrap"])
def test_every_border_can_be_grown_over(border: str, shot: Shots, film: Films) -> None:
    made = panning(shot, 1.0)
    plan = film(replace(made, border=border, border_color=(0.1, 0.2, 0.3)))
    assert painted(plan)[0].reveal_mask is not None


def test_what_a_clip_uncovers_the_clip_fills(
    shot: Shots, film: Films, make_clip: Callable[..., Path]
) -> None:
    """Beside a clip ``reveal`` changes nothing."""
    levels = np.arange(4, dtype=np.uint8)[:, None, None, None] * 40
    file = make_clip("clip.mp4", np.broadcast_to(levels, (4, 18, 32, 3)).copy(), "12")
    times = tuple(Fraction(n, 12) for n in range(4))
    pictures = []
    for amount in (0.0, 1.0):
        made = panning(shot, amount)
        made.values["video_mix"] = np.full(4, 0.3)
        clip = replace(made, video=VideoPlan(file, times, "cover", "none"))
        pictures.append(painted(film(clip))[1])
    assert all(np.array_equal(a, b) for a, b in zip(*pictures, strict=True))
