"""Killed, stopped, torn and changed renders end in the same film as an undisturbed one."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import FolderBusy, Interrupted, RenderFailed
from storyboard.plan import Plan, ShotPlan
from storyboard.render import Event, render
from storyboard.render.store.folder import RunRecord
from storyboard.render.store.locks import locked
from storyboard.render.store.shots import folder_name

Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]

# A server that has torch in memory and forks: a killable process in milliseconds.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    [
        "storyboard.drawers.fft",
        "storyboard.losses.hold",
        "storyboard.perceptors.guide",
        "storyboard.perceptors.testing",
        "storyboard.render.loop",
    ]
)


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Plan], Path]:
    """Renders a plan undisturbed, once for all tests; gives its folder."""
    done: dict[str, Path] = {}

    def rendered(plan: Plan) -> Path:
        if plan.digest not in done:
            folder = tmp_path_factory.mktemp("straight")
            render(plan, out=folder / "film.mp4")
            done[plan.digest] = folder
        return done[plan.digest]

    return rendered


def frames_of(folder: Path) -> dict[str, bytes]:
    """Every saved frame, by shot and number."""
    frames = sorted(folder.glob("shots/*/*.png"))
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in frames}


def assert_same(folder: Path, other: Path) -> None:
    assert frames_of(folder) == frames_of(other)
    assert (folder / "film.mp4").read_bytes() == (other / "film.mp4").read_bytes()
    assert not list(folder.rglob("*.part"))


def frame_events(plan: Plan, folder: Path) -> list[Event]:
    """Render, and give the events of the frames that were computed."""
    events: list[Event] = []
    render(plan, out=folder / "film.mp4", on_event=events.append)
    return [event for event in events if event.kind == "frame"]


def kill_when(plan: Plan, film: Path, *, frames: int, delay_s: float) -> bool:
    """Render in a process that is killed once ``frames`` are saved; whether it was in time."""
    process = SERVER.Process(target=partial(render, plan, out=film))
    process.start()
    while process.is_alive() and len(list(film.parent.glob("shots/*/*.png"))) < frames:
        time.sleep(0.002)
    time.sleep(delay_s)
    process.kill()
    process.join()
    return process.exitcode == -9


def test_killed_again_and_again_it_ends_in_the_same_film(
    tmp_path: Path, plan: Plan, straight: Callable[[Plan], Path]
) -> None:
    chance = random.Random(4)
    film = tmp_path / "film.mp4"
    killed = [
        kill_when(plan, film, frames=frames, delay_s=chance.uniform(0, 0.06))
        for frames in (1, 4, 8)
    ]
    assert sum(killed) >= 2
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("shots/*/*.png")}
    render(plan, out=film)
    assert_same(tmp_path, straight(plan))
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in kept.items())


@pytest.mark.parametrize("after", [0, 2, 3, 8])
def test_stopped_it_says_so_and_goes_on_where_it_was(
    tmp_path: Path, plan: Plan, straight: Callable[[Plan], Path], after: int
) -> None:
    seen: list[int] = []

    def note(event: Event) -> None:
        if event.kind == "frame":
            seen.append(event.frame or 0)

    with pytest.raises(Interrupted, match=f"after frame {after}"):
        render(
            plan,
            out=tmp_path / "film.mp4",
            on_event=note,
            stop=lambda: seen[-1:] == [after],
        )
    assert seen == list(range(after + 1))
    assert [e.frame for e in frame_events(plan, tmp_path)] == list(range(after + 1, 10))
    assert_same(tmp_path, straight(plan))


def test_stopped_before_the_first_frame_nothing_is_painted(tmp_path: Path, plan: Plan) -> None:
    with pytest.raises(Interrupted, match="before shot 'dawn'"):
        render(plan, out=tmp_path / "film.mp4", stop=lambda: True)
    assert list(tmp_path.glob("shots/*/*.png")) == []


def tear(path: Path) -> None:
    """What a full disk or a lost write leaves: the first half, then nothing."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))


@pytest.mark.parametrize(
    ("damage", "pattern"),
    [
        (tear, "dawn-*/00002.png"),
        (Path.unlink, "dawn-*/00001.png"),
        (tear, "night-sky-*/00002.png"),
        (Path.unlink, "fire-*/00000.png"),
        (tear, "*/frames.jsonl"),
    ],
)
def test_what_is_torn_or_missing_is_made_again(
    tmp_path: Path,
    plan: Plan,
    straight: Callable[[Plan], Path],
    damage: Callable[[Path], None],
    pattern: str,
) -> None:
    shutil.copytree(straight(plan), tmp_path, dirs_exist_ok=True)
    (tmp_path / "film.mp4").unlink()
    for path in tmp_path.glob(f"shots/{pattern}"):
        damage(path)
    assert frame_events(plan, tmp_path)
    assert_same(tmp_path, straight(plan))


def test_torn_checkpoints_are_passed_over(
    tmp_path: Path, plan: Plan, straight: Callable[[Plan], Path]
) -> None:
    shutil.copytree(straight(plan), tmp_path, dirs_exist_ok=True)
    for path in tmp_path.glob("shots/night-sky-*/*"):
        path.unlink()
    newest = sorted(tmp_path.glob("shots/dawn-*/*.state"))[-1]
    tear(newest)
    (tmp_path / "film.mp4").unlink()
    computed = frame_events(plan, tmp_path)
    again = [event.frame for event in computed if event.again]
    assert again
    assert max(again) == 3  # the end of the first shot, made once more for the second to flow from
    assert [e.frame for e in computed if not e.again] == [4, 5, 6]
    assert_same(tmp_path, straight(plan))


def test_only_what_changed_and_what_flows_from_it_is_made_again(
    tmp_path: Path, shot: Shots, film: Films
) -> None:
    def story(middle: str) -> Plan:
        return film(
            shot("one", 0, 2),
            shot("two", 2, 2, prompt=middle),
            shot("three", 4, 2),
            shot("four", 6, 2, fresh=True, chain=1),
        )

    assert len(frame_events(story("blue"), tmp_path)) == 8
    assert [e.frame for e in frame_events(story("green"), tmp_path)] == [2, 3, 4, 5]
    events: list[Event] = []
    render(story("blue"), out=tmp_path / "film.mp4", on_event=events.append)
    assert [e.frame for e in events if e.kind == "frame"] == []
    assert events[-1].kind == "done"


def test_a_shot_that_only_moved_in_time_is_kept(tmp_path: Path, shot: Shots, film: Films) -> None:
    """The digests are of what a shot shows; checkpoints count from the shot's own start."""
    kept = shot("two", 2, 3, fresh=True, chain=1, values={"steps": 2})
    first = film(shot("one", 0, 2), kept)
    frame_events(first, tmp_path)
    moved = replace(first.shots[1], first=4, stop=7, start=first.shots[1].start * 2)
    second = film(shot("one", 0, 4))
    second = replace(second, shots=(*second.shots, moved), frame_count=7, digest="moved")
    (frame := sorted(tmp_path.glob("shots/two-*/*.png"))[-1]).unlink()
    made = [e.frame for e in frame_events(second, tmp_path) if not e.again]
    assert made == [0, 1, 2, 3, 6]
    assert frame.exists()


def test_fresh_begins_again(tmp_path: Path, plan: Plan, straight: Callable[[Plan], Path]) -> None:
    shutil.copytree(straight(plan), tmp_path, dirs_exist_ok=True)
    events: list[Event] = []
    render(plan, out=tmp_path / "film.mp4", on_event=events.append, fresh=True)
    assert len([e for e in events if e.kind == "frame"]) == 10
    assert_same(tmp_path, straight(plan))


def test_a_loss_that_is_no_number_names_shot_frame_and_cause(
    tmp_path: Path, shot: Shots, film: Films
) -> None:
    curve = {"losses.smoothness": 1.0}
    bad = shot("dawn", 0, 4, values=curve)
    bad.values["losses.smoothness"][2] = float("inf")
    with pytest.raises(RenderFailed, match=r"'dawn', frame 2: .*'smoothness' is inf"):
        render(film(bad), out=tmp_path / "film.mp4")
    assert len(frames_of(tmp_path)) == 2
    log = (tmp_path / "events.jsonl").read_text().splitlines()
    assert '"kind": "error"' in log[-1]


def test_a_second_render_in_the_folder_names_the_first(tmp_path: Path, plan: Plan) -> None:
    process = SERVER.Process(target=partial(render, plan, out=tmp_path / "film.mp4"))
    process.start()
    while process.is_alive() and not list(tmp_path.glob("shots/*/*.png")):
        time.sleep(0.005)
    with pytest.raises(FolderBusy, match=f"process {process.pid}"):
        render(plan, out=tmp_path / "film.mp4")
    film = render(plan, out=tmp_path / "film.mp4", wait=True)
    process.join()
    assert process.exitcode == 0
    assert film.path.exists()


def test_a_lock_left_behind_by_the_dead_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / ".locks").mkdir()
    (tmp_path / ".locks" / "film.mp4").write_text("1")
    with locked(tmp_path, ["film.mp4"]):
        busy = pytest.raises(FolderBusy, match=f"film.mp4 .* process {os.getpid()}")
        with busy, locked(tmp_path, ["a", "film.mp4"]):
            pass
        with locked(tmp_path, ["a", "other.mp4"]):
            pass


def test_chains_of_one_film_are_made_side_by_side(
    tmp_path: Path, plan: Plan, straight: Callable[[Plan], Path]
) -> None:
    """F53: one process makes the first chain while another makes the second."""
    out, dawn = tmp_path / "film.mp4", f"shots/{folder_name(plan.shots[0])}"
    with locked(tmp_path, [dawn]):
        render(plan, out=out, shots=["fire"])
        with pytest.raises(FolderBusy, match=re.escape(dawn)):
            render(plan, out=out, shots=["night sky"])
        with pytest.raises(FolderBusy, match=re.escape(dawn)):
            render(plan, out=out)
    render(plan, out=out, shots=["dawn"])
    assert len(list(tmp_path.glob("*.mp4"))) == 2
    with locked(tmp_path, [dawn]):  # nothing of it is left to paint
        render(plan, out=out, shots=["dawn"], overwrite=True)
    render(plan, out=out)
    assert_same(tmp_path, straight(plan))


def test_two_processes_share_a_film(
    tmp_path: Path, plan: Plan, straight: Callable[[Plan], Path]
) -> None:
    out = tmp_path / "film.mp4"
    parts = (["dawn", "night sky"], ["fire"])
    made = [SERVER.Process(target=partial(render, plan, out=out, shots=part)) for part in parts]
    for process in made:
        process.start()
    for process in made:
        process.join()
    assert [process.exitcode for process in made] == [0, 0]
    events: list[Event] = []
    render(plan, out=out, on_event=events.append)
    assert "frame" not in [event.kind for event in events]
    assert_same(tmp_path, straight(plan))
    assert len(RunRecord(tmp_path).film(out)["shots"]) == 3


def test_frames_lie_in_one_folder_and_films_anywhere(tmp_path: Path, plan: Plan) -> None:
    """F52: two films of one name from the same frames, and another film in one's place."""
    work, events = tmp_path / "work", list[Event]()
    render(plan, out=work / "film.mp4")
    for name in ("desk", "shelf"):
        film = tmp_path / name / "film.mp4"
        render(plan, out=film, work=work, on_event=events.append)
        assert film.read_bytes() == (work / "film.mp4").read_bytes()
    assert "frame" not in [event.kind for event in events]
    assert [path.name for path in (tmp_path / "desk").iterdir()] == ["film.mp4"]
    other = replace(plan, title="Another", digest="another")
    events.clear()
    render(other, out=tmp_path / "desk" / "film.mp4", work=work, on_event=events.append)
    assert (tmp_path / "desk" / "film.earlier-1.mp4").read_bytes() == film.read_bytes()
    assert "frame" not in [event.kind for event in events]


def test_waiting_for_a_folder_can_be_stopped(tmp_path: Path, plan: Plan) -> None:
    with locked(tmp_path, ["film.mp4"]), pytest.raises(Interrupted, match="another process"):
        render(plan, out=tmp_path / "film.mp4", wait=True, stop=lambda: True)


class Died(Exception):
    """Stands for a kill at one exact moment."""


@pytest.mark.parametrize("moment", ["shot_start", "encode", "note"])
def test_a_new_film_that_dies_on_its_way_is_not_taken_for_done(
    tmp_path: Path,
    shot: Shots,
    film: Films,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    out = tmp_path / "film.mp4"
    render(film(shot(count=2)), out=out)
    changed = film(shot(count=2, prompt="blue"))
    note = RunRecord.note

    def die_after_the_film(self: RunRecord, path: Path, **facts: Any) -> None:
        if moment == "note" and "sha256" in facts:
            raise Died
        note(self, path, **facts)

    def die_at(event: Event) -> None:
        if event.kind == moment:
            raise Died

    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(RunRecord, "note", die_after_the_film)
        render(changed, out=out, on_event=die_at)
    made = render(changed, out=out).path.read_bytes()
    assert made == render(changed, out=tmp_path / "other" / "film.mp4").path.read_bytes()
