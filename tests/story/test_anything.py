"""Whatever a story holds, reading and planning tell problems and raise nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from storyboard.errors import StoryError
from storyboard.story import read_story_text
from storyboard.story.dump import dump_yaml
from storyboard.timeline import load_story_text
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
MUSIC: dict[str, Any] = {
    "output": {"size": "64x36", "fps": 6},
    "audio": {
        "file": "song.wav",
        "bpm": 120,
        "start": "0.25s",
        "offset": "0.5s",
        "first_beat": "1s",
        "stems": {"drums": "song.wav"},
        "bands": {"kick": {"center": 60, "width": 40}, "air": {"low": 8000, "high": 9000}},
    },
    "marks": {
        "drop": "4b",
        "hits": {"every": "2b", "from": "drop", "to": "end - 1b"},
        "words": {"lyrics": "song.lrc", "each": "word", "offset": "-0.1s"},
        "cues": {"file": "cues.csv"},
    },
    "perceptors": "tiny",
    "seed": "hello",
    "snap": {"to": "beat", "within": "250ms"},
    "lyrics": {"file": "song.lrc", "offset": 0.2, "prompt": "{line} {n}", "gap_prompt": "fog"},
}
JUNK = [
    None, True, -1, 1e300, 10**30, float("nan"), "", "x", "1:23", "end", "50%", "-1s", "1/0",
    "9**9**9", "a:nan", "|", "@fp16", [], [1, 2, 3], [[["a"]]], {}, {"a": 1}, {"text": None},
    {"0s": 1, "1s": {"value": []}}, {"weight": {"ease": 3}}, {"name": "fft"},
    "song.wav", "song.lrc", "{line} {lne}", "onset", "100b", {"every": "1ms"}, {"file": "song.lrc"},
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song, its lyrics and its cues."""
    made = tmp_path_factory.mktemp("music")
    soundfile.write(made / "song.wav", np.zeros(8000 * 6), 8000)
    (made / "song.lrc").write_text("[00:01.00]<00:01.00>one <00:01.50>two\n[00:04.00]three\n")
    (made / "cues.csv").write_text("time,name\n1.5,drop\n")
    return made


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("whole", [SOUND, MUSIC], ids=["shots", "music"])
def test_only_problems_come_of_junk(whole: dict[str, Any], seed: int, folder: Path) -> None:
    chance = random.Random(seed)
    story = whole
    for _ in range(2):
        story = replaced(story, chance.choice(list(places(story))), chance.choice(JUNK))
    text = dump_yaml(story)
    problems = problems_of(read_story_text(text, folder=folder))
    if all(problem.severity == "warning" for problem in problems):
        loaded = load_story_text(text, folder=folder)
        assert load_story_text(loaded.to_yaml(), folder=folder).spec == loaded.spec
        return
    with pytest.raises(StoryError):
        load_story_text(text, folder=folder, overrides={"version": 2})
    assert all(problem.line is None or problem.excerpt for problem in problems)


@pytest.mark.parametrize("whole", [SOUND, MUSIC], ids=["shots", "music"])
def test_the_story_is_sound_before_it_is_broken(whole: dict[str, Any], folder: Path) -> None:
    problems = problems_of(read_story_text(dump_yaml(whole), folder=folder))
    assert [p for p in problems if p.severity == "error"] == []
