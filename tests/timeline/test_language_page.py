"""docs/expressions.md is true: it names everything there is, and its examples work."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import yaml

from storyboard.story.times import parse_time
from storyboard.timeline.clock import Clock
from storyboard.timeline.curves import read_curve
from storyboard.timeline.easings import easing, easings
from storyboard.timeline.expressions import (
    CONSTANTS,
    FUNCTIONS,
    MAX_DEPTH,
    MAX_TEXT,
    TIME_NAMES,
    compile_expression,
)
from storyboard.timeline.instants import Span
from storyboard.timeline.prompts import FADE_SHAPES

PAGE = (Path(__file__).parents[2] / "docs" / "expressions.md").read_text(encoding="utf-8")
QUOTED = set(re.findall(r"`([^`\n]+)`", PAGE))
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))
SPAN = Span(Clock(Fraction(24), bpm=Fraction(120)), Fraction(0), Fraction(8))


@pytest.mark.parametrize("name", [*TIME_NAMES, *CONSTANTS, *FADE_SHAPES])
def test_every_name_is_there(name: str) -> None:
    assert name in QUOTED


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_signature_is_there(function: object) -> None:
    assert function.signature in QUOTED


@pytest.mark.parametrize("name", easings.names())
def test_every_easing_is_there(name: str) -> None:
    family, _, end = name.partition("-")
    assert name in QUOTED or (family in QUOTED and f"-{end}" in QUOTED)


def test_every_easing_that_is_named_exists() -> None:
    for name in re.findall(r"`([a-z]+(?:-[a-z]+)*)`", SECTIONS["Easings"]):
        assert name in easings or f"{name}-in" in easings
    assert easing("easeInOutQuad") is easing("quad-in-out")


def test_every_time_of_the_table_is_read() -> None:
    times = [
        text
        for row in re.findall(r"^\| (`.*?) \|", SECTIONS["Times"], re.M)
        for text in re.findall("`(.+?)`", row)
    ]
    assert len(times) > 12
    for text in times:
        parse_time(text)


def test_the_examples_of_expressions_work() -> None:
    block = re.search(r"```\n(.*?)```", SECTIONS["Expressions"], re.S)
    examples = [re.split(r"\s{3,}", line)[0] for line in block[1].splitlines()]
    assert len(examples) == 6
    for text in examples:
        values = read_curve(text).sample(SPAN.frames(0, 192))
        assert np.ptp(values) > 0


@pytest.mark.parametrize("text", re.findall(r"`(\S+)` is (-?[0-9]+)", SECTIONS["Expressions"]))
def test_the_values_that_are_told_are_true(text: tuple[str, str]) -> None:
    assert compile_expression(text[0]).evaluate({}, 1)[0] == float(text[1])


def test_the_three_forms_are_read() -> None:
    block = re.search(r"```yaml\n(.*?)```", PAGE, re.S)
    forms = yaml.safe_load(block[1])
    assert len(forms) == 3
    for written in forms.values():
        read_curve(written).sample(SPAN.frames(0, 192))


def test_the_bounds_that_are_told_are_true() -> None:
    assert f"at most {MAX_TEXT} characters" in PAGE.replace("\n", " ")
    assert f"at most {MAX_DEPTH} deep" in PAGE.replace("\n", " ")
