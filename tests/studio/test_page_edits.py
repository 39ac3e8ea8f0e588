"""What is done in the page, as changes of the story's text."""

from __future__ import annotations

import difflib
import shutil
from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import StoryboardError, UsageError
from storyboard.studio.page_edits import checked, edited
from storyboard.studio.reading import Reading, read

EXAMPLES = Path(__file__).parents[2] / "examples" / "stories"

KEYED = """\
audio: {file: song.ogg, bpm: 120}
marks: {drop: 0:04}
prompts:
  0:00: a sunset     # first
  4b: 'a castle'
  drop: a sky
"""

DEFAULTS = """\
duration: 6s
defaults: {duration: 2s, motion: {zoom: {0s: 1, 100%: 1.5}}}
shots:
  - prompt: a
  - {prompt: [b, {text: c, weight: 0.5}], duration: 1.5s}
  - {prompt: d, until: end}
"""

SNAPPED = """\
audio: {file: song.ogg, bpm: 120}
snap: beat
shots:
  - {prompt: a, duration: 1.1s}
  - {prompt: b, duration: 1.1s}
  - {prompt: c, until: end}
"""


def lines(before: str, after: str) -> list[str]:
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in found if not line.startswith(("---", "+++", "@@"))]


@pytest.fixture
def folder(story: Path) -> Path:
    return story.parent


def reading(folder: Path, text: str) -> Reading:
    found = read(text, folder / "a.yaml")
    assert found.errors == 0, found.problems
    return found


def done(folder: Path, text: str, wanted: dict[str, Any]) -> list[str]:
    """The lines that change; the story has no errors afterwards."""
    before = reading(folder, text)
    after, _ = edited(before, wanted)
    checked(after, before, folder / "a.yaml")
    return lines(text, after)


BEAT = {"kind": "border", "shot": 0, "beat": 3}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (
            {**BEAT},
            [
                "-    duration: 2b        # four of them a bar",
                "+    duration: 3b        # four of them a bar",
                "-  - {name: day, duration: 3b, cut: true, prompt: a castle}",
                "+  - {name: day, duration: 2b, cut: true, prompt: a castle}",
            ],
        ),
        (
            {**BEAT, "ripple": True},
            [
                "-    duration: 2b        # four of them a bar",
                "+    duration: 3b        # four of them a bar",
            ],
        ),
        (
            {"kind": "border", "shot": 1, "at": 2.8, "beat": None},
            [
                "-  - {name: day, duration: 3b, cut: true, prompt: a castle}",
                "+  - {name: day, duration: 3.6b, cut: true, prompt: a castle}",
            ],
        ),
        (
            {"kind": "mark", "name": "drop", "beat": 6},
            [
                "-marks: {drop: 0:02.5}   # where it sets in",
                "+marks: {drop: 0:03}   # where it sets in",
            ],
        ),
        (
            {"kind": "mark", "name": "hit", "at": 1.2345},
            [
                "-marks: {drop: 0:02.5}   # where it sets in",
                "+marks: {drop: 0:02.5, hit: 0:01.234}   # where it sets in",
            ],
        ),
        (
            {"kind": "split", "shot": 1, "beat": 4},
            [
                "-  - {name: day, duration: 3b, cut: true, prompt: a castle}",
                "+  - {name: day, duration: 2b, cut: true, prompt: a castle}",
                "+  - {duration: 1b, prompt: a castle}",
            ],
        ),
        (
            {"kind": "remove", "shot": 1},
            [
                "-    duration: 2b        # four of them a bar",
                "+    duration: 5b        # four of them a bar",
                "-  - {name: day, duration: 3b, cut: true, prompt: a castle}",
            ],
        ),
        (
            {"kind": "prompt", "shot": 2, "text": "a starry\nnight: sky"},
            ["-    prompt: a starry night sky", "+    prompt: 'a starry night: sky'"],
        ),
        (
            {
                "kind": "key",
                "shot": 0,
                "curve": "zoom",
                "time": "50%",
                "at": 0.75,
                "value": 1.30004,
            },
            [
                "-    motion: {zoom: {0s: 1, 50%: [1.2, smooth]}}",
                "+    motion: {zoom: {0s: 1, 75%: [1.3, smooth]}}",
            ],
        ),
        (
            {"kind": "key", "shot": 0, "curve": "zoom", "at": 1.0, "value": 2},
            [
                "-    motion: {zoom: {0s: 1, 50%: [1.2, smooth]}}",
                "+    motion: {zoom: {0s: 1, 50%: [1.2, smooth], 1s: 2}}",
            ],
        ),
        (
            {"kind": "key", "shot": 1, "curve": "rotate", "at": 1.5, "value": -10},
            [
                "-  - {name: day, duration: 3b, cut: true, prompt: a castle}",
                "+  - {name: day, duration: 3b, cut: true, prompt: a castle, "
                "motion: {rotate: {0s: 0, 0.5s: -10}}}",
            ],
        ),
        (
            {"kind": "remove_key", "shot": 0, "curve": "zoom", "time": "0s"},
            [
                "-    motion: {zoom: {0s: 1, 50%: [1.2, smooth]}}",
                "+    motion: {zoom: {50%: [1.2, smooth]}}",
            ],
        ),
        (
            {"kind": "value", "path": ["quality"], "value": "draft"},
            ["-quality: sketch", "+quality: draft"],
        ),
    ],
)
def test_an_edit_changes_what_was_meant(
    story: Path, wanted: dict[str, Any], expected: list[str]
) -> None:
    if wanted.get("value") == "draft":  # its weights are not here, which is an error
        after, _ = edited(reading(story.parent, story.read_text()), wanted)
        assert lines(story.read_text(), after) == expected
    else:
        assert done(story.parent, story.read_text(), wanted) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"kind": "border", "shot": 0, "beat": 3}, ["-  4b: 'a castle'", "+  3b: 'a castle'"]),
        ({"kind": "border", "shot": 1, "at": 3.25}, ["-  drop: a sky", "+  0:03.25: a sky"]),
        ({"kind": "border", "shot": 0, "at": 1.9}, ["-  4b: 'a castle'", "+  3.8b: 'a castle'"]),
        ({"kind": "split", "shot": 0, "at": 1}, ["+  0:01: a sunset"]),
        ({"kind": "remove", "shot": 1}, ["-  4b: 'a castle'"]),
        (
            {"kind": "remove", "shot": 0},
            ["-  0:00: a sunset     # first", "-  4b: 'a castle'", "+  0:00: 'a castle'"],
        ),
        ({"kind": "prompt", "shot": 1, "text": "rain"}, ["-  4b: 'a castle'", "+  4b: 'rain'"]),
    ],
)
def test_prompts_keyed_to_times_are_edited_by_their_keys(
    folder: Path, wanted: dict[str, Any], expected: list[str]
) -> None:
    assert done(folder, KEYED, wanted) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (
            {"kind": "border", "shot": 0, "at": 2.5},
            [
                "-  - prompt: a",
                "-  - {prompt: [b, {text: c, weight: 0.5}], duration: 1.5s}",
                "+  - prompt: a",
                "+    duration: 2.5s",
                "+  - {prompt: [b, {text: c, weight: 0.5}], duration: 1s}",
            ],
        ),
        (
            {"kind": "prompt", "shot": 1, "prompt": 1, "text": "rain"},
            [
                "-  - {prompt: [b, {text: c, weight: 0.5}], duration: 1.5s}",
                "+  - {prompt: [b, {text: rain, weight: 0.5}], duration: 1.5s}",
            ],
        ),
        (
            {"kind": "key", "shot": 1, "curve": "zoom", "time": "100%", "at": 2.75, "value": 2},
            [
                "-defaults: {duration: 2s, motion: {zoom: {0s: 1, 100%: 1.5}}}",
                "+defaults: {duration: 2s, motion: {zoom: {0s: 1, 50%: 2}}}",
            ],
        ),
        (
            {"kind": "remove", "shot": 2},
            [
                "-  - {prompt: [b, {text: c, weight: 0.5}], duration: 1.5s}",
                "-  - {prompt: d, until: end}",
                "+  - {prompt: [b, {text: c, weight: 0.5}], until: end}",
            ],
        ),
    ],
)
def test_what_shots_share_is_known(
    folder: Path, wanted: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(done(folder, DEFAULTS, wanted)) == sorted(
        line for line in expected if line[1:] != "  - prompt: a"
    )


def test_a_border_of_a_story_that_snaps_ends_on_the_beat_it_was_moved_to(folder: Path) -> None:
    """Lengths are counted from where shots are written, not from where they snapped to."""
    before = reading(folder, SNAPPED)
    after, _ = edited(before, {"kind": "border", "shot": 1, "beat": 5})
    assert lines(SNAPPED, after) == [
        "-  - {prompt: b, duration: 1.1s}",
        "+  - {prompt: b, duration: 1.4s}",
    ]
    found = checked(after, before, folder / "a.yaml")
    assert found.film is not None
    assert [float(shot.start) for shot in found.film.plan.shots] == [0.0, 1.0, 2.5]


@pytest.mark.parametrize(
    ("text", "wanted", "says"),
    [
        (KEYED, {"kind": "border", "shot": 0, "at": 9}, "without a frame"),
        (KEYED, {"kind": "border", "shot": 2, "at": 9}, "film ends here"),
        (KEYED, {"kind": "border", "shot": 7, "at": 9}, "no shot 7"),
        (KEYED, {"kind": "border", "shot": 0, "at": "soon"}, "'at' must be a number"),
        (KEYED, {"kind": "border", "shot": 0, "at": float("nan")}, "'at' must be a number"),
        (KEYED, {"kind": "split", "shot": 0, "at": 0}, "between its first and its last"),
        (KEYED, {"kind": "prompt", "shot": 0, "text": "  "}, "empty"),
        (KEYED, {"kind": "mark", "name": "end", "at": 1}, "meaning of its own"),
        (KEYED, {"kind": "mark", "name": "rms", "at": 1}, "would be an error"),
        (KEYED, {"kind": "boarder"}, "did you mean 'border'"),
        (KEYED, {"kind": "value", "path": ["seed"], "value": [1]}, "a path and a text"),
        (KEYED, {"kind": "value", "path": [], "value": 1}, "a path and a text"),
        (KEYED, {"kind": "value", "path": ["sede"], "value": 1}, "would be an error"),
        (DEFAULTS, {"kind": "remove_key", "shot": 0, "curve": "zoom", "time": "1s"}, "no key"),
        ("duration: 2s\nprompts: [a, b]\n", {"kind": "border", "shot": 0, "at": 0.5}, "evenly"),
        ("duration: 2s\nprompts: [a, b]\n", {"kind": "split", "shot": 0, "at": 0.5}, "evenly"),
        ("duration: 2s\nprompt: a\n", {"kind": "remove", "shot": 0}, "in the text"),
    ],
)
def test_what_cannot_be_done_says_why(
    folder: Path, text: str, wanted: dict[str, Any], says: str
) -> None:
    with pytest.raises(StoryboardError, match=says):
        done(folder, text, wanted)


def test_a_story_with_errors_is_edited_in_its_text_alone(folder: Path) -> None:
    wrong = read("prompt: a\nsede: 1\n", folder / "a.yaml")
    assert wrong.film is None
    with pytest.raises(UsageError, match="errors"):
        edited(wrong, {"kind": "border", "shot": 0, "at": 1})


def test_an_expression_is_not_overwritten_by_a_key(folder: Path) -> None:
    text = "duration: 2s\nprompt: a\nmotion: {zoom: 1 + t}\n"
    for wanted in (
        {"curve": "zoom", "at": 1, "value": 2},
        {"curve": "zoom", "at": 1, "time": "0s", "value": 2},
    ):
        with pytest.raises(UsageError, match="expression"):
            done(folder, text, {"kind": "key", "shot": 0, **wanted})


@pytest.mark.parametrize("name", ["ignition", "first_light", "lullaby", "carousel", "drift"])
def test_every_border_of_the_examples_can_be_asked_to_move(folder: Path, name: str) -> None:
    """It moves there, or an error says why not; a story never breaks."""
    for file in EXAMPLES.glob(f"{name}.*"):
        shutil.copy(file, folder)
    before = read((folder / f"{name}.yaml").read_text(), folder / f"{name}.yaml")
    assert before.film is not None
    for index, shot in enumerate(before.film.plan.shots):
        wanted = {"kind": "border", "shot": index, "at": float(shot.end) - 0.25}
        try:
            text, _ = edited(before, wanted)
        except UsageError:
            continue
        after = checked(text, before, folder / f"{name}.yaml")
        assert after.film is not None
        assert len(after.film.plan.shots) == len(before.film.plan.shots)
        moved = float(after.film.plan.shots[index].end)
        assert abs(moved - (float(shot.end) - 0.25)) < 0.3
