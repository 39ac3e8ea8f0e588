"""Flashes are counted as WCAG 2.3.1 and ITU-R BT.1702 say."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from storyboard.media.flash_counter import FlashCounter, RedFlashCounter, is_dangerous

DARK, BRIGHT = 0.1, 0.6


def most(light: list[float], fps: int = 24) -> float:
    counter = FlashCounter(Fraction(fps))
    return max(float(counter.see(np.array([value]))[0]) for value in light)


def blinking(hertz: int, low: float = DARK, high: float = BRIGHT) -> list[float]:
    return [high if (n * 2 * hertz // 24) % 2 else low for n in range(48)]


@pytest.mark.parametrize(
    ("light", "expected"),
    [
        (blinking(3), 3),
        (blinking(4), 4),
        (blinking(12), 12),
        (blinking(4, 0.1, 0.19), 0),
        (blinking(4, 0.1, 0.21), 4),
        (blinking(4, 0.81, 1.0), 0),
        (blinking(4, 0.79, 1.0), 4),
        ([n / 47 for n in range(48)], 0.5),
        ([0.5] * 48, 0),
    ],
)
def test_opposing_changes_are_counted_in_pairs(light: list[float], expected: float) -> None:
    assert most(light) == pytest.approx(expected, abs=0.5)


@pytest.mark.parametrize("fps", [12, 24, 25, 30, 60])
def test_three_a_second_are_three_at_every_fps(fps: int) -> None:
    beats = {int(n * fps / 3 + 0.5) for n in range(12)}
    assert most([BRIGHT if n in beats else DARK for n in range(4 * fps)], fps) == 3


RED, GREEN, GREY = (1.0, 0.0, 0.0), (0.0, 0.3, 0.0), (0.2126,) * 3
DULL, DEEP = (0.5, 0.2, 0.2), (0.003, 0.0, 0.0)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (RED, GREY, 4),  # of one luminance: no general flash
        (RED, GREEN, 4),
        (GREY, RED, 4),
        (RED, (0.5, 0.0, 0.0), 0),  # both red
        (GREEN, GREY, 0),  # neither red
        (DULL, GREY, 0),  # R / (R + G + B) is 0.56
        (DEEP, (0.0, 0.0, 0.0), 0),  # almost black
    ],
)
def test_red_flashes_are_changes_from_and_to_a_saturated_red(
    one: tuple[float, ...], other: tuple[float, ...], expected: float
) -> None:
    counter = RedFlashCounter(Fraction(24))
    found = [counter.see(np.array([one if n // 3 % 2 else other]))[0] for n in range(48)]
    assert max(found) == pytest.approx(expected, abs=0.5)


def test_a_red_that_comes_by_and_by_is_one_change() -> None:
    counter = RedFlashCounter(Fraction(24))
    ways = [
        np.array([[0.3 + 0.7 * n / 40, 0.3 * (1 - n / 40), 0.3 * (1 - n / 40)]]) for n in range(41)
    ]
    assert max(counter.see(light)[0] for light in ways) == 0.5


@pytest.mark.parametrize(
    ("places", "expected"), [(24, False), (25, True), (100, True)], ids=["less", "quarter", "all"]
)
def test_only_much_of_the_picture_is_a_danger(places: int, expected: bool) -> None:
    counter = FlashCounter(Fraction(24))
    found = []
    for n in range(30):
        light = np.full(100, DARK)
        light[:places] = BRIGHT if n // 2 % 2 else DARK
        found.append(is_dangerous(counter.see(light)))
    assert any(found) == expected
    assert not any(found[:8])
