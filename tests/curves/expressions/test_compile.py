"""The expression language: values, errors with their place, bounds, and no surprise at all."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.audio import SIGNALS
from storyboard.curves.clock import Clock
from storyboard.curves.expressions import (
    CONSTANTS,
    FUNCTIONS,
    MAX_DEPTH,
    MAX_TEXT,
    TIME_NAMES,
    ExpressionError,
    compile_expression,
)
from storyboard.curves.expressions.functions import Function
from storyboard.curves.expressions.library import ELSEWHERE
from storyboard.curves.expressions.scope import Vocabulary
from storyboard.curves.instants import ShotScope
from storyboard.curves.sound import Events, Sound

CLOCK = Clock(Fraction(24), bpm=Fraction(120), marks={"drop": Fraction(1)})
SPAN = ShotScope(CLOCK, Fraction(0), Fraction(2))
HITS = Events(np.array([0.3, 0.7]), np.array([0.5, 1.0]))
HEARS = replace(
    SPAN,
    sound=Sound({"bass": np.cos, "drums.onset": np.sin}, {"onset": HITS, "drums.onset": HITS}),
    define={"kick": "decay(beat, 6)", "ride(x)": "x*bass + kick"},
)


def value(text: str, **env: float) -> float:
    return float(compile_expression(text, env.keys()).evaluate(env, 1)[0])


VALUES = [
    ("1", 1),
    (".5", 0.5),
    ("5.", 5),
    ("1e-3", 0.001),
    ("2E3", 2000),
    ("-2**2", -4),
    ("2**3**2", 512),
    ("2**-1", 0.5),
    ("-2**-2", -0.25),
    ("(-2)**2", 4),
    ("10-5-2", 3),
    ("10-5+2", 7),
    ("8/4/2", 1),
    ("2+3*4", 14),
    ("(2+3)*4", 20),
    ("7//2", 3),
    ("-7//2", -4),
    ("-7%3", 2),
    ("7%-3", -2),
    ("7.5%2", 1.5),
    ("2*-3", -6),
    ("1--1", 2),
    ("+-+1", -1),
    ("2*3%4", 2),
    ("1<2", 1),
    ("2<=1", 0),
    ("1<2==1", 0),
    ("1<2<3", 1),
    ("3>2>2", 0),
    ("1!=2", 1),
    ("1+1==2", 1),
    ("not 0", 1),
    ("not 2", 0),
    ("not 1==2", 1),
    ("not not 3", 1),
    ("(not 0)+1", 2),
    ("2 and 3", 3),
    ("0 and 3", 0),
    ("2 or 3", 2),
    ("0 or 3", 3),
    ("1 or 0 and 0", 1),
    ("not 1 or 1", 1),
    ("1 if 1 else 2", 1),
    ("1 if 0 else 2", 2),
    ("1 if 0 else 2 if 0 else 3", 3),
    ("1 + (2 if 1 else 3)", 3),
    ("1 + 2 if 0 else 3", 3),
    ("1/0 if 0 else 5", 5),
    ("0 and 1/0", 0),
    ("1 or 1/0", 1),
    ("0 > 1 > 1/0", 0),
    ("pi", math.pi),
    ("tau/2", math.pi),
    ("log(e)", 1),
    ("sin(pi/2)", 1),
    ("cos(0)", 1),
    ("tan(pi/4)", 1),
    ("asin(1)", math.pi / 2),
    ("acos(1)", 0),
    ("atan(1)", math.pi / 4),
    ("atan2(1, -1)", 3 * math.pi / 4),
    ("exp(1)", math.e),
    ("sqrt(16)", 4),
    ("pow(2, 10)", 1024),
    ("abs(-3)", 3),
    ("sign(-3)", -1),
    ("sign(0)", 0),
    ("floor(-1.5)", -2),
    ("ceil(1.2)", 2),
    ("round(2.5)", 2),
    ("round(3.5)", 4),
    ("min(3, 1, 2)", 1),
    ("max(3, 1, 2, 7)", 7),
    ("clamp(5, 0, 1)", 1),
    ("clamp(-5, 0, 1)", 0),
    ("lerp(10, 20, 0.25)", 12.5),
    ("smoothstep(0, 2, 1)", 0.5),
    ("smoothstep(0, 2, 0.5)", 0.15625),
    ("smoothstep(0, 2, 9)", 1),
    ("step(1, 0.9)", 0),
    ("step(1, 1)", 1),
    ("mod(-1, 3)", 2),
    ("fract(-0.25)", 0.75),
    ("clamp(x=5, low=0, high=2)", 2),
    ("noise(0.5, seed=3) == noise(0.5, 3)", 1),
    (" 1\n + 2\t", 3),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_values(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, rel=1e-15, abs=1e-15)


ERRORS = [
    ("", 1, "a value is missing at the end", None),
    ("1 +", 4, "a value is missing at the end", None),
    ("()", 2, "a value is missing before ')'", None),
    ("* 2", 1, "a value is missing before '*'", None),
    ("sni(t)", 1, "unknown function 'sni'", "did you mean 'sin'"),
    ("1 + durtion", 5, "unknown name 'durtion'", "did you mean 'duration'"),
    ("math.sin(t)", 1, "unknown function 'math.sin'", "no prefix: write sin"),
    ("t.real", 1, "unknown name 't.real'", "no attribute access"),
    ("where(t > 1, 2, 3)", 1, "unknown function 'where'", "write a if condition else b"),
    ("2*PI", 3, "unknown name 'PI'", "did you mean 'pi'"),
    ("xyz", 1, "unknown name 'xyz'", "known: t, s, f"),
    ("arcsin(1)", 1, "unknown function 'arcsin'", "write asin(x)"),
    ("sin(time)", 5, "unknown name 'time'", "write t for seconds"),
    ("__import__('os')", 1, "unknown function '__import__'", "known: "),
    ("'os'", 1, "a text is not a number", "keys("),
    ("1 + 'os", 5, 'unexpected "\'"', "ends with the sign"),
    ("__import__(1)", 1, "unknown function '__import__'", "known: "),
    ("2^3", 2, "unexpected '^'", "write **"),
    ("t = 1", 3, "unexpected '='", "write =="),
    ("t & 1", 3, "unexpected '&'", "write and"),
    ("[1]", 1, "unexpected '['", "round brackets"),
    ("2×t", 2, "unexpected '×'", "write *"),
    ("1;2", 2, "unexpected ';'", None),
    ("2t", 2, "an operator is missing before 't'", "write 2 * t"),
    ("2(t)", 2, "an operator is missing before '('", "write 2 * ("),
    ("(t)(t)", 4, "an operator is missing before '('", None),
    ("sin(2 pi)", 7, "an operator is missing before 'pi'", "write 2 * pi"),
    ("4x", 2, "an operator is missing before 'x'", "write 4 * x"),
    ("t(1)", 1, "t is not callable", "write t *"),
    ("sin", 1, "sin is a function", "write sin(x)"),
    ("sin()", 1, "sin takes other arguments than these 0", "write sin(x)"),
    ("t + sin(1, 2)", 5, "sin takes other arguments than these 2", "write sin(x)"),
    ("max(1)", 1, "max takes other arguments", "write max(a, b, ...)"),
    ("noise()", 1, "noise takes other arguments", "write noise(x, seed=0)"),
    ("noise(1, sed=2)", 10, "noise has no argument 'sed'", "did you mean 'seed'?"),
    ("noise(seed=2, 1)", 15, "without a name follows one with", "write noise(x, seed=0)"),
    ("noise(1, 2, seed=3)", 13, "noise is given 'seed' twice", "write noise(x, seed=0)"),
    ("noise(1, seed=)", 15, "a value is missing before ')'", None),
    ("sin(t = 1)", 5, "sin has no argument 't'", "write sin(x)"),
    ("(t = 1)", 4, "unexpected '='", "write =="),
    ("2 = 2", 3, "unexpected '='", "write =="),
    ("noise(1, 2, 3)", 1, "noise takes other arguments", "write noise(x, seed=0)"),
    ("sin(t", 6, "expected ',' or ')'", None),
    ("(1", 3, "expected ')'", None),
    ("1)", 2, "unexpected ')'", None),
    ("1, 2", 2, "unexpected ','", None),
    ("min(1,)", 7, "a value is missing before ')'", None),
    ("1 if 2", 7, "expected 'else'", None),
    ("1 else 2", 3, "unexpected 'else'", None),
    ("1 + not 2", 5, "'not' needs brackets", "(not x)"),
    ("1 not 2", 3, "unexpected 'not'", None),
    ("1e999", 1, "too large", None),
    ("9**9**9", 2, "is infinite", None),
    ("1/0", 2, "1 / 0 is infinite", None),
    ("0/0", 2, "0 / 0 is not a real number", None),
    ("2 + log(-1)", 5, "log(-1) is not a real number", None),
    ("(-8)**0.5", 5, "(-8) ** 0.5 is not a real number", None),
    ("(" * 1000, MAX_DEPTH + 1, "nests deeper", None),
    ("-" * 1000 + "1", MAX_DEPTH + 1, "nests deeper", None),
    ("x" * (MAX_TEXT + 1), 1, "characters", None),
]


@pytest.mark.parametrize(("text", "column", "message", "hint"), ERRORS)
def test_errors_tell_the_place_and_the_remedy(
    text: str, column: int, message: str, hint: str | None
) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(text)
    assert message in caught.value.message
    assert caught.value.column == column
    assert (hint or "") in (caught.value.hint or "")


WITHOUT_AUDIO = [
    ("bass", 1, "bass needs audio: {file: song.wav}"),
    ("1 + rms", 5, "rms needs audio: {file: song.wav}"),
    ("since(onset)", 7, "onset needs audio: {file: song.wav}"),
    ("count(section)", 7, "section needs audio: {file: song.wav}"),
    ("drums.rms", 1, "drums.rms needs audio: {file: song.wav, stems: {drums: drums.wav}}"),
]


@pytest.mark.parametrize(("text", "column", "hint"), WITHOUT_AUDIO)
def test_a_signal_that_nobody_plays_names_what_it_needs(text: str, column: int, hint: str) -> None:
    with pytest.raises(ExpressionError, match="unknown name") as caught:
        compile_expression(text, SPAN.names)
    assert (caught.value.column, caught.value.hint) == (column, hint)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("bas", "did you mean 'bass'"),
        ("drum.onset", "did you mean 'drums.onset'"),
        ("vox.rms", "vox.rms needs audio: {stems: {vox: vox.wav}}"),
        ("since(drp)", "did you mean 'drop'"),
        ("kik", "did you mean 'kick'"),
        ("rid(1)", "did you mean 'ride'"),
        ("bass.real", "there is no attribute access"),
    ],
)
def test_a_name_of_the_story_is_among_the_nearest(text: str, hint: str) -> None:
    with pytest.raises(ExpressionError, match="unknown") as caught:
        compile_expression(text, HEARS.names)
    assert caught.value.hint is not None
    assert hint in caught.value.hint


def test_what_other_tools_call_things_is_nothing_of_ours() -> None:
    ours = {*FUNCTIONS, *TIME_NAMES, *CONSTANTS, *SIGNALS}
    assert {name for name in ELSEWHERE if name in ours} == set()


WRITTEN = re.findall(
    r"write ([^\n]*?)(?:, or |, which | for |$)", "\n".join(ELSEWHERE.values()), re.M
)


@pytest.mark.parametrize("text", sorted({text for text in WRITTEN if "condition" not in text}))
def test_what_they_are_reported_to_write_can_be_written(text: str) -> None:
    words = "a b condition u x y amp freq low high period signal attack release window curve length"
    names = (*TIME_NAMES, *SIGNALS, *words.split(), "event", "per_s")
    text = text.replace("(...)", '("0: 0")')
    compile_expression(text, Vocabulary(names, frozenset(["beat"])))


FRAMES = {"t": np.arange(8) / 2, "f": np.arange(8.0)}


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("1 + log(2.5 - t)", 5, "log(0) is infinite at frame 5, t = 2.5s"),
        ("2 * sqrt(1 - t)", 5, "sqrt(-0.5) is not a real number at frame 3, t = 1.5s"),
        ("1 / (t - 1)", 3, "1 / 0 is infinite at frame 2, t = 1s"),
        ("1 if t < 3 else 1/(t - 3)", 18, "1 / 0 is infinite at frame 6, t = 3s"),
        ("exp(1000 * t)", 1, "exp(1000) is infinite at frame 2, t = 1s"),
        ("t > 1 and log(1.5 - t)", 11, "log(0) is infinite at frame 3, t = 1.5s"),
    ],
)
def test_what_is_not_finite_names_instant_and_part(text: str, column: int, message: str) -> None:
    expression = compile_expression(text)
    with pytest.raises(ExpressionError) as caught:
        expression.evaluate(FRAMES, 8)
    assert (caught.value.message, caught.value.column) == (message, column)


def test_a_signal_that_is_not_finite_is_named() -> None:
    bass = np.where(FRAMES["t"] == 2.0, np.nan, 0.5)
    with pytest.raises(ExpressionError, match="bass is not a real number at frame 4"):
        compile_expression("1 + bass", ["bass"]).evaluate({**FRAMES, "bass": bass}, 8)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("log(t) if t > 1 else -1", [-1, -1, -1, math.log(1.5), math.log(2)]),
        ("t > 0 and 1/t", [0, 2, 1, 1 / 1.5, 0.5]),
        ("t == 0 or 1/t", [1, 2, 1, 1 / 1.5, 0.5]),
        ("0 < t < 1/t", [0, 1, 0, 0, 0]),
        ("7", [7, 7, 7, 7, 7]),
        ("f * scale", [0, 3, 6, 9, 12]),
    ],
)
def test_all_instants_at_once(text: str, expected: list[float]) -> None:
    env = {"t": np.arange(5) / 2, "f": np.arange(5.0), "scale": 3.0}
    result = compile_expression(text, env.keys()).evaluate(env, 5)
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, expected, rtol=1e-15)


def test_evaluation_leaves_its_inputs_alone() -> None:
    t = np.arange(5.0)
    compile_expression("t and 7 or 3").evaluate({"t": t}, 5)
    np.testing.assert_array_equal(t, np.arange(5.0))


def test_names_used_are_those_that_need_a_value() -> None:
    assert compile_expression("t + pi + sin(bass)", ["t", "bass"]).names_used == {"t", "bass"}
    assert compile_expression("pi").names_used == set()


def test_the_names_of_time_are_known_unless_other_names_are_given() -> None:
    assert compile_expression(" + ".join(TIME_NAMES)).names_used == set(TIME_NAMES)
    with pytest.raises(ExpressionError, match="unknown name 't'"):
        compile_expression("t", ["x"])


BOMBS = [
    "9**9**9",
    "9**9**9**9 * t",
    "(" * 10_000_000,
    "-" * MAX_TEXT,
    "not " * 499 + "1",
    "2**" * 600 + "1",
    "sin(" * 400,
    "1 if 1 else " * 150 + "1",
    "+".join(["t"] * 1000),
    "<".join(["t"] * 1000),
    " and ".join(["t"] * 300),
    "9" * MAX_TEXT,
    "1e" + "9" * 1000,
    "min(" + ",".join(["t"] * 900) + ")",
    "min(1 or 1 and 1 == 1 + 1 * -" * 31 + "1" + ")" * 31,
]


@pytest.mark.parametrize("text", BOMBS, ids=[text[:12] for text in BOMBS])
def test_a_bomb_has_a_value_or_a_short_error(text: str) -> None:
    try:
        values = compile_expression(text).evaluate({"t": np.arange(1000.0)}, 1000)
    except ExpressionError as error:
        assert len(str(error)) < 500
    else:
        assert values.shape == (1000,)


def test_nested_to_the_limit_is_fine() -> None:
    inner = "(" * (MAX_DEPTH - 1) + "t" + ")" * (MAX_DEPTH - 1)
    assert value(inner, t=3.0) == 3.0
    deep = "1 or 1 and 1 == 1 + 2 * (" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1)
    assert value(deep) == 1.0


PIECES = [
    *"0123456789.+-*/%<>=()!,^ tsfbu\n",
    *("**", "//", " and ", " or ", "not ", " if ", " else ", "sin(", "noise(", "min(", "t", "pi"),
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=30))
def test_any_text_has_finite_values_or_an_expression_error(text: str) -> None:
    env = dict.fromkeys(TIME_NAMES, np.array([-1.0, 0.0, 0.5, 3.0]))
    try:
        result = compile_expression(text).evaluate(env, 4)
    except ExpressionError as error:
        assert 1 <= (error.column or 0) <= len(text) + 1
    else:
        assert result.shape == (4,)
        assert np.isfinite(result).all()


PHRASES = [
    *("t", "beat", "bass", "drop", "onset", "drums.onset", "kick", "ride(", "2 bars", "4b", "0.5s"),
    *(
        "(",
        ")",
        ",",
        "+",
        "-",
        "*",
        "/",
        "=",
        "<",
        " if ",
        " else ",
        " and ",
        "1",
        "0",
        "phase=",
        "x=",
    ),
    *("since(", "until(", "count(", "decay(", "env(", "smooth(", "integral(", "delay(", "prev("),
    *("sine(", "pulse(", "wiggle(", "hold_random(", "loop(", "pingpong(", "after(", "perlin("),
    *('keys("0: 0, 1s: t")', "keys('drop: 1 hold')", 'ease("bounce-out", ', '"', "'", "0: 1, 2s"),
]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PHRASES), max_size=12).map("".join))
def test_any_phrase_over_time_has_finite_values_or_an_expression_error(text: str) -> None:
    try:
        result = compile_expression(text, HEARS.names).sample(HEARS.frames(0, 12))
    except ExpressionError as error:
        assert 1 <= (error.column or 0) <= len(text) + 1
    else:
        assert np.isfinite(result).all()


def _arithmetic(operators: list[str]) -> st.SearchStrategy[str]:
    atom = st.sampled_from(["0.0", "1.0", "2.0", "3.5", "7.0", "0.25"])
    return st.recursive(
        atom,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(operators), inner).map(" ".join),
            inner.map("({})".format),
            inner.map("-{}".format),
        ),
        max_leaves=12,
    )


@settings(max_examples=200)
@given(_arithmetic(["+", "-", "*", "/", "//", "%", "<", "<=", "==", "!=", "and", "or"]))
def test_arithmetic_is_pythons(text: str) -> None:
    try:
        expected = float(eval(text))
    except ZeroDivisionError:
        with pytest.raises(ExpressionError):
            compile_expression(text)
    else:
        assert value(text) == expected


@settings(max_examples=100)
@given(_arithmetic(["+", "-", "*", "**"]))
def test_powers_are_pythons(text: str) -> None:
    try:
        expected = eval(text)
    except (ZeroDivisionError, OverflowError):
        expected = math.nan
    try:
        got = value(text)
    except ExpressionError:
        return
    if isinstance(expected, float) and math.isfinite(expected):
        assert got == pytest.approx(expected, rel=1e-9, abs=1e-9)


class TestNoise:
    x = np.linspace(-50, 50, 20001)

    def test_stays_within_its_range_and_uses_it(self) -> None:
        y = compile_expression("noise(x, 3)", ["x"]).evaluate({"x": self.x}, len(self.x))
        assert np.abs(y).max() <= 1.0
        assert np.abs(y).max() > 0.5
        assert abs(y.mean()) < 0.1

    def test_is_smooth(self) -> None:
        y = compile_expression("noise(x, 3)", ["x"]).evaluate({"x": self.x}, len(self.x))
        slope = np.diff(y) / np.diff(self.x)
        assert np.abs(slope).max() < 4.0
        assert np.abs(np.diff(slope)).max() < 0.2

    def test_is_not_always_zero_at_whole_numbers(self) -> None:
        assert len({value(f"noise({n})") for n in range(20)}) == 20

    def test_differs_by_seed_and_repeats(self) -> None:
        assert value("noise(1.5)") == value("noise(1.5, 0)") != value("noise(1.5, 1)")

    @pytest.mark.parametrize("text", ["noise(1e300)", "noise(-1e18, 1e9)", "rand(1e300)"])
    def test_large_arguments_are_no_trouble(self, text: str) -> None:
        assert math.isfinite(value(text))

    def test_known_values(self) -> None:
        assert value("noise(0.5)") == pytest.approx(0.5910489, abs=1e-7)
        assert value("rand(3, 1)") == pytest.approx(0.14994831, abs=1e-8)


def test_rand_is_uniform_and_equal_for_equal_arguments() -> None:
    x = np.arange(10000.0)
    y = compile_expression("rand(x, 5)", ["x"]).evaluate({"x": x}, len(x))
    counts, _ = np.histogram(y, bins=10, range=(0, 1))
    assert counts.sum() == 10000
    assert np.abs(counts - 1000).max() < 150
    assert len(set(y)) == 10000
    assert value("rand(-0.0)") == value("rand(0)")


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_function_has_a_doc_and_takes_what_its_signature_says(function: Function) -> None:
    texts = {"keys": '"0: 0.5"', "easing": '"smooth"'}
    numbers = [f"{n}/8" for n in range(1, 8)]
    first = [texts[function.text]] if function.text else ["t > 0.3"] if function.events else []
    most = function.least + 3 if function.more else len(function.parameters)
    assert function.doc
    for count in {function.least, min(most, 4)}:
        given = ", ".join([*first, *numbers][:count])
        values = compile_expression(f"{function.name}({given})").sample(SPAN.frames(0, 8))
        assert np.isfinite(values).all()
