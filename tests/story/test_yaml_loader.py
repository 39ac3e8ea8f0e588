"""YAML read as YAML 1.2: every trap of the common YAML 1.1 reading has a row."""

from __future__ import annotations

import math
from typing import Any

import pytest

from storyboard.errors import StoryError
from storyboard.story.source import SourcePosition
from storyboard.story.yaml_loader import MAX_BYTES, decode, parse_yaml, plain_value

VALUES: list[tuple[str, Any]] = [
    ("1:23", "1:23"),
    ("1:23.5", "1:23.5"),
    ("0:45", "0:45"),
    ("1:02:03", "1:02:03"),
    ("01:02:03", "01:02:03"),
    ("12:30:45:10", "12:30:45:10"),
    ("16:9", "16:9"),
    ("190:20:30.15", "190:20:30.15"),
    ("010", 10),
    ("0o10", 8),
    ("0x10", 16),
    ("0b1", "0b1"),
    ("1_000", "1_000"),
    ("+3", 3),
    ("-3.5", -3.5),
    ("yes", "yes"),
    ("No", "No"),
    ("on", "on"),
    ("off", "off"),
    ("y", "y"),
    ("true", True),
    ("False", False),
    ("1e-3", 1e-3),
    ("1E3", 1000.0),
    (".5", 0.5),
    ("5.", 5.0),
    ("1e", "1e"),
    (".inf", math.inf),
    ("-.inf", -math.inf),
    ("inf", "inf"),
    ("2024-01-01", "2024-01-01"),
    ("2024-01-01 10:00:00", "2024-01-01 10:00:00"),
    ("=", "="),
    ("~", None),
    ("null", None),
    ("", None),
    ("'12'", "12"),
    ('"yes"', "yes"),
    ("!!str 12", "12"),
    ("[1:23, on, 010]", ["1:23", "on", 10]),
    ("{1:23: a, on: b, 010: c, 2.50: d, ~: e}", {"1:23": "a", "on": "b", "010": "c", "2.50": "d",
                                                "~": "e"}),
    ("&a {x: 1}", {"x": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_scalars_are_those_of_yaml_1_2(text: str, expected: Any) -> None:
    value = parse_yaml(f"key: {text}")[0]["key"]
    assert value == expected
    assert type(value) is type(expected)


def test_nan_is_read() -> None:
    assert math.isnan(parse_yaml("key: .nan")[0]["key"])


def test_merge_keys_and_anchors() -> None:
    text = "base: &base {x: 1, y: 2}\none: {<<: *base, y: 3}\ntwo: {<<: [*base, {z: 4}]}\n'<<': 5"
    data, _ = parse_yaml(text)
    assert data["one"] == {"x": 1, "y": 3}
    assert data["two"] == {"z": 4, "x": 1, "y": 2}
    assert data["<<"] == 5


def test_every_key_and_value_has_its_place() -> None:
    _, source = parse_yaml("a: 1\nshots:\n  - name: x\n    motion: {zoom: 2}\n")
    assert source.keys["shots", 0, "motion"] == SourcePosition(4, 5)
    assert source.values["shots", 0, "motion", "zoom"] == SourcePosition(4, 20)
    problem = source.problem(("shots", 0, "motion", "zoom", "deeper"), "wrong")
    assert (problem.path, problem.line, problem.column) == ("shots[0].motion.zoom", 4, 20)
    assert problem.excerpt == "    motion: {zoom: 2}"


ERRORS = [
    ("", "the story is empty", None),
    ("# only a comment", "the story is empty", None),
    ("- 1", "a mapping of keys and values", (1, 1)),
    ("just text", "a mapping of keys and values", (1, 1)),
    ("a: 1\nb: 2\na: 3", "key 'a' is set twice; first in line 1", (3, 1)),
    ("a: {b: 1, b: 2}", "key 'b' is set twice", (1, 11)),
    ("a: !x b", "tags such as '!x'", (1, 4)),
    ("a: !!python/object:os.system b", "tags such as '!!python/object:os.system'", (1, 4)),
    ("a: a cat: sad", "a second ': ' in one line", (1, 9)),
    ("a: @x", "cannot start a value", (1, 4)),
    ("a: %x", "cannot start a value", (1, 4)),
    ("a: `x", "cannot start a value", (1, 4)),
    ("a: *x", "repeats something not named yet", (1, 4)),
    ("a: &x [*x]", "repeats something not named yet", (1, 8)),
    ("a:\n\tb: 1", "a tab", None),
    ("a: [1, 2", "a bracket is not closed", None),
    ("a: 'x", "a quote is not closed", None),
    ("a: |x", "a YAML block", None),
    ("a: 1\n---\nb: 2", "a second document", (2, 1)),
    ("? [a]\n: b", "cannot be a key", (1, 3)),
    ("a: {<<: 3}", "'<<' merges mappings", (1, 9)),
    ("a: \x01", "control character", None),
    ("a: " + "[" * 3000 + "]" * 3000, "nested deeper", None),
    ("a: " + "[" * 400_000, "nested deeper", None),
    ("a: " + "x" * MAX_BYTES, "at most 5 are read", None),
]


@pytest.mark.parametrize(("text", "message", "place"), ERRORS)
def test_what_is_no_story_is_told_in_its_place(
    text: str, message: str, place: tuple[int, int] | None
) -> None:
    with pytest.raises(StoryError) as caught:
        parse_yaml(text, file="story.yaml")
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.file == "story.yaml"
    if place:
        assert (problem.line, problem.column) == place
        assert problem.excerpt == text.splitlines()[place[0] - 1]


def test_all_duplicate_keys_are_told() -> None:
    with pytest.raises(StoryError) as caught:
        parse_yaml("a: 1\na: 2\nb: {c: 1, c: 2}")
    assert [p.line for p in caught.value.problems] == [2, 3]


def test_aliases_that_multiply_are_refused() -> None:
    laugh = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for one, two in zip("abcdefgh", "bcdefghi", strict=True):
        laugh += f"{two}: &{two} [{', '.join([f'*{one}'] * 10)}]\n"
    with pytest.raises(StoryError, match="once aliases are repeated"):
        parse_yaml(laugh)


def doubled(levels: int, form: str) -> str:
    """Mappings that merge the one before twice: flow or block, or one key more each."""
    lines = ["a0: &a0 {k: 1}"]
    for n in range(1, levels + 1):
        lines.append(form.format(n=n, before=n - 1))
    return "\n".join(lines)


@pytest.mark.parametrize(
    "form",
    [
        "a{n}: &a{n} {{<<: [*a{before},*a{before}]}}",
        "a{n}: &a{n}\n  <<: [*a{before}, *a{before}]",
        "a{n}: &a{n} {{<<: [{{<<: *a{before}}}, {{<<: *a{before}}}]}}",
    ],
)
def test_merges_of_merges_are_worked_out_once(form: str) -> None:
    data, _ = parse_yaml(doubled(40, form))
    assert data["a40"] == {"k": 1}


@pytest.mark.parametrize(
    "text",
    [
        doubled(2000, "a{n}: &a{n} {{<<: *a{before}, k{n}: 1}}"),
        "a: &a {"
        + ", ".join(f"k{n}: 1" for n in range(1000))
        + "}\nb: {<<: ["
        + "*a, " * 999
        + "*a]}",
    ],
    ids=["one key more each", "one list of aliases"],
)
def test_merges_that_multiply_are_refused(text: str) -> None:
    with pytest.raises(StoryError, match="once aliases are repeated"):
        parse_yaml(text)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\xef\xbb\xbfa: 1", "a: 1"),
        ("a: \u00e9".encode(), "a: \u00e9"),
        ("a: 1".encode("utf-16"), "\ufeffa: 1"),
    ],
)
def test_a_byte_order_mark_is_no_part_of_the_story(raw: bytes, expected: str) -> None:
    assert decode(raw).lstrip("\ufeff") == expected.lstrip("\ufeff")
    assert list(parse_yaml(decode(raw))[0]) == ["a"]


def test_other_encodings_are_refused_with_the_line() -> None:
    with pytest.raises(StoryError, match="not UTF-8") as caught:
        decode(b"a: 1\nb: \xe9\n", file="story.yaml")
    assert caught.value.problems[0].line == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [("4b", "4b"), ("30", 30), ("[sketch, tiny]", ["sketch", "tiny"]), ("a cat: sad", "a cat: sad"),
     ("{name: pixel}", {"name": "pixel"}), ("'5'", "5"), ("a\nb: 2", "a\nb: 2")],
)  # fmt: skip
def test_a_value_of_the_command_line_is_yaml_or_text(text: str, value: Any) -> None:
    assert plain_value(text) == value
