"""Options as data: what is read, what is refused and in what words."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, get_args

import pytest

from storyboard.catalogue import Catalogue
from storyboard.drawers import drawers
from storyboard.errors import BadValue
from storyboard.filters import filters
from storyboard.losses import losses
from storyboard.options import KINDS, Kind, Option, option_errors, resolve

TABLE = {
    "lr": Option(0.1, "number", "rate", 0, 1),
    "count": Option(3, "whole", "how many", 1),
    "cells": Option(None, "grid", "grid", 1, 100),
    "colors": Option(("#000000",), "colors", "palette"),
    "tint": Option("white", "color", "colour"),
    "mode": Option("soft", "choice", "how", words=("soft", "hard", "harder")),
    "loop": Option(False, "flag", "again"),
    "label": Option(None, "text", "words"),
    "model": Option(None, "file", "weights"),
    "network": Option(None, "model", "a model"),
    "image": Option(None, "image", "picture"),
    "film": Option(None, "film", "picture or clip"),
    "cube": Option(None, "cube", "look-up table"),
}

READ = [
    ({}, {"lr": 0.1, "count": 3, "cells": None, "colors": ((0.0, 0.0, 0.0),)}),
    ({"lr": 1}, {"lr": 1.0}),
    ({"count": 4.0}, {"count": 4}),
    ({"cells": [2, 3]}, {"cells": (2, 3)}),
    ({"cells": None}, {"cells": None}),
    ({"tint": "black"}, {"tint": (0.0, 0.0, 0.0)}),
    ({"mode": "hard"}, {"mode": "hard"}),
    ({"loop": True}, {"loop": True}),
    ({"label": "a b"}, {"label": "a b"}),
    ({"label": None, "model": None}, {"label": None, "model": None}),
    ({"model": "a/b.pt", "image": "c.png"}, {"model": Path("a/b.pt"), "image": Path("c.png")}),
    ({"cube": "look.cube"}, {"cube": Path("look.cube")}),
    ({"network": "org/name"}, {"network": "org/name"}),
    ({"colors": ["red", "#00f"]}, {"colors": ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0))}),
    ({"colors": ["#ff0000", [0, 0.5, 1]]}, {"colors": ((1.0, 0.0, 0.0), (0.0, 0.5, 1.0))}),
]

REFUSED = [
    ({"lr": "0.1"}, "lr: expected a number, got '0.1'"),
    ({"lr": True}, "lr: expected a number, got True"),
    ({"lr": math.nan}, "lr: expected a number, got nan"),
    ({"lr": None}, "lr: expected a number, got None"),
    ({"lr": 2}, "lr: 2 must be between 0 and 1"),
    ({"count": 0}, "count: 0 must be 1 or more"),
    ({"count": 1.5}, "count: expected a whole number, got 1.5"),
    ({"cells": [1]}, r"cells: expected \[columns, rows\]"),
    ({"cells": [0, 4]}, "cells: 0 must be between 1 and 100"),
    ({"colors": []}, "colors: expected a list of colours"),
    ({"tint": "rde"}, "tint: unknown colour 'rde'"),
    ({"tint": 3}, "tint: expected a colour, got 3"),
    ({"mode": "sfot"}, "mode: unknown word 'sfot'\\n  hint: did you mean 'soft'"),
    ({"mode": 3}, "mode: expected one of a few words, got 3\\n  hint: known: soft, hard"),
    ({"loop": "yes"}, "loop: expected true or false, got 'yes'"),
    ({"loop": 1}, "loop: expected true or false, got 1"),
    ({"label": 3}, "label: expected a text, got 3"),
    ({"label": " "}, "label: this text is empty"),
    ({"model": ["a"]}, "model: expected a text"),
    ({"image": True}, "image: expected a text, got True"),
    ({"network": 3}, "network: expected a text, got 3"),
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
    assert caught.value.path[:1] == (next(iter(given)),)


def test_what_is_wrong_with_one_of_several_colours_names_its_place() -> None:
    (found,) = option_errors({"colors": ["red", "rde"]}, TABLE, owner="drawer 'x'")
    assert found.path == ("colors", 1)


@pytest.mark.parametrize("name", TABLE)
def test_what_was_read_reads_as_itself(name: str) -> None:
    read = TABLE[name].read(TABLE[name].default)
    assert TABLE[name].read(read) == read


def test_every_kind_is_read_and_explained() -> None:
    assert set(KINDS) == set(get_args(Kind)) == {o.kind for o in TABLE.values()} | {"curve"}


BOUNDS = [
    ((0, 1), "between 0 and 1"),
    ((1, math.inf), "1 or more"),
    ((-math.inf, 2), "2 or less"),
    ((-math.inf, math.inf), ""),
]


@pytest.mark.parametrize(("bounds", "told"), BOUNDS)
def test_bounds_in_words(bounds: tuple[float, float], told: str) -> None:
    assert Option(0.0, "number", "x", *bounds).bounds == told


def test_all_mistakes_at_once() -> None:
    found = list(option_errors({"lr": 7, "colour": 1, "count": 2}, TABLE, owner="drawer 'x'"))
    assert [problem.path for problem in found] == [("lr",), ("colour",)]
    assert "colors" in (found[1].hint or "")


def test_what_has_no_options_says_so() -> None:
    (found,) = option_errors({"lr": 7}, {}, owner="loss 'x'")
    assert found.hint == "it has no options"


def test_of_two_that_say_the_same_one_is_refused() -> None:
    from storyboard.drawers import option_table

    table = option_table("pixel")
    given = {"cells": [4, 4], "cell": 8}
    (error,) = option_errors(given, table, owner="drawer 'pixel'")
    assert (error.path, error.hint) == (("cell",), "remove one")
    assert not list(option_errors({"cells": None, "cell": 8}, table, owner="drawer 'pixel'"))


def test_an_option_that_needs_another_may_be_its_default() -> None:
    """So options that were resolved resolve again."""
    folds = Option(2, "whole", "turns", 2, 9, only_with=("axis", "rotation"))
    table = {"axis": Option("vertical", "text", "axis"), "folds": folds}
    chosen = resolve({"axis": "both"}, table, owner="loss 'x'")
    assert resolve(chosen, table, owner="loss 'x'") == {"axis": "both", "folds": 2}
    with pytest.raises(BadValue, match="folds has no effect with axis: both"):
        resolve({"axis": "both", "folds": 3}, table, owner="loss 'x'")


@pytest.mark.parametrize(
    ("room", "name"),
    [(room, name) for room in (drawers, losses, filters) for name in room.names()],
    ids=lambda value: value if isinstance(value, str) else value.kind,
)
def test_resolved_options_resolve_to_themselves(room: Catalogue[Any], name: str) -> None:
    resolved = room.resolve(name, {})
    assert room.resolve(name, resolved) == resolved
