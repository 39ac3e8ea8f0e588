"""Chains are handed to an executor as data, and it alone decides where they are made."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from storyboard.errors import Interrupted, RenderFailed, StoryboardError, UnknownName, UsageError
from storyboard.plan import Plan, ShotPlan
from storyboard.render import Event, render
from storyboard.render.chains import ChainJob, Stop, paint_chain, stretches
from storyboard.render.executors import Delivery, executors
from storyboard.render.store.frame_store import FolderStore
from storyboard.render.store.inbox import Inbox
from storyboard.render.store.messages import Message

# A server that has torch in memory and forks: another process in milliseconds.
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["storyboard.render.loop", "storyboard.perceptors.testing"])


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Plan], Path]:
    """Renders a plan with the local executor, once for all tests; gives its folder."""
    done: dict[str, Path] = {}

    def rendered(plan: Plan) -> Path:
        if plan.digest not in done:
            done[plan.digest] = tmp_path_factory.mktemp("straight")
            render(plan, out=done[plan.digest] / "film.mp4")
        return done[plan.digest]

    return rendered


def frames_of(folder: Path) -> dict[str, bytes]:
    """Every saved frame, by shot and number."""
    frames = sorted(folder.glob("shots/*/*.png"))
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in frames}


def assert_same(folder: Path, other: Path) -> None:
    assert frames_of(folder) == frames_of(other)
    assert (folder / "film.mp4").read_bytes() == (other / "film.mp4").read_bytes()
    lines = {p.parent.name: len(p.read_text().splitlines()) for p in folder.rglob("frames.jsonl")}
    assert sum(lines.values()) == len(frames_of(folder))


def work(pipe: Connection, folder: Path, die_after: int) -> None:
    """What runs in the other process: it knows nothing but what comes through ``pipe``.

    Every message is answered: with whether to stop. Dies after ``die_after`` messages.
    """
    os.chdir(folder)
    answers = [False]

    def send(message: Message) -> None:
        if len(answers) > die_after:
            os._exit(9)
        pipe.send(message)
        answers.append(pipe.recv())

    job = pickle.loads(pipe.recv_bytes())
    try:
        paint_chain(job, send=send, stopped=lambda: answers[-1])
    except StoryboardError as error:
        pipe.send(error)
    else:
        pipe.send(None)


class Elsewhere:
    """An executor that has every job done by a process in another, empty folder."""

    def __init__(self, folder: Path, *, die_after: int = 1000, tries: int = 1) -> None:
        self.folder, self.die_after, self.tries = folder, die_after, tries
        self.sent: list[bytes] = []
        folder.mkdir()

    def __call__(self, jobs: Sequence[ChainJob], *, deliver: Delivery, stop: Stop) -> None:
        for job in jobs:
            for _ in range(self.tries):
                if (job := deliver.renewed(job)).todo:
                    self._have_done(job, deliver, stop)

    def _have_done(self, job: ChainJob, deliver: Delivery, stop: Stop) -> None:
        self.sent.append(pickle.dumps(job))
        here, there = SERVER.Pipe()
        process = SERVER.Process(target=work, args=(there, self.folder, self.die_after))
        process.start()
        there.close()
        here.send_bytes(self.sent[-1])
        try:
            while isinstance(answer := here.recv(), Message):
                deliver(answer)
                here.send(stop())
        except EOFError:
            answer = None
        finally:
            process.join()
        if answer is not None:
            raise answer


def test_a_worker_that_sees_no_folder_is_stopped_and_goes_on(
    tmp_path: Path, plan: Plan, straight: Callable[[Plan], Path]
) -> None:
    film, seen = tmp_path / "a" / "film.mp4", list[int]()
    elsewhere = Elsewhere(tmp_path / "elsewhere")

    def note(event: Event) -> None:
        if event.kind == "frame":
            seen.append(event.frame or 0)

    with executors.temporary(elsewhere=elsewhere):
        with pytest.raises(Interrupted, match="after frame 2"):
            render(
                plan,
                out=film,
                executor="elsewhere",
                on_event=note,
                stop=lambda: seen[-1:] == [2],
            )
        assert len(frames_of(film.parent)) == 3
        render(plan, out=film, executor="elsewhere", on_event=note)
    assert seen == list(range(10))
    assert_same(film.parent, straight(plan))
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not any(str(tmp_path).encode() in job for job in elsewhere.sent)


def test_what_a_worker_delivered_before_it_died_is_kept(
    tmp_path: Path, plan: Plan, straight: Callable[[Plan], Path]
) -> None:
    film, events = tmp_path / "a" / "film.mp4", list[Event]()
    once = Elsewhere(tmp_path / "once", die_after=4)
    with (
        executors.temporary(once=once),
        pytest.raises(RenderFailed, match=r"frame 2: executor 'once' ended without it"),
    ):
        render(plan, out=film, executor="once")
    assert [name[:5] for name in frames_of(film.parent)] == ["dawn-", "dawn-", "fire-", "fire-"]
    thrice = Elsewhere(tmp_path / "thrice", die_after=7, tries=3)
    with executors.temporary(thrice=thrice):
        render(plan, out=film, executor="thrice", on_event=events.append)
    made = [event.frame for event in events if event.kind == "frame" and not event.again]
    assert sorted(frame for frame in made if frame is not None) == [2, 3, 4, 5, 6, 9]
    assert_same(film.parent, straight(plan))


def painted(jobs: Sequence[ChainJob]) -> list[Message]:
    """All messages of ``jobs``, done here."""
    messages: list[Message] = []
    for job in jobs:
        paint_chain(job, send=messages.append, stopped=lambda: False)
    return messages


def test_messages_may_come_twice_and_in_any_order(
    tmp_path: Path, plan: Plan, straight: Callable[[Plan], Path]
) -> None:
    def muddled(jobs: Sequence[ChainJob], *, deliver: Delivery, stop: Stop) -> None:
        messages = painted(jobs[::-1])
        assert all([deliver(message) for message in [*messages[::-1], *messages]])

    events: list[Event] = []
    with executors.temporary(muddled=muddled):
        render(plan, out=tmp_path / "film.mp4", executor="muddled", on_event=events.append)
    assert_same(tmp_path, straight(plan))
    frames = [event for event in events if event.kind == "frame"]
    assert sorted(event.frame or 0 for event in frames) == list(range(10))
    assert all(Path(event.file or "").is_file() for event in frames)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"body": b"torn"}, ["frame 0 arrived damaged and was not saved"]),
        ({"body": b""}, ["frame 0 arrived damaged and was not saved"]),
        ({"plan": "of another film"}, []),
        ({"event": {"kind": "frame", "frame": 10, "local": 0}}, []),
        ({"event": {"kind": "frame"}}, []),
        ({"event": {"kind": "checkpoint", "frame": -1}}, []),
    ],
)
def test_what_does_not_belong_here_is_refused(
    tmp_path: Path, plan: Plan, change: dict[str, Any], told: list[str]
) -> None:
    events: list[Event] = []
    good = Message.of(plan.digest, Event("frame", frame=0, local=0, steps=3), b"a picture")
    inbox = Inbox(plan, FolderStore(tmp_path), events.append, set())
    assert not inbox(replace(good, **change))
    assert [event.message for event in events] == told
    assert list(tmp_path.iterdir()) == []
    assert inbox(good)
    inbox.close()
    assert not inbox(good)


def old(jobs: Sequence[ChainJob], *, on_event: Any, stop: Stop) -> None:
    """As executors were called when they wrote into the folder themselves."""


def test_an_executor_of_old_is_refused_with_the_reason(tmp_path: Path, plan: Plan) -> None:
    past: Any = old
    with (
        executors.temporary(past=past),
        pytest.raises(UsageError, match=r"'past' is called with \(jobs, on_event, stop\).*deliver"),
    ):
        render(plan, out=tmp_path / "film.mp4", executor="past")


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
    todo = stretches(plan, 0, wanted=frozenset(wanted), store=FolderStore(tmp_path))
    assert [(plan.shots[s.shot].name, s.first, s.stop) for s in todo] == expected


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
    assert Event.from_json({**event.to_json(), "of_a_later_version": 1}) == event


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
