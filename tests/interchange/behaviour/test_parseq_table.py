"""The behaviour table of Parseq's formulas (tests/data/parseq_expressions.json), all of it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import BadValue

from .table import evaluate

FILE = Path(__file__).parents[2] / "data" / "parseq_expressions.json"
TABLE = json.loads(FILE.read_text(encoding="utf-8"))["cases"]

CHANCE = {"parseq-178": (0, 1), "parseq-180": (4, 50), "parseq-193": (0, 1), "parseq-194": (0, 1)}
"""Cases that draw numbers, and their bounds: chance of one implementation is not reproduced."""

MENDED = {"parseq-236": (0, 1), "parseq-240": (1, 3)}
"""Square waves, and their centre and amplitude: the source's sine rounds to either side of 0, ours
is high for exactly half its period of four frames.
"""

REFUSED = {
    "parseq-216": ("'!' has no meaning in an expression", 1),
    "parseq-218": (r"min\(\) takes at most 2 arguments, got 3", 1),
    "parseq-232": ("unknown function 'cos'\n  hint: did you mean '_cos'", 1),
    "parseq-254": ("unknown curve 'bounce'", 1),
    "parseq-274": ("unknown name 'prev_computed_value'", 1),
    "parseq-283": (r"posneg\(\) is for prompts alone", 1),
    "parseq-284": (r"posneg\(\) is for prompts alone", 1),
}


def asked(case: dict[str, Any]) -> Any:
    return evaluate(*(case.get(part) for part in ("tool", "kind", "input", "context", "frames")))


def close(found: Any, wanted: Any, tolerance: float) -> bool:
    if wanted is None or isinstance(wanted, str):
        return bool(found == wanted)
    return not isinstance(found, str | None) and abs(found - wanted) <= max(tolerance, 1e-12)


ANSWERED = [case for case in TABLE if case["id"] not in {*CHANCE, *MENDED, *REFUSED}]


@pytest.mark.parametrize("case", ANSWERED, ids=[case["id"] for case in ANSWERED])
def test_formulas_are_worth_what_the_source_makes_of_them(case: dict[str, Any]) -> None:
    pairs = zip(asked(case), case["expected"], strict=True)
    assert [pair for pair in pairs if not close(*pair, case["tolerance"])] == []


@pytest.mark.parametrize("case_id", CHANCE)
def test_chance_keeps_its_bounds_and_repeats(case_id: str) -> None:
    (case,) = (case for case in TABLE if case["id"] == case_id)
    low, high = CHANCE[case_id]
    found = asked(case)
    assert found == asked(case)
    assert all(low <= value <= high for value in found)
    assert len(set(found)) > 3


@pytest.mark.parametrize("case_id", MENDED)
def test_square_waves_are_high_for_half_their_period(case_id: str) -> None:
    (case,) = (case for case in TABLE if case["id"] == case_id)
    centre, amplitude = MENDED[case_id]
    high, low = centre + amplitude, centre - amplitude
    assert asked(case) == [high, high, low, low] * 2 + [high, high, low]


@pytest.mark.parametrize("case_id", REFUSED)
def test_what_the_source_refuses_is_refused_with_its_place(case_id: str) -> None:
    (case,) = (case for case in TABLE if case["id"] == case_id)
    message, column = REFUSED[case_id]
    with pytest.raises(BadValue, match=message) as caught:
        asked(case)
    assert caught.value.column == column


def test_every_case_is_looked_at_once() -> None:
    advice = Counter(case["advice"].partition(":")[0] for case in TABLE)
    assert advice == {
        "match": 180,
        "quirk": 8,
        "implementation-specific noise": 4,
        "reject-with-message": len(REFUSED),
    }
    assert len(ANSWERED) + len(REFUSED) + len(CHANCE) + len(MENDED) == len(TABLE) == 199
