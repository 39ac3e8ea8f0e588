"""Whatever a story holds, reading and planning tell problems and raise nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from storyboard.errors import StoryError
from storyboard.story import load_story_text, read_story_text
from storyboard.story.dump import dump_yaml
from storyboard.timeline.check import problems_of

SOUND: dict[str, Any] = {
    "output": {"size": "64x36", "fps": 6},
    "audio": {"bpm": 90, "first_beat": 0.2},
    "marks": {"drop": "4b"},
    "perceptors": ["tiny", {"name": "sketch", "weight": "u"}],
    "defaults": {
        "fade": "50%",
        "motion": {"zoom_per_s": 1.1, "pivot": [0.5, "t"], "ease": "smooth"},
    },
    "losses": {"smoothness": {"0s": 0, "1s": 1}, "exposure": {"weight": 1, "contrast": 0.1}},
    "shots": [
        {"name": "a", "prompt": "x | y:2", "until": "drop"},
        {"prompt": [{"text": "z", "weight": {"0s": [1, "hold"], "end": 0}}], "duration": "1s"},
    ],
}
JUNK = [
    None, True, -1, 1e300, 10**30, float("nan"), "", "x", "1:23", "end", "50%", "-1s", "1/0",
    "9**9**9", "a:nan", "|", "@fp16", [], [1, 2, 3], [[["a"]]], {}, {"a": 1}, {"text": None},
    {"0s": 1, "1s": {"value": []}}, {"weight": {"ease": 3}}, {"name": "fft"},
]  # fmt: skip


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key in (
        data if isinstance(data, dict) else range(len(data) if isinstance(data, list) else 0)
    ):
        yield (*path, key)
        yield from places(data[key], (*path, key))


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = replaced(copy[path[0]], path[1:], value)
    return copy


@pytest.mark.parametrize("seed", range(60))
def test_only_problems_come_of_junk(seed: int) -> None:
    chance = random.Random(seed)
    story = SOUND
    for _ in range(2):
        story = replaced(story, chance.choice(list(places(story))), chance.choice(JUNK))
    text = dump_yaml(story)
    problems = problems_of(read_story_text(text))
    if all(problem.severity == "warning" for problem in problems):
        assert load_story_text(load_story_text(text).to_yaml()).spec == load_story_text(text).spec
        return
    with pytest.raises(StoryError):
        load_story_text(text, overrides={"version": 2})
    assert all(problem.line is None or problem.excerpt for problem in problems)


def test_the_story_is_sound_before_it_is_broken() -> None:
    assert [
        p for p in problems_of(read_story_text(dump_yaml(SOUND))) if p.severity == "error"
    ] == []
