"""What docs/story.md shows is what the reader reads."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image
from safetensors.numpy import save_file

from storyboard.media import ffmpeg
from storyboard.story.finish import (
    CaptionSpec,
    InterpolateSpec,
    OverlaySpec,
    PaintSpec,
    UpscaleSpec,
)
from storyboard.story.growth import GrowthSpec
from storyboard.story.guidance import PromptSpec, WhereSpec
from storyboard.story.kinds import declared
from storyboard.story.looping import LoopSpec
from storyboard.story.model import LyricsSpec, MotionSpec, StorySpec
from storyboard.story.music import AudioSpec, BandSpec, MarkSet, MidiSpec, SnapSpec
from storyboard.story.opening import InitSpec
from storyboard.story.output import OutputSpec
from storyboard.story.quality import QUALITIES
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.settings import NUMBERS

from ..audio.midi_files import Row, midi_bytes, note

DOCS = Path(__file__).parents[2] / "docs"
PAGE = "".join(
    (DOCS / f"{name}.md").read_text()
    for name in ("story", "finishing", "guiding", "growth", "films", "words", "midi")
)
SHOT = "shots: [{prompt: a, duration: 8s}]\n"
TEXTS = {
    "song.lrc": "[00:01.00]<00:01.00>one <00:02.00>two\n[00:05.00]<00:05.00>three\n",
    "words.txt": "house\nbarn\n",
    "labels.txt": "1.5\t1.5\tdrop\n",
    "teal.cube": "LUT_1D_SIZE 2\n0 0.1 0.1\n0.9 1 1\n",
    "cues.csv": "time,name\n1.5,drop\n",
}
BAND: list[Row] = [
    (0, "marker", {"text": "chorus"}),
    (0, "control_change", {"control": 1, "value": 64}),
    *(row for beat in range(16) for row in note(480 * beat, 36, channel=10)),
]


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
    for name in re.findall(r"\b\w+\.(?:mp3|wav)\b", text):
        soundfile.write(tmp_path / name, np.zeros(8000 * 110), 8000)
    for name, content in TEXTS.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "song.mid").write_bytes(midi_bytes(BAND))
    for name in ("photo.jpg", "cover.jpg", "mask.png"):
        Image.new("RGB", (32, 24), "red").save(tmp_path / name)
    if "logo.png" in text:
        Image.new("RGBA", (8, 4)).save(tmp_path / "logo.png")
    for name in re.findall(r"\b\w+\.safetensors\b", text):
        save_file({"weight": np.zeros(1, np.float32)}, tmp_path / name)
    if "clip.mp4" in text:
        picture = ("-f", "lavfi", "-i", "color=red:size=32x32:rate=4:duration=9")
        ffmpeg.run([*picture, str(tmp_path / "clip.mp4")], doing="making a clip")
    (tmp_path / "beat_this.ckpt").write_bytes(b"weights")
    if not re.search(r"^(shots|prompts|lyrics):", text, flags=re.M):
        text = ("" if "audio" in text else "audio: {bpm: 120}\n") + text + SHOT
    overrides = {} if "fps: 24, paint" in text else {"output.fps": 4}
    plan = make_plan(load_story_text(text, folder=tmp_path, overrides=overrides))
    assert plan.frame_count > 0


MUSIC = (AudioSpec, BandSpec, LyricsSpec, MarkSet, MidiSpec, SnapSpec)
FINISH = (
    OutputSpec,
    GrowthSpec,
    LoopSpec,
    PaintSpec,
    UpscaleSpec,
    InterpolateSpec,
    OverlaySpec,
    CaptionSpec,
)
PARTS = (StorySpec, MotionSpec, PromptSpec, WhereSpec, InitSpec, *MUSIC, *FINISH)


@pytest.mark.parametrize("part", PARTS)
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
