"""How new the prompts are."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from storyboard.plan import PromptTrack, TextPrompt
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.novelty import MEMORY_S, PromptChange, prompt_novelty

FPS = Fraction(10)
KEPT = np.exp(-1 / 10 / MEMORY_S)


def track(text: str, *weights: float, toward: str | None = None, mix: float = 0.0) -> PromptTrack:
    goal = TextPrompt(toward) if toward else None
    mixes = np.full(len(weights), mix)
    return PromptTrack(TextPrompt(text), np.array(weights), toward=goal, mixes=mixes)


@pytest.mark.parametrize(
    ("before", "tracks", "novelty"),
    [
        ({"a": 1.0}, [track("a", 3.0)], 0.0),
        ({"a": 1.0}, [track("b", 1.0)], 1.0),
        ({"a": 1.0}, [track("a", 0.75), track("b", 0.25)], 0.25),
        ({"a": 1.0}, [track("a", 1.0, toward="b", mix=0.25)], 0.25),
        ({"a": 1.0}, [track("a", 1.0), track("b", -1.0)], 0.5),
        ({"a": 1.0}, [], 0.0),
        ({}, [track("a", 1.0)], 0.0),
    ],
)
def test_novelty_is_the_part_of_the_prompts_that_changed(
    before: dict[str, float], tracks: list[PromptTrack], novelty: float
) -> None:
    assert prompt_novelty(
        tracks,
        1,
        FPS,
        PromptChange(np.zeros(1), {TextPrompt(text): part for text, part in before.items()}),
    ).last == pytest.approx(novelty)


def test_what_is_new_grows_old() -> None:
    values = prompt_novelty(
        [track("b", *[1.0] * 4)], 4, FPS, PromptChange(np.zeros(1), {TextPrompt("a"): 1.0})
    ).values
    np.testing.assert_allclose(values, KEPT ** np.arange(4))


def test_a_shot_goes_on_where_the_one_before_ended_even_through_one_without_frames() -> None:
    first = prompt_novelty(
        [track("b", 1.0)], 1, FPS, PromptChange(np.zeros(1), {TextPrompt("a"): 1.0})
    )
    nothing = prompt_novelty([track("b")], 0, FPS, first)
    assert prompt_novelty([track("b", 1.0)], 1, FPS, nothing).last == pytest.approx(KEPT)


def test_frames_that_want_nothing_change_nothing() -> None:
    values = prompt_novelty(
        [track("a", 1, 0, 1), track("b", 0, 0, 1)], 3, FPS, PromptChange(np.zeros(1))
    ).values
    np.testing.assert_allclose(values, [0, 0, 0.5])


def test_what_is_new_lets_the_defaults_go_and_not_what_the_story_says() -> None:
    text = """
    perceptors: tiny
    output: {fps: 10}
    shots:
      - {duration: 1s, prompt: a}
      - {duration: 1s, prompt: b}
      - {duration: 1s, prompt: c, hold: 0.7, lr: 0.1}
    """
    plan = make_plan(load_story_text(text))
    first, second, third = (shot.values for shot in plan.shots)
    assert (first["lr"][0], second["lr"][0], second["hold"][0]) == (1, 1, 0)
    assert second["lr"][9] < 0.8 < 0.3 + second["hold"][9] + second["lr"][9]
    assert plan.quality.lr == first["lr"][1] == first["lr"][9]
    assert set(third["lr"]) == {0.1}
    assert set(third["hold"]) == {0.7}


STEADY = [
    (None, [("a", 1.0)]),
    ({"a": 1.0}, [("b", 2.0), ("c", -0.5)]),
    ({"a": 0.4, "b": 0.6}, [("b", 1.0), ("b", 0.5), ("d", 0.1)]),
    ({"a": 1.0}, [("a", 1.0)]),
]


@pytest.mark.parametrize(("before", "weights"), STEADY)
def test_prompts_that_stay_are_worked_out_as_those_that_change(
    before: dict[str, float] | None, weights: list[tuple[str, float]]
) -> None:
    shares = {TextPrompt(text): part for text, part in (before or {}).items()}
    change = PromptChange(np.zeros(1), shares, 0.3) if before else None
    steady = [PromptTrack(TextPrompt(text), np.full(5, weight)) for text, weight in weights]
    moving = [track(text, *[weight] * 5) for text, weight in weights]  # mixes of 0: the long way
    short, long = (prompt_novelty(tracks, 5, FPS, change) for tracks in (steady, moving))
    assert short.values.tobytes() == long.values.tobytes()
    assert (short.shares, short.last) == (long.shares, long.last)


def test_what_is_gone_from_the_prompts_is_forgotten() -> None:
    before = PromptChange(np.zeros(1), {TextPrompt("a"): 1.0})
    shares = prompt_novelty([track("b", 1.0)], 1, FPS, before).shares
    assert shares == {TextPrompt("b"): 1.0}
