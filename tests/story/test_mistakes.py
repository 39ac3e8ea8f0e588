"""Mistakes that hid others, were reported in the wrong words, or were none: each with its kind.

The files of ``tests/data/faults`` are the smallest stories in which each was found.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storyboard.errors import Problem, StoryError, UsageError
from storyboard.foreign_words import FOREIGN_WORDS, hint_for
from storyboard.options import option_errors
from storyboard.story import read_story_text
from storyboard.story.kinds import declared
from storyboard.story.model import StorySpec
from storyboard.timeline import check_story, load_story, load_story_text, make_plan
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
        ("F28_hidden", ["drawer 'vqgan'", "unknown key 'iterations'"]),
        ("F61_comma", ["expected a value"]),
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
        ("foo: 1\nlosses: {edgy: 1}" + SHOT, ["unknown key 'foo'", "unknown loss 'edgy'"]),
        ("losses: {edgy: 1}\nshots: []", ["unknown loss 'edgy'", "no shots in the list"]),
        ("shots: [{prompt: a, foo: 1}]", ["missing duration or until", "unknown key 'foo'"]),
        ("shots: [{foo: 1, duration: 1s}]", ["has no prompt", "unknown key 'foo'"]),
        ("title: a\ntitle: b\nlosses: {edgy: 1}" + SHOT, ["set twice", "unknown loss 'edgy'"]),
        ("shots: [{prompt: a, duration: 99h, losses: {edgy: 1}}]", ["frames", "loss 'edgy'"]),
        ("shots: [{prompt: a, duration: 1ms, losses: {edgy: 1}}]", ["shorter", "loss 'edgy'"]),
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
        ("losses: {symmetry: {axes: y}}", "loss 'symmetry' has no option 'axes'"),
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
    "negative_prompt": "avoid",
    "style": "write suffix: ",
    "mask": "where:",
    "init_image": "init:",
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
    "skip_steps": "init: photo.jpg",
    "cut_overview": "cuts: 32",
    "diffusion_cadence": "paint: {fps: 12}",
    "color_coherence": "color_hold: 0.5",
    "fps_out": "fps: 24",
    "lora": "lora: FILE",
    "controlnet": "controlnet: FILE",
}


def test_words_of_other_programs_name_what_is_written_here() -> None:
    found = told("".join(f"{word}: 1\n" for word in FOREIGN) + SHOT)
    assert [p.path for p in found] == list(FOREIGN)
    for problem in found:
        assert FOREIGN[problem.path] in (problem.hint or "")


@pytest.mark.parametrize(
    ("word", "part"),
    [("FPS", "fps"), ("negative prompt", "avoid"), ("num-cuts", "cuts"), ("Aspect_Ratio", "size")],
)
def test_foreign_words_are_known_in_any_spelling(word: str, part: str) -> None:
    assert part in (hint_for(word) or "")


def test_no_key_of_a_story_is_foreign_at_its_top() -> None:
    assert set(FOREIGN_WORDS) & set(declared(StorySpec)) == set()


def test_an_option_with_a_foreign_name_is_told_too() -> None:
    (found,) = option_errors({"palette": []}, {}, owner="drawer 'x'")
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


@pytest.mark.parametrize(
    ("prompt", "part"),
    [
        ("a screen, ratio 16:9", "is read as weight 9"),
        ("at 10:30", "is read as weight 30"),
        ("the bus comes at:30", "is read as weight 30"),
        ("a forest:−0.5", "is no weight"),
        ("a forest:0,5", "is no weight"),
        ("a forest:50%", "is no weight"),
        ("a forest:1/2", "is no weight"),
        ("(forest:1.5), sea", "another program"),
        ("((forest))", "another program"),
        ("forest <lora:detail:0.7>", "another program"),
        ("a cat BREAK a dog", "another program"),
        ("[cat:dog:0.5]", "another program"),
        ("a forest --ar 16:9", "another program"),
        ("forest:0.5, sea", "stays in the text"),
        ("“a forest”", "are part of the text"),
    ],
)
def test_what_may_be_read_otherwise_is_a_warning(prompt: str, part: str) -> None:
    found = told(f'shots: [{{prompt: "{prompt}", duration: 1s}}]\nperceptors: RN50/openai')
    assert any(part in problem.message for problem in found)
    assert {problem.severity for problem in found} == {"warning"}


def test_a_weight_within_a_text_of_its_own_is_a_warning() -> None:
    found = told("shots: [{prompt: {text: 'the sea:1.5'}, duration: 1s}]\nperceptors: RN50/openai")
    assert any("there are no weights" in problem.message for problem in found)


@pytest.mark.parametrize(
    "prompt",
    [
        "a forest:0.5",
        "fog:-1:0.4",
        "rain | film noir:2",
        "Tokyo: a city",
        "day seven:1.5:0.9",
        "it's",
    ],
)
def test_plain_prompts_raise_no_warning(prompt: str) -> None:
    found = told(f'shots: [{{prompt: "{prompt}", duration: 1s}}]\nperceptors: RN50/openai')
    assert [p.message for p in found if "weights of" not in p.message] == []


@pytest.mark.parametrize(
    "text",
    [
        "shots:\n  - duration: 1s\n    prompt: neon #cyberpunk city",
        "prompt: neon #city\nduration: 1s",
        "prompts:\n  0s: neon #city\nduration: 1s",
        "shots:\n  - duration: 1s\n    prompt:\n      - fog\n      - neon #city",
        "title: my film #2" + SHOT,
        "captions:\n  - hello #you" + SHOT,
    ],
)
def test_a_comment_behind_a_text_is_a_warning(text: str) -> None:
    messages = [p.message for p in told(text + "\nperceptors: RN50/openai")]
    assert "what follows the # is a comment, not part of the text" in messages


def test_a_comment_after_a_blank_or_behind_a_number_is_none() -> None:
    found = told("seed: 3 #seven\nshots:\n  - duration: 1s #short\n    prompt: fire # bright")
    assert found == []


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('audio: "C:\\music\\song.mp3"', "a \\ within double quotes", "single quotes"),
        ('audio: "C:\\xyz.mp3"', "a \\ within double quotes", "single quotes"),
        ('audio: "C:\\new\\table.mp3"', "file not found", "within double quotes"),
        ("audio: C:\\music\\song.mp3", "file not found", "write / between folders"),
        ("audio: “song.mp3”", "file not found", "straight quotes"),
        ("border_color: #ff8800", "expected a colour", "quotes"),
        ("filters: {lookup: {colors: [#000000, #ff8800]}}", "begins a comment", "quotes"),
        ("output:\n\u00a0\u00a0size: 64x36\n\u00a0\u00a0fps: 10", "no-break space", "plain"),
        ("motion:\n  \u00a0zoom: 1", "no-break space", ""),
        ("title： a\nseed: 1", "full-width colon", "plain"),
        ("output: {size: tall}", "a size such as", "size: 512x910"),
        ("output: {paint: {size: square}}", "a size such as", "size: 512x512"),
        ("seed: -1", "-1 must be", "a word"),
        ("seed: 1.5", "1.5 is not a seed", "a word"),
    ],
)
def test_slips_of_writing_get_their_hint(text: str, message: str, hint: str) -> None:
    try:
        problems = told(text + SHOT)
    except StoryError as error:
        problems = list(error.problems)
    found = [p for p in problems if message in p.message]
    assert found
    assert hint in (found[0].hint or "")


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"ID3\x04\x00", "a sound"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "a sound"),
        (b"OggS\x00\x02", "a sound"),
        (b"\x00\x00\x00\x20ftypisom", "a film"),
        (b"\x1a\x45\xdf\xa3", "a film"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"PK\x03\x04", "an archive"),
    ],
)
def test_a_file_that_is_no_story_is_named(raw: bytes, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "song.mp3"
    file.write_bytes(raw + b"\x80" * 20)
    (problem,) = check_story(file)
    assert f"this is {kind}" in problem.message


HUGE = "9" * 390
LONG = "n" * 300


@pytest.mark.parametrize("key", ["seed", "steps", "hold", "cut_batch", "version", "duration", "lr"])
@pytest.mark.parametrize("number", [HUGE, "-" + HUGE, "9" * 5000, "1e999", "0x" + "f" * 900])
def test_numbers_of_any_size_are_read_or_refused(key: str, number: str) -> None:
    assert [p.path for p in told(f"{key}: {number}" + SHOT) if p.severity == "error"] == [key]


@pytest.mark.parametrize(
    "text",
    [
        f"output: {{size: {HUGE}x{HUGE}}}",
        f"output: {{size: [{HUGE}, 36]}}",
        f"output: {{fps: {HUGE}}}",
        f"output: {{crf: {HUGE}}}",
        f"audio: {{bpm: {HUGE}}}",
        f"filters: {{vignette: {{inner: {HUGE}}}}}",
        f"filters: {{kaleidoscope: {{folds: {HUGE}}}}}",
        f"drawer: {{name: pixel, cells: [{HUGE}, 4]}}",
        f"border_color: [{HUGE}, 0, 0]",
        f"motion: {{pivot: [{HUGE}, 0]}}",
        f"depth: {{kind: sphere, radius: {HUGE}}}",
        f"audio: {LONG}.mp3",
        f"perceptors: {LONG}.pt",
        f"perceptors: ./{LONG}",
        f"perceptors: RN50/{LONG}.pt",
        "perceptors: ~nobody_of_that_name/x.pt",
        f"drawer: {{name: vqgan, model: {LONG}}}",
        f"drawer: {{name: diffusion, model: {LONG}}}",
        f"depth: {LONG}.png",
        f"video: {LONG}.mp4",
        f"overlays: [{LONG}.png]",
    ],
)
def test_huge_numbers_and_names_are_errors_with_a_place(text: str) -> None:
    found = [problem for problem in told(text + SHOT) if problem.severity == "error"]
    assert found
    assert found[0].line == 1


@pytest.mark.parametrize(
    "text",
    [
        "shots: [{duration: 1s, prompt: [" + ",".join(["fire"] * 1001) + "]}]",
        "marks: {" + ",".join(f"m{n}: {n}" for n in range(10_001)) + "}" + SHOT,
        "define: {" + ",".join(f"a{n}: t" for n in range(1001)) + "}" + SHOT,
        "losses: {" + ",".join(f"a{n}: 1" for n in range(1001)) + "}" + SHOT,
        "overlays: [" + ",".join(["a.png"] * 1001) + "]" + SHOT,
    ],
)
def test_lists_have_a_bound(text: str) -> None:
    assert [message.partition("; ")[2] for message in errors(text)] in (
        ["1000 are the most"],
        ["10000 are the most"],
    )


def test_of_very_many_errors_each_is_counted() -> None:
    assert len(told("".join(f"k{n}: 1\n" for n in range(3000)) + SHOT)) == 3000
    assert len(told("k: 1\n" * 3000 + SHOT)) == 3000


STORY = {"duration": "1s", "prompt": "fire", "output": {"size": [64, 36]}}


@pytest.mark.parametrize(
    "story",
    [STORY, "duration: 1s\nprompt: fire\noutput: {size: 64x36}\n", "{duration: 1s, prompt: a}"],
)
def test_a_story_may_be_a_mapping_or_its_text(story: Any) -> None:
    assert make_plan(load_story(story, seed=3)).frame_count == 24


@pytest.mark.parametrize(
    ("story", "kind", "message"),
    [
        (7, UsageError, "a file, a text or a mapping, not int"),
        (None, UsageError, "not NoneType"),
        ([], UsageError, "not list"),
        ({"prompt": b"x"}, UsageError, "not bytes"),
        ({"prompt": {1, 2}}, UsageError, "not set"),
        ({"prompt": "fire", "duration": 10**400}, StoryError, "this number is too large"),
        ({"iterations": 3, **STORY}, StoryError, "iterations: unknown key"),
        ("none.yaml", StoryError, "no such file"),
    ],
)
def test_other_things_are_no_story(story: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        load_story(story)


def test_a_mapping_that_holds_itself_is_refused() -> None:
    story: dict[str, Any] = {}
    story["defaults"] = story
    with pytest.raises(UsageError, match="nested deeper"):
        load_story(story)


def test_reprs_are_one_short_line() -> None:
    story = load_story(STORY)
    plan = make_plan(story)
    for shown in (story, plan, plan.shots[0], plan.frames[3]):
        assert len(repr(shown)) < 100
    assert "<td>shot-001</td>" in plan._repr_html_()


def test_make_plan_names_what_it_takes() -> None:
    with pytest.raises(UsageError, match=r"make_plan\(load_story"):
        make_plan("story.yaml")  # type: ignore[arg-type]
