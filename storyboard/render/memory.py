"""Painting a frame within the memory there is: what does not fit is begun again with fewer views.

How many views are seen at once changes the picture by rounding only, but it does: so the number is
kept from that frame to the end of the chain, in the state, and stands beside the frame that it was
painted with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from typing import Any

import torch

from storyboard.errors import OutOfMemory
from storyboard.plan import Frame
from storyboard.render.chain_session import Studio
from storyboard.render.loop import FrameResult, advance
from storyboard.render.state import ChainState


def advance_within_memory(
    studio: Studio,
    state: ChainState | None,
    frame: Frame,
    *,
    limit: int | None = None,
    warn: Callable[[str], None],
) -> tuple[ChainState, FrameResult]:
    """Make ``frame`` as `storyboard.render.loop.advance`, with as many views at once as fit.

    Where memory runs out the frame is begun again from the state before it with half as many, down
    to one; ``warn`` is given a sentence. The number stays in ``state.cut_batch``. ``limit`` is the
    number that the frame was painted with before. Raises `OutOfMemory` where one is too many.
    """
    limit = _least(limit, None if state is None else state.cut_batch)
    first = batch = frame.shot.cut_batch if limit is None else min(frame.shot.cut_batch, limit)
    before = None if state is None or frame.values["steps"] < 0.5 else _Before(state)
    while True:
        try:
            state, drawn = advance(studio, state, _with_batch(frame, batch))
            break
        except OutOfMemory:
            views = min(batch, round(frame.values["cuts"]))
            if views <= 1 or frame.values["steps"] < 0.5:
                raise
        # out here the error is gone, and with it the tensors that its traceback held on to
        limit = batch = views // 2
        state = None if before is None else before.restored()
        _free(studio.device)
    if batch < first:
        warn(
            f"shot {frame.shot.name!r}, frame {frame.number}: memory ran out; from here on at most "
            f"{batch} views are seen at once (cut_batch), not {first}"
        )
    state.cut_batch = limit
    return state, drawn


class _Before:
    """The state before a frame. Costs one copy of the drawer's and the optimiser's tensors: all
    else in a state is replaced from frame to frame and never written into.
    """

    def __init__(self, state: ChainState) -> None:
        self._state = copy(state)
        self._drawer = _copied(state.drawer.state_dict())
        self._optimiser = _copied(state.optimiser.state_dict())

    def restored(self) -> ChainState:
        """Return the state as it was."""
        state = copy(self._state)
        state.optimiser.zero_grad()
        state.drawer.load_state_dict(self._drawer)
        state.optimiser.load_state_dict(self._optimiser)
        return state


def _copied(value: Any) -> Any:
    """Return nested dictionaries and lists with a copy of every tensor."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_copied, value))
    return value


def _least(limit: int | None, other: int | None) -> int | None:
    known = [batch for batch in (limit, other) if batch is not None]
    return min(known, default=None)


def _with_batch(frame: Frame, batch: int) -> Frame:
    if batch == frame.shot.cut_batch:
        return frame
    return replace(frame, shot=replace(frame.shot, cut_batch=batch))


def _free(device: torch.device) -> None:
    """Give memory that torch keeps for later back to the device, in blocks that fit anything."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
