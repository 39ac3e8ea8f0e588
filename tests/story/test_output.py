"""Sizes by shape and scale, several outputs of one story, stills and lists of prompts."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from storyboard.errors import StoryError, UsageError
from storyboard.plan import Plan
from storyboard.timeline import load_story, make_plan

FILM: dict[str, Any] = {"prompt": "a", "duration": 1, "perceptors": ["tiny"]}


def planned(changes: dict[str, Any], **how: Any) -> Plan:
    return make_plan(load_story({**FILM, **changes}, **how))


SIZES = [
    ("500x280", (500, 280)),
    ([64, 48], (64, 48)),
    ("16:9", (512, 288)),
    ("9:16", (288, 512)),
    ("square", (384, 384)),
    ({"aspect": "widescreen", "scale": 1}, (192, 108)),
    ({"aspect": "portrait", "scale": 1}, (128, 160)),
    ({"aspect": "phone", "scale": 5}, (540, 960)),
    ({"aspect": "2.35:1", "scale": 2}, (442, 188)),
    ({"fps": 12}, (512, 288)),
    ({"size": "16:9"}, (512, 288)),
    ({"size": "square", "scale": 1}, (144, 144)),
]


@pytest.mark.parametrize(("output", "size"), SIZES)
def test_a_size_is_written_in_several_ways(output: Any, size: tuple[int, int]) -> None:
    assert planned({"output": output}).film_size == size


def test_the_quality_scales_an_aspect_and_canonical_yaml_keeps_it() -> None:
    plan = planned({"output": "16:9", "quality": "best"})
    assert plan.film_size == (960, 540)
    assert make_plan(load_story(plan.story)).film_size == (960, 540)


WRONG = [
    ("squore", "unknown shape squore", "'square'"),
    ("30:1", "30:1 must be between 1:10 and 10:1", ""),
    ("0:1", "0:1 must be between 1:10 and 10:1", ""),
    ({"aspect": 3}, "a shape such as 16:9, square or phone", ""),
    ({"size": "30:1"}, "30:1 must be between 1:10 and 10:1", ""),
    ({"aspect": "1:1", "size": "64x64"}, "size and aspect exclude one another", "keep one"),
    ({"scale": 2}, "scale goes with aspect", "aspect: 16:9"),
    ({"aspect": "1:1", "scale": 0.01}, "2x2: width and height must be", "16x16"),
    ({"aspect": "1:1", "scale": 0}, "0 must be greater than 0", ""),
]


@pytest.mark.parametrize(("output", "message", "hint"), WRONG)
def test_a_wrong_shape_is_reported(output: Any, message: str, hint: str) -> None:
    with pytest.raises(StoryError) as caught:
        planned({"output": output})
    (problem,) = caught.value.problems
    assert message in problem.message
    assert hint in (problem.hint or "")


OUTPUTS = {
    "output": {"fps": 8, "size": "64x32", "paint": "32x16"},
    "outputs": {"phone": {"aspect": "9:16", "scale": 0.5}, "slow": {"fps": 4}, "cover": "32x32"},
}


@pytest.mark.parametrize(
    ("name", "size", "fps", "painted"),
    [
        (None, (54, 96), 8, (54, 96)),
        ("phone", (54, 96), 8, (54, 96)),
        ("slow", (64, 32), 4, (32, 16)),
        ("cover", (32, 32), 8, (32, 32)),
    ],
)
def test_an_output_is_one_film(
    name: str | None, size: tuple[int, int], fps: int, painted: tuple[int, int]
) -> None:
    plan = planned(OUTPUTS, output=name)
    assert (plan.film_size, plan.fps) == (size, fps)
    assert (plan.width, plan.height) == painted
    assert plan.variant == (name or "phone")


def test_what_is_set_from_outside_counts_before_every_output() -> None:
    plan = planned(OUTPUTS, output="phone", overrides={"output.size": "48x32", "output.fps": "2"})
    assert (plan.film_size, plan.fps) == ((48, 32), 2)
    plan = planned(OUTPUTS, output="cover", overrides={"outputs.cover.crf": "30"})
    assert plan.quality.crf == 30
    assert plan.film_size == (32, 32)


def test_outputs_of_one_size_share_their_frames() -> None:
    story = {"outputs": {"a": "64x32", "b": {"size": "64x32", "format": "gif"}, "c": "32x64"}}
    a, b, c = (planned(story, output=name).shots[0].digest for name in "abc")
    assert a == b != c


def test_an_unknown_output_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="no output 'phon'; did you mean 'phone'"):
        planned(OUTPUTS, output="phon")
    with pytest.raises(UsageError, match="outputs: none"):
        planned({}, output="phone")


def test_the_name_of_an_output_must_name_a_file() -> None:
    with pytest.raises(StoryError, match="'a/b' cannot name a file"):
        planned({"outputs": {"a/b": "1:1"}})


def test_a_prompt_alone_is_a_picture() -> None:
    plan = make_plan(load_story({"prompt": "a", "output": "500x280"}, still=True))
    assert (plan.frame_count, plan.film_size) == (1, (500, 280))
    with pytest.raises(StoryError, match="nothing says how long the film is"):
        make_plan(load_story({"prompt": "a"}))
    assert planned({}, still=True).frame_count == 24


def test_a_list_of_prompts_shares_the_time() -> None:
    story = {"prompts": ["a", {"prompt": "b", "name": "last", "cut": True}, "c"], "duration": 8}
    plan = make_plan(load_story({**story, "perceptors": ["tiny"]}))
    assert [shot.start for shot in plan.shots] == [0, Fraction(8, 3), Fraction(16, 3)]
    assert [shot.name for shot in plan.shots] == ["shot-001", "last", "shot-003"]
    assert make_plan(load_story(plan.story)).digest == plan.digest
    changed = load_story({**story, "perceptors": ["tiny"]}, overrides={"prompts.0.seed": "3"})
    assert make_plan(changed).shots[0].seed == 3


@pytest.mark.parametrize(
    ("story", "message"),
    [
        ({"prompts": []}, "there are no prompts in the list"),
        ({"prompts": ["a", "b"]}, "nothing says how long the film is"),
        ({"prompts": ["a", 3], "duration": 1}, "a text"),
    ],
)
def test_a_wrong_list_of_prompts_is_reported(story: dict[str, Any], message: str) -> None:
    with pytest.raises(StoryError) as caught:
        make_plan(load_story(story))
    assert message in str(caught.value)
