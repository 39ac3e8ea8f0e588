"""Definitions of a story: constants, functions and keys, in any order, and their errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from storyboard.curves.curves import read_curve
from storyboard.curves.expressions import MAX_PARTS, definition_errors
from storyboard.curves.expressions.errors import ExpressionError, ReportedElsewhere
from storyboard.errors import StoryError
from storyboard.timeline import load_story_text, make_plan

DEFINE = {
    "kick": "decay(drop, 2)",
    "twice": "2*kick",
    "half": 0.5,
    "period": "4b",
    "sway": "4*sine(period)",
    "ride(x)": "x*kick + half",
    "between(low, high)": "lerp(low, high, shot_t/4)",
    "flash(event)": "decay(event, 1)",
    "slow(signal)": "smooth(signal, 2)",
    "rise": {"0s": 0, "2s": [1, "hold"], "3s": "half"},
    "ramp(x)": 'keys("0: 0, 2s: x")',
    "late(x)": "after(drop, x)",
}

VALUES = [
    ("kick", [0, 0, 1, math.exp(-2)]),
    ("twice + half", [0.5, 0.5, 2.5, 2 * math.exp(-2) + 0.5]),
    ("sway", [0, 0, 0, 0]),
    ("sine(period, phase=0.25)", [1, -1, 1, -1]),
    ("ride(3)", [0.5, 0.5, 3.5, 3 * math.exp(-2) + 0.5]),
    ("ride(x=ride(1))", [0.5, 0.5, 2, (math.exp(-2) + 0.5) * math.exp(-2) + 0.5]),
    ("between(high=8, low=4)", [4, 5, 6, 7]),
    ("between(t, 2*t)", [0, 1.25, 3, 5.25]),
    ("flash(drop)", [0, 0, 1, math.exp(-1)]),
    ("flash(t > 0.9)", [0, math.exp(-2 / 24), math.exp(-26 / 24), math.exp(-50 / 24)]),
    ("slow(3*t)", [0, 3, 6, 9]),
    ("rise", [0, 0.5, 1, 0.5]),
    ("ramp(4)", [0, 2, 4, 4]),
    ("late(t)", [0, 0, 0, 1]),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_values(sample: object, text: str, expected: list[float]) -> None:
    assert sample(text, 0, 1, 2, 3, define=DEFINE) == pytest.approx(expected, abs=1e-9)


def test_all_of_these_definitions_are_right(hear: object) -> None:
    assert list(definition_errors(DEFINE, hear(define=DEFINE).names)) == []


ERRORS: list[tuple[dict[str, Any], list[tuple[str, int | None, str]]]] = [
    ({"a": "1 + sni(t)"}, [("a", 5, "unknown function 'sni'")]),
    ({"a": "q + 1", "q": "sni(t)"}, [("q", 1, "unknown function 'sni'")]),
    ({"a": "2*a"}, [("a", 3, "a is defined by itself: a -> a")]),
    (
        {"a": "1 + q", "q": "c", "c": "2*a", "d": "a"},
        [
            ("a", 5, "a is defined by itself: a -> q -> c -> a"),
            ("q", 1, "q is defined by itself: q -> c -> a -> q"),
            ("c", 3, "c is defined by itself: c -> a -> q -> c"),
        ],
    ),
    ({"h(x)": "g(x)", "g(x)": "h(x)"}, [("h(x)", 1, "h -> g -> h"), ("g(x)", 1, "g -> h -> g")]),
    ({"h(x)": "x", "a": "1 + h()"}, [("a", 5, "h takes other arguments than these 0")]),
    ({"h(x)": "x", "a": "h + 1"}, [("a", 1, "h is a function")]),
    ({"h(x)": "x", "a": "h(y=1)"}, [("a", 3, "h has no argument 'y'")]),
    ({"a": 1, "q": "a(2)"}, [("q", 1, "a is not callable")]),
    ({"sin": 1}, [("sin", None, "'sin' is a function")]),
    ({"t": 1}, [("t", None, "'t' is a name that every expression reads")]),
    ({"bass": 1}, [("bass", None, "'bass' is a name that every expression reads")]),
    ({"drop": 1}, [("drop", None, "'drop' is a mark")]),
    ({"pi": 3}, [("pi", None, "'pi' is a number with a name")]),
    ({"if": 3}, [("if", None, "'if' is a word of the language")]),
    ({"h(t)": "t"}, [("h(t)", None, "so it cannot be defined as a parameter of h")]),
    ({"h(x, x)": "x"}, [("h(x, x)", None, "names a parameter twice")]),
    ({"h(x)": "x", "h": 1}, [("h", None, "'h' is defined twice: h(x) and h")]),
    ({"a": 1, "g(a)": "a"}, [("g(a)", None, "'a' is defined too")]),
    ({"2x": 1, "a b": 2, "f()": 3}, [("2x", None, "'2x' cannot be defined")] * 1),
    ({"a": [1]}, [("a", None, "invalid value [1]")]),
    ({"a": True}, [("a", None, "invalid value True")]),
    ({"a": float("inf")}, [("a", None, "too large")]),
    ({"a": ""}, [("a", 1, "a value is missing at the end")]),
    ({"a": {"2q": 1}}, [("a", None, "unknown unit 'q'")]),
    ({"a": {"1s": "1 + sni(t)"}}, [("a", 5, "unknown function 'sni'")]),
    ({"a": "1+" * 1500 + "1"}, [("a", 1, "more than 2000 characters")]),
]


@pytest.mark.parametrize(("define", "expected"), ERRORS)
def test_errors(hear: object, define: dict[str, Any], expected: list[Any]) -> None:
    found = list(definition_errors(define, hear(define=define).names))
    for (key, column, message), error in zip(expected, found, strict=False):
        assert message in error.message
        assert (error.path[0], error.column) == (key, column)
    assert len(found) == max(len(expected), len(define) if "2x" in define else 0)


@pytest.mark.parametrize("text", ["a", "1 + q", "h(2)"])
def test_a_use_of_what_is_wrong_is_reported_where_it_is_defined(hear: object, text: str) -> None:
    define = {"a": "sni(t)", "q": "a", "h(x)": "h(x)"}
    with pytest.raises(ReportedElsewhere):
        read_curve(text, names=hear(define=define).names)


def test_what_is_not_finite_names_the_definition(sample: object) -> None:
    define = {"deep": "log(t - 1)", "deeper": "1 + deep"}
    with pytest.raises(ExpressionError) as caught:
        sample("2*deeper", 2, 1, define=define)
    assert caught.value.message == "in deeper: in deep: log(0) is infinite at frame 24, t = 1s"
    assert caught.value.column == 3
    with pytest.raises(ExpressionError) as caught:
        sample("double(log(0-1))", 2, define={"double(x)": "2*x"})
    assert (caught.value.message[:7], caught.value.column) == ("log(-1)", 8)


DOUBLING = {"a0": "t", **{f"a{n + 1}": f"a{n} + a{n}" for n in range(30)}}
TRIPLING = {"f0(x)": "x + x + x", **{f"f{n + 1}(x)": f"f{n}(f{n}(x))" for n in range(30)}}
LADDER = {"a0": "t", **{f"a{n + 1}": f"a{n} + 1" for n in range(999)}}


@pytest.mark.parametrize(
    ("define", "text", "message"),
    [
        (DOUBLING, "a30", f"more than {MAX_PARTS} parts"),
        (TRIPLING, "f9(t)", f"more than {MAX_PARTS} parts"),
        (LADDER, "a999", "nests deeper than"),
    ],
)
def test_a_bomb_is_an_error(hear: object, define: dict[str, str], text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        read_curve(text, names=hear(define=define).names)


def test_a_story_reports_errors_once_and_at_their_own_place() -> None:
    text = """
audio: {bpm: 120}
define:
  bad: 1 + sni(t)
  uses: 2*bad
shots:
  - {prompt: a, duration: 1s, motion: {zoom: 1 + uses, rotate: bad, pan_x: kik}}
  - {prompt: b, duration: 1s, filters: {vignette: uses}}
"""
    with pytest.raises(StoryError) as caught:
        make_plan(load_story_text(text))
    found = [(p.line, p.column, p.path) for p in caught.value.problems]
    assert found == [(4, 12, "define.bad"), (7, 76, "shots[0].motion.pan_x")]


def test_a_story_uses_what_it_defines_everywhere() -> None:
    text = """
audio: {bpm: 120}
output: {fps: 24}
define: {kick: "decay(beat, 6)", by(x): x*kick}
shots:
  - prompt: [{text: a, weight: 1 + kick}]
    duration: 1s
    motion: {zoom: 1 + by(0.5), rotate_per_s: kick}
    filters: {vignette: 0.5*kick}
    steps: 10 + 5*kick
"""
    (shot,) = make_plan(load_story_text(text)).shots
    kick = np.array(
        [sum(math.exp(-6 * (n - k) / 24) for k in (0, 12) if k <= n) for n in range(24)]
    )
    np.testing.assert_allclose(shot.tracks[0].weights, 1 + kick)
    np.testing.assert_allclose(shot.poses[:, 0], 1 + kick / 2)
    np.testing.assert_allclose(shot.values["filters.vignette"], kick / 2)
    np.testing.assert_allclose(shot.values["steps"][1:], np.floor(10.5 + 5 * kick[1:]))
    turned = ((1 - math.exp(-6)) + (1 - math.exp(-3))) / 6
    assert shot.exit.rotate == pytest.approx(turned, rel=1e-9)
