"""A frame that memory has no room for is begun again with half the views at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from storyboard.drawers.fft import FFTDrawer
from storyboard.errors import Interrupted, OutOfMemory
from storyboard.perceptors.testing import TinyPerceptor
from storyboard.plan import Plan, ShotPlan
from storyboard.render import Event, render
from storyboard.render.loop import is_out_of_memory

Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]


class Room:
    """Memory for ``views`` views at once, in all steps after the first ``calls``."""

    def __init__(self) -> None:
        self.views, self.calls = 1000, 0

    def use(self, views: torch.Tensor) -> None:
        """Raise as torch does, in the middle of a frame."""
        if views.requires_grad:
            self.calls -= 1
            if self.calls < 0 and len(views) > self.views:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    room, embed = Room(), TinyPerceptor.embed_views

    def embed_views(tiny: TinyPerceptor, views: torch.Tensor) -> torch.Tensor:
        room.use(views)
        return embed(tiny, views)

    monkeypatch.setattr(TinyPerceptor, "embed_views", embed_views)
    return room


def events_of(plan: Plan, folder: Path, *, stop_after: int | None = None) -> list[Event]:
    """Render, to before the end if asked to, and give the events."""
    events: list[Event] = []
    render(
        plan,
        out=folder / "film.mp4",
        on_event=events.append,
        stop=lambda: bool(events) and events[-1].frame == stop_after is not None,
    )
    return events


def files_of(folder: Path, pattern: str) -> dict[str, bytes]:
    return {f"{p.parent.name}/{p.name}": p.read_bytes() for p in folder.glob(pattern)}


def batches_of(folder: Path) -> list[int | None]:
    """What ``frames.jsonl`` says of every frame, shots in the order of their names."""
    lines = [p.read_text().splitlines() for p in sorted(folder.glob("shots/*/frames.jsonl"))]
    return [json.loads(line).get("cut_batch") for shot in lines for line in shot]


FRAME = 3
"""Micro-batches in a frame of 3 steps with 4 views, 4 at once."""


@pytest.mark.parametrize(
    ("views", "calls", "batches"),
    [
        (2, 0, [2, 2, 2, 2, 2]),
        (1, 0, [1, 1, 1, 1, 1]),
        (3, FRAME + 1, [None, 2, 2, 2, 2]),
        (1, 2 * FRAME + 2, [None, None, 1, 1, 1]),
    ],
)
def test_the_frame_is_begun_again_and_the_chain_goes_on_so(
    tmp_path: Path,
    shot: Shots,
    film: Films,
    room: Room,
    views: int,
    calls: int,
    batches: list[int | None],
) -> None:
    plan = film(shot("a", 0, 3), shot("b", 3, 2))
    room.views, room.calls = views, calls
    events = events_of(plan, tmp_path)
    assert batches_of(tmp_path) == batches
    told = [event.message or "" for event in events if event.kind == "warning"]
    halved = next(n for n, batch in enumerate(batches) if batch)
    assert len(told) == 1
    assert f"shot 'a', frame {halved}: memory ran out; from here on at most" in told[0]
    frames = [event for event in events if event.kind == "frame"]
    assert [event.cut_batch for event in frames] == batches


def test_half_of_what_is_seen_and_not_of_what_may_be(
    tmp_path: Path, shot: Shots, film: Films, room: Room
) -> None:
    """4 views a step, up to 64 at once: the first half that helps is 2."""
    room.views = 2
    events = events_of(film(shot(count=2, cut_batch=64)), tmp_path)
    assert [event.cut_batch for event in events if event.kind == "frame"] == [2, 2]


@pytest.mark.parametrize("drawer", ["fft", "pixel"])
def test_nothing_is_left_of_an_attempt(
    tmp_path: Path, shot: Shots, film: Films, room: Room, drawer: str
) -> None:
    """Memory runs out in the first, second or third step of frame 1: what follows is the same."""
    room.views, states = 2, []
    for step in range(3):
        room.calls = FRAME + step
        folder = tmp_path / str(step)
        events = events_of(film(shot(count=3, drawer=drawer)), folder)
        assert [e.cut_batch for e in events if e.kind == "frame"] == [None, 2, 2]
        states.append(files_of(folder, "shots/*/00002.state"))
    assert states[0]
    assert states[0] == states[1] == states[2]


@pytest.mark.parametrize("stop_after", [0, 1, 2, 3])
def test_stopped_and_resumed_where_there_is_room_again_it_is_the_same_film(
    tmp_path: Path, shot: Shots, film: Films, room: Room, stop_after: int
) -> None:
    plan = film(shot("a", 0, 3), shot("b", 3, 2))
    room.views, room.calls = 2, FRAME + 1
    events_of(plan, tmp_path / "straight")
    room.calls = FRAME + 1
    with pytest.raises(Interrupted):
        events_of(plan, tmp_path, stop_after=stop_after)
    if stop_after > 0:
        room.views = 1000
    else:
        room.calls = 1
    events_of(plan, tmp_path)
    for pattern in ("shots/*/*.png", "shots/*/00002.state", "shots/b*/00001.state"):
        assert files_of(tmp_path, pattern) == files_of(tmp_path / "straight", pattern)
    assert (tmp_path / "film.mp4").read_bytes() == (tmp_path / "straight/film.mp4").read_bytes()
    assert batches_of(tmp_path) == [None, 2, 2, 2, 2]


def test_a_frame_that_is_lost_is_made_again_as_it_was(
    tmp_path: Path, shot: Shots, film: Films, room: Room
) -> None:
    """Frame 1 was halved; its line in ``frames.jsonl`` says so, whatever room there is now."""
    plan = film(shot(count=3))
    room.views, room.calls = 2, FRAME + 1
    events_of(plan, tmp_path)
    pictures = files_of(tmp_path, "shots/*/*.png")
    state = files_of(tmp_path, "shots/*/00002.state")
    room.views = 1000
    for path in [*tmp_path.glob("shots/*/*.state"), *tmp_path.glob("shots/*/00001.png")]:
        path.unlink()
    (tmp_path / "film.mp4").unlink()
    (last,) = tmp_path.glob("shots/*/00002.png")
    last.unlink()
    events_of(plan, tmp_path)
    assert files_of(tmp_path, "shots/*/*.png") == pictures
    assert files_of(tmp_path, "shots/*/00002.state") == state


def test_where_one_view_is_too_many_it_is_an_error(
    tmp_path: Path, shot: Shots, film: Films, room: Room
) -> None:
    room.views = 0
    with pytest.raises(OutOfMemory, match="'a', frame 0: out of device memory"):
        events_of(film(shot(count=2)), tmp_path)
    assert room.calls == -3  # 4 views, 2, 1


def test_a_frame_that_only_moves_is_not_tried_again(
    tmp_path: Path, shot: Shots, film: Films, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fewer views are no help to a frame that has none."""
    plan = film(shot(count=2))
    plan.shots[0].values["steps"][1] = 0
    calls: list[int] = []

    def warp(*_args: object, **_options: object) -> torch.Tensor:
        calls.append(1)
        raise torch.OutOfMemoryError

    monkeypatch.setattr("storyboard.render.chain_session.warp", warp)
    with pytest.raises(OutOfMemory, match="frame 1"):
        events_of(plan, tmp_path)
    assert len(calls) == 1


def test_any_other_error_of_torch_is_not_hidden(
    tmp_path: Path, shot: Shots, film: Films, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(_drawer: FFTDrawer) -> torch.Tensor:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(FFTDrawer, "draw", draw)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        events_of(film(shot(count=1)), tmp_path)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (MemoryError(), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate"), True),
        (RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"), False),
        (ValueError("no"), False),
    ],
    ids=str,
)
def test_what_counts_as_no_memory(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) == expected


def test_what_torch_says_on_the_processor_counts() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50)
    assert is_out_of_memory(caught.value)
