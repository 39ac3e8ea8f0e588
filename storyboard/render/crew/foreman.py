"""Which worker paints which chain, and what happens when one dies.

The foreman knows nothing of processes or machines: a `Crew` hires workers and brings their
reports. Longest chains come first, since the longest one says how soon the film can be done. The
chain of a worker that died is painted on from its last checkpoint by another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from storyboard.errors import DeviceError, Interrupted, StoryboardError
from storyboard.render.chains import ChainJob, Stop
from storyboard.render.crew.machine import Machine
from storyboard.render.events import Event
from storyboard.render.executors import Delivery
from storyboard.render.store.messages import Message

LOSSES = 3
"""So many workers may die over one chain, or before they are ready, before the render fails."""

TURN_S = 0.2
"""The longest time between two questions whether the user wants to stop."""


class Worker(Protocol):
    """A process somewhere that paints one chain at a time."""

    name: str

    def begin(self, job: ChainJob) -> None:
        """Have the worker paint ``job``. A worker that has died is only reported."""

    def stop(self) -> None:
        """Have it finish its frame, send its state and report `Interrupted`."""

    def dismiss(self) -> None:
        """End it, at once; nothing is reported of it any more."""


@dataclass(frozen=True)
class Lost:
    """The end of a worker that nobody asked for; ``reason`` as in "signal 9"."""

    reason: str


@dataclass(frozen=True)
class Report:
    """What is new of a worker: its machine when it is ready, a message of its chain, None when the
    chain is painted, the error that ended the chain, or its own end.
    """

    worker: Worker
    news: Machine | Message | Exception | Lost | None


class Crew(Protocol):
    """Where workers come from."""

    def hire(self) -> Worker | None:
        """Return a further worker, which reports when it is ready; None where there is no room."""

    def refuse(self, worker: Worker) -> None:
        """Hire no other worker on the machine of ``worker``."""

    def reports(self, timeout_s: float) -> Sequence[Report]:
        """Return what is new, after ``timeout_s`` seconds at the latest."""


def cost(job: ChainJob) -> float:
    """Return an estimate of the work in ``job``: views looked at, in all steps of all frames."""
    total = 0.0
    for stretch in job.todo:
        shot = job.plan.shots[stretch.shot]
        part = slice(stretch.first, stretch.stop)
        steps, cuts = (shot.values[key][part] for key in ("steps", "cuts"))
        total += float((steps.clip(1) * cuts.clip(1)).sum()) * max(len(shot.perceptors), 1)
    return total


@dataclass
class Foreman:
    """Has ``waiting`` chains painted by the workers of ``crew``.

    ``mixed`` accepts workers whose machines compute otherwise than the first one's.
    """

    crew: Crew
    deliver: Delivery
    waiting: list[ChainJob]
    mixed: bool = False
    _starting: list[Worker] = field(default_factory=list)
    _idle: list[Worker] = field(default_factory=list)
    _busy: dict[str, ChainJob] = field(default_factory=dict)
    _workers: dict[str, Worker] = field(default_factory=dict)
    _losses: Counter[int | None] = field(default_factory=Counter)
    _plan: str = ""
    _machine: Machine | None = None
    _refused: str = ""
    _ending: Exception | None = None

    def run(self, stop: Stop) -> None:
        """Return when all is painted. Raises the first error once every worker has saved what it
        has; `Interrupted` when ``stop`` says so.
        """
        if not self.waiting:
            return
        self.waiting = sorted(self.waiting, key=cost)  # taken from the end
        self._plan = self.waiting[0].plan.digest
        while self._busy or (self.waiting and self._ending is None):
            if self._ending is None and stop():
                self._end(Interrupted("stopped before a frame was painted"))
            if self._ending is None:
                self._hire()
                self._share_out()
            for report in self.crew.reports(TURN_S):
                self._read(report)
        if self._ending is not None:
            raise self._ending

    def _hire(self) -> None:
        while len(self.waiting) > len(self._starting) + len(self._idle):
            worker = self.crew.hire()
            if worker is None:
                break
            self._starting.append(worker)
        if self._refused and not (self._starting or self._idle or self._busy):
            raise DeviceError(f"no worker is left: {self._refused}")

    def _share_out(self) -> None:
        while self.waiting and self._idle:
            worker, job = self._idle.pop(0), self.waiting.pop()
            self._busy[worker.name], self._workers[worker.name] = job, worker
            worker.begin(job)
        if not self.waiting:
            for worker in self._idle:
                worker.dismiss()
            self._idle.clear()

    def _read(self, report: Report) -> None:
        worker, news = report.worker, report.news
        if isinstance(news, Message):
            self.deliver(news)
        elif isinstance(news, Machine):
            self._admit(worker, news)
        elif isinstance(news, Lost):
            self._mourn(worker, news)
        else:
            self._busy.pop(worker.name, None)
            self._idle.append(worker)
            if news is not None:
                self._end(news)

    def _admit(self, worker: Worker, machine: Machine) -> None:
        """Take in a worker that is ready, where its machine computes as the others do."""
        self._starting.remove(worker)
        self._machine = self._machine or machine
        found = machine.differences(self._machine)
        if not found or self.mixed:
            self._idle.append(worker)
            return
        self._refused = f"{worker.name} has {', '.join(found)}"
        self._warn(f"{self._refused}: frames of both would not fit together; --mixed accepts it")
        self.crew.refuse(worker)
        worker.dismiss()

    def _mourn(self, worker: Worker, lost: Lost) -> None:
        """Put back the chain of a worker that died, as far as it is not painted."""
        job = self._busy.pop(worker.name, None)
        for workers in (self._starting, self._idle):
            if worker in workers:
                workers.remove(worker)
        chain = None if job is None else job.chain
        self._losses[chain] += 1
        task = "before it was ready" if job is None else f"while it painted {_span(job)}"
        if self._losses[chain] >= LOSSES:
            message = f"{worker.name} died ({lost.reason}) {task}, like {LOSSES - 1} before it"
            return self._end(StoryboardError(message))
        more = "it is painted on from the last checkpoint" if job else "another one is started"
        self._warn(f"{worker.name} died ({lost.reason}) {task}; {more}")
        if job is not None and (left := self.deliver.renewed(job)).todo:
            self.waiting.append(left)
            self.waiting.sort(key=cost)
        return None

    def _end(self, error: Exception) -> None:
        """Begin no further chain and have every worker save; keep the first error to raise it."""
        stopping = self._ending is not None
        self._ending = _more_telling(self._ending, error)
        for name in () if stopping else self._busy:
            self._workers[name].stop()

    def _warn(self, message: str) -> None:
        self.deliver(Message.of(self._plan, Event("warning", message=message)))


def _more_telling(first: Exception | None, error: Exception) -> Exception:
    """Return the first error of the work; else the newest word on where it was stopped."""
    return error if first is None or isinstance(first, Interrupted) else first


def _span(job: ChainJob) -> str:
    """Return "shot 'a'" or "shots 'a' to 'c'": what ``job`` paints."""
    names = [job.plan.shots[stretch.shot].name for stretch in job.todo]
    if len(names) == 1:
        return f"shot {names[0]!r}"
    return f"shots {names[0]!r} to {names[-1]!r}"
