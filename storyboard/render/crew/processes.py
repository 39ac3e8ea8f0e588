"""Workers that are processes of this machine: a device and a chain each.

On CPUs a worker computes with one thread: chains are independent, and threads that share one
picture wait for each other. On GPUs workers go round the devices. The machine's room for workers,
its *seats*, is shared by all renders that one batch of stories started.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO, Any

from storyboard.plan import Plan
from storyboard.render.chains import ChainJob, Stop
from storyboard.render.crew.foreman import Foreman, Lost, Report
from storyboard.render.crew.foreman import Worker as AnyWorker
from storyboard.render.crew.worker import STOP, serve
from storyboard.render.executors import Delivery
from storyboard.render.store.choices import MachineChoices, choose
from storyboard.render.store.locks import taken

SEATS = "STORYBOARD_SEATS"
"""The environment variable that names the folder of a batch's seats."""

_PRELOADED = ["storyboard.render.loop", "storyboard.render.chain_session"]
_GRACE_S = 5.0


@dataclass(frozen=True)
class Processes:
    """The executor ``processes`` with its number of ``workers``."""

    workers: int = 1
    mixed: bool = False

    def with_workers(self, workers: int | None, *, mixed: bool) -> Processes:
        """Return this executor with so many workers, one where it is None."""
        return replace(self, workers=workers or 1, mixed=mixed)

    def choose(self, plan: Plan, device: str) -> MachineChoices:
        """Return what the workers' machine, which is this one, chooses: one thread on CPUs."""
        return choose(plan, device, threads=1)

    def __call__(self, jobs: Sequence[ChainJob], *, deliver: Delivery, stop: Stop) -> None:
        """Have every job painted. Raises as `Foreman.run`."""
        if not jobs:
            return
        with seats(self.workers) as room:
            crew = ProcessCrew(devices_for(jobs[0]), room, self.workers)
            try:
                Foreman(crew, deliver, list(jobs), self.mixed).run(stop)
            finally:
                crew.close()


processes = Processes()


@contextmanager
def seats(number: int) -> Iterator[Path]:
    """Yield the folder of the seats: the batch's, else one of this render for so long."""
    shared = os.environ.get(SEATS)
    if shared:
        yield Path(shared)
        return
    with tempfile.TemporaryDirectory(prefix="storyboard-seats-") as folder:
        yield Path(folder)


def devices_for(job: ChainJob) -> list[str]:
    """Return the devices on which workers paint ``job``: every GPU where any will do."""
    from storyboard.perceptors.device import available_devices

    kind, wanted = job.choices.device, job.device
    if wanted not in ("auto", kind):
        return [wanted]
    return [name for name in available_devices() if name.partition(":")[0] == kind] or [wanted]


@dataclass(eq=False)
class ProcessWorker:
    """One process, the pipe to it and the seat that it takes up."""

    name: str
    device: str
    seat: IO[str]
    process: BaseProcess
    pipe: Connection

    def begin(self, job: ChainJob) -> None:
        """Send ``job``; a process that has died is reported by its pipe."""
        self._send(replace(job, device=self.device))

    def stop(self) -> None:
        """Ask for an end after this frame."""
        self._send(STOP)

    def _send(self, what: Any) -> None:
        with suppress(OSError):
            self.pipe.send(what)

    def dismiss(self) -> None:
        """Close the pipe, upon which the process ends, and free its seat."""
        self.pipe.close()
        self.process.join(_GRACE_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.seat.close()


@dataclass
class ProcessCrew:
    """Workers on ``devices`` of this machine, as many as there are free seats in ``room``."""

    devices: list[str]
    room: Path
    number: int
    _workers: dict[Connection, ProcessWorker] = field(default_factory=dict)
    _hired: int = 0
    _context: Any = None

    def __post_init__(self) -> None:
        known = multiprocessing.get_all_start_methods()
        method = "forkserver" if "forkserver" in known else "spawn"
        self._context = multiprocessing.get_context(method)
        if method == "forkserver":  # torch is loaded once, and its memory shared
            self._context.set_forkserver_preload(_PRELOADED)

    def hire(self) -> ProcessWorker | None:
        """Start a process on the next seat that is free; None where none is."""
        if not self.devices:
            return None
        for number in range(self.number):
            seat = taken(self.room, f"seat {number}")
            if seat is not None:
                return self._start(self.devices[number % len(self.devices)], seat)
        return None

    def _start(self, device: str, seat: IO[str]) -> ProcessWorker:
        self._hired += 1
        name = f"worker {self._hired}"
        here, there = self._context.Pipe()
        process = self._context.Process(target=serve, args=(there, device), name=name, daemon=True)
        process.start()
        there.close()
        worker = ProcessWorker(f"{name} ({device})", device, seat, process, here)
        self._workers[here] = worker
        return worker

    def refuse(self, worker: AnyWorker) -> None:
        """Use the device of ``worker`` no more."""
        self.devices = [name for name in self.devices if name != getattr(worker, "device", "")]

    def reports(self, timeout_s: float) -> list[Report]:
        """Return a report of each worker that has sent something or ended."""
        pipes = [pipe for pipe in self._workers if not pipe.closed]
        self._workers = {pipe: self._workers[pipe] for pipe in pipes}
        return [self._read(pipe) for pipe in wait(pipes, timeout_s) if isinstance(pipe, Connection)]

    def _read(self, pipe: Connection) -> Report:
        worker = self._workers[pipe]
        try:
            return Report(worker, pipe.recv())
        except (EOFError, OSError):
            worker.dismiss()
            code = worker.process.exitcode or 0
            return Report(worker, Lost(f"signal {-code}" if code < 0 else f"exit code {code}"))

    def close(self) -> None:
        """End every process that is left."""
        for worker in self._workers.values():
            if not worker.pipe.closed:
                worker.dismiss()
