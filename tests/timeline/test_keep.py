"""What of a clip's structure a story keeps: curves, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from storyboard.losses import LossContext
from storyboard.plan import Plan
from storyboard.render.chain_session import Studio
from storyboard.timeline import check_story, load_story_text, make_plan

STORY = """\
output: {{size: 64x36, fps: 8}}
perceptors: tiny
drawer: {drawer}
shots: [{{prompt: red, duration: 1s, video: {video}}}]
"""
CONTROL = "{name: diffusion, controlnet: ./control}"
NONE = "{name: diffusion, controlnet: ./nothing}"
KEPT = "{file: clip.mp4, keep: {edges: {0s: 0, 1s: 0.8}}}"


@pytest.fixture
def folder(make_clip: Callable[..., Path]) -> Path:
    grey = np.full((16, 16, 16, 3), 90, dtype=np.uint8)
    folder = make_clip("clip.mp4", grey, "8").parent
    control = folder / "control"
    control.mkdir()
    config = {"_class_name": "ControlNetModel", "cross_attention_dim": 256}
    (control / "config.json").write_text(json.dumps(config))
    (control / "diffusion_pytorch_model.safetensors").touch()
    return folder


def plan_of(folder: Path, video: str, drawer: str = CONTROL) -> Plan:
    return make_plan(load_story_text(STORY.format(video=video, drawer=drawer), folder=folder))


def test_the_weight_is_a_curve_and_counts(folder: Path) -> None:
    shot = plan_of(folder, KEPT).shots[0]
    assert shot.video is not None and shot.video.keep == "edges"
    np.testing.assert_allclose(shot.values["video_keep"], np.linspace(0, 0.7, 8))
    other = plan_of(folder, KEPT.replace("0.8", "0.9")).shots[0]
    assert other.digest != shot.digest


def test_depth_names_its_model(folder: Path) -> None:
    written = "{file: clip.mp4, keep: {depth: 0.5, depth_model: ./deep}}"
    (folder / "deep").mkdir()
    video = plan_of(folder, written).shots[0].video
    assert video is not None
    assert (video.keep, video.depth_model) == ("depth", str(folder / "deep"))


REFUSED = [
    ("{file: clip.mp4, keep: {edge: 0.5}}", CONTROL, "edges"),
    ("{file: clip.mp4, keep: {}}", CONTROL, "keep takes one of"),
    (
        "{file: clip.mp4, keep: {edges: 1, depth: 1, depth_model: a}}",
        CONTROL,
        "keep takes one of: edges, depth",
    ),
    ("{file: clip.mp4, keep: {depth: 1}}", CONTROL, "depth needs a depth_model"),
    ("{file: clip.mp4, keep: {edges: 1, depth_model: a}}", CONTROL, "edges need no depth_model"),
    ("{file: clip.mp4, keep: {edges: 3}}", CONTROL, "between 0 and 2"),
    (KEPT, "scenes", "drawer 'scenes' has no ControlNet to keep edges with"),
    (KEPT, "diffusion", "drawer 'diffusion' has no ControlNet to keep edges with"),
    ("clip.mp4", CONTROL, "has nothing to keep to"),
    (KEPT, NONE, "no ControlNet './nothing'"),
]


@pytest.mark.parametrize(("video", "drawer", "said"), REFUSED)
def test_what_cannot_be_kept_is_refused(folder: Path, video: str, drawer: str, said: str) -> None:
    story = folder / "story.yaml"
    story.write_text(STORY.format(video=video, drawer=drawer))
    problems = check_story(story)
    assert any(said in f"{one.message} {one.hint}" for one in problems), problems


def test_a_drawer_without_a_model_keeps_edges_by_a_loss(
    folder: Path, make_clip: Callable[..., Path]
) -> None:
    """White on black in the clip: the picture has an edge there, in whatever colours."""
    clip = np.zeros((8, 36, 64, 3), np.uint8)
    clip[:, 8:28, 16:48] = 255
    make_clip("square.mkv", clip, "8")
    found = []
    for keep in ("", ", keep: {edges: 2}"):
        plan = plan_of(folder, f"{{file: square.mkv{keep}}}", "raw")
        studio = Studio(plan, torch.device("cpu"))
        names = [name for name, _ in studio.objectives(plan.frames[1], LossContext())(0)]
        found.append("the clip's structure" in names)
        if keep:
            (kept,) = studio.kept(plan.frames[1])
            square = studio.clips.layer(plan.frames[1]).colors
            grey = torch.full_like(square, 0.5)
            assert float(kept[1](square)) < 1e-3 < float(kept[1](grey))
            assert float(kept[1](1 - square)) < 1e-3
    assert found == [False, True]
