"""Loading: every mistake in one run, overrides, the shorthand's forms, canonical YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import Problem, StoryError
from storyboard.story import read_story_text
from storyboard.timeline import check_story, load_story, load_story_text, make_plan
from storyboard.timeline.check import problems_of

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples" / "stories").glob("*.yaml"))

MISTAKES = """\
version: 1
output: {size: 321x180}
audio: {file: no_song.ogg, bpm: aut}
marks: {drop: 0:75}
qualty: sketch
defaults:
  drawer: {name: pixle}
  motion: {zoom: 1 + sn(t), ease: smoth}
shots:
  - {name: a, duration: 4s, prompt: a sunset, over the sea}
  - promt: b
    duration: -2s
  - name: c
    until: dorp
    prompt: [{text: x, weight: {0s: 0, 2z: 1}}, x]
    losses: {smoothnes: 1}
    filters: {vignette: 3, sharpen: {amount: 1, radus: 2}}
    steps: -3
    cut_batch: "12"
  - name: c
    duration: 2s
    prompt: {text: q, weight: 0}
    motion: {zom: 1}
    perceptors: [sketch, ViT-B-33/openai]
    drawer: {name: pixel, cels: [3, 3]}
    border: mirrored
    hold:
"""

TOLD = [
    (2, 16, "output.size", "321x180: video needs an even", "the nearest legal size is 322x180"),
    (3, 15, "audio.file", "file not found", "relative to the story"),
    (3, 33, "audio.bpm", "unknown tempo 'aut'", "'auto'"),
    (4, 15, "marks.drop", "invalid time '0:75'", "up to 59"),
    (5, 1, "qualty", "unknown key 'qualty'", "did you mean 'quality'?"),
    (7, 18, "defaults.drawer.name", "unknown drawer 'pixle'", "did you mean 'pixel'?"),
    (8, 22, "defaults.motion.zoom", "unknown function 'sn'", "'sin'"),
    (8, 35, "defaults.motion.ease", "unknown easing 'smoth'", "'smooth'"),
    (10, 47, "shots[0].over the sea", "unknown key", "a comma needs quotes"),
    (11, 5, "shots[1].promt", "unknown key 'promt'", "did you mean 'prompt'?"),
    (12, 15, "shots[1].duration", "cannot be before zero", "2.5s"),
    (14, 12, "shots[2].until", "unknown mark 'dorp'", "'drop'"),
    (15, 40, "shots[2].prompt[0].weight.2z", "unknown unit 'z'", "write 2.5s"),
    (16, 25, "shots[2].losses.smoothnes", "unknown loss", "did you mean 'smoothness'?"),
    (17, 25, "shots[2].filters.vignette", "3 must be between 0 and 1", None),
    (17, 49, "shots[2].filters.sharpen.radus", "has no option 'radus'", "'radius'"),
    (18, 12, "shots[2].steps", "-3 must be between 0 and", None),
    (19, 16, "shots[2].cut_batch", "expected a whole number", "without quotes"),
    (20, 11, "shots[3].name", "two shots are called 'c'", "its own"),
    (22, 13, "shots[3].prompt", "every prompt of shot 'c' weighs nothing", None),
    (23, 14, "shots[3].motion.zom", "unknown key 'zom'", "'zoom'"),
    (24, 26, "shots[3].perceptors[1]", "'ViT-B-33'", "'ViT-B-32'"),
    (25, 27, "shots[3].drawer.cels", "no option 'cels'", "'cells'"),
    (26, 13, "shots[3].border", "unknown border 'mirrored'", "known: reflect"),
    (27, 10, "shots[3].hold", "missing value", "leave the key out"),
]


def test_all_mistakes_are_told_in_one_run_in_the_order_of_the_file(tmp_path: Path) -> None:
    story = tmp_path / "story.yaml"
    story.write_text(MISTAKES)
    with pytest.raises(StoryError) as caught:
        load_story(story)
    problems = caught.value.problems
    assert [(p.line, p.column, p.path) for p in problems] == [row[:3] for row in TOLD]
    for problem, (line, _, _, message, hint) in zip(problems, TOLD, strict=True):
        assert message in problem.message
        assert problem.file == str(story)
        assert problem.excerpt == MISTAKES.splitlines()[line - 1]
        assert (hint or "") in (problem.hint or "")
    assert check_story(story) == list(problems)


ALONE: list[tuple[str, str]] = [
    ("title: x", "the story has no shots"),
    ("shots: []", "there are no shots in the list"),
    ("shots: {a: 1}", "expected a list, got a mapping"),
    ("shots: [1]", "expected a mapping of keys and values, got 1"),
    ("version: 2\nprompts: {0:00: a}\nduration: 3s", "unsupported story version 2"),
    ("prompts: {}", "there are no prompts in the mapping"),
    ("prompts: {0:00: a}", "the film has no end"),
    ("duration: 3s\nprompts: {0:01: a}", "nothing says what is seen before 0:01"),
    ("duration: 3s\nprompts: {0:00: a, 0:02: b, 0:01: c}", "0:01 is 1 s, not after the 2 s"),
    ("duration: 3s\nprompts: {0:00: a, 0:04: b}", "0:04 is at or after the end, 3 s"),
    ("duration: 3s\nprompts: {0:00: 1984}", "expected a text, got 1984"),
    ("duration: 3s\nprompts: {0:00: a}\nshots: [{prompt: a}]", "either shots or prompts"),
    ("duration: 3s\nprompts: {0:00: a}\nlyrics: x.lrc", "either prompts or lyrics"),
    ("shots: [{prompt: a}]", "missing duration or until"),
    ("shots: [{prompt: a, duration: 1s, until: 2s}]", "a duration or an until, not both"),
    ("shots: [{prompt: a, duration: 0s}]", "cannot last no time at all"),
    ("shots: [{prompt: a, duration: 1ms}]", "the film is shorter than a frame"),
    ("shots: [{prompt: a, duration: 100h}]", "the film would have 8640000 frames"),
    ("shots: [{prompt: a, duration: 2s}, {prompt: a, until: 1s}]", "the shot starts at 2 s"),
    ("shots: [{prompt: a, until: end}]", "needs a soundtrack"),
    ("shots: [{prompt: a, duration: 4b}]", "needs a tempo"),
    ("shots: [{duration: 1s}]", "shot 'shot-001' has no prompt"),
    ("shots: [{prompt: '', duration: 1s}]", "empty"),
    ('shots: [{prompt: "a\\0b", duration: 1s}]', "holds a NUL character"),
    ("shots: [{prompt: a, duration: 1s, motion: {border: wrap}}]", "belongs beside motion"),
    ("shots: [{prompt: a, duration: 1s, seed: [1]}]", "expected a whole number"),
    ("shots: [{prompt: [a, {text: 5}], duration: 1s}]", "expected a text, got 5"),
    ("shots: [{prompt: a, duration: 1s, cut: yes}]", "expected true or false"),
    (
        "shots: [{prompt: a, duration: 1s, cut: true, fade: 1s}]",
        "cut and fade are mutually exclusive",
    ),
    ("shots: [{prompt: a, duration: 1s, name: ../x}]", "cannot name a folder"),
    ("shots: [{prompt: a, duration: 1s, steps: 1.5.2}]", "an operator is missing before"),
    ("shots: [{prompt: a, duration: 1s, steps: .nan}]", "a number, an expression in t, or keys"),
    ("shots: [{prompt: a, duration: 1s, hold: 1/t}]", "1 / 0 is infinite at frame 0"),
    ("shots: [{prompt: a, duration: 1s, cut_hold: 2*t}]", "of the shot must be between 0 and 1"),
    ("shots: [{prompt: a, duration: 1s, motion: {zoom: 0}}]", "zoom is 0 at 0s of the shot"),
    ("shots: [{prompt: a, duration: 1s, motion: {zoom_per_s: -1}}]", "zoom_per_s is -1"),
    ("shots: [{prompt: a, duration: 9s, motion: {zoom_per_s: 1e200}}]", "zoom runs out of all"),
    ("shots: [{prompt: a, duration: 9s, motion: {zoom_per_s: 1e-9}}]", "zoom runs out of all"),
    ("shots: [{prompt: a, duration: 1s, motion: {shear_x: 2, shear_y: 0.5}}]", "folds the picture"),
    ("shots: [{prompt: a, duration: 1s, motion: {pivot: 0.5}}]", "a pivot such as [0.5, 0.5]"),
    ("shots: [{prompt: a, duration: 1s, perceptors: []}]", "no perceptors in the list"),
    ("shots: [{prompt: a, duration: 1s, perceptors: [tiny, tiny]}]", "in the list twice"),
    ("shots: [{prompt: a, duration: 1s, perceptors: {name: tiny, weight: 0}}]", "weighs nothing"),
    (
        "shots: [{prompt: a, duration: 1s, border_color: rad}]",
        "unknown colour 'rad'",
    ),
    ("shots: [{prompt: a, duration: 1s, losses: 3}]", "expected a mapping, got 3"),
    ("audio: {gain: 3}\nshots: [{prompt: a, duration: 1s}]", "'gain' needs a soundtrack"),
    ("audio: {bpm: auto}\nshots: [{prompt: a, duration: 4b}]", "needs a soundtrack to listen to"),
    ("audio: {stems: {a: b.wav}}\nshots: [{prompt: a, duration: 1s}]", "'stems' needs a sound"),
    ("snap: beat\nshots: [{prompt: a, duration: 1s}, {prompt: a, duration: 1s}]", "needs a tempo"),
    ("snap: onset\nshots: [{prompt: a, duration: 1s}, {prompt: a, duration: 1s}]", "needs a sound"),
    ("snap: baet\nshots: [{prompt: a, duration: 1s}]", "unknown thing to snap to 'baet'"),
    ("duration: 3s\nlyrics: x.lrc", "file not found: x.lrc"),
    ("output: {size: 8x8}\nshots: [{prompt: a, duration: 1s}]", "between 16 and 8192"),
    ("output: {size: big}\nshots: [{prompt: a, duration: 1s}]", "a size such as 512x288"),
    ("output: {fps: fast}\nshots: [{prompt: a, duration: 1s}]", "'fast' is not a frame rate"),
    ("fps: 24\nshots: [{prompt: a, duration: 1s}]", "unknown key 'fps'"),
    ("marks: {end: 3s}\nshots: [{prompt: a, duration: 1s}]", "'end' has a meaning of its own"),
    ("duration: 2s\nshots: [{prompt: a, duration: 3s}]", "the shots end at 3 s, the film at 2 s"),
]


@pytest.mark.parametrize(("text", "message"), ALONE)
def test_one_mistake_is_one_problem(text: str, message: str) -> None:
    (problem,) = [p for p in problems_of(read_story_text(text)) if p.severity == "error"]
    assert message in problem.message
    assert "input" not in problem.message.lower()
    assert problem.line or not problem.path


WARNED: list[tuple[str, str]] = [
    ("shots: [{prompt: a, duration: 1s}, {prompt: a, duration: 5ms}]", "is shorter than one frame"),
    (
        "duration: 2s\nshots: [{prompt: a, duration: 1s}]",
        "but the last shot ends at 1 s: the film lasts 1 s",
    ),
    ("shots: [{prompt: a, duration: 9s, motion: {zoom_per_s: 3}}]", "by a factor of 1.97e+04"),
    ("shots: [{prompt: a, duration: 9s}, {prompt: b, fade: 2s, duration: 1s}]", "fade is longer"),
    ("shots: [{prompt: a zyzzyva, duration: 1s}]", "does not know 'zyzzyva'"),
]


@pytest.mark.parametrize(("text", "message"), WARNED)
def test_what_was_hardly_meant_is_a_warning(text: str, message: str) -> None:
    story = load_story_text(text)
    warnings = [p for p in problems_of(story) if message in p.message]
    assert [p.severity for p in warnings] == ["warning"]
    assert any(message in told for told in make_plan(story).warnings)


def test_words_of_the_built_in_perceptor_raise_no_warning() -> None:
    assert (
        problems_of(load_story_text("shots: [{prompt: a sunset over the sea, duration: 1s}]")) == []
    )


def test_a_missing_file_names_the_stories_beside_it(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("")
    with pytest.raises(StoryError, match=r"other\.yaml"):
        load_story(tmp_path / "story.yaml")


STORY = """\
drawer: fft
losses: {exposure: 0.5}
audio: {bpm: 120}
shots:
  - {name: intro, duration: 2s, prompt: a sunset}
  - {duration: 2s, prompt: the sea}
"""

SET: list[tuple[str, Any, str, Any]] = [
    ("output.size", "160x90", "output.size", (160, 90)),
    ("shots.intro.duration", "4b", "shots.0.duration", "4b"),
    ("shots[1].duration", 3, "shots.1.duration", 3),
    ("shots.1.prompt", "the moon", "shots.1.prompt.0.text", "the moon"),
    ("shots.shot-002.steps", "7", "shots.1.steps", 7),
    ("shots.intro.motion.zoom", "{0s: 1, 1s: 2}", "shots.0.motion.zoom", {"0s": 1, "1s": 2}),
    ("drawer.name", "pixel", "drawer.name", "pixel"),
    ("drawer.cell", "8", "drawer.options", {"cell": 8}),
    ("seed", "9", "seed", 9),
    ("losses.exposure.brightness", "t", "losses", {"exposure": {"weight": 0.5, "brightness": "t"}}),
    ("filters.vignette.inner", "0.2", "filters", {"vignette": {"inner": 0.2}}),
]


@pytest.mark.parametrize(("path", "value", "where", "expected"), SET)
def test_overrides_set_single_values(path: str, value: Any, where: str, expected: Any) -> None:
    found: Any = read_story_text(STORY, overrides={path: value}).spec
    for part in where.split("."):
        found = found[int(part)] if part.isdigit() else getattr(found, part)
    assert found == expected


WRONG_PATHS = [
    ({"shots.intor.duration": "1s"}, "there is no shot 'intor'", "'intro'"),
    ({"shots.7.duration": "1s"}, "there is no shot '7'", "shots: intro, shot-002"),
    ({"shots": "1s"}, "names nothing that can be set", "shots.intro.duration"),
    ({"prompts.0:00": "a"}, "nothing is keyed to", "times: none"),
    ({"qality": "draft"}, "unknown key 'qality' (set by qality=draft)", "'quality'"),
    ({"qality": "x" * 999}, f"(set by qality={'x' * 80}...)", "'quality'"),
    ({"shots.0.motion.zom": "2"}, "unknown key 'zom' (set by shots.0.motion.zom=2)", "'zoom'"),
    ({"output.fps": "1000000000"}, "fps 1000000000 is not between 1 and 240", ""),
    ({"output.size": "31x9"}, "31x9: width and height must be", "the nearest legal size is 32x16"),
]


@pytest.mark.parametrize(("overrides", "message", "hint"), WRONG_PATHS)
def test_a_wrong_override_names_the_nearest(
    overrides: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(StoryError) as caught:
        load_story_text(STORY, overrides=overrides)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert hint in (problem.hint or "")


def test_an_override_reaches_into_the_shorthand() -> None:
    text = "duration: 3s\nprompts: {0:00: a, 0:01.5: b}"
    spec = read_story_text(text, overrides={"prompts.0:01.5.seed": 4}).spec
    assert spec.prompts is not None
    assert spec.prompts["0:01.5"].seed == 4
    assert spec.prompts["0:01.5"].prompt[0].text == "b"  # type: ignore[index]


def test_quality_and_seed_come_from_the_call(tmp_path: Path) -> None:
    path = tmp_path / "story.yaml"
    path.write_text("quality: draft\n" + STORY)
    story = load_story(path, quality="sketch", seed=5)
    assert (story.spec.quality, story.spec.seed, story.own_quality) == ("sketch", 5, "draft")


PROMPTS: list[tuple[str, list[tuple[str, Any, Any]]]] = [
    ("a cat", [("a cat", None, None)]),
    ("a cat:2", [("a cat", 2.0, None)]),
    ("x:-1:-0.9", [("x", -1.0, -0.9)]),
    ("rain | fog:0.5", [("rain", None, None), ("fog", 0.5, None)]),
    ("[rain, {text: 'fog:0.5', weight: 2}]", [("rain", None, None), ("fog:0.5", 2, None)]),
    ("{text: fog, weight: {0s: 0, 1s: 1}}", [("fog", {"0s": 0, "1s": 1}, None)]),
]


@pytest.mark.parametrize(("written", "expected"), PROMPTS)
def test_the_forms_of_a_prompt(written: str, expected: list[tuple[str, Any, Any]]) -> None:
    spec = read_story_text(f"prompt: {written}").spec
    assert [(p.text, p.weight, p.stop) for p in spec.prompt or ()] == expected


def test_private_keys_are_the_writers_own() -> None:
    text = "x-mood: blue\nnotes: [1, 2]\nshots: [{prompt: a, duration: 1s, x-take: 3, notes: b}]"
    assert problems_of(load_story_text(text, name="story")) == []


EVERYTHING = """\
title: "1e3"
output: {size: [320, 180], fps: 23.976, format: webm, crf: 30}
audio: {bpm: 90, beats_per_bar: 3}
marks: {drop: 4b, later: drop + 1s, hits: {every: 1 bar, from: 0:01, to: 3s}}
seed: hello
snap: {to: beat, within: 100ms}
border: color
border_color: "#ff8000"
drawer: {name: pixel, cells: [16, 9]}
perceptors: [tiny, {name: sketch, weight: 0.1 + 0.1*u}]
defaults: {duration: 1s, fade: 50%, motion: {pivot: [0.4, {0s: 0.5, 1s: 0.6}], ease: smooth}}
losses: {smoothness: {0s: 0, 1s: 1}, exposure: {weight: 2, brightness: 0.4}}
filters: {vignette: 0.5, sharpen: {radius: 1}}
shots:
  - {name: a b, prompt: "a: b | c:2:0.5", until: drop}
  - {prompt: ["yes", {text: "0:12", weight: {0%: 1e-3, 50%: [2, hold], end: sin(t)}}]}
  - {prompt: "#1: [x]", cut: true, steps: 1e1, resample: bilinear}
"""


@pytest.mark.parametrize("text", [EVERYTHING, *(path.read_text() for path in EXAMPLES)])
def test_the_canonical_yaml_gives_the_same_plan(text: str) -> None:
    folder = ROOT / "examples" / "stories"
    story = load_story_text(text, folder=folder, overrides={"perceptors": "tiny"})
    again = load_story_text(story.to_yaml(), folder=folder)
    assert again.spec == story.spec
    plan, same = make_plan(story), make_plan(again)
    assert [shot.digest for shot in plan.shots] == [shot.digest for shot in same.shots]
    assert (plan.digest, plan.story) == (same.digest, same.story)


def test_problems_are_shown_with_line_caret_and_hint() -> None:
    with pytest.raises(StoryError) as caught:
        load_story_text(
            "shots:\n  - promt: a\n    prompt: b\n    duration: 1s\n", name="story.yaml"
        )
    assert str(caught.value) == (
        "story.yaml:2:5: shots[0].promt: unknown key 'promt'\n"
        "      - promt: a\n"
        "        ^\n"
        "  hint: did you mean 'prompt'?"
    )


def test_a_problem_far_out_in_a_long_line_has_no_excerpt() -> None:
    (problem,) = read_story_text(f"title: {'x' * 400}\noutput: {{size: {' ' * 300}3}}").problems
    assert isinstance(problem, Problem)
    assert problem.excerpt is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("prompt: {text: a, weight: 1/0}", "prompt.weight"),
        ("prompt: [b, {text: a, weight: 1/0}]", r"prompt\[1\].weight"),
        ("prompt: a, motion: {moves: {spin: {per_s: 1/0}}, zoom: 1}", "moves.spin.per_s"),
        ("prompt: a, motion: {moves: [spin, {spin: {per_s: 1/0}}]}", r"moves\[1\].spin.per_s"),
    ],
)
def test_a_list_of_one_is_told_where_it_is_written(text: str, place: str) -> None:
    with pytest.raises(StoryError, match=rf"shots\[0\]\.\S*{place}: "):
        make_plan(load_story_text(f"shots: [{{duration: 1s, {text}}}]"))
