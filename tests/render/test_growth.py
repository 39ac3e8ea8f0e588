"""Growth: a film of one picture's optimisation is that optimisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from storyboard.errors import Interrupted, StoryError, UsageError
from storyboard.losses import LossContext
from storyboard.plan import GrowthPlan, Plan, PromptTrack, ShotPlan, TextPrompt
from storyboard.render import Event, render
from storyboard.render.chain_session import Studio
from storyboard.render.loop import advance
from storyboard.render.painter import paint, set_rate
from storyboard.render.state import ChainState, fresh_state, load_state
from storyboard.timeline import load_story, make_plan

CPU = torch.device("cpu")
DRAWERS = ["fft", "pixel", "raw", "clipdraw", "gaussians", "siren"]
Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]


def growing(
    shot: Shots,
    name: str = "a",
    first: int = 0,
    *,
    steps: int = 2,
    best: bool = False,
    **changes: Any,
) -> ShotPlan:
    """A shot whose camera rests, and that grows."""
    count = changes.get("count", 4)
    still = np.tile([1.0, 0, 0, 0, 0.5, 0.5, 0, 0], (count, 1))
    values = {"steps": steps, "hold": 0, "color_hold": 0, **changes.pop("values", {})}
    made = shot(name, first, poses=still, values=values, **changes)
    return replace(made, growth=GrowthPlan(best), exit=made.entry)


def reveal_mask(plan: Plan, first: ChainState | None = None, *, start: int = 0) -> ChainState:
    studio, state = Studio(plan, CPU), first
    for number in range(start, plan.frame_count):
        state, _ = advance(studio, state, plan.frames[number])
    assert state is not None
    return state


@pytest.mark.parametrize("drawer", DRAWERS)
def test_growth_equals_the_optimisation_that_it_films(
    drawer: str, shot: Shots, film: Films
) -> None:
    plan = film(growing(shot, drawer=drawer, drawer_options={}))
    studio, frame = Studio(plan, CPU), plan.frames[0]
    state = fresh_state(frame.shot, studio.size, CPU, frame=0)
    set_rate(state.optimiser, 1.0)
    objectives = studio.objectives(frame, LossContext(size=studio.size))
    paint(
        state.drawer,
        state.optimiser,
        objectives,
        filters=lambda picture: picture,
        steps=8,
        settles=False,
    )
    assert torch.equal(reveal_mask(plan).anchor, state.drawer.draw().detach())


def test_prompts_may_change_and_shots_follow_without_a_new_beginning(
    shot: Shots, film: Films
) -> None:
    whole = film(growing(shot, "a", count=6))
    track = PromptTrack(TextPrompt("red"), np.ones(3))
    first = growing(shot, "a", count=3)
    second = growing(shot, "b", 3, count=3, tracks=(track,))
    assert torch.equal(reveal_mask(film(first, second)).anchor, reveal_mask(whole).anchor)
    turned = growing(shot, "b", 3, count=3, prompt="blue")
    assert not torch.equal(reveal_mask(film(first, turned)).anchor, reveal_mask(whole).anchor)


def test_a_growth_goes_on_from_a_checkpoint_bit_by_bit(shot: Shots, film: Films) -> None:
    plan = film(growing(shot, best=True, count=5))
    part = reveal_mask(replace(plan, frame_count=2))
    saved = load_state(part.to_bytes(1), plan.shots[0], (18, 32), CPU, frame=1)
    assert saved.growth is not None
    assert saved.growth.steps == 4
    resumed, whole = reveal_mask(plan, saved, start=2), reveal_mask(plan)
    assert torch.equal(resumed.anchor, whole.anchor)
    assert resumed.growth is not None and whole.growth is not None
    assert resumed.growth.score == whole.growth.score


def test_an_interrupted_film_of_growth_is_the_same_film(
    tmp_path: Path, shot: Shots, film: Films
) -> None:
    plan = film(growing(shot, count=5), growing(shot, "b", 5, count=2, prompt="blue"))
    seen: list[Event] = []

    def stop() -> bool:
        return sum(event.kind == "frame" for event in seen) >= 3

    with pytest.raises(Interrupted):
        render(plan, out=tmp_path / "a" / "film.mp4", on_event=seen.append, stop=stop)
    films = [render(plan, out=tmp_path / name / "film.mp4").path for name in "ab"]
    pictures = [sorted(path.parent.glob("shots/*/*.png")) for path in films]
    assert [p.read_bytes() for p in pictures[0]] == [p.read_bytes() for p in pictures[1]]


def test_held_frames_show_the_last_picture(shot: Shots, film: Films) -> None:
    made = growing(shot, count=4)
    made.values["steps"][2:] = 0
    plan = film(made)
    studio, state, pictures = Studio(plan, CPU), None, []
    for frame in plan.frames:
        state, drawn = advance(studio, state, frame)
        pictures.append(drawn.picture)
    assert np.array_equal(pictures[1], pictures[3])
    assert not np.array_equal(pictures[0], pictures[1])


def test_best_shows_pictures_that_never_fit_worse(shot: Shots, film: Films) -> None:
    plan = film(growing(shot, best=True, count=12, steps=1, values={"lr": 40.0}))
    studio, state, scores, newest = Studio(plan, CPU), None, [], []
    for frame in plan.frames:
        state, _ = advance(studio, state, frame)
        assert state.growth is not None and state.growth.best is not None
        scores.append(studio.score(frame, state.growth.best))
        newest.append(studio.score(frame, state.anchor))
    assert scores == sorted(scores)
    assert newest != sorted(newest)  # or the test shows nothing


STORY: dict[str, Any] = {"prompt": "red", "perceptors": ["tiny"], "output": {"fps": 4}}
STEPS = [
    ({"growth": 2, "duration": 1}, [2, 2, 2, 2]),
    ({"growth": {"steps_per_frame": 0.5}, "duration": 1}, [1, 0, 1, 0]),
    ({"growth": {"steps": 10}, "duration": 1}, [3, 2, 3, 2]),
    ({"growth": {"steps": 6, "hold_last": "0.5s"}, "duration": 1}, [3, 3, 0, 0]),
    ({"growth": {"steps": 6, "steps_per_frame": 4, "hold_last": "0.25s"}}, [4, 2, 0]),
    ({"growth": {"steps": 5, "steps_per_frame": 2}, "duration": 1}, [2, 2, 1, 0]),
    ({"growth": {"best": True}, "duration": 0.5}, [2, 2]),
    ({"growth": {"steps_per_frame": {"0s": 1, "0.75s": 4}}, "duration": 1}, [1, 2, 3, 4]),
]


@pytest.mark.parametrize(("story", "steps"), STEPS)
def test_the_steps_of_a_growth(story: dict[str, Any], steps: list[int]) -> None:
    (shot,) = make_plan(load_story({**STORY, **story})).shots
    assert shot.values["steps"].tolist() == steps
    assert (shot.values["hold"].any(), set(shot.values["lr"])) == (False, {1.0})


def test_shots_share_the_growth_of_the_story_and_have_their_own() -> None:
    story = {**STORY, "prompts": ["red", "blue"], "duration": 2, "quality": "sketch"}
    del story["prompt"], story["perceptors"]
    shared = make_plan(load_story({**story, "growth": {"steps": 12, "hold_last": "0.5s"}}))
    assert [shot.values["steps"].tolist() for shot in shared.shots] == [[2] * 4, [2, 2, 0, 0]]
    assert [shot.drawer for shot in shared.shots] == ["fft", "fft"]
    own = [{"prompt": p, "growth": {"steps": 4}} for p in ("red", "blue")]
    apart = make_plan(load_story({**story, "prompts": own}))
    assert [shot.values["steps"].sum() for shot in apart.shots] == [4, 4]


WRONG = [
    ({"drawer": "scenes"}, "drawer 'scenes' makes a picture in one go"),
    ({"motion": {"zoom_per_s": 1.1}}, "the camera moves, and a picture that grows stays"),
    ({"growth": {"hold_last": "1s"}}, "the picture is held for the whole shot"),
    ({"growth": {"steps": 0}}, "0 must be"),
    ({"growth": {"stepz": 3}}, "unknown key 'stepz'"),
    ({"growth": -1}, "-1 must be"),
    ({"growth": True}, "a number, an expression in t"),
]


@pytest.mark.parametrize(("story", "message"), WRONG)
def test_what_cannot_grow_is_refused(story: dict[str, Any], message: str) -> None:
    with pytest.raises(StoryError) as caught:
        make_plan(load_story({**STORY, "duration": 1, "growth": 2, **story}))
    assert message in str(caught.value)


def test_settings_that_growth_does_not_use_are_warned_of() -> None:
    plan = make_plan(load_story({**STORY, "duration": 1, "growth": 2, "steps": 9, "hold": 1}))
    told = [warning.partition(" is not used")[0] for warning in plan.warnings]
    assert {"steps", "hold"} <= set(told)


def test_svg_of_the_best_pictures_is_refused(tmp_path: Path, shot: Shots, film: Films) -> None:
    plan = film(growing(shot, best=True, drawer="clipdraw"))
    with pytest.raises(UsageError, match="best"):
        render(plan, out=tmp_path / "film.mp4", svg=True)
