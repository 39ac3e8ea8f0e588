"""Inbox of the messages of all workers of a film: the only place that writes frames."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from storyboard.plan import Plan, ShotPlan
from storyboard.render.chains import ChainJob, stretches
from storyboard.render.events import Event, OnEvent
from storyboard.render.store.frame_store import FrameStore
from storyboard.render.store.messages import Message
from storyboard.render.store.shots import FrameRecord


@dataclass
class Inbox:
    """Takes in what the workers of one film send: saves it, then reports the event.

    ``there`` are the frames that are finished, by their numbers in the film. May be called from
    several threads. After `close` nothing is taken in: the folder is somebody else's then.
    """

    plan: Plan
    store: FrameStore
    on_event: OnEvent
    there: set[int]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    def __call__(self, message: Message) -> bool:
        """Return whether the message needs not be sent again.

        False for one that is damaged, which a warning reports, or of another film, or late. A frame
        that is there already is not written and not reported again. Raises `StoryboardError` where
        the disk is full.
        """
        with self._lock:
            if self._closed or message.plan != self.plan.digest:
                return False
            event = Event.from_json(message.event)
            if not message.is_whole():
                text = f"{event.kind} {event.frame} arrived damaged and was not saved"
                self.on_event(Event("warning", message=text))
                return False
            if event.kind == "frame":
                return self._frame(event, message)
            if event.kind == "checkpoint":
                return self._checkpoint(event, message.body)
            if event.kind == "shapes":
                return self._shapes(event, message.body)
            self.on_event(event)
            return True

    def close(self) -> None:
        """Refuse whatever comes from now on."""
        with self._lock:
            self._closed = True

    def renewed(self, job: ChainJob) -> ChainJob:
        """Return what is left of ``job``; its ``todo`` is empty when nothing is."""
        with self._lock:
            todo = stretches(
                self.plan, job.chain, wanted=job.wanted, store=self.store, shapes=job.shapes
            )
            return replace(job, todo=todo)

    def missing(self, wanted: Iterable[int]) -> list[int]:
        """Return those of the ``wanted`` frames, numbers in the film, that are not there."""
        return sorted(set(wanted) - self.there)

    def _frame(self, event: Event, message: Message) -> bool:
        found = self._shot_of(event)
        if found is None:
            return False
        shot, local = found
        if message.body and shot.first + local in self.there:
            return True
        file = self.store.frame_file(shot, local)
        if message.body:
            file = self.store.save_frame(shot, message.body, _record(local, event, message))
            self.there.add(shot.first + local)
        self.on_event(replace(event, file=file))
        return True

    def _checkpoint(self, event: Event, state: bytes) -> bool:
        found = self._shot_of(event)
        if found is None or not state:
            return False
        started = time.perf_counter()
        file = self.store.save_state(*found, state)
        seconds = (event.seconds or 0.0) + time.perf_counter() - started
        self.on_event(replace(event, file=file, seconds=seconds))
        return True

    def _shapes(self, event: Event, body: bytes) -> bool:
        found = self._shot_of(event)
        if found is None or not body:
            return False
        self.store.save_shapes(*found, body)
        return True

    def _shot_of(self, event: Event) -> tuple[ShotPlan, int] | None:
        """Return the shot that holds the event's frame and the frame's number in it."""
        if event.frame is None or not 0 <= event.frame < self.plan.frame_count:
            return None
        shot = self.plan.shot_at(event.frame)
        return shot, event.frame - shot.first


def _record(local: int, event: Event, message: Message) -> FrameRecord:
    return FrameRecord(
        local=local,
        sha256=message.sha256,
        size=len(message.body),
        loss=event.loss,
        steps=event.steps or 0,
        seconds=event.seconds or 0.0,
        cut_batch=event.cut_batch,
    )
