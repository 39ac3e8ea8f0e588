"""A worker process: takes chains from a pipe and sends what it paints of them back."""

from __future__ import annotations

import os
import signal
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING

from storyboard.render.chains import ChainJob
from storyboard.render.crew.machine import this_machine
from storyboard.render.crew.painter import ending_of

if TYPE_CHECKING:
    from storyboard.perceptors import Perceptor

STOP = "stop"
"""What the foreman sends for: finish the frame, send the state and end the chain."""


def serve(pipe: Connection, device: str) -> None:
    """Send this machine, then paint every `ChainJob` that comes, until the other end is closed.

    After each job None is sent, or the error that ended it. The process ends at once, in the
    middle of a frame too, when the other end is closed: nobody would take what it paints.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal
    jobs, stopped = SimpleQueue[ChainJob](), Event()
    Thread(target=_listen, args=(pipe, jobs, stopped), daemon=True).start()
    loaded: dict[str, Perceptor] = {}
    try:
        pipe.send(this_machine(device))
        while True:
            pipe.send(ending_of(jobs.get(), pipe.send, stopped, loaded))
    except OSError:  # the pipe is closed
        os._exit(0)


def _listen(pipe: Connection, jobs: SimpleQueue[ChainJob], stopped: Event) -> None:
    """Pass on what comes through ``pipe``; end the process when it is closed."""
    while True:
        try:
            got = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)
        if got == STOP:
            stopped.set()
        else:
            jobs.put(got)
