"""Whole renders of tiny films with the real parts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from storyboard import ffmpeg
from storyboard.errors import FolderBusy, Interrupted, RenderFailed, UsageError
from storyboard.render import Event, RenderOptions, render, status, still
from storyboard.render.embed import read_embedded
from storyboard.render.folder import locked
from storyboard.timeline.plan import AudioPlan, Plan, ShotPlan

Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]


def frames_of(folder: Path) -> dict[str, bytes]:
    """Every saved frame, by shot and number."""
    return {
        f"{path.parent.name}/{path.name}": path.read_bytes()
        for path in sorted(folder.glob("shots/*/*.png"))
    }


def test_a_film_has_its_frames_story_and_record(tmp_path: Path, plan: Plan) -> None:
    events: list[Event] = []
    film = render(plan, out=tmp_path / "film.mp4", on_event=events.append)
    assert film.path == tmp_path / "film.mp4"
    assert film.frames == ffmpeg.count_frames(film.path) == 10
    assert read_embedded(film.path)["story"] == plan.story
    assert status(plan, film.path) == {"dawn": 4, "night sky": 3, "fire": 3}
    known = json.loads((tmp_path / "run.json").read_text())["films"]["film.mp4"]
    assert (known["state"], known["frames"], known["seed"]) == ("done", [0, 10], 7)
    kinds = [event.kind for event in events]
    assert (kinds[0], kinds[-1]) == ("plan", "done")
    assert [e.frame for e in events if e.kind == "frame"] == list(range(10))
    logged = (tmp_path / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in logged] == kinds


def test_the_pictures_follow_their_prompts(tmp_path: Path, shot: Shots, film: Films) -> None:
    first, second = (
        shot(name, n, 3, prompt=name, values={"steps": 25, "cuts": 8, "hold": 0, "color_hold": 0})
        for name, n in (("red", 0), ("blue", 3))
    )
    render(film(first, second), out=tmp_path / "film.gif")
    red, _, blue = np.array(
        [frame.mean((0, 1)) for frame in ffmpeg.decode_frames(tmp_path / "film.gif")]
    )[[2, 3, 5]].T
    assert red[0] > blue[0] + 20
    assert blue[2] > red[2] + 20


def test_a_second_render_has_nothing_to_do(tmp_path: Path, plan: Plan) -> None:
    film = render(plan, out=tmp_path / "film.mp4")
    before = film.path.stat().st_mtime_ns
    events: list[Event] = []
    again = render(plan, out=tmp_path / "film.mp4", on_event=events.append)
    assert [event.kind for event in events] == ["done"]
    assert again.path.stat().st_mtime_ns == before


def test_twice_the_same_film(tmp_path: Path, plan: Plan) -> None:
    one = render(plan, out=tmp_path / "one" / "film.mp4")
    two = render(plan, out=tmp_path / "two" / "film.mp4")
    assert frames_of(tmp_path / "one") == frames_of(tmp_path / "two")
    assert one.path.read_bytes() == two.path.read_bytes()
