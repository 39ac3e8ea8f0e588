"""The error tree: exit codes, and a problem as a person reads it."""

from __future__ import annotations

import pickle

import pytest

from storyboard import errors
from storyboard.errors import Problem, StoryError, UnknownName, did_you_mean, nearest


@pytest.mark.parametrize(
    ("name", "exit_code"),
    [
        ("StoryError", 2),
        ("UsageError", 2),
        ("UnknownName", 2),
        ("MissingWeights", 3),
        ("MissingTool", 3),
        ("DeviceError", 3),
        ("EncodeFailed", 1),
        ("RenderFailed", 1),
        ("OutOfMemory", 1),
        ("FolderBusy", 1),
        ("Interrupted", 130),
    ],
)
def test_every_error_is_in_the_tree_and_in_the_drawing(name: str, exit_code: int) -> None:
    kind = getattr(errors, name)
    assert issubclass(kind, errors.StoryboardError)
    assert kind.exit_code == exit_code
    assert name in (errors.__doc__ or "")


def test_a_problem_shows_place_line_caret_and_hint() -> None:
    problem = Problem(
        "unknown key 'promt'",
        file="story.yaml",
        line=14,
        column=5,
        path="shots[2]",
        excerpt="  - promt: a cat",
        hint="did you mean 'prompt'?",
    )
    assert str(problem).splitlines() == [
        "story.yaml:14:5: shots[2]: unknown key 'promt'",
        "      - promt: a cat",
        "        ^",
        "  hint: did you mean 'prompt'?",
    ]


def test_a_story_error_names_all_its_problems() -> None:
    error = StoryError([Problem("one"), Problem("two", path="shots[0]")])
    assert [p.message for p in error.problems] == ["one", "two"]
    assert str(error) == "one\nshots[0]: two"


@pytest.mark.parametrize(
    ("written", "known", "expected"),
    [
        ("promt", ["prompt", "prompts", "duration"], "prompt"),
        ("Duraton", ["prompt", "duration"], "duration"),
        ("bounce", ["Bounce"], "Bounce"),
    ],
)
def test_the_nearest_name_comes_first(written: str, known: list[str], expected: str) -> None:
    assert nearest(written, known)[0] == expected


def test_nothing_near_gives_no_hint() -> None:
    assert did_you_mean("xyzzy", ["prompt", "duration"]) is None


def test_an_unknown_name_lists_the_nearest_or_all() -> None:
    assert "did you mean 'pixel'?" in str(UnknownName("drawer", "pixle", ["fft", "pixel"]))
    assert "known: fft, pixel" in str(UnknownName("drawer", "watercolour", ["pixel", "fft"]))


@pytest.mark.parametrize(
    "error",
    [
        errors.RenderFailed("no memory", shot="dawn", frame=3),
        errors.UnknownName("drawer", "ftf", ["fft", "pixel"]),
        errors.FolderBusy("out", 12),
        errors.EncodeFailed("ffmpeg failed", command=["ffmpeg"], stderr_tail="no space"),
        errors.BadValue("no number", hint="write 1.5", column=3),
        StoryError([Problem("unknown key", line=3)]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_comes_back_whole_from_another_process(error: errors.StoryboardError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))
