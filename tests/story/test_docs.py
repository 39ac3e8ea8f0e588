"""What docs/story.md shows is what the reader reads."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from storyboard.story import load_story_text
from storyboard.story.kinds import declared
from storyboard.story.model import AudioSpec, MotionSpec, OutputSpec, StorySpec
from storyboard.timeline import make_plan
from storyboard.timeline.quality import QUALITIES
from storyboard.timeline.settings import NUMBERS

PAGE = (Path(__file__).parents[2] / "docs" / "story.md").read_text()
SHOT = "shots: [{prompt: a, duration: 8s}]\n"


def examples() -> list[str]:
    """Every YAML block of the page; one that shows a key in several forms gives one for each."""
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
    found = []
    for block in blocks:
        parts = re.split(r"^(?=\S)", block, flags=re.M)[1:]
        keys = [part.split(":")[0] for part in parts]
        found += [block] if len(set(keys)) == len(keys) else parts
    return found


@pytest.mark.parametrize("text", examples())
def test_every_example_can_be_planned(text: str, tmp_path: Path) -> None:
    for name in ("song.mp3", "song.wav"):
        soundfile.write(tmp_path / name, np.zeros(8000 * 110), 8000)
    if not re.search(r"^(shots|prompts):", text, flags=re.M):
        text = ("" if "audio" in text else "audio: {bpm: 120}\n") + text + SHOT
    plan = make_plan(load_story_text(text, folder=tmp_path, overrides={"output.fps": 4}))
    assert plan.frame_count > 0


@pytest.mark.parametrize("part", [StorySpec, MotionSpec, AudioSpec, OutputSpec])
def test_every_key_is_on_the_page(part: type) -> None:
    words = set(re.findall(r"[a-z_]+", PAGE))
    keys = {key for key in declared(part) if key.removesuffix("_per_s") not in words}
    assert not keys


def test_the_tables_have_the_true_defaults() -> None:
    for name, number in NUMBERS.items():
        default = "of the quality" if number.default is None else f"{number.default:g}"
        assert f"| `{name}` | {default} |" in PAGE
    for quality in QUALITIES.values():
        seen = ", ".join(quality.perceptors)
        steps = f"{quality.steps_first} steps | {quality.steps} steps"
        assert f"| `{quality.name}` | {seen} | {steps} | {quality.cuts} | {quality.crf} |" in PAGE
