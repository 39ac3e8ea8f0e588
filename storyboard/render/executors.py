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
    `Interrupted` that they raise. Where the workers are other machines, an executor may have a
    function ``choose`` too, which answers for theirs as `storyboard.render.store.choices.choose`
    does for this one.
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
        )
    },
)


def find_executor(name: str) -> Executor:
    """Return the executor ``name``.

    Raises `UnknownName`, and `UsageError` for one of the time when executors wrote into the folder.
    """
    executor = executors.get(name)
    parameters = inspect.signature(executor).parameters
    if "deliver" not in parameters:
        raise UsageError(
            f"executor {name!r} is called with ({', '.join(parameters)}); this version calls "
            "executors with (jobs, deliver, stop) and writes the frames that they deliver "
            "(docs/architecture.md, Executor): a newer version of the package that brings it is "
            "needed"
        )
    return executor


def run_here(jobs: Sequence[ChainJob], *, deliver: Delivery, stop: Stop) -> None:
    """Run one chain after the other, in this process."""
    loaded: dict[str, Perceptor] = {}
    for job in jobs:
        paint_chain(job, send=deliver, stopped=stop, loaded=loaded)
