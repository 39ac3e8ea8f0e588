"""One chain of shots: which frames must be made, from which checkpoint, and making them.

A chain is the unit of parallel work. What it needs goes in as a `ChainJob`, plain data that may
travel to another process; what comes out are the frames in its shots' folders.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.errors import Interrupted
from storyboard.render.events import Event, OnEvent
from storyboard.render.shots import ShotFolder
from storyboard.timeline.plan import Frame, Plan

if TYPE_CHECKING:
    from storyboard.perceptors import Perceptor
    from storyboard.render.loop import Drawn
    from storyboard.render.state import ChainState
    from storyboard.render.studio import Studio

Stop = Callable[[], bool]

CHECKPOINT_SHARE = 0.02
"""Checkpoints are written as often as costs no more than this share of the time."""


@dataclass(frozen=True)
class ChainJob:
    """The frames ``wanted`` (numbers in the film) of one chain, to be made in ``folder``."""

    plan: Plan
    chain: int
    wanted: frozenset[int]
    folder: Path
    device: str = "auto"

    def shots(self) -> list[ShotFolder]:
        """The folders of the chain's shots, those without a frame left out."""
        return [
            ShotFolder.open(self.folder / "shots", shot)
            for shot in self.plan.shots
            if shot.chain == self.chain and shot.frame_count
        ]


@dataclass(frozen=True)
class Stretch:
    """Frames of one shot to be made in a row: ``first`` to before ``stop``, counted in the shot.

    ``state`` is the checkpoint to begin with; None where the state comes from the stretch before,
    or where a fresh picture is begun. ``finished`` are the frames that are there already.
    """

    folder: ShotFolder
    first: int
    stop: int
    state: bytes | None
    finished: frozenset[int]


def stretches(job: ChainJob) -> list[Stretch]:
    """What has to be made so that all wanted frames are there, in order; nothing if they are.

    Goes through the chain from its end: a shot is begun at its newest checkpoint before the first
    frame that is missing, else at its start, which needs the end of the shot before it.
    """
    found: list[Stretch] = []
    folders = job.shots()
    needs_end = False
    for index, folder in reversed(list(enumerate(folders))):
        shot, finished = folder.shot, folder.finished()
        missing = {n for n in range(shot.frame_count) if shot.first + n in job.wanted} - finished
        if not missing and not needs_end:
            continue
        stop = shot.frame_count if needs_end else max(missing) + 1
        saved = folder.read_state(before=min(missing, default=stop))
        first, state = (0, None) if saved is None else (saved[0] + 1, saved[1])
        found.append(Stretch(folder, first, stop, state, frozenset(finished)))
        needs_end = saved is None and index > 0
    return found[::-1]


def paint_chain(
    job: ChainJob,
    *,
    on_event: OnEvent,
    stop: Stop,
    loaded: dict[str, Perceptor] | None = None,
) -> None:
    """Make every wanted frame of the chain that is not there.

    ``stop`` is asked before each shot and after each frame; when it says True the state is saved
    and `Interrupted` raised. ``loaded`` keeps the perceptors, by name, for the next chain. Raises
    `RenderFailed`, `MissingWeights`, `DeviceError`, and `StoryboardError` where the disk is full;
    finished frames are kept in every case.
    """
    todo = stretches(job)
    if not todo:
        return
    from storyboard.perceptors import pick_device, require

    require(name for stretch in todo for name in stretch.folder.shot.perceptors)
    from storyboard.render.studio import Studio

    studio = Studio(job.plan, pick_device(job.device), {} if loaded is None else loaded)
    for warning in studio.prepare([stretch.folder.shot for stretch in todo]):
        on_event(Event("warning", message=warning))
    state: ChainState | None = None
    for stretch in todo:
        if stop():
            raise Interrupted(f"stopped before shot {stretch.folder.shot.name!r} was begun")
        state = _Work(studio, stretch, on_event, stop).run(state)


@dataclass
class _Work:
    """The making of one stretch."""

    studio: Studio
    stretch: Stretch
    on_event: OnEvent
    stop: Stop
    _saved_at: float = 0.0
    _save_cost_s: float = 0.0

    def run(self, state: ChainState | None) -> ChainState | None:
        """Make the stretch's frames from the state before it; the state after it."""
        from storyboard.render.loop import advance

        folder, began = self.stretch.folder, time.perf_counter()
        folder.make()
        shot, done = folder.shot, len(self.stretch.finished)
        self.on_event(Event("shot_start", shot=shot.name, done=done, of=shot.frame_count))
        if self.stretch.state is not None:
            state = self._load(self.stretch.state)
        for local in range(self.stretch.first, self.stretch.stop):
            frame = self.studio.plan.frames[shot.first + local]
            started = time.perf_counter()
            state, drawn = advance(self.studio, state, frame)
            self._keep(frame, drawn, time.perf_counter() - started)
            stopped = self.stop()
            if stopped or local == shot.frame_count - 1 or self._checkpoint_is_due():
                self._checkpoint(state, frame)
            if stopped:
                raise Interrupted(f"stopped after frame {frame.number}; its state is saved")
        seconds = time.perf_counter() - began
        self.on_event(Event("shot_done", shot=shot.name, of=shot.frame_count, seconds=seconds))
        return state

    def _load(self, data: bytes) -> ChainState:
        from storyboard.render.state import load_state

        shot = self.stretch.folder.shot
        last = shot.first + self.stretch.first - 1
        return load_state(data, shot, self.studio.size, self.studio.device, frame=last)

    def _keep(self, frame: Frame, drawn: Drawn, seconds: float) -> None:
        """Save a frame, unless it is there: then it was made again only to get past it."""
        again = frame.local in self.stretch.finished
        loss, steps = drawn.painted.loss, drawn.painted.steps
        if not again:
            record = {"local": frame.local, "loss": loss, "steps": steps, "seconds": seconds}
            self.stretch.folder.save_frame(drawn.picture, record)
        self.on_event(
            Event(
                "frame",
                shot=frame.shot.name,
                frame=frame.number,
                local=frame.local,
                of=frame.shot.frame_count,
                loss=loss,
                steps=steps,
                seconds=seconds,
                again=again or None,
                file=str(self.stretch.folder.frame_path(frame.local)),
            )
        )

    def _checkpoint_is_due(self) -> bool:
        return (time.perf_counter() - self._saved_at) * CHECKPOINT_SHARE >= self._save_cost_s

    def _checkpoint(self, state: ChainState, frame: Frame) -> None:
        started = time.perf_counter()
        path = self.stretch.folder.save_state(frame.local, state.to_bytes(frame.number))
        self._saved_at = time.perf_counter()
        self._save_cost_s = self._saved_at - started
        name = frame.shot.name
        seconds, file = self._save_cost_s, str(path)
        self.on_event(
            Event("checkpoint", shot=name, frame=frame.number, file=file, seconds=seconds)
        )
