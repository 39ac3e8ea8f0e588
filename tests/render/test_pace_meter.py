"""What is measured while a film is made, kept, and added up to how long the next one takes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from storyboard.plan import Plan
from storyboard.render import Event, render
from storyboard.render.pace_meter import PaceMeter
from storyboard.render.trial import trial
from storyboard.timeline import load_story, make_plan
from storyboard.timeline.pace import Kinds, estimate

STORY: dict[str, Any] = {
    "output": {"size": "48x32", "fps": 4},
    "perceptors": ["tiny"],
    "steps": 3,
    "steps_first": 6,
    "cuts": 2,
    "prompt": "red",
}


def planned(**changes: Any) -> Plan:
    return make_plan(
        load_story({**STORY, **({} if "shots" in changes else {"duration": "2s"}), **changes})
    )


@pytest.fixture(autouse=True)
def nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYBOARD_CACHE", str(tmp_path / "kept"))


def test_a_film_is_measured_by_its_events() -> None:
    plan, now = planned(), [0.0]
    meter = PaceMeter(plan, "cpu", clock=lambda: now[0])
    meter(Event("plan", of=8))
    for number in range(8):
        now[0] += 9 if number == 0 else 3
        meter(Event("frame", frame=number, seconds=4.0 if number == 0 else 3.0))
    meter(Event("encode", done=0, of=8))
    now[0] += 2
    meter(Event("encode", done=8, of=8))
    assert estimate(plan, "cpu").seconds is None
    meter.save()
    found = estimate(plan, "cpu")
    # the first frame has 6 steps, others 3: twice their time; the start is what it had beside that
    assert found.seconds == pytest.approx((9 - 6) + 6 + 7 * 3 + 2)
    assert found.day
    assert estimate(planned(duration="3s"), "cpu").seconds == pytest.approx(3 + 6 + 11 * 3 + 3)
    assert estimate(plan, "cuda").seconds is None


def test_a_render_keeps_its_times_and_a_trial_measures_every_shot(tmp_path: Path) -> None:
    plan = planned(shots=[{"duration": "2s"}, {"duration": "2s", "cuts": 3}], loop=True)
    measured = trial(plan, "cpu")
    assert set(Kinds.of(plan, "cpu").frames) <= set(measured)
    found = (estimate(plan, "cpu").seconds, estimate(plan, "cpu", measured).seconds)
    assert found[0] == pytest.approx(found[1], rel=0.5)
    assert all(
        value >= 0 and np.isfinite(value)
        for line in measured.values()
        for value in vars(line).values()
    )
    folder = tmp_path / "kept/pace"
    before = {file.name: json.loads(file.read_text())["sums"][0] for file in folder.iterdir()}
    render(replace(plan, loop=None), out=tmp_path / "film.mp4", device="cpu")
    after = {file.name: json.loads(file.read_text())["sums"][0] for file in folder.iterdir()}
    kind = f"{Kinds.of(plan, 'cpu').frames[1]}.json"
    assert after[kind] == before[kind] + 8


def test_a_trial_leaves_no_frame_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    trial(planned(output={"size": "48x32", "fps": 8, "paint": {"fps": 4}}, duration="1s"), "cpu")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
