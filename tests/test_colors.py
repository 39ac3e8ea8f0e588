"""Colours in every form that a story may write."""

from __future__ import annotations

from typing import Any

import pytest

from storyboard.colors import NAMES, read_color
from storyboard.errors import BadValue

READ: list[tuple[Any, tuple[float, float, float]]] = [
    ("#ff8000", (1, 128 / 255, 0)),
    ("#F80", (1, 136 / 255, 0)),
    ("teal", (0, 128 / 255, 128 / 255)),
    ("RebeccaPurple", (0.4, 0.2, 0.6)),
    ([0, 0.5, 1], (0, 0.5, 1)),
    ((1, 1, 1), (1, 1, 1)),
]

REFUSED: list[tuple[Any, str, str]] = [
    ("tael", "unknown colour 'tael'", "'teal'"),
    ("#ff80", "unknown colour '#ff80'", "#rrggbb"),
    ("", "unknown colour ''", "#rrggbb"),
    ([0, 0, 2], "red, green and blue must be between 0 and 1", "#rrggbb"),
    ([0, 0], "expected a colour, got [0, 0]", "#rrggbb"),
    ([0, 0, True], "expected a colour", "#rrggbb"),
    (7, "expected a colour, got 7", "#rrggbb"),
    (None, "expected a colour, got None", "#rrggbb"),
]


@pytest.mark.parametrize(("written", "expected"), READ)
def test_read(written: Any, expected: tuple[float, float, float]) -> None:
    assert read_color(written) == pytest.approx(expected)
    assert read_color(read_color(written)) == read_color(written)


@pytest.mark.parametrize(("written", "message", "hint"), REFUSED)
def test_refused(written: Any, message: str, hint: str) -> None:
    with pytest.raises(BadValue) as caught:
        read_color(written)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")


def test_the_names_are_those_of_css() -> None:
    from matplotlib.colors import CSS4_COLORS

    assert {name: f"#{digits}".upper() for name, digits in NAMES.items()} == CSS4_COLORS
