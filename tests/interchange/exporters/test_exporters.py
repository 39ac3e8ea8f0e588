"""Plans in other forms: exact times, every number, and a camera that comes back."""

from __future__ import annotations

import csv
import io
import json
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from storyboard.audio import read_lyrics
from storyboard.errors import MissingTool, UnknownName
from storyboard.interchange.exporters import EXPORTERS, export
from storyboard.interchange.exporters.captions import cues, lrc_time, srt_time
from storyboard.interchange.importers import import_settings
from storyboard.motion.matrices import relative
from storyboard.motion.path import legs
from storyboard.plan import POSE_FIELDS, Floats, Plan
from storyboard.timeline import load_story_text, make_plan


def plan_of(text: str) -> Plan:
    return make_plan(load_story_text(text))


STORY = """
title: Three
output: {size: 512x288, fps: 15}
seed: 9
marks: {drop: 1.5s}
shots:
  - {name: one, duration: 1/3s, prompt: a forest}
  - {name: two, duration: 2s, fade: 1s, prompt: [a sea, {text: fog, weight: -0.5}]}
  - name: three
    duration: 1s
    prompt: [{text: a city, weight: 2}, {text: rain, weight: {0s: [0, hold], 0.5s: 1}}]
"""


@pytest.mark.parametrize(
    ("time", "srt", "lrc"),
    [
        (Fraction(0), "00:00:00,000", "00:00.00"),
        (Fraction(1, 15), "00:00:00,067", "00:00.07"),
        (Fraction(29, 1000), "00:00:00,029", "00:00.03"),
        (Fraction(3_723_004_500, 1_000_000), "01:02:03,005", "62:03.00"),
    ],
)
def test_times_are_rounded_to_the_nearest(time: Fraction, srt: str, lrc: str) -> None:
    assert (srt_time(time), lrc_time(time)) == (srt, lrc)


def test_cues_lie_end_to_end_and_turn_where_the_prompts_do() -> None:
    found = cues(plan_of(STORY))
    assert [cue.labels for cue in found] == [
        ("a forest",),
        ("a sea",),
        ("a city",),
        ("a city", "rain"),
    ]
    assert [cue.end for cue in found[:-1]] == [cue.start for cue in found[1:]]
    assert found[2].start == Fraction(7, 3)
    assert found[-1].end == Fraction(10, 3)
    half_way = Fraction(1, 3) + Fraction(1, 2)
    assert 0 <= found[1].start - half_way <= Fraction(1, 15)


def test_subtitles_are_numbered_and_exact() -> None:
    blocks = export(plan_of(STORY), "srt").text.split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == ["1", "2", "3", "4"]
    assert blocks[2].split("\n") == ["3", "00:00:02,333 --> 00:00:02,867", "a city"]
    assert blocks[3].split("\n")[2:4] == ["a city", "rain"]


def test_lyrics_are_read_back(tmp_path: Any) -> None:
    file = tmp_path / "three.lrc"
    file.write_text(export(plan_of(STORY), "lrc").text)
    lines = read_lyrics(file)
    assert [line.text for line in lines] == ["a forest", "a sea", "a city", "a city / rain"]
    assert lines[2].start == Fraction(233, 100)


def test_the_table_has_a_row_a_frame_and_every_curve() -> None:
    plan = plan_of(STORY.replace("fade: 1s,", "fade: 1s, motion: {zoom_per_s: 1.5}, lr: 0.5*u,"))
    rows = list(csv.DictReader(io.StringIO(export(plan, "csv").text)))
    assert len(rows) == plan.frame_count == 50
    assert list(rows[0])[: 3 + len(POSE_FIELDS)] == ["frame", "second", "shot", *POSE_FIELDS]
    for row, frame in zip(rows, plan.frames, strict=True):
        assert int(row["frame"]) == frame.number
        assert float(row["second"]) == pytest.approx(float(frame.time), abs=1e-6)
        assert float(row["zoom"]) == pytest.approx(frame.pose.zoom, rel=1e-6)
        assert float(row["lr"]) == pytest.approx(frame.values["lr"], rel=1e-6)
    assert float(rows[-1]["prompt: rain"]) == 1
    assert rows[0]["prompt: rain"] == ""


def ways(plan: Plan) -> list[Floats]:
    """The product of the camera's matrices up to every frame, between -1 and 1."""
    aspect, total, found = plan.width / plan.height, np.eye(3), []
    for frame in range(plan.frame_count):
        for start, end in legs(plan, max(frame - 1, 0), frame):
            total = relative(start, end, aspect).numpy() @ total
        found.append(total)
    return found


MOVES = {
    "zoom and pan": "zoom_per_s: 1.2, pan_x_per_s: 0.05, pan_y_per_s: -0.03",
    "turn about a corner": "rotate: 10*sin(t), pivot: [0.1, 0.8]",
    "keys": "zoom: {0s: 1, 50%: 1.3, 100%: 0.9}, rotate_per_s: {0s: 0, 100%: 40}, pan_x: 0.1*u",
    "round and round": "rotate_per_s: 500, zoom_per_s: 0.9",
}


@pytest.mark.parametrize("motion", MOVES.values(), ids=MOVES.keys())
def test_deforum_settings_come_back_with_the_same_camera(motion: str) -> None:
    plan = plan_of(STORY + f"motion: {{{motion}}}\n")
    exported = export(plan, "deforum")
    assert list(exported.left) == ["border reflect: replicate"]
    again = make_plan(load_story_text(import_settings(json.loads(exported.text), "deforum").text))
    assert (again.frame_count, again.fps, again.seed) == (plan.frame_count, plan.fps, plan.seed)
    corners = np.array([[-1, 1, -1, 1, 0], [-1, -1, 1, 1, 0], [1, 1, 1, 1, 1]], dtype=np.float64)
    pixels = np.array([[256], [144]])
    for there, back in zip(ways(plan), ways(again), strict=True):
        moved = (back @ np.linalg.inv(there) @ corners)[:2]
        assert np.max(np.abs(moved - corners[:2]) * pixels) < 0.5


def test_deforum_is_told_prompts_and_what_it_has_no_word_for() -> None:
    story = STORY.replace("name: three", "name: three\n    cut: true\n    motion: {yaw: 10*u}")
    exported = export(plan_of(story), "deforum")
    prompts = json.loads(exported.text)["prompts"]
    assert list(prompts) == ["0", "13", "35", "43"]
    assert prompts["13"] == "a sea --neg fog"
    assert prompts["43"] == "(a city:2), rain"
    assert "yaw: 2D settings have no such move" in exported.left
    assert "cuts: the picture flows on" in exported.left


def test_a_timeline_has_shots_marks_and_the_story() -> None:
    otio = pytest.importorskip("opentimelineio")
    timeline = otio.adapters.read_from_string(export(plan_of(STORY), "otio").text, "otio_json")
    (track,) = timeline.tracks
    assert [clip.name for clip in track] == ["one", "two", "three"]
    assert [clip.source_range.duration.value for clip in track] == [5, 30, 15]
    assert list(track[2].metadata["storyboard"]["prompts"]) == ["a city", "rain"]
    assert [marker.marked_range.start_time.value for marker in track.markers] == [23]
    assert "a forest" in timeline.metadata["storyboard"]["story"]


def test_without_its_library_a_timeline_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    with pytest.raises(MissingTool, match=r"pip install 'storyboard-film\[otio\]'"):
        export(plan_of(STORY), "otio")


def test_the_command_line_knows_every_form() -> None:
    from storyboard.cli.export import FORMS

    assert set(FORMS) == set(EXPORTERS)
    with pytest.raises(UnknownName, match="did you mean 'srt'"):
        export(plan_of(STORY), "str")
