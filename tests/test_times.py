"""Times: what is read, what is refused, and that the schema's pattern agrees with the parser."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from storyboard.times import (
    RESERVED_NAMES,
    TIME_PATTERN,
    TimeError,
    TimeSpec,
    check_mark_name,
    parse_time,
)

READ = [
    ("0", Fraction(0), "s", None),
    ("2", Fraction(2), "s", None),
    ("0.1", Fraction(1, 10), "s", None),
    (".5", Fraction(1, 2), "s", None),
    ("1/3", Fraction(1, 3), "s", None),
    ("0:00", Fraction(0), "s", None),
    ("0:12.5", Fraction(25, 2), "s", None),
    ("1:23.5", Fraction(167, 2), "s", None),
    ("90:00", Fraction(5400), "s", None),
    ("1:02:03.5", Fraction(7447, 2), "s", None),
    ("01:02:03", Fraction(3723), "s", None),
    ("100:00:00", Fraction(360000), "s", None),
    ("2.5s", Fraction(5, 2), "s", None),
    ("2.5 s", Fraction(5, 2), "s", None),
    ("30sec", Fraction(30), "s", None),
    ("1 second", Fraction(1), "s", None),
    ("250ms", Fraction(1, 4), "s", None),
    ("1ms", Fraction(1, 1000), "s", None),
    ("2m", Fraction(120), "s", None),
    ("1.5 min", Fraction(90), "s", None),
    ("1h", Fraction(3600), "s", None),
    ("1m30s", Fraction(90), "s", None),
    ("1m 30.25s", Fraction(361, 4), "s", None),
    ("1h2m3s", Fraction(3723), "s", None),
    ("1h 2m", Fraction(3720), "s", None),
    ("1h3s", Fraction(3603), "s", None),
    ("24f", Fraction(24), "frame", None),
    ("1 frame", Fraction(1), "frame", None),
    ("4b", Fraction(4), "beat", None),
    ("1/2b", Fraction(1, 2), "beat", None),
    ("0.25b", Fraction(1, 4), "beat", None),
    ("2 beats", Fraction(2), "beat", None),
    ("1 bar", Fraction(1), "bar", None),
    ("2 bars", Fraction(2), "bar", None),
    ("50%", Fraction(50), "percent", None),
    ("33.3 %", Fraction(333, 10), "percent", None),
    ("150%", Fraction(150), "percent", None),
    ("drop", Fraction(0), "s", "drop"),
    ("verse_2", Fraction(0), "s", "verse_2"),
    ("end", Fraction(0), "s", "end"),
    ("end - 2s", Fraction(-2), "s", "end"),
    ("drop + 2b", Fraction(2), "beat", "drop"),
    ("drop+2b", Fraction(2), "beat", "drop"),
    ("drop - 0.5s", Fraction(-1, 2), "s", "drop"),
    ("drop - 0:01.5", Fraction(-3, 2), "s", "drop"),
    ("  4b ", Fraction(4), "beat", None),
]

REFUSED = [
    ("", "missing"),
    ("   ", "missing"),
    ("-1", "before zero"),
    ("-0:10", "before zero"),
    ("−2s", "before zero"),
    ("1:99", "invalid time"),
    ("1:5", "invalid time"),
    ("1:60", "invalid time"),
    ("1:60:00", "invalid time"),
    ("1:00:00:00", "invalid time"),
    ("1::2", "invalid time"),
    (":30", "invalid time"),
    ("1:", "invalid time"),
    ("1.2.3", "invalid time"),
    ("1e3", "unknown unit|invalid time"),
    ("1/0b", "invalid time"),
    ("1/-2", "invalid time"),
    ("2 sceonds", "unknown unit 'sceonds'"),
    ("24 fames", "unknown unit 'fames'"),
    ("2S", "unknown unit 'S'"),
    ("1m90s", "invalid time"),
    ("1s30m", "invalid time"),
    ("2s 3s", "invalid time"),
    ("drop -", "invalid time"),
    ("drop + ", "invalid time"),
    ("drop + 50%", "invalid time"),
    ("drop + beat", "invalid time"),
    ("drop - - 2s", "invalid time"),
    ("the drop", "invalid time"),
    ("drop!", "invalid time"),
    ("50%%", "unknown unit"),
    ("٣s", "invalid time"),
    ("1\n", "invalid time"),
    ("9" * 101, "invalid time"),
]


@pytest.mark.parametrize(("text", "value", "unit", "anchor"), READ)
def test_what_is_read(text: str, value: Fraction, unit: str, anchor: str | None) -> None:
    spec = parse_time(text)
    assert (spec.value, spec.unit, spec.anchor) == (value, unit, anchor)


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(TimeError, match=message) as caught:
        parse_time(text)
    assert caught.value.hint or "meaning" in message


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (3, Fraction(3)),
        (0.1, Fraction(1, 10)),
        (1e-05, Fraction(1, 100000)),
        (Fraction(1, 3), Fraction(1, 3)),
        (2.5, Fraction(5, 2)),
    ],
)
def test_numbers_are_seconds_and_floats_the_decimal_they_print(
    number: float, value: Fraction
) -> None:
    assert parse_time(number) == TimeSpec(value)


@pytest.mark.parametrize("number", [True, None, -1, -0.5, float("nan"), float("inf"), [1], {}])
def test_what_is_no_number_of_seconds(number: object) -> None:
    with pytest.raises(TimeError, match="invalid time"):
        parse_time(number)  # type: ignore[arg-type]


def test_a_hint_names_the_nearest_unit() -> None:
    with pytest.raises(TimeError) as caught:
        parse_time("2 sceonds")
    assert "'seconds'" in str(caught.value.hint)


@pytest.mark.parametrize("text", [row[0].strip() for row in (*READ, *REFUSED)])
def test_the_pattern_of_the_schema_agrees_with_the_parser(text: str) -> None:
    try:
        parse_time(text)
    except TimeError:
        assert len(text) > 100 or not re.search(TIME_PATTERN, text) or text.endswith("\n")
    else:
        assert re.search(TIME_PATTERN, text)


@given(
    st.fractions(0, 10**6, max_denominator=5000),
    st.sampled_from(["s", "frame", "beat", "bar", "percent"]),
)
def test_str_reads_back_as_the_same_time(value: Fraction, unit: str) -> None:
    spec = TimeSpec(value, unit)  # type: ignore[arg-type]
    assert parse_time(str(spec)) == spec


@pytest.mark.parametrize("text", ["drop", "end - 2s", "drop + 0.5b", "drop - 1/3s"])
def test_str_of_a_moment_reads_back(text: str) -> None:
    assert str(parse_time(text)) == text


@example("1:23.5")
@example("2 bars")
@example("end - 2s")
@given(st.text(alphabet="0123456789.:/%+- smhfbarend_x", max_size=30))
def test_any_text_is_a_time_or_a_time_error(text: str) -> None:
    try:
        spec = parse_time(text)
    except TimeError:
        return
    assert parse_time(str(spec)) == spec


@pytest.mark.parametrize("name", ["drop", "verse_2", "_x", "A"])
def test_names_for_marks(name: str) -> None:
    check_mark_name(name)
    assert parse_time(name).anchor == name


@pytest.mark.parametrize("name", ["", "2nd", "the drop", "drop-2", "é", *sorted(RESERVED_NAMES)])
def test_names_that_no_mark_can_have(name: str) -> None:
    with pytest.raises(TimeError, match="mark"):
        check_mark_name(name)
