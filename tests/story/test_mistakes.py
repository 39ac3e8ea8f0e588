"""Mistakes that hid others, were reported in the wrong words, or were none: each with its kind.

The files of ``tests/data/faults`` are the smallest stories in which each was found.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from storyboard.errors import Problem
from storyboard.foreign_words import FOREIGN_WORDS, hint_for
from storyboard.options import mistakes
from storyboard.story import read_story_text
from storyboard.story.kinds import declared
from storyboard.story.model import StorySpec
from storyboard.timeline import check_story, load_story_text, make_plan
from storyboard.timeline.check import problems_of

FAULTS = Path(__file__).parents[1] / "data" / "faults"
SHOT = "\nshots: [{prompt: fire, duration: 1s}]"


def told(text: str, folder: str | Path = ".") -> list[Problem]:
    return problems_of(read_story_text(text, folder=folder))


def errors(text: str) -> list[str]:
    return [problem.message for problem in told(text) if problem.severity == "error"]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("F25_one_key", ["'dorp'", "'foo'", "no option 'amunt'", "no option 'wieght'"]),
        ("F26_lookup", ["filter 'lookup' has no option 'palette'"]),
        ("F28_hidden", ["drawer 'vqgan'", "unknown loss 'edge'", "unknown key 'iterations'"]),
        ("F61_comma", ["a value is expected"]),
        ("F67_one_prompt", []),
        ("F66_colour", []),
    ],
)
def test_every_error_of_a_file_is_reported(file: str, expected: list[str]) -> None:
    found = [p.message for p in check_story(FAULTS / f"{file}.yaml") if p.severity == "error"]
    assert len(found) == len(expected)
    assert all(part in message for part, message in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("foo: 1\ntitle: a", ["unknown key 'foo'", "the story has no shots"]),
        ("foo: 1\nlosses: {edge: 1}" + SHOT, ["unknown key 'foo'", "unknown loss 'edge'"]),
        ("losses: {edge: 1}\nshots: []", ["unknown loss 'edge'", "no shots in the list"]),
        ("shots: [{prompt: a, foo: 1}]", ["neither duration nor until", "unknown key 'foo'"]),
        ("shots: [{foo: 1, duration: 1s}]", ["has no prompt", "unknown key 'foo'"]),
        ("title: a\ntitle: b\nlosses: {edge: 1}" + SHOT, ["said twice", "unknown loss 'edge'"]),
        ("shots: [{prompt: a, duration: 99h, losses: {edge: 1}}]", ["frames", "loss 'edge'"]),
        ("shots: [{prompt: a, duration: 1ms, losses: {edge: 1}}]", ["shorter", "loss 'edge'"]),
        ("prompts: {0s: {foo: 1}}" + SHOT, ["unknown key 'foo'", "either shots or prompts"]),
        (
            "drawer: foo\nshots: [{prompt: a, duration: 1s, drawer: fft}]",
            ["unknown drawer 'foo'"],
        ),
    ],
)
def test_no_error_hides_another(text: str, expected: list[str]) -> None:
    found = errors(text)
    assert len(found) == len(expected), found
    assert all(any(part in message for message in found) for part in expected), found


@pytest.mark.parametrize(
    "text",
    [
        "shotz: [{prompt: a, duration: 1s}]",
        "scenes: [{prompt: a, duration: 1s}]",
        "shots: [{prompt: a, length: 4s}]",
        "shots: [{promt: a, duration: 4s}]",
        "promts: {0s: a}\nduration: 2s",
        "promt: a\nduration: 2s" + SHOT.replace("prompt: fire, ", ""),
    ],
)
def test_what_follows_from_an_error_is_not_reported(text: str) -> None:
    assert len(errors(text)) == 1


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("prompt: fire\nduration: 1s", 24),
        ("prompt: [fire, {text: fog, weight: 0.5}]\nduration: 1s", 24),
        ("prompt: fire\ndefaults: {duration: 2s}", 48),
        ("defaults: {prompt: fire}\nduration: 1s", 24),
        ("prompt: fire\nmarks: {drop: 1s}\nduration: drop", None),
        ("prompt: fire\naudio: {bpm: 120}\nduration: 4b", 48),
    ],
)
def test_a_prompt_and_a_length_are_a_shot(text: str, frames: int | None) -> None:
    if frames is None:
        assert errors(text)
        return
    plan = make_plan(load_story_text(text))
    assert (len(plan.shots), plan.frame_count) == (1, frames)


def test_a_prompt_without_a_length_says_what_is_missing() -> None:
    assert errors("prompt: fire") == ["nothing says how long the film is"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("filters: {lookup: {palette: [red]}}", "filter 'lookup' has no option 'palette'"),
        ("filters: {sharpen: {radus: 1}}", "filter 'sharpen' has no option 'radus'"),
        ("losses: {symmetry: {axis: y}}", "loss 'symmetry' has no option 'axis'"),
        ("filters: {vignette: {inner: 0.2, size: 3}}", "filter 'vignette' has no option 'size'"),
        ("drawer: {name: fft, palette: [red]}", "drawer 'fft' has no option 'palette'"),
        ("filters: {mirror: {on: true}}", "filter 'mirror' has no option 'on'"),
        ("motion: {moves: {orbit: {speed: 3}}}", "'speed'"),
    ],
)
def test_an_option_of_the_wrong_name_is_named(text: str, expected: str) -> None:
    found = errors(text + SHOT)
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize("curve", ["{0s: 0, 1s: 1}", "{50%: 1}", "{drop: 1}", "{1: 0.5}"])
def test_keys_of_an_effect_are_no_options(curve: str) -> None:
    assert errors(f"marks: {{drop: 0.5s}}\nfilters: {{mirror: {curve}}}" + SHOT) == []


FOREIGN = {
    "iterations": "steps_first",
    "aspect": "output: {size",
    "num_cuts": "cuts:",
    "negative_prompt": "-0.3",
    "style": "into each prompt",
    "mask": "no masks",
    "init_image": "video:",
    "palette": "lookup",
    "learning_rate": "lr:",
    "cfg_scale": "guidance",
    "sampler": "diffusion",
    "width": "output: {size",
    "fps": "output: {fps",
    "zoom": "motion: {zoom",
    "bpm": "audio:",
    "optimizer": "Adam",
    "max_frames": "duration",
}


def test_words_of_other_programs_name_what_is_written_here() -> None:
    found = told("".join(f"{word}: 1\n" for word in FOREIGN) + SHOT)
    assert [p.path for p in found] == list(FOREIGN)
    for problem in found:
        assert FOREIGN[problem.path] in (problem.hint or "")


@pytest.mark.parametrize(
    ("word", "part"),
    [("FPS", "fps"), ("negative prompt", "-0.3"), ("num-cuts", "cuts"), ("Aspect_Ratio", "size")],
)
def test_foreign_words_are_known_in_any_spelling(word: str, part: str) -> None:
    assert part in (hint_for(word) or "")


def test_no_key_of_a_story_is_foreign_at_its_top() -> None:
    assert set(FOREIGN_WORDS) & set(declared(StorySpec)) == set()


def test_an_option_with_a_foreign_name_is_told_too() -> None:
    (found,) = mistakes({"palette": []}, {}, owner="drawer 'x'")
    assert found.hint == f"{hint_for('palette')}; it has no options"


@pytest.mark.parametrize(
    ("key", "near"),
    [("titel", "title"), ("promt", "prompt"), ("outptu", "output"), ("sed", "seed")],
)
def test_a_misspelt_key_gets_its_nearest(key: str, near: str) -> None:
    assert f"{near!r}" in (told(f"{key}: 1" + SHOT)[0].hint or "")


@pytest.mark.parametrize(
    "text",
    [
        "duration: 2s\nprompts: {0:00: a fire, burning bright, 0:01: fog}",
        "shots: [{prompt: a fire, burning bright, duration: 2s}]",
        "marks: {drop: 1s, low}" + SHOT,
        "losses: {symmetry: 1, smoothness}" + SHOT,
        "define: {a: 1, b}" + SHOT,
    ],
)
def test_a_comma_in_brackets_gets_a_hint(text: str) -> None:
    assert [p.hint for p in told(text)] == [
        "inside { } and [ ] a text that holds a comma needs quotes"
    ]


@pytest.mark.parametrize("video", ["photo.png", "{file: photo.png, speed: 2}"])
def test_a_picture_as_a_clip_holds(video: str, tmp_path: Path) -> None:
    Image.new("RGB", (64, 36), "red").save(tmp_path / "photo.png")
    text = f"video: {video}\nvideo_mix: {{0s: 1, 0.5s: 0}}" + SHOT
    assert told(text, tmp_path) == []
