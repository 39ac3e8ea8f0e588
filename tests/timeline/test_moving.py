"""Options that change with time: from what a story writes to a value for every frame."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from storyboard.curves.clock import Clock
from storyboard.curves.instants import ShotScope
from storyboard.errors import BadValue
from storyboard.options import Option
from storyboard.timeline.moving import read_moving

NUMBER = Option(1.0, "number", "x", 0, 4)
WHOLE = Option(1, "whole", "x", 1, 9)
GRID = Option(None, "grid", "x", 1, 90)
COLOR = Option("red", "color", "x")
COLORS = Option(("red",), "colors", "x")
STILL = Option(1.0, "number", "x", 0, 4, still=True)
FLAG = Option(False, "flag", "x")

AT = ShotScope(Clock(fps=Fraction(2)), Fraction(0), Fraction(2)).frames(0, 4)
"""Four frames, at t = 0, 0.5, 1 and 1.5."""

RED, BLUE, MIDDLE = (1, 0, 0), (0, 0, 1), (0.5, 0, 0.5)

MOVES: list[tuple[Option, Any, Any]] = [
    (NUMBER, "1 + t", [1, 1.5, 2, 2.5]),
    (NUMBER, {"0s": 0, "1s": 2}, [0, 1, 2, 2]),
    (NUMBER, {"0s": 0, "1s": ["2*t", "linear"]}, [0, 0.5, 2, 3]),
    (WHOLE, "1 + t", [1, 2, 2, 3]),
    (GRID, ["8 + t", 4], [[8, 4], [9, 4], [9, 4], [10, 4]]),
    (GRID, {"0s": [16, 9], "1s": [32, 18]}, [[16, 9], [24, 14], [32, 18], [32, 18]]),
    (GRID, {"0s": [[16, 9], "hold"], "1s": [32, 18]}, [[16, 9], [16, 9], [32, 18], [32, 18]]),
    (COLOR, {"0s": "red", "1s": "blue"}, [RED, MIDDLE, BLUE, BLUE]),
    (COLOR, {"0s": ["red", "hold"], "1s": "#00f"}, [RED, RED, BLUE, BLUE]),
    (COLOR, {"0s": [1, 0, 0], "1s": {"value": [0, 0, "t/2"]}},
     [RED, (0.5, 0, 0.125), (0, 0, 0.5), (0, 0, 0.75)]),
    (COLOR, ["t/2", 0.2, 0], [(0, 0.2, 0), (0.25, 0.2, 0), (0.5, 0.2, 0), (0.75, 0.2, 0)]),
    (COLORS, [{"0s": "red", "1s": "blue"}, "lime"],
     [[c, (0, 1, 0)] for c in (RED, MIDDLE, BLUE, BLUE)]),
]  # fmt: skip

STANDS: list[tuple[Option, Any, Any]] = [
    (NUMBER, 2, 2.0),
    (NUMBER, "3/2", 1.5),
    (NUMBER, {"0s": 2, "1s": 2}, 2.0),
    (WHOLE, "5/2", 3),
    (GRID, [16, 9], (16, 9)),
    (GRID, None, None),
    (GRID, ["4*4", 9], (16, 9)),
    (COLOR, "red", RED),
    (COLOR, ["1/2", 0, 0], (0.5, 0, 0)),
    (COLORS, ["red", [0, 0, 1]], (RED, BLUE)),
    (COLORS, [["1/2", 0, 0], "blue"], ((0.5, 0, 0), BLUE)),
    (STILL, "3/2", 1.5),
    (FLAG, True, True),
]

REFUSED: list[tuple[Option, Any, str, tuple[str | int, ...]]] = [
    (NUMBER, "5*t", "5 at 1s of the shot must be between 0 and 4", ()),
    (NUMBER, {"0s": 9, "1s": 0}, "9 at 0s of the shot must be between 0 and 4", ()),
    (NUMBER, "9", "9 must be between 0 and 4", ()),
    (NUMBER, "sin(", "a value is missing at the end", ()),
    (NUMBER, "1/(t-1)", "1 / 0 is infinite at frame 2", ()),
    (NUMBER, "bas", "bas", ()),
    (NUMBER, {"0s": 0, "1s": "sin("}, "a value is missing", ("1s",)),
    (NUMBER, [1, 2], "expected a number", ()),
    (WHOLE, "t", "0 at 0s of the shot must be between 1 and 9", ()),
    (WHOLE, 1.5, "expected a whole number", ()),
    (GRID, [4, "t - 9"], "must be between 1 and 90", (1,)),
    (GRID, ["t"], "expected [columns, rows]", ()),
    (GRID, {"0s": [16, 9], "1s": 3}, "expected [columns, rows], got 3", ("1s",)),
    (COLOR, {"0s": "red", "1s": "bleu"}, "unknown colour 'bleu'", ("1s",)),
    (COLOR, ["t/9", "t/(t-1)", 0], "1 / 0 is infinite", (1,)),
    (COLOR, ["t", 0, 0], "1.5 at 1.5s of the shot must be between 0 and 1", (0,)),
    (COLOR, {"0s": [0, "sin(", 0], "1s": "red"}, "a value is missing", ("0s", 1)),
    (COLOR, "t", "unknown colour 't'", ()),
    (COLORS, {"0s": "red"}, "a list of colours", ()),
    (COLORS, ["red", {"0s": "red", "1s": "bleu"}], "unknown colour", (1, "1s")),
    (COLORS, ["red", ["t", 0, 0]], "must be between 0 and 1", (1, 0)),
    (STILL, "t", "this does not change with time", ()),
    (FLAG, "t > 1", "expected true or false", ()),
]


@pytest.mark.parametrize(("option", "written", "expected"), MOVES)
def test_what_moves_has_a_value_at_every_frame(option: Option, written: Any, expected: Any) -> None:
    np.testing.assert_allclose(read_moving(option, written, AT), expected, atol=1e-12)


@pytest.mark.parametrize(("option", "written", "expected"), STANDS)
def test_what_stands_is_read_as_one_value(option: Option, written: Any, expected: Any) -> None:
    found = read_moving(option, written, AT)
    assert found == expected
    assert type(found) is type(option.read(expected))


@pytest.mark.parametrize(("option", "written", "message", "path"), REFUSED)
def test_refused(option: Option, written: Any, message: str, path: tuple[str | int, ...]) -> None:
    with pytest.raises(BadValue) as caught:
        read_moving(option, written, AT)
    assert message in caught.value.message
    assert caught.value.path == path
