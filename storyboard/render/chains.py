"""One chain of shots: which frames must be made, from which checkpoint, and making them.

A chain is the unit of parallel work. What it needs goes in as a `ChainJob`, plain data that may
travel to another process or machine; what comes out are messages, frames and checkpoints among
them. A worker reads and writes no file of the film.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from storyboard.errors import BadCheckpoint, Interrupted, StoryboardError
from storyboard.plan import Frame, Plan, ShotPlan
from storyboard.plan.mask import LEAST
from storyboard.render.events import Event
from storyboard.render.output.embed import png_bytes
from storyboard.render.store.choices import MachineChoices, computing_as, device_for
from storyboard.render.store.frame_store import FrameStore
from storyboard.render.store.messages import Message, Send

if TYPE_CHECKING:
    from torch import Tensor

    from storyboard.perceptors import Perceptor
    from storyboard.render.chain_session import Studio
    from storyboard.render.loop import FrameResult
    from storyboard.render.state import ChainState

Stop = Callable[[], bool]

CHECKPOINT_SHARE = 0.02
"""Checkpoints are written as often as costs no more than this share of the time."""


@dataclass(frozen=True)
class Stretch:
    """Frames of one shot to be made in a row: ``first`` to before ``stop``, counted in the shot.

    ``shot`` is the shot's place in the plan. ``state`` is the checkpoint to begin with; None where
    the state comes from the stretch before, or where a fresh picture is begun. ``finished`` are the
    frames that are there already; ``limits`` the ``cut_batch`` of those that memory was too small
    for, by frame.
    """

    shot: int
    first: int
    stop: int
    state: bytes | None
    finished: frozenset[int]
    limits: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ChainJob:
    """One chain's work, as plain data: it can be pickled and done where no folder is seen.

    ``wanted`` are the frames asked for, by their numbers in the film; ``todo`` what has to be made
    for them, in order. ``device`` is what the user asked for, ``choices`` what was chosen for the
    film; ``shapes`` says whether what each frame was drawn of is wanted too. The files that the
    plan names (a clip, weights) must be where it names them.
    """

    plan: Plan
    chain: int
    wanted: frozenset[int]
    todo: tuple[Stretch, ...]
    choices: MachineChoices
    device: str = "auto"
    shapes: bool = False

    def missing(self) -> set[int]:
        """Return the wanted frames that are not there, by their numbers in the film."""
        made = {s.shot: s for s in self.todo}
        return {
            shot.first + local
            for index, shot in enumerate(self.plan.shots)
            if index in made
            for local in range(shot.frame_count)
            if shot.first + local in self.wanted and local not in made[index].finished
        }


def stretches(
    plan: Plan,
    chain: int,
    *,
    wanted: frozenset[int],
    store: FrameStore,
    shapes: bool = False,
) -> tuple[Stretch, ...]:
    """Return what has to be made so that all wanted frames are there; nothing if they are.

    Goes through the chain from its end: a shot is begun at its newest checkpoint before the first
    frame that is missing, else at its start, which needs the end of the shot before it.
    """
    found: list[Stretch] = []
    shots = [(i, s) for i, s in enumerate(plan.shots) if s.chain == chain and s.frame_count]
    needs_end = False
    for index, shot in reversed(shots):
        finished = store.finished(shot, shapes=shapes)
        missing = {n for n in range(shot.frame_count) if shot.first + n in wanted} - finished
        if not missing and not needs_end:
            continue
        stop = shot.frame_count if needs_end else max(missing) + 1
        saved = store.read_state(shot, before=min(missing, default=stop))
        first, state = (0, None) if saved is None else (saved[0] + 1, saved[1])
        limits = dict(store.limits(shot))
        found.append(Stretch(index, first, stop, state, frozenset(finished), limits))
        needs_end = saved is None and index != shots[0][0]
    return tuple(found[::-1])


def paint_chain(
    job: ChainJob,
    *,
    send: Send,
    stopped: Stop,
    loaded: dict[str, Perceptor] | None = None,
) -> None:
    """Make every frame of the job and ``send`` it, with checkpoints and events.

    ``stopped`` is asked before each shot and after each frame; when it says True the state is sent
    and `Interrupted` raised. ``loaded`` keeps the perceptors, by name, for the next job of the same
    film. Raises `RenderFailed`, `MissingWeights`, `DeviceError`, and what ``send`` raises; all that
    was sent before holds in every case.
    """
    if not job.todo:
        return
    from storyboard.perceptors import require

    shots = [job.plan.shots[stretch.shot] for stretch in job.todo]
    require(name for shot in shots for name in shot.perceptors)
    with computing_as(job.choices):
        _paint_shots(job, shots, _Work(_studio(job, loaded), send, stopped))


def _studio(job: ChainJob, loaded: dict[str, Perceptor] | None) -> Studio:
    from storyboard.render.chain_session import Studio

    device = device_for(job.choices, job.device)
    loaded = {} if loaded is None else loaded
    plan = job.choices.applied(job.plan)
    return Studio(plan, device, loaded, job.choices.precision, job.shapes)


def _paint_shots(job: ChainJob, shots: list[ShotPlan], work: _Work) -> None:
    """Paint the stretches of ``job``, which are parts of ``shots``, each from the one before."""
    studio = work.studio
    for warning in _prepared(studio, shots):
        work.warn(warning)
    state: ChainState | None = None
    for stretch, shot in zip(job.todo, shots, strict=True):
        if work.stopped():
            raise Interrupted(f"stopped before shot {shot.name!r} was begun")
        state = work.run(stretch, shot, state)


def _prepared(studio: Studio, shots: Sequence[ShotPlan]) -> Sequence[str]:
    """Load what ``shots`` need and return the warnings. Raises `StoryboardError` where the device
    has no memory for it.
    """
    from storyboard.render.loop import is_out_of_memory

    try:
        return list(studio.prepare(shots))
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        names = ", ".join(dict.fromkeys(name for shot in shots for name in shot.perceptors))
        message = f"the device has not enough memory for what sees the picture ({names})"
        raise StoryboardError(f"{message}: a lower quality or --device cpu needs less") from error


@dataclass
class _Work:
    """The making of one chain's frames."""

    studio: Studio
    send: Send
    stopped: Stop
    _saved_at: float = 0.0
    _save_cost_s: float = 0.0

    def emit(self, event: Event, body: bytes = b"") -> None:
        """Send ``event``, and what belongs to it."""
        self.send(Message.of(self.studio.plan.digest, event, body))

    def warn(self, message: str) -> None:
        """Send a warning."""
        self.emit(Event("warning", message=message))

    def run(self, stretch: Stretch, shot: ShotPlan, state: ChainState | None) -> ChainState | None:
        """Make the stretch's frames from the state before it; return the state after it."""
        from storyboard.render.memory import advance_within_memory

        began, name = time.perf_counter(), shot.name
        done = len(stretch.finished)
        self.emit(Event("shot_start", shot=name, done=done, of=shot.frame_count))
        if stretch.state is not None:
            state = self._load(stretch.state, stretch, shot)
        for local in range(stretch.first, stretch.stop):
            frame = self.studio.plan.frames[shot.first + local]
            started = time.perf_counter()
            self.studio.coverage.clear()
            limit = stretch.limits.get(local)
            state, drawn = advance_within_memory(
                self.studio, state, frame, limit=limit, warn=self.warn
            )
            seconds = time.perf_counter() - started
            if local == stretch.first:
                self._warn_of_coverage(shot)
            if drawn.shapes is not None and local not in stretch.finished:
                self._send_shapes(frame, drawn.shapes, state)
            event = _frame_event(frame, drawn, seconds, limit=state.cut_batch)
            event = replace(event, masks=dict(self.studio.coverage) or None)
            self._send_frame(event, drawn, again=local in stretch.finished)
            stopped = self.stopped()
            if stopped or local == shot.frame_count - 1 or self._checkpoint_is_due():
                self._checkpoint(state, frame)
            if stopped:
                raise Interrupted(f"stopped after frame {frame.number}; its state is saved")
        seconds = time.perf_counter() - began
        self.emit(Event("shot_done", shot=name, of=shot.frame_count, seconds=seconds))
        return state

    def _warn_of_coverage(self, shot: ShotPlan) -> None:
        """Send a warning for each mask whose words were found almost nowhere in the frame."""
        for label, share in self.studio.coverage.items():
            if share < LEAST:
                found = f"the mask {label!r} covers {100 * share:.1f} % of the picture"
                self.warn(f"shot {shot.name!r}: {found}: nothing stands out as what it says")

    def _load(self, data: bytes, stretch: Stretch, shot: ShotPlan) -> ChainState:
        from storyboard.render.state import UnreadableState, load_state

        last, studio = stretch.first - 1, self.studio
        try:
            return load_state(
                data,
                shot,
                studio.size,
                studio.device,
                frame=shot.first + last,
                precision=studio.precision,
            )
        except UnreadableState as error:
            message = f"the checkpoint after frame {last} of shot {shot.name!r} {error}"
            raise BadCheckpoint(message, shot=stretch.shot, local=last) from error

    def _send_frame(self, event: Event, drawn: FrameResult, *, again: bool) -> None:
        """Send a frame; without its picture if that is there: then it was made to get past it."""
        if again:
            self.emit(replace(event, again=True))
        else:
            self.emit(event, png_bytes(drawn.picture))

    def _send_shapes(self, frame: Frame, shapes: Mapping[str, Tensor], state: ChainState) -> None:
        """Send what a frame was drawn of, before the frame: a frame that is there has it."""
        from storyboard.render.state import shapes_to_bytes

        data = shapes_to_bytes(shapes, state.tuned)
        self.emit(Event("shapes", shot=frame.shot.name, frame=frame.number), data)

    def _checkpoint_is_due(self) -> bool:
        return (time.perf_counter() - self._saved_at) * CHECKPOINT_SHARE >= self._save_cost_s

    def _checkpoint(self, state: ChainState, frame: Frame) -> None:
        started = time.perf_counter()
        data, name = state.to_bytes(frame.number), frame.shot.name
        made_in = time.perf_counter() - started
        self.emit(Event("checkpoint", shot=name, frame=frame.number, seconds=made_in), data)
        self._saved_at = time.perf_counter()
        self._save_cost_s = self._saved_at - started


def _frame_event(frame: Frame, drawn: FrameResult, seconds: float, *, limit: int | None) -> Event:
    """Return the event of a frame; ``limit`` is how many views memory has room for."""
    shot, painted = frame.shot, drawn.painted
    return Event(
        "frame",
        shot=shot.name,
        frame=frame.number,
        local=frame.local,
        of=shot.frame_count,
        loss=painted.loss,
        steps=painted.steps,
        seconds=seconds,
        cut_batch=limit if limit is not None and limit < shot.cut_batch else None,
    )
