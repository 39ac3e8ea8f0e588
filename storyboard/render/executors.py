"""Who makes the chains: a film is a list of chains, an executor takes the list.

An executor is called with jobs that are plain data and leaves the frames in their folders; it may
work on several chains at once, on any machine that sees the folder. Names are added through the
entry point group ``storyboard.executors``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from storyboard.registry import Registry
from storyboard.render.chains import ChainJob, Stop, paint_chain
from storyboard.render.events import OnEvent

if TYPE_CHECKING:
    from storyboard.perceptors import Perceptor


class Executor(Protocol):
    """Makes the wanted frames of every job, or raises the first error."""

    def __call__(self, jobs: Sequence[ChainJob], *, on_event: OnEvent, stop: Stop) -> None:
        """Return when every wanted frame is there. ``stop`` is asked after every frame."""


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


def run_here(jobs: Sequence[ChainJob], *, on_event: OnEvent, stop: Stop) -> None:
    """One chain after the other, in this process."""
    loaded: dict[str, Perceptor] = {}
    for job in jobs:
        paint_chain(job, on_event=on_event, stop=stop, loaded=loaded)
