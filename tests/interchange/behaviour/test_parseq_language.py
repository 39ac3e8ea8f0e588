"""Parseq's formulas beyond the table: how they are read, what they are worth, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.errors import BadValue
from storyboard.interchange.importers.parseq.formula_values import CURVES, bezier, text

from .table import evaluate

CONTEXT = {"keyframes": {"0": 5, "5": 0, "10": 10}, "fps": 30, "bpm": 140}
LABELS = {"keyframe_info": {"0": "beat 1", "5": "drop", "10": "beat 2"}}


def values(formula: str, frames: Any = range(11), **more: Any) -> list[Any]:
    found: list[Any] = evaluate("parseq", "expression", formula, {**CONTEXT, **more}, list(frames))
    return found


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("if (f>5) -1 else 1", [1] * 6 + [-1] * 5),
        ("if f<2 100 else 0 # till the second", [100] * 2 + [0] * 9),
        ("if (f<2) 1+1 else 4*2-1", [3] * 2 + [7] * 9),
        ("if f>=5 (f) else if f>=2 (2) else 0", [0, 0, 2, 2, 2, 5, 6, 7, 8, 9, 10]),
        ("C", [5, 3.28, 1.74, 0.56, -0.08, 0, 0.92, 2.56, 4.74, 7.28, 10]),
        ("k", [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0]),
        ("wb", [0] * 11),
        ("next_keyframe - f", [5, 4, 3, 2, 1, 5, 4, 3, 2, 1, 0]),
        ("next_keyframe_value", [0] * 5 + [10] * 6),
        ("saw(p=4, ps=-6)", [-0.5, -0.25, 0, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 0]),
        ("slide(to=-10, span=3)", [5, 0, -5, -10, -10, 0, -10 / 3, -20 / 3, -10, -10, 10]),
        ("bez(curve=\"easeIn1\") - bez(c=\"easeInSine\")", [0] * 11),
        ("bez(from=1, delta=2, in=5, c=\"linear\")", [1, 1.4, 1.8, 2.2, 2.6] * 2 + [1]),
        ("recompute_if(f==5, f*2)", [0] * 5 + [10] * 6),
        ("_sign(S-4) + _cbrt(8) + _log2(8)", [6] * 5 + [4] * 5 + [6]),
        ("7%-4 + -7%4", [0] * 11),
        ("abs(-\"3\")", None),
    ],
)  # fmt: skip
def test_formulas(formula: str, wanted: list[float] | None) -> None:
    if wanted is None:
        with pytest.raises(BadValue, match="a text stands where a number is expected"):
            values(formula)
        return
    assert values(formula) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ('info_match_since("beat")', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]),
        ('info_match_since("drop", 7)', [7] * 5 + [0, 1, 2, 3, 4, 5]),
        ('info_match_progress("beat")', [n / 10 for n in range(10)] + [-1]),
        ('info_match_prev("^drop$")', [-1] * 5 + [5] * 6),
    ],
)
def test_labels(formula: str, wanted: list[float]) -> None:
    assert values(formula, **LABELS) == pytest.approx(wanted)


def test_chance_goes_from_the_key_and_holds() -> None:
    held = values("rand(s=1, h=2)")
    assert held[:5:2] == values("rand(s=1)")[:5:2]
    assert held[0] == held[1]


def test_chance_without_a_seed_is_the_same_at_every_reading() -> None:
    assert values("rand() + perlin() + smrand()") == values("rand() + perlin() + smrand()")


@pytest.mark.parametrize(
    ("formula", "message", "column"),
    [
        ("", "the formula is empty", None),
        ("sin(p=4", "',' is missing at the end", 8),
        ("1 + (2 * )", r"a value is missing before '\)'", 10),
        ("1 2", "expected an operator or the end before '2'", 3),
        ("3 +", "a value is missing at the end", 4),
        ("2fps", "'2fps' has no meaning in an expression", 1),
        ("L + foo", "unknown name 'foo'", 5),
        ("sin(4) + sine(4)", r"unknown function 'sine'\n  hint: did you mean 'sin'", 10),
        ("sin()", r"sin\(\) needs 'period' or 'p'", 1),
        ("sin(q=1)", r"sin\(\) has no argument 'q'", 1),
        ("min(a=1, b=2, b=2)", r"min\(\) has 'b' twice", 1),
        ("min(\"goo\", 1)", "a text stands where a number is expected", None),
        ("f(a=1, 2)", "arguments with and without names in one call", 1),
        ("info_match(\"(\")", "invalid pattern", 1),
        ("bez(2)", "x1 and x2 of a curve must lie in 0 to 1", 1),
        ("+".join("1" * 200), "nested deeper than 150 levels", 301),
        ("f " * 3000, "more than 4000 characters", 1),
        ("f+" * 700, "more than 600 parts", 1),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_column(
    formula: str, message: str, column: int | None
) -> None:
    with pytest.raises(BadValue, match=message) as caught:
        values(formula)
    assert caught.value.column == column


@given(
    st.text(st.sampled_from('if else 12.5fsb+-*/%^:<>=&|(),"and or L sin p bez# \n'), max_size=40)
)
def test_whatever_is_written_it_is_read_or_refused(formula: str) -> None:
    try:
        assert len(values(formula, frames=[3])) == 1
    except BadValue as error:
        assert error.message


@pytest.mark.parametrize("name", CURVES)
def test_every_curve_goes_from_0_to_1(name: str) -> None:
    assert [bezier(x, CURVES[name]) for x in (-1, 0, 1, 2)] == [0, 0, 1, 1]
    assert bezier(0.5, (0, 0, 1, 1)) == 0.5


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (2.0, "2"),
        (-0.5, "-0.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e-7, "1e-07"),
        (1e21, "1e+21"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_numbers_are_written_as_the_source_writes_them(number: float, written: str) -> None:
    assert text(number) == written
