"""Chains are shared out among workers, whatever becomes of these."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from storyboard.errors import DeviceError, Interrupted, RenderFailed, StoryboardError
from storyboard.plan import Plan, ShotPlan
from storyboard.render import Event
from storyboard.render.chains import ChainJob, Stretch
from storyboard.render.crew.foreman import Foreman, Lost, Report, cost
from storyboard.render.crew.machine import Machine
from storyboard.render.store.choices import MachineChoices
from storyboard.render.store.messages import Message

HERE = Machine("cpu with AVX2", ("fp32",), {"torch": "2.5"})
CHOICES = MachineChoices("cpu", "fp32", {}, 1)

News = Machine | Message | Exception | Lost | None


@dataclass(eq=False)
class FakeWorker:
    """Reports to its crew what the test specified, instead of painting."""

    name: str
    crew: FakeCrew

    def begin(self, job: ChainJob) -> None:
        self.crew.begun.append((self.name, job.chain))
        self.crew.answer(self, job)

    def stop(self) -> None:
        self.crew.stopped.append(self.name)
        self.crew.news.append(Report(self, Interrupted(f"{self.name} stopped")))

    def dismiss(self) -> None:
        self.crew.dismissed.append(self.name)


@dataclass
class FakeCrew:
    """Workers on the machines ``room``; ``answers`` are what they report of their chains, in the
    order in which these are begun, then None: painted. ``...`` says nothing.
    """

    room: list[Machine | Lost]
    answers: list[Any] = field(default_factory=list)
    begun: list[tuple[str, int]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    dismissed: list[str] = field(default_factory=list)
    news: list[Report] = field(default_factory=list)
    hired: int = 0

    def hire(self) -> FakeWorker | None:
        if not self.room:
            return None
        self.hired += 1
        worker = FakeWorker(f"w{self.hired}", self)
        self.news.append(Report(worker, self.room.pop(0)))
        return worker

    def refuse(self, worker: object) -> None:
        pass

    def answer(self, worker: FakeWorker, job: ChainJob) -> None:
        said = self.answers.pop(0) if self.answers else None
        if said is not ...:
            self.news.append(Report(worker, said))

    def reports(self, timeout_s: float) -> Sequence[Report]:
        now, self.news = self.news, []
        return now


class Desk:
    """Takes messages in; what is left of a job is all of it."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, message: Message) -> bool:
        self.events.append(Event.from_json(message.event))
        return True

    def renewed(self, job: ChainJob) -> ChainJob:
        return job

    @property
    def warnings(self) -> list[str]:
        return [event.message or "" for event in self.events if event.kind == "warning"]


@pytest.fixture
def jobs(shot: Callable[..., ShotPlan], film: Callable[..., Plan]) -> list[ChainJob]:
    """Three chains of 2, 6 and 4 frames."""
    shots = [
        shot(name, first, count, fresh=True, chain=chain)
        for chain, (name, first, count) in enumerate([("a", 0, 2), ("b", 2, 6), ("c", 8, 4)])
    ]
    plan = film(*shots)
    return [
        ChainJob(
            plan, s.chain, frozenset(), (Stretch(n, 0, s.frame_count, None, frozenset()),), CHOICES
        )
        for n, s in enumerate(plan.shots)
    ]


def never() -> bool:
    return False


def test_the_cost_of_a_chain_is_what_it_looks_at(jobs: list[ChainJob]) -> None:
    assert [cost(job) for job in jobs] == [3 * 4 * frames for frames in (2, 6, 4)]
    late = replace(jobs[1], todo=(replace(jobs[1].todo[0], first=5),))
    assert cost(late) == 3 * 4


def test_longest_chains_come_first_and_idle_workers_take_the_next(jobs: list[ChainJob]) -> None:
    crew = FakeCrew([HERE, HERE])
    Foreman(crew, Desk(), jobs).run(never)
    assert [chain for _, chain in crew.begun] == [1, 2, 0]
    assert crew.hired == 2
    assert crew.dismissed == ["w2"]  # it frees its seat while the other still paints


def test_no_more_workers_are_hired_than_there_are_chains(jobs: list[ChainJob]) -> None:
    crew = FakeCrew([HERE] * 9)
    Foreman(crew, Desk(), jobs).run(never)
    assert crew.hired == 3


def test_the_chain_of_a_dead_worker_is_painted_by_another(jobs: list[ChainJob]) -> None:
    crew, desk = FakeCrew([HERE, HERE, HERE], [Lost("signal 9")]), Desk()
    Foreman(crew, desk, jobs).run(never)
    assert [chain for _, chain in crew.begun].count(1) == 2
    assert len({name for name, chain in crew.begun if chain == 1}) == 2
    assert desk.warnings == [
        "w1 died (signal 9) while it painted shot 'b'; it is painted on from the last checkpoint"
    ]


@pytest.mark.parametrize(
    ("room", "answers", "message"),
    [
        ([HERE] * 4, [Lost("signal 9")] * 3, r"died \(signal 9\) while it painted .* 2 before it"),
        ([Lost("exit code 1")] * 4, [], r"died \(exit code 1\) before it was ready"),
    ],
)
def test_a_third_death_ends_the_render(
    jobs: list[ChainJob], room: list[Machine | Lost], answers: list[News], message: str
) -> None:
    with pytest.raises(StoryboardError, match=message):
        Foreman(FakeCrew(room, answers), Desk(), jobs[:1]).run(never)


def test_a_worker_that_dies_before_it_is_ready_is_replaced(jobs: list[ChainJob]) -> None:
    crew, desk = FakeCrew([Lost("exit code 1"), HERE]), Desk()
    Foreman(crew, desk, jobs[:1]).run(never)
    assert [name for name, _ in crew.begun] == ["w2"]
    assert desk.warnings == ["w1 died (exit code 1) before it was ready; another one is started"]


def test_an_error_stops_the_others_and_is_raised_at_the_end(jobs: list[ChainJob]) -> None:
    broken = RenderFailed("not a number", shot="b", frame=3)
    crew = FakeCrew([HERE, HERE, HERE], [..., broken])
    with pytest.raises(RenderFailed, match="not a number"):
        Foreman(crew, Desk(), jobs).run(never)
    assert "w1" in crew.stopped


def test_stop_reaches_every_worker_and_begins_no_chain(jobs: list[ChainJob]) -> None:
    crew = FakeCrew([HERE, HERE], [..., ...])
    with pytest.raises(Interrupted, match="w2 stopped"):
        Foreman(crew, Desk(), jobs).run(lambda: len(crew.begun) == 2)
    assert crew.stopped == ["w1", "w2"]
    assert len(crew.begun) == 2


OTHER = replace(HERE, device="cpu with AVX512")


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (OTHER, "w2 has cpu with AVX512, not cpu with AVX2: .*--mixed"),
        (replace(HERE, precisions=("fp32", "bf16")), "w2 has fp32/bf16, not fp32"),
        (replace(HERE, versions={"torch": "2.6"}), "w2 has torch 2.6, not 2.5"),
    ],
)
def test_a_worker_that_computes_otherwise_is_refused(
    jobs: list[ChainJob], other: Machine, told: str
) -> None:
    crew, desk = FakeCrew([HERE, other]), Desk()
    Foreman(crew, desk, jobs).run(never)
    assert {name for name, _ in crew.begun} == {"w1"}
    assert "w2" in crew.dismissed
    (warning,) = desk.warnings
    assert re.match(told, warning)


def test_mixed_accepts_it(jobs: list[ChainJob]) -> None:
    crew, desk = FakeCrew([HERE, OTHER]), Desk()
    Foreman(crew, desk, jobs, mixed=True).run(never)
    assert {name for name, _ in crew.begun} == {"w1", "w2"}
    assert desk.warnings == []


def test_where_every_other_worker_is_refused_the_first_does_all(jobs: list[ChainJob]) -> None:
    crew = FakeCrew([HERE, OTHER], [Lost("signal 9")])
    with pytest.raises(DeviceError, match="no worker is left: w2 has cpu with AVX512"):
        Foreman(crew, Desk(), jobs[:2]).run(never)


def test_a_worker_with_no_work_is_not_asked() -> None:
    crew = FakeCrew([HERE])
    Foreman(crew, Desk(), []).run(never)
    assert crew.hired == 0
