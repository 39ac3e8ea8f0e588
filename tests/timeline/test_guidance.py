"""Prompts that are no words, from the story to the plan and to the pictures."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard.plan import (
    ClipPrompt,
    DifferencePrompt,
    ImagePrompt,
    ImagesPrompt,
    LabelsPrompt,
    NamedPrompt,
    NoisePrompt,
    Plan,
    TextPrompt,
)
from storyboard.timeline import check_story, load_story_text, make_plan

HEAD = "perceptors: tiny\noutput: {size: 64x36, fps: 4}\n"


@pytest.fixture
def folder(tmp_path: Path, make_clip: Callable[..., Path]) -> Path:
    """A folder with two pictures, and a clip that is red for half a second, then blue."""
    for name, color in (("cat.png", "red"), ("dog.png", "blue")):
        Image.new("RGB", (12, 8), color).save(tmp_path / name)
    (tmp_path / "words.txt").write_text("# colours\ngreen\n\nblue\nred\ngrey\nwhite\n")
    (tmp_path / "none.txt").write_text("# nothing\n")
    (tmp_path / "torn.txt").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "many.txt").write_text("\n".join(f"red {n}" for n in range(257)))
    frames = np.zeros((4, 16, 24, 3), np.uint8)
    frames[:2, ..., 0], frames[2:, ..., 2] = 220, 220
    make_clip("turn.mp4", frames, fps="4")
    return tmp_path


def plan_of(folder: Path, text: str) -> Plan:
    return make_plan(load_story_text(HEAD + text, folder=folder))


KINDS = [
    ("{image: cat.png, view: crops}", ImagePrompt, "cat.png"),
    ("{image: [cat.png]}", ImagePrompt, "cat.png"),
    ("{image: [cat.png, dog.png]}", ImagesPrompt, "cat.png + dog.png"),
    ("{image: turn.mp4}", ClipPrompt, "turn.mp4"),
    ("{vector: textoff}", NamedPrompt, "textoff"),
    ("{more: red, than: blue}", DifferencePrompt, "more red than blue"),
    ("{noise: 7}", NoisePrompt, "noise 7"),
    ("{labels: red}", LabelsPrompt, "red"),
    ("{labels: [red, words.txt]}", LabelsPrompt, "red, green, blue, grey and 1 more"),
]


@pytest.mark.parametrize(("written", "kind", "label"), KINDS, ids=[k[0] for k in KINDS])
def test_each_kind_is_planned_and_written_again(
    folder: Path, written: str, kind: type, label: str
) -> None:
    plan = plan_of(folder, f"duration: 1s\nprompt: [{written}, red]\n")
    source = plan.shots[0].tracks[0].source
    assert isinstance(source, kind)
    assert source.label == label
    again = make_plan(load_story_text(plan.story, folder=folder))
    assert again.shots[0].digest == plan.shots[0].digest


def test_a_clip_is_one_picture_a_frame_and_is_held_in_the_next_shot(folder: Path) -> None:
    shots = "{duration: 1s, prompt: {image: turn.mp4}}, {duration: 1s, prompt: red}"
    plan = plan_of(folder, f"fade: 0.5s\nshots: [{shots}]")
    times = [plan.frames[n].prompts[0].source.times for n in range(4)]
    assert times == [(Fraction(n, 4),) for n in range(4)]
    held = plan.frames[4].prompts[-1].source
    assert isinstance(held, ClipPrompt)
    assert held.times == (Fraction(3, 4),)


AVOIDED = [
    ("avoid: green", [-0.3]),
    ("avoid: 'green:0.5 | grey'", [-0.5, -0.3]),
    ("avoid: [{text: green, weight: {0s: 0.1, 1s: 0.5}}]", [-0.1]),
    ("avoid: [{image: cat.png, weight: 1}]", [-1.0]),
]


@pytest.mark.parametrize(("written", "weights"), AVOIDED, ids=[a[0] for a in AVOIDED])
def test_what_is_avoided_pushes_away(folder: Path, written: str, weights: list[float]) -> None:
    plan = plan_of(folder, f"duration: 1s\nprompt: red\n{written}\n")
    found = [prompt.weight for prompt in plan.frames[0].prompts]
    assert found == pytest.approx([1.0, *weights])


def test_a_shot_avoids_what_itself_says(folder: Path) -> None:
    shots = "{duration: 1s, prompt: red}, {duration: 1s, prompt: red, avoid: grey}"
    plan = plan_of(folder, f"avoid: green\nshots: [{shots}]")
    assert [s.sources for s in plan.shots] == [
        (TextPrompt("red"), TextPrompt(other)) for other in ("green", "grey")
    ]


SUFFIXED = [
    ('suffix: ", oil"', ["red, oil", "blur"]),
    ("suffix: oil", ["red, oil", "blur"]),
    ('suffix: "oil of {prompt} at night"', ["oil of red at night", "blur"]),
    ("suffix: false", ["red", "blur"]),
]


@pytest.mark.parametrize(("written", "texts"), SUFFIXED, ids=[s[0] for s in SUFFIXED])
def test_a_suffix_is_added_to_what_pulls(folder: Path, written: str, texts: list[str]) -> None:
    prompts = "prompt: ['red | blur:-0.2', {noise: 7}, {labels: blue}]\navoid: grey\n"
    plan = plan_of(folder, f"duration: 1s\n{written}\n{prompts}")
    assert [s.label for s in plan.shots[0].sources] == [*texts, "noise 7", "blue", "grey"]


def test_a_shot_has_its_own_suffix_and_a_fade_leads_over(folder: Path) -> None:
    shots = "{duration: 1s, prompt: red}, {duration: 1s, prompt: red, suffix: ink}, "
    last = "{duration: 1s, prompt: red, suffix: false}"
    plan = plan_of(folder, f"suffix: ', oil'\nfade: 0.5s\nshots: [{shots}{last}]")
    found = [[source.label for source in shot.sources] for shot in plan.shots]
    assert found == [["red, oil"], ["red, ink", "red, oil"], ["red", "red, ink"]]


WRONG = [
    ("prompt: red\nsuffix: ''", "suffix", "this text is empty"),
    ("prompt: red\nsuffix: '{promt}, oil'", "suffix", "{prompt} or no braces, not {promt}"),
    ("prompt: red\nsuffix: 'oil }'", "suffix", "not }"),
    ("prompt: [{labels: none.txt}]", "prompt[0].labels", "holds no labels"),
    ("prompt: [{labels: torn.txt}]", "prompt[0].labels", "is not text in UTF-8"),
    ("prompt: [{labels: word.txt}]", "prompt[0].labels", "does not exist"),
    ("prompt: [{labels: many.txt}]", "prompt[0].labels", "257 labels; 256 are the most"),
    ("prompt: [{labels: red, templates: [a]}]", "prompt[0].templates[0]", "no place for the label"),
    ("prompt: [{text: red, templates: ['{label}']}]", "prompt[0].templates", "belong to labels"),
    ("prompt: [{more: red}]", "prompt[0].more", "'more' needs 'than'"),
    ("prompt: [{text: red, than: blue}]", "prompt[0].than", "'than' needs 'more'"),
    ("prompt: [{text: red, view: whole}]", "prompt[0].view", "view belongs to image"),
    ("prompt: [{image: cat.png, view: hole}]", "prompt[0].view", "unknown view 'hole'"),
    ("prompt: [{vector: textof}]", "prompt[0].vector", "there is no vector 'textof'"),
    ("prompt: [{noise: -1}]", "prompt[0].noise", "must be between"),
    ("prompt: [{image: none.mp4}]", "prompt[0].image", "file not found"),
    ("prompt: [{image: [cat.png, turn.mp4]}]", "prompt[0].image", "not a picture"),
    ("prompt: [{image: []}]", "prompt[0].image", "there is no file in the list"),
    ("prompt: [{text: red, where: lef}]", "prompt[0].where", "there is no region 'lef'"),
    ("prompt: [{text: red, where: no.png}]", "prompt[0].where", "does not exist"),
    ("prompt: [{text: red, where: [1, 2]}]", "prompt[0].where", "[left, top, right, bottom]"),
    ("prompt: [{text: red, where: [1, 0, 0, 1]}]", "prompt[0].where", "end before its start"),
    ("prompt: [{text: red, where: [1, 0, 0]}]", "prompt[0].where", "no radius"),
    ("prompt: [{text: red, where: {}}]", "prompt[0].where", "is missing here"),
    (
        "prompt: [{text: red, where: {words: sky, carried: true}}]",
        "prompt[0].where.carried",
        "nothing carries it",
    ),
    ("prompt: red\navoid: [{text: blue, weight: -1}]", "avoid[0].weight", "must be between"),
]


@pytest.mark.parametrize(("written", "path", "told"), WRONG, ids=[w[0] for w in WRONG])
def test_what_is_wrong_is_reported_where_it_stands(
    folder: Path, written: str, path: str, told: str
) -> None:
    (folder / "story.yaml").write_text(f"{HEAD}duration: 1s\n{written}\n")
    (found,) = check_story(folder / "story.yaml")
    assert (found.path, found.severity) == (path, "error")
    assert told in found.message


LITTLE = [
    ("[0.5, 0.5, 0.01]", "circle covers 0.0 %"),
    ("[0.1, 0.1, 0.15, 0.2]", "box covers 0.5 %"),
    ("{mask: cat.png, outside: true}", None),
    ("{box: [-1, -1, 2, 2], outside: true}", "outside box covers 0.0 %"),
    ("left", None),
]


@pytest.mark.parametrize(("where", "told"), LITTLE, ids=[w[0] for w in LITTLE])
def test_a_mask_of_almost_nothing_is_warned_of(folder: Path, where: str, told: str | None) -> None:
    (folder / "story.yaml").write_text(
        f"{HEAD}duration: 1s\nprompt: [blue, {{text: red, where: {where}}}]\n"
    )
    found = list(check_story(folder / "story.yaml"))
    assert [one.severity for one in found] == ["warning"] * (told is not None)
    assert all(told is not None and told in one.message for one in found)


def test_masks_count_in_the_digest_by_their_contents(folder: Path) -> None:
    text = "duration: 1s\nprompt: [blue, {text: red, where: cat.png}]\n"
    before = plan_of(folder, text).shots[0].digest
    again = make_plan(load_story_text(plan_of(folder, text).story, folder=folder))
    assert again.shots[0].digest == before
    Image.new("RGB", (12, 8), "white").save(folder / "cat.png")
    assert plan_of(folder, text).shots[0].digest != before
