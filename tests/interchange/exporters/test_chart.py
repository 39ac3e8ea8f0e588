"""A film drawn as curves: what is in it, and that every form of it can be written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard.errors import StoryboardError, UsageError
from storyboard.interchange.exporters.chart import draw_chart, lanes_of, prompt_rows
from storyboard.interchange.exporters.columns import columns
from storyboard.plan import Plan
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.beat_markers import BeatMarkers, beat_markers

STORY = """\
output: {size: 64x36, fps: 12}
audio: {bpm: 120}
marks: {drop: 1s}
shots:
  - {name: one, duration: 1s, prompt: [red, "grey:-0.5"], motion: {zoom_per_s: 9}}
  - {name: two, duration: 1s, prompt: blue, fade: 50%, fade_shape: slerp}
  - {name: three, duration: 1s, cut: true, prompt: red, filters: {vignette: t/4}}
"""
STILL = "shots: [{prompt: red, duration: 1s, steps_first: 3, steps: 3, lr: 1, hold: 1}]"


def plan_of(text: str) -> Plan:
    return make_plan(load_story_text(text))


def test_a_lane_for_all_that_changes_and_for_nothing_else() -> None:
    plan = plan_of(STORY)
    names = [lane.name for lane in lanes_of(plan, columns(plan), BeatMarkers())]
    assert names == ["zoom", "filters.vignette", "hold", "lr", "novelty", "steps"]
    loud = BeatMarkers(loudness=lambda seconds: np.abs(np.sin(seconds)))
    first = next(lanes_of(plan, columns(plan), loud))
    assert (first.name, first.values.shape) == ("loudness", (plan.frame_count,))


def test_prompts_share_rows_where_they_do_not_meet() -> None:
    rows = prompt_rows(columns(plan_of(STORY)))
    assert [[spell.text for spell in row] for row in rows] == [["red", "red"], ["grey"], ["blue"]]
    assert [(spell.first, spell.stop) for spell in rows[0]] == [(0, 18), (24, 36)]


def test_more_prompts_at_once_than_can_be_read_are_left_out() -> None:
    many = ", ".join(f"thing {n}" for n in range(20))
    assert len(prompt_rows(columns(plan_of(f"shots: [{{prompt: [{many}], duration: 1s}}]")))) == 8


@pytest.mark.parametrize("text", [STORY, STILL], ids=["much", "nothing moves"])
@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_chart_is_written(text: str, suffix: str, tmp_path: Path) -> None:
    story, file = load_story_text(text), tmp_path / "new" / f"chart{suffix}"
    draw_chart(make_plan(story), file, markers=beat_markers(story))
    if suffix == ".svg":
        assert "<svg" in file.read_text()
    else:
        with Image.open(file) as picture:
            assert picture.width > 1500
            assert np.asarray(picture.convert("L")).std() > 5


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"chart\.txt: the drawing is one of \.png, \.svg, \.pdf"):
        draw_chart(plan_of(STILL), tmp_path / "chart.txt")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoryboardError, match="cannot write"):
        draw_chart(plan_of(STILL), tmp_path / "file" / "chart.svg")
