"""The clock: exact moments, lengths and frames."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from storyboard.curves.clock import Clock, frame_of
from storyboard.media.frame_rates import parse_fps
from storyboard.times import TimeError, parse_time

CLOCK = Clock(
    fps=Fraction(24),
    bpm=Fraction(120),
    beats_per_bar=3,
    first_beat=Fraction(1, 4),
    marks={"drop": Fraction(85, 2)},
    end=Fraction(60),
)
BARE = Clock(fps=Fraction(30000, 1001))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("2.5s", Fraction(5, 2)),
        ("1:00", Fraction(60)),
        ("24f", Fraction(1)),
        ("1f", Fraction(1, 24)),
        ("4b", Fraction(2)),
        ("1/2b", Fraction(1, 4)),
        ("1 bar", Fraction(3, 2)),
        ("50%", Fraction(5)),
        ("0", Fraction(0)),
    ],
)
def test_lengths(text: str, length: Fraction) -> None:
    assert CLOCK.duration_of(parse_time(text), whole=Fraction(10)) == length


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2.5s", Fraction(5, 2)),
        ("24f", Fraction(1)),
        ("0b", Fraction(1, 4)),
        ("4b", Fraction(9, 4)),
        ("2 bars", Fraction(13, 4)),
        ("drop", Fraction(85, 2)),
        ("drop + 2b", Fraction(87, 2)),
        ("drop - 0.5s", Fraction(42)),
        ("end", Fraction(60)),
        ("end - 1:00", Fraction(0)),
        ("25%", Fraction(15)),
    ],
)
def test_moments_of_the_film(text: str, moment: Fraction) -> None:
    assert CLOCK.film_time(parse_time(text), whole=Fraction(60)) == moment


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("0", Fraction(0)),
        ("2s", Fraction(2)),
        ("4b", Fraction(2)),
        ("48f", Fraction(2)),
        ("100%", Fraction(8)),
        ("25%", Fraction(2)),
        ("end", Fraction(8)),
        ("end - 1s", Fraction(7)),
        ("drop", Fraction(5, 2)),
        ("drop - 3s", Fraction(-1, 2)),
    ],
)
def test_keys_of_a_shot_count_from_its_start(text: str, after: Fraction) -> None:
    assert CLOCK.time_in_shot(parse_time(text), Fraction(40), Fraction(48)) == after


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: CLOCK.duration_of(parse_time("drop")), "not a length"),
        (lambda: CLOCK.duration_of(parse_time("50%")), "percentages are not allowed here"),
        (lambda: CLOCK.film_time(parse_time("drp")), "unknown mark 'drp'"),
        (lambda: CLOCK.film_time(parse_time("end - 2:00")), "before the start"),
        (lambda: BARE.film_time(parse_time("4b")), "needs a tempo"),
        (lambda: BARE.duration_of(parse_time("1 bar")), "needs a tempo"),
        (lambda: BARE.film_time(parse_time("end")), "needs a soundtrack"),
    ],
)
def test_times_that_cannot_be_resolved(call: object, message: str) -> None:
    with pytest.raises(TimeError, match=message):
        call()  # type: ignore[operator]


def test_an_unknown_mark_names_the_nearest() -> None:
    with pytest.raises(TimeError) as caught:
        CLOCK.film_time(parse_time("drp"))
    assert caught.value.hint == "did you mean 'drop'?"


@pytest.mark.parametrize(
    ("time", "fps", "frame"),
    [
        (Fraction(29, 100), Fraction(100), 29),
        (Fraction(1, 2), Fraction(1), 1),
        (Fraction(3, 2), Fraction(1), 2),
        (Fraction(49, 100), Fraction(1), 0),
        (Fraction(0), Fraction(24), 0),
        (Fraction(1, 48), Fraction(24), 1),
        (Fraction(1001, 24000), Fraction(24000, 1001), 1),
    ],
)
def test_the_frame_of_a_moment_is_the_nearest_and_halves_go_up(
    time: Fraction, fps: Fraction, frame: int
) -> None:
    assert frame_of(time, fps) == frame


def test_a_hundred_thirds_of_a_second_at_film_rate_are_799_frames() -> None:
    fps = parse_fps("24000/1001")
    edges = [frame_of(n * Fraction(1, 3), fps) for n in range(101)]
    assert edges[-1] == 799
    assert {b - a for a, b in pairwise(edges)} == {7, 8}


def test_a_number_too_long_to_print_is_refused_too() -> None:
    with pytest.raises(TimeError, match="invalid time"):
        parse_time(-(10**5000))
