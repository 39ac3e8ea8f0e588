"""Edits of a story's text: what was meant changes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.errors import UsageError
from storyboard.story.edits import flow_text, scalar_text, with_item, with_key, with_value, without
from storyboard.story.yaml_loader import parse_yaml

STORY = """\
# A film.
version: 1
title: 'First light'   # its name
seed: 7

defaults:
  fade: 1s             # prompts cross over
  motion:
    zoom: {0s: 1, 2s: [1.5, smooth]}

shots:
  - name: dawn
    duration: 2.7s     # how long
    prompt: a sunset

  # the second
  - {name: day, until: "5.3s", prompt: a castle}
  - name: night
    until: end
    prompt:
      - a forest
      - {text: a sky, weight: {0s: 0, 1.5s: 0.3}}
"""

VALUES: list[tuple[tuple[str | int, ...], Any, list[str]]] = [
    (("seed",), 8, ["-seed: 7", "+seed: 8"]),
    (
        ("title",),
        "It's late",
        ["-title: 'First light'   # its name", "+title: 'It''s late'   # its name"],
    ),
    (
        ("shots", 0, "duration"),
        "3s",
        ["-    duration: 2.7s     # how long", "+    duration: 3s     # how long"],
    ),
    (
        ("shots", 1, "until"),
        "5s",
        [
            '-  - {name: day, until: "5.3s", prompt: a castle}',
            '+  - {name: day, until: "5s", prompt: a castle}',
        ],
    ),
    (
        ("shots", 1, "prompt"),
        "hills, rain: a {view}",
        [
            '-  - {name: day, until: "5.3s", prompt: a castle}',
            "+  - {name: day, until: \"5.3s\", prompt: 'hills, rain: a {view}'}",
        ],
    ),
    (
        ("shots", 2, "prompt", 1, "weight", "1.5s"),
        0.5,
        [
            "-      - {text: a sky, weight: {0s: 0, 1.5s: 0.3}}",
            "+      - {text: a sky, weight: {0s: 0, 1.5s: 0.5}}",
        ],
    ),
    (
        ("defaults", "motion", "zoom", "2s", 0),
        2,
        [
            "-    zoom: {0s: 1, 2s: [1.5, smooth]}",
            "+    zoom: {0s: 1, 2s: [2, smooth]}",
        ],
    ),
    (("marks", "drop"), "0:42.5", ["+marks: {drop: 0:42.5}"]),
    (("shots", 0, "motion", "zoom"), {"0s": 1}, ["+    motion: {zoom: {0s: 1}}"]),
    (
        ("shots", 1, "cut"),
        True,
        [
            '-  - {name: day, until: "5.3s", prompt: a castle}',
            '+  - {name: day, until: "5.3s", prompt: a castle, cut: true}',
        ],
    ),
]


def changed(before: str, after: str) -> list[str]:
    """The lines that went and came, each line of a text being its own."""
    old, new = before.split("\n"), after.split("\n")
    return [*(f"-{x}" for x in old if x not in new), *(f"+{x}" for x in new if x not in old)]


@pytest.mark.parametrize(("path", "value", "lines"), VALUES)
def test_a_value_is_set_and_nothing_else_changes(
    path: tuple[str | int, ...], value: Any, lines: list[str]
) -> None:
    assert changed(STORY, with_value(STORY, path, value)) == lines


def test_new_keys_of_a_story_stand_before_its_shots() -> None:
    lines = with_value(STORY, ("marks", "drop"), "1s").split("\n")
    assert lines[lines.index("marks: {drop: 1s}") - 1] == "seed: 7"


def test_a_new_key_stands_behind_the_one_that_is_named() -> None:
    text = "prompts:\n  0:00: a sunset\n  0:20: rain # soft\n"
    new = with_value(text, ("prompts", "0:10"), "snow", after="0:00")
    assert new == "prompts:\n  0:00: a sunset\n  0:10: snow\n  0:20: rain # soft\n"


@pytest.mark.parametrize(
    ("text", "path", "key", "expected"),
    [
        (
            "prompts: {0:00: a, drop: b}",
            ("prompts", "drop"),
            "0:12.5",
            "prompts: {0:00: a, 0:12.5: b}",
        ),
        ("prompts:\n  '0:10': a # x", ("prompts", "0:10"), "4b", "prompts:\n  '4b': a # x"),
    ],
)
def test_a_key_gets_another_name(text: str, path: tuple[str, ...], key: str, expected: str) -> None:
    assert with_key(text, path, key) == expected


def test_two_keys_never_have_one_name() -> None:
    with pytest.raises(UsageError, match="already"):
        with_key("prompts: {0:00: a, drop: b}", ("prompts", "drop"), "0:00")


def test_an_item_is_added_in_its_place() -> None:
    new = with_item(STORY, ("shots",), 1, {"duration": "1s", "prompt": "rain"})
    assert changed(STORY, new) == ["+  - {duration: 1s, prompt: rain}"]
    assert parse_yaml(new)[0]["shots"][1]["prompt"] == "rain"
    assert with_item("shots: [{a: 1}]", ("shots",), 1, 2) == "shots: [{a: 1}, 2]"


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        (("shots", 1), ['-  - {name: day, until: "5.3s", prompt: a castle}']),
        (
            ("shots", 0, "name"),
            [
                "-  - name: dawn",
                "-    duration: 2.7s     # how long",
                "+  - duration: 2.7s     # how long",
            ],
        ),
        (("seed",), ["-seed: 7"]),
        (
            ("shots", 2, "prompt", 1, "weight", "0s"),
            [
                "-      - {text: a sky, weight: {0s: 0, 1.5s: 0.3}}",
                "+      - {text: a sky, weight: {1.5s: 0.3}}",
            ],
        ),
    ],
)
def test_what_is_removed_leaves_the_rest(path: tuple[str | int, ...], gone: list[str]) -> None:
    assert changed(STORY, without(STORY, path)) == gone


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: with_value(text, ("copy",), 4),
        lambda text: with_value(text, ("first",), 4),
        lambda text: with_value(text, ("first", "inner"), 4),
        lambda text: with_item(text, ("first",), 0, 1),
        lambda text: without(text, ("only", "key")),
        lambda text: without(text, ("nothing", "there")),
    ],
)
def test_what_cannot_be_done_from_here_is_refused(edit: Callable[[str], str]) -> None:
    """An alias shares its value: to change one would change both, or leave an anchor unused."""
    with pytest.raises(UsageError):
        edit("first: &a 3\ncopy: *a\nonly:\n  key: 1\n")


@pytest.mark.parametrize("style", [None, "'", '"'])
@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=40))
def test_every_text_is_written_so_that_it_is_read_again(style: str | None, text: str) -> None:
    block = f"key: {scalar_text(text, style=style)} # c"
    assert parse_yaml(block)[0] == {"key": text}
    assert parse_yaml(f"key: {flow_text({'a': text, 'b': [text]})}")[0]["key"] == {
        "a": text,
        "b": [text],
    }
