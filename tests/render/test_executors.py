"""Chains are handed to an executor as data, and it alone decides where they are made."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from storyboard.errors import UnknownName
from storyboard.render import Event, render
from storyboard.render.chains import ChainJob, Stop, paint_chain, stretches
from storyboard.render.events import OnEvent
from storyboard.render.executors import executors
from storyboard.timeline.plan import Plan, ShotPlan


def frames_of(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("shots/*/*.png"))]


def test_an_executor_may_take_the_chains_in_any_order(tmp_path: Path, plan: Plan) -> None:
    taken: list[int] = []

    def backwards(jobs: Sequence[ChainJob], *, on_event: OnEvent, stop: Stop) -> None:
        for job in reversed(jobs):
            travelled = pickle.loads(pickle.dumps(job))
            taken.append(travelled.chain)
            paint_chain(travelled, on_event=on_event, stop=stop)

    with executors.temporary(backwards=backwards):
        render(plan, out=tmp_path / "a" / "film.mp4", executor="backwards")
    render(plan, out=tmp_path / "b" / "film.mp4")
    assert taken == [1, 0]
    assert frames_of(tmp_path / "a") == frames_of(tmp_path / "b")


def test_an_unknown_executor_is_told_with_the_nearest(tmp_path: Path, plan: Plan) -> None:
    with pytest.raises(UnknownName, match="did you mean 'local'"):
        render(plan, out=tmp_path / "film.mp4", executor="lokal")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (range(7), [("dawn", 0, 4), ("night sky", 0, 3)]),
        (range(2), [("dawn", 0, 2)]),
        ([5], [("dawn", 0, 4), ("night sky", 0, 2)]),
        ([], []),
    ],
)
def test_what_flows_into_the_wanted_frames_is_made_too(
    tmp_path: Path, plan: Plan, wanted: Sequence[int], expected: list[tuple[str, int, int]]
) -> None:
    job = ChainJob(plan, 0, frozenset(wanted), tmp_path)
    assert [(s.folder.shot.name, s.first, s.stop) for s in stretches(job)] == expected


def test_shots_too_short_for_a_frame_only_move_the_camera(
    tmp_path: Path, shot: Callable[..., ShotPlan], film: Callable[..., Plan]
) -> None:
    plan = film(shot("a", 0, 2), shot("blink", 2, 0), shot("b", 2, 2))
    events: list[Event] = []
    render(plan, out=tmp_path / "film.mp4", on_event=events.append)
    assert [event.shot for event in events if event.kind == "shot_start"] == ["a", "b"]
    assert len(frames_of(tmp_path)) == 4


def test_events_say_only_what_they_know() -> None:
    event = Event("frame", shot="dawn", frame=0, loss=0.5)
    assert event.to_json() == {"kind": "frame", "shot": "dawn", "frame": 0, "loss": 0.5}


def test_what_a_perceptor_does_not_know_is_told_once(
    tmp_path: Path, shot: Callable[..., ShotPlan], film: Callable[..., Plan]
) -> None:
    events: list[Event] = []
    again = shot("b", 2, 2, prompt="a red zeppelin", fresh=True, chain=1)
    plan = film(shot(count=2, prompt="a red zeppelin"), again)
    render(plan, out=tmp_path / "film.mp4", on_event=events.append)
    told = [event.message or "" for event in events if event.kind == "warning"]
    assert len(told) == 1
    assert "zeppelin" in told[0]
