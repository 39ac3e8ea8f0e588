"""Options as data: what is read, what is refused and in what words."""

from __future__ import annotations

import math

import pytest

from storyboard.errors import BadValue
from storyboard.options import Option, mistakes, resolve

TABLE = {
    "lr": Option(0.1, "number", "rate", 0, 1),
    "count": Option(3, "whole", "how many", 1),
    "cells": Option(None, "grid", "grid", 1, 100),
    "colors": Option(("#000000",), "colors", "palette"),
}

READ = [
    ({}, {"lr": 0.1, "count": 3, "cells": None, "colors": ((0.0, 0.0, 0.0),)}),
    ({"lr": 1}, {"lr": 1.0}),
    ({"count": 4.0}, {"count": 4}),
    ({"cells": [2, 3]}, {"cells": (2, 3)}),
    ({"cells": None}, {"cells": None}),
    ({"colors": ["#ff0000", [0, 0.5, 1]]}, {"colors": ((1.0, 0.0, 0.0), (0.0, 0.5, 1.0))}),
]

REFUSED = [
    ({"lr": "0.1"}, "lr: a number is expected, not '0.1'"),
    ({"lr": True}, "lr: a number is expected, not True"),
    ({"lr": math.nan}, "lr: a number is expected, not nan"),
    ({"lr": None}, "lr: a number is expected, not None"),
    ({"lr": 2}, "lr: 2 must be between 0 and 1"),
    ({"count": 0}, "count: 0 must be 1 or more"),
    ({"count": 1.5}, "count: a whole number is expected, not 1.5"),
    ({"cells": [1]}, r"cells: \[columns, rows\] is expected"),
    ({"cells": [0, 4]}, "cells: 0 must be between 1 and 100"),
    ({"colors": "#000000"}, "colors: a list of colours"),
    ({"colors": []}, "colors: a list of colours"),
    ({"colors": ["red"]}, "colors: 'red' is no colour"),
    ({"colors": [[0, 0, 2]]}, "is no colour"),
    ({"colour": []}, "drawer 'x' has no option 'colour'"),
]


@pytest.mark.parametrize(("given", "expected"), READ)
def test_read(given: dict, expected: dict) -> None:
    found = resolve(given, TABLE, owner="drawer 'x'")
    assert list(found) == list(TABLE)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(("given", "said"), REFUSED)
def test_refused(given: dict, said: str) -> None:
    with pytest.raises(BadValue, match=said) as caught:
        resolve(given, TABLE, owner="drawer 'x'")
    assert caught.value.path == (next(iter(given)),)


def test_all_mistakes_at_once() -> None:
    found = list(mistakes({"lr": 7, "colour": 1, "count": 2}, TABLE, owner="drawer 'x'"))
    assert [problem.path for problem in found] == [("lr",), ("colour",)]
    assert "colors" in (found[1].hint or "")


def test_what_has_no_options_says_so() -> None:
    (found,) = mistakes({"lr": 7}, {}, owner="loss 'x'")
    assert found.hint == "it has no options"


def test_of_two_that_say_the_same_one_is_refused() -> None:
    from storyboard.drawers import option_table

    table = option_table("pixel")
    given = {"cells": [4, 4], "cell": 8}
    (mistake,) = mistakes(given, table, owner="drawer 'pixel'")
    assert (mistake.path, mistake.hint) == (("cell",), "write only one")
    assert not list(mistakes({"cells": None, "cell": 8}, table, owner="drawer 'pixel'"))
