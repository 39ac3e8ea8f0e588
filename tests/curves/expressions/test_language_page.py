"""docs/expressions.md is true: it names everything there is, and its examples work."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

from storyboard.curves.clock import Clock
from storyboard.curves.curves import read_curve
from storyboard.curves.easings import easing, easings
from storyboard.curves.expressions import (
    CONSTANTS,
    FUNCTIONS,
    MAX_DEPTH,
    MAX_PARTS,
    MAX_TEXT,
    TIME_NAMES,
    compile_expression,
    definition_errors,
)
from storyboard.curves.expressions.functions import Function
from storyboard.curves.instants import ShotScope
from storyboard.curves.sound import Events, Sound
from storyboard.story.prompts import FADE_SHAPES
from storyboard.times import parse_time

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "expressions.md").read_text(encoding="utf-8")
PICTURES = SimpleNamespace(**run_path(str(DOCS / "draw_functions.py")))
QUOTED = set(re.findall(r"`([^`\n]+)`", PAGE))
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))
SPAN = ShotScope(Clock(Fraction(24), bpm=Fraction(120)), Fraction(0), Fraction(8))


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
    assert len(examples) == 8
    for text in examples:
        values = read_curve(text).sample(SPAN.frames(0, 192))
        assert np.ptp(values) > 0


@pytest.mark.parametrize("text", re.findall(r"`(\S+)` is (-?[0-9]+)", SECTIONS["Expressions"]))
def test_the_values_that_are_reported_are_true(text: tuple[str, str]) -> None:
    assert compile_expression(text[0]).evaluate({}, 1)[0] == float(text[1])


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_function_has_its_line_and_its_picture(function: Function) -> None:
    row = rf"^\| `{re.escape(function.signature)}` \| {re.escape(function.doc)} \| (.*) \|$"
    ((text, file),) = PICTURES.PICTURE.findall(re.search(row, PAGE, re.M)[1])
    assert file == f"figures/functions/{function.name}.svg"
    assert (DOCS / file).stat().st_size < 10_000
    film = PICTURES.scope()
    values = read_curve(text, names=film.names).sample(film.frames(0, 240))
    assert re.search(rf"\b{function.name}\(", text)
    assert np.ptp(values) > 0


def test_no_picture_is_left_over() -> None:
    drawn = {path.stem for path in (DOCS / "figures" / "functions").iterdir()}
    assert drawn == set(FUNCTIONS)


def test_a_picture_is_drawn_the_same_again(tmp_path: Path) -> None:
    for name in ("one", "two"):
        PICTURES.draw("decay(onset, 3)", tmp_path / f"{name}.svg")
    one, two = ((tmp_path / f"{name}.svg").read_text() for name in ("one", "two"))
    assert one == two
    assert "<svg" in one


def test_the_definitions_of_the_page_are_right() -> None:
    define = yaml.safe_load(re.search(r"```yaml\n(.*?)```", SECTIONS["Definitions"], re.S)[1])[
        "define"
    ]
    onset = Events(np.array([1.0]), np.ones(1))
    sound = Sound({"rms": np.sin, "drums.onset": np.cos}, {"drums.onset": onset})
    film = replace(SPAN, sound=sound, define=define)
    assert list(definition_errors(define, film.names)) == []
    for text in ("kick", "sway", "ride(2)"):
        assert np.ptp(read_curve(text, names=film.names).sample(film.frames(0, 48))) > 0


def test_the_three_forms_are_read() -> None:
    block = re.search(r"```yaml\n(.*?)```", PAGE, re.S)
    forms = yaml.safe_load(block[1])
    assert len(forms) == 3
    for written in forms.values():
        read_curve(written).sample(SPAN.frames(0, 192))


def test_the_bounds_that_are_reported_are_true() -> None:
    assert f"at most {MAX_TEXT} characters" in PAGE.replace("\n", " ")
    assert f"at most {MAX_DEPTH} deep" in PAGE.replace("\n", " ")
    assert f"at most {MAX_PARTS} parts" in PAGE.replace("\n", " ")
