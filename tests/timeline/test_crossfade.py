"""Weights while the prompts of two shots cross over."""

from __future__ import annotations

import numpy as np
import pytest

from storyboard.errors import BadValue
from storyboard.plan import PromptTrack, TextPrompt
from storyboard.story.prompts import FADE_SHAPES
from storyboard.timeline.crossfade import cross, fade_shares

P = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.0])


def track(text: str, weight: float = 1.0, **more: float) -> PromptTrack:
    return PromptTrack(TextPrompt(text), np.full(len(P), weight), **more)


@pytest.mark.parametrize(
    ("shape", "coming"),
    [
        ("linear", [0, 0.25, 0.5, 0.75, 1, 1]),
        ("smooth", [0, 0.15625, 0.5, 0.84375, 1, 1]),
        ("slerp", [0, 0.25, 0.5, 0.75, 1, 1]),
        ("cut", [1, 1, 1, 1, 1, 1]),
    ],
)
def test_shares(shape: str, coming: list[float]) -> None:
    left, right = fade_shares(shape, P)
    np.testing.assert_allclose(right, coming)
    np.testing.assert_allclose(left + right, 1)


def test_an_unknown_shape_names_the_nearest() -> None:
    with pytest.raises(BadValue) as caught:
        fade_shares("lineal", P)
    assert caught.value.hint == "did you mean 'linear'?"


@pytest.mark.parametrize("shape", FADE_SHAPES)
@pytest.mark.parametrize("weights", [(1, 1), (1, 2), (0.5, 3)])
def test_the_sum_of_weights_goes_from_one_side_to_the_other(
    shape: str, weights: tuple[float, float]
) -> None:
    tracks = cross([track("a", weights[0])], [track("b", weights[1])], progress=P, shape=shape)
    left, right = fade_shares(shape, P)
    total = sum(t.weights for t in tracks)
    np.testing.assert_allclose(total, weights[0] * left + weights[1] * right)


def test_slerp_turns_one_text_into_the_other() -> None:
    turning, arrived = cross([track("a")], [track("b")], progress=P, shape="slerp")
    assert (turning.source, turning.toward) == (TextPrompt("a"), TextPrompt("b"))
    np.testing.assert_array_equal(turning.weights, [1, 1, 1, 1, 0, 0])
    np.testing.assert_array_equal(turning.mixes, P)
    assert (arrived.source, arrived.toward) == (TextPrompt("b"), None)
    np.testing.assert_array_equal(arrived.weights, [0, 0, 0, 0, 1, 1])


def texts(tracks: tuple[PromptTrack, ...]) -> set[tuple[str, str | None]]:
    return {(t.source.label, t.toward.label if t.toward else None) for t in tracks}


@pytest.mark.parametrize(
    ("going", "coming", "expected"),
    [
        ([track("a"), track("x", -1)], [track("b")], {("a", "b"), ("b", None), ("x", None)}),
        (
            [track("a"), track("x", -1)],
            [track("y", -1), track("b")],
            {("a", "b"), ("b", None), ("x", "y"), ("y", None)},
        ),
        ([track("a", stop=0.5)], [track("b")], {("a", None), ("b", None)}),
        (
            [track("a"), track("b")],
            [track("b"), track("c")],
            {("a", "c"), ("c", None), ("b", None)},
        ),
        ([], [track("b")], {("b", None)}),
        ([track("a")], [], {("a", None)}),
    ],
)
def test_who_turns_into_whom(
    going: list[PromptTrack], coming: list[PromptTrack], expected: set
) -> None:
    assert texts(cross(going, coming, progress=P, shape="slerp")) == expected


@pytest.mark.parametrize("shape", FADE_SHAPES)
def test_a_prompt_that_stays_does_not_waver(shape: str) -> None:
    (stays,) = cross([track("sea")], [track("sea")], progress=P, shape=shape)
    np.testing.assert_allclose(stays.weights, 1)


def test_equal_texts_with_other_stops_stay_apart() -> None:
    assert len(cross([track("sea", stop=0.5)], [track("sea")], progress=P)) == 2


def test_a_cut_leaves_nothing_of_the_old_prompts() -> None:
    assert texts(cross([track("a")], [track("b")], progress=P, shape="cut")) == {("b", None)}


def test_weights_that_change_are_faded_as_they_change() -> None:
    rising = PromptTrack(TextPrompt("b"), np.linspace(0, 1, len(P)))
    old, new = sorted(cross([track("a")], [rising], progress=P), key=lambda t: t.source.label)
    np.testing.assert_allclose(old.weights, 1 - P)
    np.testing.assert_allclose(new.weights, P * np.linspace(0, 1, len(P)))
