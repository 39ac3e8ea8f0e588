"""A film that several processes paint is the film that one paints, whatever becomes of them."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from storyboard.errors import Interrupted, RenderFailed, UsageError
from storyboard.plan import Plan, ShotPlan
from storyboard.render import Event, render
from storyboard.render.chains import ChainJob
from storyboard.render.crew.processes import ProcessCrew, devices_for
from storyboard.render.executors import Delivery, executors
from storyboard.render.store.choices import MachineChoices


@pytest.fixture(scope="module")
def chains() -> Callable[[Callable[..., Plan], Callable[..., ShotPlan]], Plan]:
    """Makes a plan of three chains, of which the first has two shots."""

    def made(film: Callable[..., Plan], shot: Callable[..., ShotPlan]) -> Plan:
        return film(
            shot("dawn", 0, 4),
            shot("night", 4, 3, prompt="blue"),
            shot("fire", 7, 3, prompt="orange", fresh=True, chain=1),
            shot("sea", 10, 4, prompt="blue", fresh=True, chain=2),
        )

    return made


@pytest.fixture
def plan(
    chains: Callable[..., Plan], film: Callable[..., Plan], shot: Callable[..., ShotPlan]
) -> Plan:
    return chains(film, shot)


def frames_of(folder: Path) -> dict[str, bytes]:
    frames = sorted(folder.glob("shots/*/*.png"))
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in frames}


_STRAIGHT: dict[str, tuple[dict[str, bytes], bytes]] = {}


@pytest.fixture
def straight(
    plan: Plan, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, bytes], bytes]:
    """The frames and the film that this process paints alone, made once."""
    if plan.digest not in _STRAIGHT:
        folder = tmp_path_factory.mktemp("straight")
        render(plan, out=folder / "film.mp4")
        _STRAIGHT[plan.digest] = frames_of(folder), (folder / "film.mp4").read_bytes()
    return _STRAIGHT[plan.digest]


def result(folder: Path) -> tuple[dict[str, bytes], bytes]:
    return frames_of(folder), (folder / "film.mp4").read_bytes()


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_gives_the_same_bytes(
    tmp_path: Path, plan: Plan, straight: object, workers: int
) -> None:
    events: list[Event] = []
    render(plan, out=tmp_path / "film.mp4", workers=workers, on_event=events.append)
    assert result(tmp_path) == straight
    assert [event for event in events if event.kind == "warning"] == []
    chosen = json.loads((tmp_path / "run.json").read_text())["choices"]["film.mp4"]
    assert chosen["threads"] == 1


def test_the_chain_of_a_killed_worker_goes_on_elsewhere(
    tmp_path: Path, plan: Plan, straight: object
) -> None:
    events, killed = list[Event](), list[int]()

    def kill_once(event: Event) -> None:
        events.append(event)
        if event.kind == "frame" and event.shot == "night" and not killed:
            for process in multiprocessing.active_children():
                killed.append(process.pid or 0)
                os.kill(process.pid or 0, signal.SIGKILL)

    render(plan, out=tmp_path / "film.mp4", workers=2, on_event=kill_once)
    assert killed
    assert result(tmp_path) == straight
    warnings = [event.message or "" for event in events if event.kind == "warning"]
    assert len(warnings) == len(killed)
    assert all("died (signal 9)" in warning for warning in warnings)
    frames = [event.frame for event in events if event.kind == "frame" and not event.again]
    assert sorted(frames) == list(range(14))


def test_a_stopped_crew_saves_and_goes_on(tmp_path: Path, plan: Plan, straight: object) -> None:
    seen: list[Event] = []

    def note(event: Event) -> None:
        seen.extend([event] if event.kind == "frame" else [])

    film = tmp_path / "film.mp4"
    with pytest.raises(Interrupted, match="its state is saved"):
        render(plan, out=film, workers=2, on_event=note, stop=lambda: len(seen) >= 2)
    assert multiprocessing.active_children() == []
    made = len(frames_of(tmp_path))
    assert 2 <= made < 14
    assert list(tmp_path.glob("shots/*/*.state"))
    render(plan, out=film, workers=3, on_event=note)
    assert result(tmp_path) == straight
    assert len([event for event in seen if not event.again]) == 14


def test_an_error_of_a_worker_is_the_error_of_the_render(tmp_path: Path, plan: Plan) -> None:
    broken = replace(
        plan.shots[2],
        values={**plan.shots[2].values, "lr": plan.shots[2].values["lr"] * float("nan")},
    )
    plan = replace(plan, shots=(*plan.shots[:2], broken, plan.shots[3]))
    with pytest.raises(RenderFailed, match="shot 'fire', frame 7"):
        render(plan, out=tmp_path / "film.mp4", workers=2)
    assert multiprocessing.active_children() == []


def test_a_worker_obeys_the_threads_that_the_film_was_begun_with(
    tmp_path: Path, plan: Plan
) -> None:
    with pytest.raises(Interrupted):
        render(plan, out=tmp_path / "film.mp4", stop=lambda: True)
    record = tmp_path / "run.json"
    content = json.loads(record.read_text())
    content["choices"]["film.mp4"]["threads"] = 2
    record.write_text(json.dumps(content))
    events: list[Event] = []
    render(plan, out=tmp_path / "film.mp4", workers=1, shots=["sea"], on_event=events.append)
    (warning,) = [event.message or "" for event in events if event.kind == "warning"]
    assert "would choose 1 thread, not 2" in warning


@pytest.mark.parametrize(
    ("here", "kind", "wanted", "expected"),
    [
        (["cpu"], "cpu", "auto", ["cpu"]),
        (["cuda:0", "cuda:1", "cpu"], "cuda", "auto", ["cuda:0", "cuda:1"]),
        (["cuda:0", "cuda:1", "cpu"], "cuda", "cuda", ["cuda:0", "cuda:1"]),
        (["cuda:0", "cuda:1", "cpu"], "cuda", "cuda:1", ["cuda:1"]),
        (["cuda:0", "cpu"], "cpu", "auto", ["cpu"]),
        (["cpu"], "cuda", "auto", ["auto"]),
    ],
)
def test_workers_go_round_the_devices_that_the_film_was_begun_on(
    monkeypatch: pytest.MonkeyPatch,
    plan: Plan,
    here: list[str],
    kind: str,
    wanted: str,
    expected: list[str],
) -> None:
    monkeypatch.setattr("storyboard.perceptors.device.available_devices", lambda: here)
    job = ChainJob(plan, 0, frozenset(), (), MachineChoices(kind, "fp32", {}), wanted)
    assert devices_for(job) == expected


def test_seats_are_shared_by_the_crews_of_a_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    def start(crew: ProcessCrew, device: str, seat: object) -> object:
        started.append(device)
        return seat

    monkeypatch.setattr(ProcessCrew, "_start", start)
    one, other = (ProcessCrew(["cuda:0", "cuda:1"], tmp_path, 3) for _ in range(2))
    seats = [crew.hire() for crew in (one, other, one, other)]
    assert started == ["cuda:0", "cuda:1", "cuda:0"]
    assert seats[3] is None
    seats[1].close()  # type: ignore[union-attr]
    assert other.hire() is not None
    assert started[3] == "cuda:1"


def test_an_executor_without_workers_says_so(tmp_path: Path, plan: Plan) -> None:
    def alone(jobs: object, *, deliver: Delivery, stop: object) -> None:
        raise AssertionError("is not called")

    with (
        executors.temporary(alone=alone),
        pytest.raises(UsageError, match="'alone' takes no number of workers"),
    ):
        render(plan, out=tmp_path / "film.mp4", executor="alone", workers=2)
