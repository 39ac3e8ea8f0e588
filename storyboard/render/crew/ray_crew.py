"""Workers in a Ray cluster: an actor each, with a CPU or a GPU of some node.

Ray starts the actors and carries messages; it repeats nothing. Its own retries wait for the node
that died, and an actor that is restarted has lost its models: so actors are never restarted, and
the foreman gives the chain of a lost one to another. Frames and checkpoints come back through the
object store, as bytes. Ray is imported when this executor is used.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from storyboard.errors import DeviceError, MissingTool, StoryboardError
from storyboard.plan import Plan
from storyboard.render.chains import ChainJob, Stop
from storyboard.render.crew.foreman import Foreman, Lost, Report
from storyboard.render.crew.foreman import Worker as AnyWorker
from storyboard.render.crew.painter import Painter
from storyboard.render.executors import Delivery
from storyboard.render.store.choices import MachineChoices, choose

_ASKED_AGAIN = 3
"""So often a node is asked again what it chooses, where the one before died."""
_AT_ONCE = 8
"""Messages of a worker that wait to be taken in, before the worker waits too."""


@dataclass(frozen=True)
class RayCluster:
    """The executor ``ray``: ``workers`` at most, else as many as the cluster has room for."""

    workers: int | None = None
    mixed: bool = False

    def with_workers(self, workers: int | None, *, mixed: bool) -> RayCluster:
        """Return this executor with so many workers at most."""
        return replace(self, workers=workers, mixed=mixed)

    def choose(self, plan: Plan, device: str) -> MachineChoices:
        """Return what a node of the cluster chooses, one with a GPU where there is any and
        ``device`` allows it. Raises `MissingTool` without Ray, `DeviceError` where no node fits.
        """
        ray = connected()
        kind = "cuda" if device == "auto" and room(ray, "cuda") else device
        kind = kind.partition(":")[0].replace("auto", "cpu")
        require_room(ray, kind)
        task = ray.remote(**needs(kind, 1), max_retries=_ASKED_AGAIN)(choose)
        try:
            found: MachineChoices = ray.get(task.remote(plan, kind, threads=1))
        except ray.exceptions.RayTaskError as error:
            raise _own(error) from error
        return found

    def __call__(self, jobs: Sequence[ChainJob], *, deliver: Delivery, stop: Stop) -> None:
        """Have every job painted in the cluster. Raises as `Foreman.run`, and as `choose`."""
        if not jobs:
            return
        kind = jobs[0].choices.device
        ray = connected()
        require_room(ray, kind)
        crew = RayCrew(ray, kind, self.workers or room(ray, kind))
        try:
            Foreman(crew, deliver, list(jobs), self.mixed).run(stop)
        finally:
            crew.close()


ray_cluster = RayCluster()


def connected() -> Any:
    """Return the module ``ray``, connected until this process ends: to the cluster that it is
    connected to already, that RAY_ADDRESS names, or that runs on this machine; else to one of this
    machine alone. Raises `MissingTool`, `DeviceError`.
    """
    try:
        import ray
    except ImportError as error:
        hint = "pip install 'storyboard-film[ray]'"
        raise MissingTool(f"executor 'ray' needs the ray package: {hint}") from error
    if ray.is_initialized():
        return ray
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    with _own_signals():
        try:
            ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        except Exception as error:  # Ray raises bare ones for a node that does not start
            raise DeviceError(f"cannot connect to a Ray cluster: {error}") from error
    return ray


@contextmanager
def _own_signals() -> Iterator[None]:
    """Let a library set signal handlers within the block; restore them afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def room(ray: Any, kind: str) -> int:
    """Return how many workers on devices of this ``kind`` the whole cluster has room for."""
    return int(ray.cluster_resources().get("GPU" if kind == "cuda" else "CPU", 0))


def require_room(ray: Any, kind: str) -> None:
    """Raise `DeviceError` where no node has a device of this ``kind``."""
    if room(ray, kind) < 1:
        what = "GPU" if kind == "cuda" else "CPU"
        raise DeviceError(f"no node of the Ray cluster has a free {what} for a worker")


def needs(kind: str, share: float) -> dict[str, float]:
    """Return what Ray has to set aside for a worker: a CPU, and this ``share`` of a GPU."""
    return {"num_cpus": 1, "num_gpus": share} if kind == "cuda" else {"num_cpus": 1}


def _own(error: Any) -> Exception:
    """Return the error of ours that Ray wrapped, or the wrapper itself."""
    cause = error.cause
    return cause if isinstance(cause, StoryboardError) else error


@dataclass(eq=False)
class RayWorker:
    """One actor, and what is awaited of it: its machine, or the messages of its chain."""

    name: str
    actor: Any
    awaited: Any
    ray: Any

    def begin(self, job: ChainJob) -> None:
        """Have the actor paint ``job``; its messages come as a stream."""
        stream = self.actor.paint.options(
            num_returns="streaming", _generator_backpressure_num_objects=_AT_ONCE
        )
        self.awaited = stream.remote(replace(job, device="auto"))

    def stop(self) -> None:
        """Ask for an end after this frame."""
        self.actor.stop.remote()

    def dismiss(self) -> None:
        """End the actor, which frees its place in the cluster."""
        self.awaited = None
        with suppress(self.ray.exceptions.RayError):
            self.ray.kill(self.actor)


@dataclass
class RayCrew:
    """At most ``number`` actors on devices of one ``kind``."""

    ray: Any
    kind: str
    number: int
    _workers: list[RayWorker] = field(default_factory=list)
    _hired: int = 0

    def hire(self) -> RayWorker | None:
        """Start an actor wherever the cluster has a place, now or later; None where ``number`` of
        them are there.
        """
        self._workers = [worker for worker in self._workers if worker.awaited is not None]
        if len(self._workers) >= self.number:
            return None
        self._hired += 1
        share = min(1.0, max(room(self.ray, "cuda"), 1) / self.number)
        options = {"max_restarts": 0, "max_task_retries": 0, "max_concurrency": 2}
        actor_class = self.ray.remote(**needs(self.kind, share), **options)(Painter)
        actor = actor_class.remote(self.kind)
        worker = RayWorker(f"worker {self._hired}", actor, actor.machine.remote(), self.ray)
        self._workers.append(worker)
        return worker

    def refuse(self, worker: AnyWorker) -> None:
        """Hire no further one in its place: which node it would get is not known beforehand."""
        self.number -= 1

    def reports(self, timeout_s: float) -> list[Report]:
        """Return the next report of each worker that has one."""
        awaited = {w.awaited: w for w in self._workers if w.awaited not in (None, IDLE)}
        refs = list(awaited)
        if not refs:
            threading.Event().wait(timeout_s)
            return []
        ready, _ = self.ray.wait(refs, num_returns=len(refs), timeout=0, fetch_local=False)
        if not ready:
            ready, _ = self.ray.wait(refs, num_returns=1, timeout=timeout_s, fetch_local=False)
        return [self._read(awaited[ref]) for ref in ready]

    def _read(self, worker: RayWorker) -> Report:
        try:
            return self._next(worker)
        except self.ray.exceptions.RayError as error:
            worker.dismiss()
            return Report(worker, Lost(type(error).__name__))

    def _next(self, worker: RayWorker) -> Report:
        """Return what is awaited of ``worker``, which is there."""
        ref = worker.awaited
        if isinstance(ref, self.ray.ObjectRef):
            worker.awaited = IDLE
            return Report(worker, self.ray.get(ref))
        try:
            news = self.ray.get(next(ref))
        except StopIteration:
            news = None
        if news is None or isinstance(news, Exception):
            worker.awaited = IDLE
        return Report(worker, news)

    def close(self) -> None:
        """End every actor that is left."""
        for worker in self._workers:
            if worker.awaited is not None:
                worker.dismiss()


IDLE = object()
"""What is awaited of an actor that paints nothing."""
