"""From frame to frame: the anchor, the camera, the colours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from storyboard.errors import RenderFailed
from storyboard.media.ffmpeg import Picture
from storyboard.motion.path import move
from storyboard.motion.warp import warp
from storyboard.plan import Plan, ShotPlan
from storyboard.render.chain_session import Studio
from storyboard.render.finish import finished
from storyboard.render.loop import advance
from storyboard.render.pictures import to_8_bit
from storyboard.render.state import ChainState, load_state

Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]
CPU = torch.device("cpu")


def run(plan: Plan, *, until: int | None = None) -> tuple[ChainState, list[Picture]]:
    """The first chain of ``plan``, and the state after it."""
    studio, state, pictures = Studio(plan, CPU), None, []
    for frame in list(plan.frames)[:until]:
        state, drawn = advance(studio, state, frame)
        pictures.append(drawn.picture)
    assert state is not None
    return state, pictures


def stepping(shot: Shots, steps: list[int], **changes: Any) -> ShotPlan:
    made = shot(count=len(steps), **changes)
    made.values["steps"][:] = steps
    return made


def test_frames_without_steps_show_the_anchor_resampled_once(shot: Shots, film: Films) -> None:
    plan = film(stepping(shot, [6, 0, 0, 0, 0]))
    state, pictures = run(plan)
    anchor = run(plan, until=1)[0].anchor
    assert (state.anchor_frame, torch.equal(state.anchor, anchor)) == (0, True)
    for number in range(5):
        once = warp(anchor, move(plan, 0, number))
        assert np.abs(pictures[number].astype(int) - to_8_bit(once).astype(int)).max() <= 1


def test_a_still_camera_without_steps_changes_not_a_bit(shot: Shots, film: Films) -> None:
    still = stepping(shot, [6, 0, 0], poses=np.tile([1.0, 0, 0, 0, 0.5, 0.5, 0, 0], (3, 1)))
    _, pictures = run(film(still))
    assert np.array_equal(pictures[0], pictures[1])
    assert np.array_equal(pictures[0], pictures[2])


def test_a_border_of_noise_lies_still_while_the_camera_passes(shot: Shots, film: Films) -> None:
    poses = np.tile([1.0, 0, 0, 0, 0.5, 0.5, 0, 0], (4, 1))
    poses[:, 2] = np.arange(4) / 8  # four of 32 columns further to the right with every frame
    still = stepping(shot, [4, 0, 0, 0], poses=poses, border="noise", resample="bilinear")
    _, pictures = run(film(still))
    for before, after in pairwise(pictures):
        moved = np.abs(after[:, :-4].astype(int) - before[:, 4:].astype(int))
        assert moved.max() <= 1
    assert pictures[3][:, -8:].std() > 0


def test_cells_stay_hard_when_the_camera_moves_them(shot: Shots, film: Films) -> None:
    options = {"cells": [8, 4]}
    pixels = stepping(shot, [4, 0, 2], drawer="pixel", drawer_options=options)
    _, pictures = run(replace(film(pixels), width=32, height=16))
    for picture in pictures:
        cells = picture.reshape(4, 4, 8, 4, 3)
        assert (cells == cells[:, :1, :, :1]).all()


def test_another_drawer_goes_on_from_the_same_picture(shot: Shots, film: Films) -> None:
    first = stepping(shot, [8, 3])
    second = shot("b", 2, 1, drawer="pixel", drawer_options={"cells": [32, 18]})
    second.values["steps"][:] = 0
    _, pictures = run(film(first, second))
    assert np.abs(pictures[2].astype(int) - pictures[1].astype(int)).mean() < 12


def test_the_state_of_a_checkpoint_leads_to_the_same_bits(shot: Shots, film: Films) -> None:
    plan = film(shot(count=4, values={"steps": 3}))
    state, _ = run(plan, until=3)
    again = load_state(state.to_bytes(2), plan.shots[0], (18, 32), CPU, frame=2)
    frame = plan.frames[3]
    (one, drawn), (two, redrawn) = (advance(Studio(plan, CPU), s, frame) for s in (state, again))
    assert torch.equal(one.anchor, two.anchor)
    assert np.array_equal(drawn.picture, redrawn.picture)


def test_held_frames_stay_nearer_to_the_last(shot: Shots, film: Films) -> None:
    def distance(hold: float) -> float:
        values = {"steps": 6, "hold": hold, "color_hold": 0, "cut_hold": 0}
        plan = film(
            shot(count=4, values=values, poses=np.tile([1.0, 0, 0, 0, 0.5, 0.5, 0, 0], (4, 1)))
        )
        _, pictures = run(plan)
        return float(np.mean(np.abs(np.diff(np.array(pictures, int), axis=0))))

    assert distance(20) < 0.6 * distance(0)


@pytest.mark.parametrize(
    ("prompt", "novelty", "low", "high"),
    [("grey", 0, 0.0, 0.6), ("blue", 1, 0.85, 1.1)],
    ids=["same", "new"],
)
def test_held_colours_drift_less_while_the_prompt_stays(
    shot: Shots, film: Films, prompt: str, novelty: float, low: float, high: float
) -> None:
    def drift(color_hold: float) -> float:
        values = {"steps": 6, "hold": 0, "color_hold": color_hold, "losses.saturation": 40}
        first = shot(count=1, values={**values, "steps": 20}, prompt="grey")
        then = shot("b", 1, 6, values={**values, "novelty": novelty}, prompt=prompt)
        _, pictures = run(film(first, then))
        colorfulness = [float(np.ptp(picture.astype(int), axis=-1).mean()) for picture in pictures]
        return colorfulness[-1] - colorfulness[0]

    assert low < drift(0.9) / drift(0) < high


def test_filters_change_what_is_seen_and_do_not_add_up(shot: Shots, film: Films) -> None:
    plan = film(stepping(shot, [6, 0, 0], values={"filters.grayscale": 1.0}))
    state, pictures = run(plan)
    assert all((picture == picture[..., :1]).all() for picture in pictures)
    assert float(state.anchor.std(1).max()) > 0.02  # the canvas itself keeps its colours


def test_a_flash_is_shown_and_not_painted(shot: Shots, film: Films) -> None:
    lit = shot(count=3, values={"filters.light": 0.0})
    lit.values["filters.light"][0] = 0.9
    _, painted = run(film(shot(count=3)))
    _, stored = run(film(lit))
    assert np.array_equal(painted, stored)
    shown = list(finished(film(lit), stored.__getitem__, first=0, stop=3))
    assert shown[0].mean() > stored[0].mean() + 20
    assert np.array_equal(shown[1:], stored[1:])


def test_losses_and_filters_take_the_options_of_the_story(shot: Shots, film: Films) -> None:
    two_colors = {"lookup": {"colors": ["#ff0000", "#0000ff"]}}
    plan = film(shot(count=1, values={"filters.lookup": 1.0}, filter_options=two_colors))
    _, (picture,) = run(plan)
    assert {tuple(pixel) for pixel in picture.reshape(-1, 3).tolist()} <= {(255, 0, 0), (0, 0, 255)}


def test_an_error_names_shot_and_frame(shot: Shots, film: Films) -> None:
    bad = shot("dawn", count=2)
    bad.values["lr"][1] = float("nan")
    with pytest.raises(RenderFailed, match="shot 'dawn', frame 1: the loss of"):
        bad.values["steps"][1] = 2
        run(film(bad))


@pytest.mark.parametrize(
    ("level", "expected"),
    [(0.0, 0), (1.0, 255), (127.4 / 255, 127), (127.6 / 255, 128), (-0.2, 0), (1.3, 255)],
)
def test_levels_are_rounded_not_cut_off(level: float, expected: int) -> None:
    assert (to_8_bit(torch.full((1, 3, 2, 2), level)) == expected).all()
