"""How long a film takes by what is kept: the line of a frame's time, its kinds, the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from storyboard.timeline import load_story, make_plan
from storyboard.timeline.pace import Kinds, Line, keep, read_line

STORY: dict[str, Any] = {
    "output": {"size": "48x32", "fps": 4},
    "perceptors": ["tiny"],
    "steps": 3,
    "steps_first": 6,
    "cuts": 2,
    "duration": "2s",
    "prompt": "red",
}


def kinds(**changes: Any) -> Kinds:
    return Kinds.of(make_plan(load_story({**STORY, **changes})), "cpu")


LINES = [
    ([(10, 3.0), (20, 5.0)], 0, 1.0),
    ([(10, 3.0), (20, 5.0)], 40, 9.0),
    ([(10, 2.0), (10, 4.0)], 5, 1.5),
    ([(10, 3.0), (20, 2.0)], 20, 2.5),
    ([(1, 0.1), (10, 9.1)], 20, 16.7),
]
"""Frames as (steps, seconds), and what a frame of other steps takes: the last two are no lines that
a frame can have, with less time for more steps, or less than nothing without any."""


@pytest.mark.parametrize(("frames", "steps", "seconds"), LINES)
def test_a_line_goes_through_what_was_measured(
    frames: list[tuple[float, float]], steps: float, seconds: float
) -> None:
    line = Line()
    for one in frames:
        line += Line.of(*one)
    assert line.at(np.array([steps]))[0] == pytest.approx(seconds, rel=0.2)
    halved = line.at_most(1)
    assert halved.frames == 1
    assert halved.at(np.array([steps])) == pytest.approx(line.at(np.array([steps])))


OTHERS = [
    {"output": {"size": "96x64", "fps": 4}},
    {"drawer": "pixel"},
    {"perceptors": ["sketch"]},
    {"cuts": 4},
    {"losses": {"contrast": 1}},
    {"motion": {"zoom_per_s": 1.1}},
    {"prompt": ["red", "a blue sea"]},
]


@pytest.mark.parametrize("changes", OTHERS)
def test_nothing_is_inferred_from_another_kind_of_shot(changes: dict[str, Any]) -> None:
    assert kinds().frames != kinds(**changes).frames
    assert kinds(seed=3, steps=9) == kinds()


def test_what_is_kept_follows_the_machine_and_survives_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "kept"))
    for seconds in (1.0, 1.0, 4.0, 4.0):
        for _ in range(300):
            keep("frames-x", Line.of(1, seconds))
    kept = read_line("frames-x")
    assert kept is not None
    assert kept[0].at(np.ones(1))[0] == pytest.approx(4.0, rel=0.1)
    file = next((tmp_path / "kept/pace").iterdir())
    for damage in ("", "[]", '{"sums": [1, 2], "day": "x"}', '{"sums": [0,0,0,0,0], "day": "x"}'):
        file.write_text(damage)
        assert read_line("frames-x") is None
