"""Digests change for exactly the shots whose pictures change, and those that flow from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from storyboard.plan import Plan
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.digests import digest_of

STORY = """\
perceptors: tiny
seed: 1
output: {size: 64x36, fps: 12}
shots:
  - {name: a, duration: 1s, prompt: red}
  - {name: b, duration: 1s, prompt: green, motion: {zoom: 1 + 0.1*u}}
  - {name: c, duration: 1s, prompt: blue, cut: true, fade: 0s}
  - {name: d, duration: 1s, prompt: white, filters: {vignette: 0.2, sharpen: 0.1}}
"""


def plan_of(text: str = STORY, **overrides: Any) -> Plan:
    return make_plan(load_story_text(text, overrides=overrides))


def digests(plan: Plan) -> dict[str, str]:
    return {shot.name: shot.digest for shot in plan.shots}


CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("nothing", {}, ""),
    ("title", {"title": "x"}, ""),
    ("crf", {"output.crf": 3}, ""),
    ("format", {"output.format": "gif"}, ""),
    ("marks", {"marks": {"drop": 1}}, ""),
    ("notes", {"shots.a.x-take": 2}, ""),
    ("a prompt", {"shots.a.prompt": "black"}, "ab"),
    ("a prompt after it", {"shots.b.prompt": "black"}, "b"),
    ("a prompt after a cut", {"shots.d.prompt": "black"}, "d"),
    ("a default said", {"shots.b.color_hold": 0.5}, ""),
    ("hold", {"shots.c.hold": 0.3}, "cd"),
    ("steps", {"shots.d.steps": 3}, "d"),
    ("where the camera leaves to", {"shots.a.motion.zoom": "1 + 0.1*u"}, "ab"),
    ("drawer option", {"shots.d.drawer": {"name": "fft", "decay": 1}}, "d"),
    ("drawer option's default", {"shots.d.drawer": {"name": "fft", "decay": 1.5}}, ""),
    ("filter option", {"shots.d.filters.sharpen": {"amount": 0.1, "radius": 1}}, "d"),
    ("filter order", {"shots.d.filters": {"sharpen": 0.1, "vignette": 0.2}}, "d"),
    ("border", {"shots.c.border": "wrap"}, "cd"),
    ("cut_batch", {"cut_batch": 3}, "abcd"),
    ("size", {"output.size": "64x38"}, "abcd"),
    ("seed", {"seed": 2}, "abcd"),
    ("a shot's seed", {"shots.c.seed": 2}, "cd"),
    ("perceptor weight", {"perceptors": {"name": "tiny", "weight": 2}}, "abcd"),
    ("a shot's length after the fact", {"shots.d.duration": "2s"}, "d"),
    ("length before a cut", {"shots.b.duration": "2s"}, "b"),
    ("a name", {"shots.c.name": "z"}, "zd"),
]


@pytest.mark.parametrize(("what", "overrides", "changed"), CHANGES, ids=[c[0] for c in CHANGES])
def test_exactly_the_changed_shots_have_new_digests(
    what: str, overrides: dict[str, Any], changed: str
) -> None:
    before, after = digests(plan_of()), digests(plan_of(**overrides))
    assert {name for name in after if after[name] != before.get(name)} == set(changed)


def test_the_film_has_a_digest_of_its_own() -> None:
    whole = [plan_of(**o).digest for o in ({}, {"output.crf": 3}, {"shots.d.prompt": "black"})]
    assert len(set(whole)) == 3
    assert plan_of().digest == whole[0]


def test_a_shot_that_moved_in_the_film_keeps_its_digest() -> None:
    lines = STORY.splitlines(keepends=True)
    moved = "".join([*lines[:4], *lines[6:], *lines[4:6]])
    before, after = (
        digests(plan_of()),
        digests(plan_of(moved.replace("d, dur", "d, cut: false, dur"))),
    )
    assert {name for name in "cd" if before[name] == after[name]} == {"c", "d"}


def test_a_song_is_known_by_what_it_holds(tmp_path: Path) -> None:
    def film(level: float) -> str:
        soundfile.write(tmp_path / "song.wav", np.full(4410, level), 44100)
        text = "audio: song.wav\nperceptors: tiny\nshots: [{prompt: a, duration: 1s}]"
        return make_plan(load_story_text(text, folder=tmp_path)).digest

    assert film(0.1) != film(0.2)
    assert film(0.1) == film(0.1)


def test_digests_tell_values_and_shapes_apart() -> None:
    values = [
        1,
        "1",
        1.5,
        None,
        [1],
        {"a": 1},
        np.zeros(4),
        np.zeros((2, 2)),
        np.ones(4),
        float("inf"),
    ]
    assert len({digest_of(value) for value in values}) == len(values)
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
