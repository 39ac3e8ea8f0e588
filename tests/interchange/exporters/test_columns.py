"""A film's curves in columns; the table that is written of them reads back as the plan."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from storyboard.interchange.exporters import export
from storyboard.interchange.exporters.columns import columns
from storyboard.plan import POSE_FIELDS, Plan
from storyboard.timeline import load_story_text, make_plan

STORY = """\
output: {fps: 23.976}
motion: {zoom_per_s: 1.07, rotate: 5*sin(t), moves: [drift, orbit]}
shots:
  - {name: one and two, duration: 0.7s, prompt: [red, {text: "red\\n sky", weight: t}]}
  - {name: three, duration: 0.5s, prompt: blue, fade: 1s, fade_shape: slerp}
  - {name: four, duration: 0.3s, cut: true, prompt: red, losses: {saturation: -1/3}}
"""


@pytest.fixture
def plan() -> Plan:
    return make_plan(load_story_text(STORY))


def test_the_table_read_back_is_the_plan(plan: Plan) -> None:
    rows = list(csv.DictReader(io.StringIO(export(plan, "csv").text)))
    assert len(rows) == plan.frame_count
    for row, frame in zip(rows, plan.frames, strict=True):
        assert (int(row["frame"]), row["shot"]) == (frame.number, frame.shot.name)
        assert float(row["second"]) == pytest.approx(float(frame.time), abs=1e-6)
        for name in POSE_FIELDS:
            assert float(row[name]) == pytest.approx(getattr(frame.pose, name), rel=1e-11)
        for name, value in frame.values.items():
            assert float(row[name]) == pytest.approx(value, rel=1e-11)
        weights: dict[str, float] = {}
        for prompt in frame.prompts:
            for source, share in ((prompt.source, 1 - prompt.mix), (prompt.toward, prompt.mix)):
                if source is not None:
                    key = "prompt: " + " ".join(source.label.split())
                    weights[key] = weights.get(key, 0.0) + prompt.weight * share
        told = {k: float(v) for k, v in row.items() if k.startswith("prompt: ") and float(v or 0)}
        assert told == pytest.approx({k: v for k, v in weights.items() if v}, rel=1e-11)


def test_what_a_shot_does_not_have_is_nothing(plan: Plan) -> None:
    table = columns(plan)
    last = plan.shots[-1]
    assert np.isnan(table["losses.saturation"][: last.first]).all()
    assert table["losses.saturation"][last.first :] == pytest.approx(-1 / 3)
    assert np.isnan(table["prompt: blue"][last.first :]).all()
    assert {len(values) for values in table.values()} == {plan.frame_count}


def test_a_prompt_that_turns_into_another_shares_its_weight(plan: Plan) -> None:
    table, shot = columns(plan), plan.shots[1]
    frames = slice(shot.first, shot.stop)
    red, sky, blue = (
        np.nan_to_num(table[f"prompt: {name}"][frames]) for name in ("red", "red sky", "blue")
    )
    total = red + sky + blue
    assert np.all(np.diff(blue) > 0)
    assert total[0] > 1
    assert blue[-1] < total[-1]
