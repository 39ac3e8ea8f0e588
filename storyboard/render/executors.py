"""Executors: they paint the chains of a film, here or elsewhere.

A *chain* is a run of shots without a cut between them. An executor is called with jobs that are
plain data. It has them painted by `paint_chain`, in any process or on any machine, and passes on
every message that comes back. Names are added
through the entry point group ``storyboard.executors``.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from storyboard.errors import UsageError
from storyboard.registry import Registry
from storyboard.render.chains import ChainJob, Stop, paint_chain
from storyboard.render.store.messages import Message

if TYPE_CHECKING:
    from storyboard.perceptors import Perceptor


class Delivery(Protocol):
    """The receiver of the messages of workers. May be called from several threads."""

    def __call__(self, message: Message) -> bool:
        """Accept a message; return True if it need not be sent again. Order does not matter."""

    def renewed(self, job: ChainJob) -> ChainJob:
        """Return the remainder of ``job``, for another worker when one has died."""


class Executor(Protocol):
    """Has every job painted, or raises the first error.

    A worker calls ``paint_chain(job, send=..., stopped=...)``; its messages are given to
    ``deliver``. ``stop`` says whether the user wants to stop: the executor asks it, reports it to
    its workers, whose ``stopped`` then answers True, delivers what they still send and raises the
    `Interrupted` that they raise. What is optional: where the workers are other machines, or do
    not paint as this process does, a method ``choose(plan, device)``, which answers for theirs as
    `storyboard.render.store.choices.choose` does for this one; where there may be several workers,
    ``with_workers(number, mixed=...)``, which returns the executor with so many of them.
    """

    def __call__(self, jobs: Sequence[ChainJob], *, deliver: Delivery, stop: Stop) -> None:
        """Return when all messages of every job have been delivered."""


executors: Registry[Executor] = Registry(
    "executor",
    "storyboard.executors",
    {
        "local": (
            "storyboard.render.executors:run_here",
            "one chain after the other, in this process",
        ),
        "processes": (
            "storyboard.render.crew.processes:processes",
            "several processes of this machine, a chain each",
        ),
        "ray": (
            "storyboard.render.crew.ray_crew:ray_cluster",
            "workers in a Ray cluster, a chain each",
        ),
    },
)


def find_executor(name: str, *, workers: int | None = None, mixed: bool = False) -> Executor:
    """Return the executor ``name``, with so many ``workers`` where it has several; ``local`` with
    a number of workers is ``processes``.

    Raises `UnknownName`, and `UsageError` for one that has no workers, or of the time when
    executors wrote into the folder.
    """
    several = workers is not None or mixed
    executor = executors.get("processes" if name == "local" and several else name)
    parameters = inspect.signature(executor).parameters
    if "deliver" not in parameters:
        raise UsageError(
            f"executor {name!r} is called with ({', '.join(parameters)}); this version calls "
            "executors with (jobs, deliver, stop) and writes the frames that they deliver "
            "(docs/architecture.md, Executor): a newer version of the package that brings it is "
            "needed"
        )
    with_workers = getattr(executor, "with_workers", None)
    if with_workers is not None:
        found: Executor = with_workers(workers, mixed=mixed)
        return found
    if several:
        raise UsageError(f"executor {name!r} takes no number of workers and no mixed ones")
    return executor


def run_here(jobs: Sequence[ChainJob], *, deliver: Delivery, stop: Stop) -> None:
    """Run one chain after the other, in this process."""
    loaded: dict[str, Perceptor] = {}
    for job in jobs:
        paint_chain(job, send=deliver, stopped=stop, loaded=loaded)
