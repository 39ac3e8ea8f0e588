"""Borders between shots that move to beats, bars and onsets: how far, and in what order."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from storyboard.curves.beat_grid import BeatGrid
from storyboard.curves.clock import Clock
from storyboard.curves.sound import Events
from storyboard.errors import StoryError
from storyboard.plan import AudioPlan
from storyboard.story.model import ShotSpec
from storyboard.story.music import SnapSpec
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.audio_features import SoundtrackFeatures
from storyboard.timeline.cascade import Setting
from storyboard.timeline.report import Report
from storyboard.timeline.slots import PlacedShot
from storyboard.timeline.snap import snapped

F = Fraction
STEADY = Clock(F(24), bpm=F(120), first_beat=F(1, 4))
DRIFTING = Clock(F(24), bpm=F(100), grid=BeatGrid((F(0), F(1), F(3, 2), F(17, 10))))


class Onsets(SoundtrackFeatures):
    """Hears three onsets, and needs no file for it."""

    def onsets(self, stem: str = "") -> Events:
        times = np.array([0.95, 1.5, 4.0])
        return Events(times, np.ones(3))


FEATURES = Onsets(AudioPlan(Path("song.wav"), F(0), F(0), F(8)), F(24))

TABLE: list[tuple[str, Clock, SnapSpec, list[str], list[str]]] = [
    ("to the beat", STEADY, SnapSpec(to="beat"), ["1", "2.3"], ["1.25", "2.25"]),
    ("half-way goes later", STEADY, SnapSpec(to="beat"), ["2"], ["2.25"]),
    ("on it already", STEADY, SnapSpec(to="beat"), ["1.25"], ["1.25"]),
    ("not so far", STEADY, SnapSpec(to="beat", within="40ms"), ["1", "2.22"], ["1", "2.25"]),
    ("within a frame", STEADY, SnapSpec(to="beat", within="1f"), ["2.21", "3"], ["2.25", "3"]),
    ("to the bar if near", STEADY, SnapSpec(to="bar"), ["2.1", "3.5"], ["2.25", "3.5"]),
    ("to the bar from afar", STEADY, SnapSpec(to="bar", within="2b"), ["3.5"], ["4.25"]),
    ("along a drift", DRIFTING, SnapSpec(to="beat"), ["0.6", "1.4", "1.63"], ["1", "1.5", "1.7"]),
    ("beyond the grid", DRIFTING, SnapSpec(to="beat"), ["2.34"], ["2.3"]),
    ("to an onset", STEADY, SnapSpec(to="onset"), ["1", "1.7", "3.91"], ["0.95", "1.7", "4"]),
    ("wide onset", STEADY, SnapSpec(to="onset", within="1s"), ["1", "2.3"], ["0.95", "1.5"]),
    ("two to one: the nearer", STEADY, SnapSpec(to="beat"), ["2.1", "2.2"], ["2.1", "2.25"]),
    ("two to one, behind", STEADY, SnapSpec(to="beat"), ["2.26", "2.4"], ["2.25", "2.4"]),
    ("never past the next", STEADY, SnapSpec(to="onset", within="1s"), ["3.3", "4"], ["3.3", "4"]),
    ("never past the end", STEADY, SnapSpec(to="bar", within="8b"), ["5.9"], ["5.9"]),
    ("never past the start", STEADY, SnapSpec(to="beat"), ["0.1"], ["0.25"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("clock", "snap", "written", "expected"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
def test_borders_move_to_the_nearest(
    clock: Clock, snap: SnapSpec, written: list[str], expected: list[str]
) -> None:
    edges = [F(0), *map(F, written), F(6)]
    slots = [
        PlacedShot(ShotSpec(), ("shots", n), str(n), start, end)
        for n, (start, end) in enumerate(pairwise(edges))
    ]
    report = Report(load_story_text("shots: [{prompt: a, duration: 1s}]"))
    said = Setting(snap, ("snap",))
    moved = snapped(slots, [said] * len(slots), clock=clock, features=FEATURES, report=report)
    assert [slot.start for slot in moved] == [F(0), *map(F, expected)]
    assert [slot.end for slot in moved] == [*map(F, expected), F(6)]
    assert [slot.moved for slot in moved[1:]] == [
        F(after) - F(before) for before, after in zip(written, expected, strict=True)
    ]
    assert moved[0].moved is None
    assert not report.problems


STORY = """\
audio: {bpm: 120}
snap: beat
defaults: {snap: {to: bar, within: 1b}}
perceptors: tiny
duration: 12s
shots:
  - {name: a, prompt: a, until: 0:01.9}
  - {name: b, prompt: b, until: 0:04.3}
  - {name: c, prompt: c, snap: none, until: 0:06.1}
  - {name: d, prompt: d, snap: {to: beat, within: 50ms}, until: 0:08}
  - {name: e, prompt: e}
"""


def test_a_shots_own_word_counts_before_defaults_and_they_before_the_top() -> None:
    plan = make_plan(load_story_text(STORY))
    assert [shot.start for shot in plan.shots] == [0, 2, F(43, 10), F(61, 10), 8]
    assert [shot.moved for shot in plan.shots] == [None, F(1, 10), None, 0, 0]
    assert plan.warnings == (
        "line 10: no beat is near enough to 6.1 s (say how far it may be: {to, within})",
    )
    assert plan.duration == 12


def test_what_is_keyed_to_times_and_lines_snaps_too() -> None:
    text = "audio: {bpm: 120}\nduration: 4s\nsnap: beat\nprompts: {0:00: a, 0:01.1: b, 0:02.9: c}"
    plan = make_plan(load_story_text(text))
    assert [shot.start for shot in plan.shots] == [0, 1, 3]


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    ("to", "lacks"), [("beat", "needs a tempo"), ("onset", "needs a soundtrack")]
)
def test_what_there_is_nothing_to_snap_to_is_told(to: str, lacks: str, count: int) -> None:
    shots = "{duration: 1s, prompt: a}, " * count
    with pytest.raises(StoryError, match=lacks) as caught:
        make_plan(load_story_text(f"snap: {to}\nperceptors: tiny\nshots: [{shots}]"))
    assert caught.value.problems[0].line == 1
