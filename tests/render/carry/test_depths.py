"""Depth in the frame loop: carried from frame to frame, kept in a checkpoint, seen by two eyes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from storyboard.media.ffmpeg import Picture
from storyboard.plan import POSE_FIELDS, DepthPlan, Plan, Pose, ShotPlan, StereoPlan
from storyboard.render.chain_session import Studio
from storyboard.render.loop import advance
from storyboard.render.state import ChainState, load_state

Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]
CPU = torch.device("cpu")


def poses(count: int, **speed: float) -> Any:
    """A pose for each frame: so much more of some fields with each."""
    rows = [
        [getattr(Pose(), name) + speed.get(name, 0.0) * n for name in POSE_FIELDS]
        for n in range(count)
    ]
    return np.array(rows)


def flight(shot: Shots, depth: DepthPlan | None, **changes: Any) -> ShotPlan:
    """Five frames that pan and fly."""
    way = poses(6, pan_x=0.03, dolly=0.05)
    leave = Pose(**dict(zip(POSE_FIELDS, map(float, way[5]), strict=True)))
    return shot(count=5, poses=way[:5], entry=Pose(), exit=leave, depth=depth, **changes)


@pytest.fixture
def box(tmp_path: Path) -> DepthPlan:
    levels = np.zeros((18, 32), dtype=np.uint8)
    levels[6:12, 10:20] = 255
    Image.fromarray(levels).save(tmp_path / "box.png")
    return DepthPlan("image", file=tmp_path / "box.png")


class Eyes:
    """A model that takes bright for near, and counts how often it has looked."""

    looks = 0

    def __call__(self, picture: Any) -> dict[str, Tensor]:
        self.looks += 1
        return {"predicted_depth": torch.from_numpy(np.asarray(picture).mean(-1))}


MODEL = DepthPlan("model", model="eyes", every=Fraction(1, 6))


def studio_of(plan: Plan) -> Studio:
    studio = Studio(plan, CPU)
    studio.depths.pipelines["eyes"] = Eyes()
    return studio


def run(plan: Plan, *, state: ChainState | None = None, first: int = 0) -> list[Picture]:
    studio, pictures = studio_of(plan), []
    for frame in list(plan.frames)[first:]:
        state, drawn = advance(studio, state, frame)
        pictures.append(drawn.picture)
    return pictures


def depths_of(box: DepthPlan) -> dict[str, DepthPlan]:
    kinds = {kind: DepthPlan(kind) for kind in ("sphere", "tunnel")}
    return {**kinds, "image": box, "model": MODEL}


@pytest.mark.parametrize("kind", ["sphere", "tunnel", "image", "model"])
def test_a_film_with_depth_goes_on_from_a_checkpoint_as_if_never_stopped(
    kind: str, box: DepthPlan, shot: Shots, film: Films
) -> None:
    depth = depths_of(box)[kind]
    plan = film(flight(shot, depth, values={"reveal": 0.5}))
    straight = run(plan)
    studio, state = studio_of(plan), None
    for frame in list(plan.frames)[:3]:
        state, _ = advance(studio, state, frame)
    assert state is not None
    again = load_state(state.to_bytes(2), plan.shots[0], studio.size, CPU, frame=2)
    for wanted, found in zip(straight[3:], run(plan, state=again, first=3), strict=True):
        assert np.array_equal(wanted, found)


@pytest.mark.parametrize("kind", ["sphere", "tunnel", "image", "model"])
def test_depth_changes_how_the_picture_moves(
    kind: str, box: DepthPlan, shot: Shots, film: Films
) -> None:
    flat, deep = (run(film(flight(shot, d)))[-1] for d in (None, depths_of(box)[kind]))
    assert np.abs(flat.astype(int) - deep).max() > 8


def test_a_model_looks_as_often_as_it_is_asked_to(shot: Shots, film: Films) -> None:
    plan = film(flight(shot, MODEL))  # 12 frames a second, every second one
    studio, state = studio_of(plan), None
    for frame in plan.frames:
        state, _ = advance(studio, state, frame)
    eyes = studio.depths.pipelines["eyes"]
    assert isinstance(eyes, Eyes)
    assert eyes.looks == 1 + 2  # when it begins, and for frames 2 and 4
    assert state is not None and state.depth is not None


def test_frames_without_steps_do_not_make_a_model_look(shot: Shots, film: Films) -> None:
    made = flight(shot, MODEL)
    made.values["steps"][1:] = 0
    studio, state = studio_of(film(made)), None
    for frame in studio.plan.frames:
        state, _ = advance(studio, state, frame)
    eyes = studio.depths.pipelines["eyes"]
    assert isinstance(eyes, Eyes) and eyes.looks <= 4
    assert state is not None and state.anchor_frame == 0


def test_the_map_of_a_picture_goes_on_into_the_next_shot(
    box: DepthPlan, shot: Shots, film: Films
) -> None:
    one = flight(shot, box)
    two = shot("b", 5, 2, poses=poses(2), entry=Pose(), depth=box)
    studio, state = studio_of(film(one, two)), None
    for frame in studio.plan.frames:
        state, _ = advance(studio, state, frame)
    assert state is not None and state.depth is not None
    surface = state.depth.scene.surface
    assert surface is not None
    near = torch.nonzero(surface.inverse_depth > 1, as_tuple=True)[1]
    assert float(near.double().mean()) < 13  # the box, far from where it began at 14.5


def test_shots_with_and_without_depth_follow_one_another(
    box: DepthPlan, shot: Shots, film: Films
) -> None:
    past = poses(3, dolly=0.6)  # past the picture plane, where no plane can be seen
    exit_pose = Pose(dolly=1.8)
    one = shot("a", 0, 3, poses=past, entry=Pose(), exit=exit_pose, depth=DepthPlan("tunnel"))
    two = shot("b", 3, 2, poses=poses(2, pan_x=0.05), entry=Pose(), exit=Pose(pan_x=0.1))
    three = shot("c", 5, 2, poses=poses(2, pan_x=0.05), entry=Pose(), depth=box)
    assert len(run(film(one, two, three))) == 7


@pytest.mark.parametrize(
    ("form", "shape"),
    [("side_by_side", (18, 64, 3)), ("over_under", (36, 32, 3)), ("anaglyph", (18, 32, 3))],
)
def test_two_eyes_see_every_frame(
    form: str, shape: tuple[int, ...], box: DepthPlan, shot: Shots, film: Films
) -> None:
    made = flight(shot, box)
    made.values["steps"][2] = 0
    plan = replace(film(made), stereo=StereoPlan(form, ipd=0.1))
    pictures = run(plan)
    assert {picture.shape for picture in pictures} == {shape}
    assert plan.film_size == (shape[1], shape[0])


def test_what_two_eyes_see_is_painted_once(box: DepthPlan, shot: Shots, film: Films) -> None:
    plan = film(flight(shot, box))
    one = run(plan)
    flat = replace(plan, stereo=StereoPlan("side_by_side", ipd=0.0))
    for mono, both in zip(one, run(flat), strict=True):
        assert np.array_equal(np.concatenate([mono, mono], axis=1), both)
