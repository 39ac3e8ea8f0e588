"""Tiny films by the diffusion drawer: key pictures where the story needs them, exact resumes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from storyboard import load_story, make_plan
from storyboard.drawers.diffusion import DiffusionDrawer
from storyboard.plan import Plan
from storyboard.render.chain_session import Studio
from storyboard.render.loop import advance
from storyboard.render.state import ChainState, load_state
from storyboard.timeline.check import check_story

from .tiny_pipelines import write_control

CPU = torch.device("cpu")

STORY = """\
version: 1
output: {{size: 32x18, fps: 8}}
perceptors: [tiny]
seed: 3
defaults:
  drawer: {{name: diffusion, model: {model}, sampler_steps: 2, every: 0.75, {options}}}
  cuts: 2
  steps: 2
  steps_first: 2
  motion: {{zoom_per_s: 1.1, rotate: 4*t}}
shots:
  - {{duration: 10f, prompt: sea}}
  - {{duration: 6f, prompt: sun}}
  - {{duration: 2f, prompt: sea, cut: true}}
"""


def film(folder: Path, model: Path | str, options: str = "refine: 0.25") -> Plan:
    (folder / "story.yaml").write_text(STORY.format(model=model, options=options))
    return make_plan(load_story(folder / "story.yaml"))


def states(plan: Plan, chain: int = 0) -> Iterator[tuple[ChainState, np.ndarray]]:
    studio, state = Studio(plan, CPU), None
    for shot in plan.chains()[chain]:
        for number in range(shot.first, shot.stop):
            state, drawn = advance(studio, state, plan.frames[number])
            yield state, drawn.picture


def test_key_pictures_where_the_story_needs_them(pipeline: Path, tmp_path: Path) -> None:
    """At the start and half a second later, at a new prompt and half a second later."""
    plan = film(tmp_path, pipeline)
    anchors = {state.anchor_frame for state, _ in states(plan)}
    assert anchors == {0, 4, 10, 14}


def test_the_number_format_of_the_film_reaches_the_drawer(pipeline: Path, tmp_path: Path) -> None:
    plan = film(tmp_path, pipeline)
    frame, seen = plan.frames[0], {}
    for precision in ("fp32", "bf16"):
        studio = Studio(plan, CPU, precision=precision)
        state, drawn = advance(studio, None, frame)
        seen[precision] = drawn.picture
        again = load_state(
            state.to_bytes(0), frame.shot, (18, 32), CPU, frame=0, precision=precision
        )
        assert again.drawer.pipeline.precision == state.drawer.pipeline.precision  # type: ignore
    assert not np.array_equal(seen["fp32"], seen["bf16"])


def test_a_frame_is_encoded_once_at_most(
    pipeline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []
    encode = DiffusionDrawer.encode

    def counted(drawer: DiffusionDrawer, canvas: torch.Tensor) -> None:
        calls.append(canvas)
        encode(drawer, canvas)

    monkeypatch.setattr(DiffusionDrawer, "encode", counted)
    for number, _ in enumerate(states(film(tmp_path, pipeline))):
        assert len(calls) <= min(number, 1)
        calls.clear()


@pytest.mark.parametrize("after", [2, 4, 11])
@pytest.mark.parametrize("options", ["refine: 0.25", "refine: 0, guidance: {0s: 1, 1s: 4}"])
def test_a_checkpoint_leads_to_the_same_bits(
    pipeline: Path, tmp_path: Path, after: int, options: str
) -> None:
    plan = film(tmp_path, pipeline, options)
    straight = [picture for _, picture in states(plan)]
    state, _ = next(islice(states(plan), after, None))
    shot = plan.frames[after].shot
    again: ChainState | None = load_state(state.to_bytes(after), shot, (18, 32), CPU, frame=after)
    studio = Studio(plan, CPU)
    for number in range(after + 1, len(straight)):
        again, drawn = advance(studio, again, plan.frames[number])
        assert np.array_equal(drawn.picture, straight[number])


def test_a_model_that_is_missing_is_reported_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "story.yaml").write_text(STORY.format(model="./nowhere", options="fade: 0.5"))
    (problem,) = check_story(tmp_path / "story.yaml")
    assert (problem.line, problem.severity) == (6, "error")
    assert "no diffusion model './nowhere'" in problem.message


def test_a_model_lies_beside_the_story_and_counts_by_its_contents(
    pipeline: Path, tmp_path: Path
) -> None:
    (tmp_path / "model").symlink_to(pipeline)
    beside, elsewhere = film(tmp_path, "./model"), film(tmp_path, pipeline)
    assert beside.shots[0].drawer_options["model"] == str(pipeline.resolve())
    assert beside.shots[0].digest == elsewhere.shots[0].digest


def test_the_edges_of_a_clip_lead_the_picture(
    pipeline: Path, tmp_path: Path, make_clip: Callable[..., Path]
) -> None:
    """The same film with another weight, and resumed, keeps to the clip by that weight."""
    pictures = np.zeros((8, 18, 32, 3), dtype=np.uint8)
    pictures[:, 4:14, 8:24] = 255
    make_clip("clip.mkv", pictures, "8")
    control = write_control(tmp_path / "control", pipeline)
    head = STORY.partition("shots:")[0] + "shots: [{{duration: 4f, prompt: sea, video: {video}}}]"
    seen = []
    for weight in (0, 0.5, 1):
        video = f"{{file: clip.mkv, keep: {{edges: {weight}}}}}"
        story = head.format(model=pipeline, options=f"controlnet: {control}", video=video)
        (tmp_path / "story.yaml").write_text(story)
        plan = make_plan(load_story(tmp_path / "story.yaml"))
        seen.append(np.stack([picture for _, picture in states(plan)]))
    assert not np.array_equal(seen[0], seen[1]) and not np.array_equal(seen[1], seen[2])
