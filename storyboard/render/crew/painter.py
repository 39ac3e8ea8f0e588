"""A worker that is an object elsewhere: it paints chains and yields what it would send."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from queue import Queue
from threading import Event, Thread
from typing import TYPE_CHECKING

from storyboard.errors import StoryboardError
from storyboard.render.chains import ChainJob, paint_chain
from storyboard.render.crew.machine import Machine, this_machine
from storyboard.render.store.messages import Message

if TYPE_CHECKING:
    from storyboard.perceptors import Perceptor

_WAITING = 4
"""Messages that wait to be taken, before painting waits too."""


def ending_of(
    job: ChainJob,
    send: Callable[[Message], object],
    stopped: Event,
    loaded: dict[str, Perceptor],
) -> Exception | None:
    """Paint ``job``; return the error that ended it, with its trace as a note, or None.

    The arguments are those of `storyboard.render.chains.paint_chain`.
    """
    try:
        paint_chain(job, send=send, stopped=stopped.is_set, loaded=loaded)
    except StoryboardError as error:
        return error
    except Exception as error:
        error.add_note("".join(traceback.format_exception(error)))
        return error
    return None


class Painter:
    """Paints chains on a ``device``, one at a time. `stop` may be called while it does."""

    def __init__(self, device: str) -> None:
        self._device, self._stopped = device, Event()
        self._loaded: dict[str, Perceptor] = {}

    def machine(self) -> Machine:
        """Return what this worker computes with."""
        return this_machine(self._device)

    def stop(self) -> None:
        """Finish the frame, yield the state and end with `Interrupted`."""
        self._stopped.set()

    def paint(self, job: ChainJob) -> Iterator[Message | Exception]:
        """Yield the messages of ``job`` as they come; last the error that ended it, if one did."""
        news = Queue[Message | Exception | None](_WAITING)

        def paint() -> None:
            news.put(ending_of(job, news.put, self._stopped, self._loaded))

        Thread(target=paint, daemon=True).start()
        while (item := news.get()) is not None:
            yield item
            if isinstance(item, Exception):
                return
