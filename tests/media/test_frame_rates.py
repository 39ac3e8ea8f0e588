"""Frame rates as they are written."""

from __future__ import annotations

from fractions import Fraction

import pytest

from storyboard.errors import BadValue
from storyboard.media.frame_rates import parse_fps


@pytest.mark.parametrize(
    ("written", "fps"),
    [
        (24, Fraction(24)),
        ("24", Fraction(24)),
        (25.0, Fraction(25)),
        (12.5, Fraction(25, 2)),
        ("24000/1001", Fraction(24000, 1001)),
        (23.976, Fraction(24000, 1001)),
        ("23.976", Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (47.952, Fraction(48000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (119.88, Fraction(120000, 1001)),
        ("50/3", Fraction(50, 3)),
        (Fraction(30000, 1001), Fraction(30000, 1001)),
    ],
)
def test_rates(written: object, fps: Fraction) -> None:
    assert parse_fps(written) == fps  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (23.9, "nearest is 24000/1001"),
        (25.3, "nearest is 25"),
        (30.1, "nearest is 30"),
        (0, "between"),
        (-24, "between"),
        (1000, "between"),
        ("fast", "is not a frame rate"),
        ("", "is not a frame rate"),
        ("1/0", "is not a frame rate"),
        ("1e999999999", "is not a frame rate"),
        (1e9, "1000000000 is not between|1000000000.0 is not between"),
        (float("nan"), "is not a frame rate"),
        (float("inf"), "is not a frame rate"),
        (True, "is not a frame rate"),
    ],
)
def test_odd_rates_are_refused(written: object, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        parse_fps(written)  # type: ignore[arg-type]


def test_a_rate_too_long_to_print_is_refused_too() -> None:
    with pytest.raises(BadValue, match="is not a frame rate"):
        parse_fps(10**5000)
