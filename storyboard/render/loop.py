"""The frame loop: a chain of shots, frame after frame.

Every frame starts from the *anchor*, the last canvas in float that was painted to be one, moved by
the camera in one go: however many frames lie between, it is resampled once. `FrameBegin` is that
start; the drawer is given it once and takes it over in its own way. Then the painter takes its
steps, or the drawer paints in its own way and says whether its picture becomes the anchor. A frame
without steps only shows the anchor moved. Eight bits are for saving only and never come back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from storyboard.drawers import PaintResult, PaintsItself, PaintTask, Retunes
from storyboard.errors import OutOfMemory, RenderFailed, StoryboardError
from storyboard.losses import LossContext
from storyboard.media.ffmpeg import Picture
from storyboard.plan import Frame
from storyboard.render.carry.begin import FrameBegin
from storyboard.render.carry.reveal import boost_gradient
from storyboard.render.chain_session import Studio, drawn_by
from storyboard.render.growth import grow, shown
from storyboard.render.painter import make_optimiser, paint, set_rate, take_rates
from storyboard.render.pictures import to_8_bit
from storyboard.render.state import (
    ChainState,
    Fading,
    drawer_key,
    fresh_state,
    make_drawer,
    moving_options,
)

NOT_PAINTED = PaintResult(0, None)
"""Of a frame without steps."""


@dataclass(frozen=True)
class FrameResult:
    """A finished frame: ``picture`` (H, W, 3) uint8, how its painting went, and, where SVG is asked
    for, the ``shapes`` that it was drawn of: the drawer's state.
    """

    picture: Picture
    painted: PaintResult
    shapes: Mapping[str, Tensor] | None = None


def advance(
    studio: Studio, state: ChainState | None, frame: Frame
) -> tuple[ChainState, FrameResult]:
    """Make ``frame`` from the state before it; the state after it, and the picture.

    ``state`` is None before the first frame of a chain, and is changed otherwise. Raises
    `RenderFailed` that names shot, frame and cause, `OutOfMemory` where that is the cause; `state`
    is of no use then.
    """
    try:
        return _advance(studio, state, frame)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        message = "out of device memory; reduce cut_batch or output.size"
        raise OutOfMemory(message, shot=frame.shot.name, frame=frame.number) from error
    except RenderFailed:
        raise
    except StoryboardError as error:
        raise RenderFailed(str(error), shot=frame.shot.name, frame=frame.number) from error


def _advance(
    studio: Studio, state: ChainState | None, frame: Frame
) -> tuple[ChainState, FrameResult]:
    if state is None and frame.shot.growth is None:
        return _first(studio, frame)
    state = state or _fresh(studio, frame)
    _switch_drawer(studio, state, frame)
    if frame.shot.growth is not None:
        return _grow(studio, state, frame)
    state.growth = None
    m, transition = studio.move(state, frame), studio.clips.transition(state.anchor_frame, frame)
    start = FrameBegin(studio, state, frame, m, transition, painting=frame.values["steps"] >= 0.5)
    if start.painting:
        return _next(studio, state, start)
    return state, _carried_only(studio, state, start)


def _first(studio: Studio, frame: Frame) -> tuple[ChainState, FrameResult]:
    """Paint the first frame of a chain, from the drawer's own picture, the clip's, or the one that
    the shot begins with.
    """
    state = _fresh(studio, frame)
    filters, context = studio.filters(frame), LossContext(size=studio.size)
    layer = studio.clips.layer(frame)
    if layer is not None:
        with torch.no_grad():
            state.drawer.encode(layer.over(state.drawer.draw(), 1.0))
            reference = filters(state.drawer.draw())
        context = replace(context, reference=reference, revealed=1 - layer.cover)
    _open(studio, state, frame)
    painted = _painted(studio, state, frame, context, start=None)
    canvas = state.drawer.draw().detach().clone()
    state.colors = state.colors.after(canvas, 0.0, frame.values.get("novelty", 0.0))
    state.anchor, state.anchor_frame, state.depth = canvas, frame.number, state.ahead
    return state, _drawn(studio, state, frame, canvas, painted)


@torch.no_grad()
def _open(studio: Studio, state: ChainState, frame: Frame) -> None:
    """Have the drawer begin with the picture that a fresh ``frame`` starts from, if any: mixed with
    its own by the picture's share, which is passed to one that paints itself.
    """
    opening = studio.opening(frame)
    if opening is not None:
        layer, share = opening
        told = isinstance(state.drawer, PaintsItself)
        state.drawer.encode(layer.over(state.drawer.draw(), 1.0 if told else share))


def _fresh(studio: Studio, frame: Frame) -> ChainState:
    """Return the state before ``frame``, the first of a chain."""
    return fresh_state(
        frame.shot, studio.size, studio.device, frame=frame.number, precision=studio.precision
    )


def _grow(studio: Studio, state: ChainState, frame: Frame) -> tuple[ChainState, FrameResult]:
    """Film the next steps of one picture's optimisation; where it begins with the picture of a shot
    before, the camera comes to rest first.
    """
    if state.growth is None and frame.fresh:
        _open(studio, state, frame)
    elif state.growth is None:
        move = studio.move(state, frame)
        transition = studio.clips.transition(state.anchor_frame, frame)
        start = FrameBegin(studio, state, frame, move, transition, painting=True)
        with torch.no_grad():
            if start.changes:
                state.drawer.carry(start)
    painted = grow(studio, state, frame)
    return state, _drawn(studio, state, frame, shown(state), painted)


def _next(studio: Studio, state: ChainState, start: FrameBegin) -> tuple[ChainState, FrameResult]:
    """Paint a frame that goes on from the anchor; its picture becomes the anchor, unless the
    drawer says otherwise: then the drawer goes back to the anchor.
    """
    frame, anchor = start.frame, None
    if isinstance(state.drawer, PaintsItself):
        anchor = state.drawer.state_dict()
    with torch.no_grad():
        if start.changes:
            state.drawer.carry(start)
        context = _context(studio, start)
    painted = _painted(studio, state, frame, context, start=start)
    canvas = state.drawer.draw().detach().clone()
    if anchor is not None and not painted.anchor:
        state.drawer.load_state_dict(anchor)
        return state, _drawn(studio, state, frame, start.faded(canvas), painted)
    _set_anchor(state, start, canvas, painted)
    picture = canvas if state.fading is None else state.fading.over(canvas, 0.0, start.fps)
    return state, _drawn(studio, state, frame, picture, painted)


def _drawn(
    studio: Studio,
    state: ChainState,
    frame: Frame,
    canvas: Tensor,
    painted: PaintResult = NOT_PAINTED,
) -> FrameResult:
    saved = studio.filters(frame)(canvas)
    shapes = state.drawer.state_dict() if studio.shapes else None
    return FrameResult(to_8_bit(studio.shown(saved, state, frame)), painted, shapes)


@torch.no_grad()
def _carried_only(studio: Studio, state: ChainState, start: FrameBegin) -> FrameResult:
    """Show the anchor as the frame sees it; the drawer goes back to the anchor afterwards."""
    drawer, anchor = state.drawer, None
    if drawer.native and start.changes:
        anchor = drawer.state_dict()
        drawer.carry(start)
        picture = drawer.draw()
    else:
        picture = start.canvas
    drawn = _drawn(studio, state, start.frame, start.faded(picture))
    if anchor is not None:
        drawer.load_state_dict(anchor)
    return drawn


def _context(studio: Studio, start: FrameBegin) -> LossContext:
    """Return what losses may look at in a frame that goes on from the anchor."""
    if not studio.looks_back(start.frame):
        return LossContext(size=studio.size)
    reference = studio.filters(start.frame)(start.held)
    return LossContext(reference, start.loose, size=studio.size)


def _painted(
    studio: Studio,
    state: ChainState,
    frame: Frame,
    context: LossContext,
    *,
    start: FrameBegin | None,
) -> PaintResult:
    """Let the drawer paint ``frame`` in its own way, or take the painter's steps."""
    filters, lr = studio.filters(frame), frame.values["lr"]
    if start is not None and start.reveal_mask is not None:
        filters = boost_gradient(filters, start.reveal_mask, frame.values["reveal"])
    objectives = studio.objectives(frame, drawn_by(context, state.drawer))
    steps = round(frame.values["steps"])
    if not (isinstance(state.drawer, PaintsItself) and steps):
        set_rate(state.optimiser, lr)
        return paint(state.drawer, state.optimiser, objectives, filters=filters, steps=steps)
    revealed = None if start is None else start.revealed
    task = PaintTask(
        objectives=objectives,
        filters=filters,
        steps=steps,
        lr=lr,
        prompts=frame.prompts,
        seed=frame.seed,
        first=start is None,
        age_s=0.0 if start is None else start.passed_s,
        novelty=frame.values.get("novelty", 0.0),
        revealed=0.0 if revealed is None else float(revealed.mean()),
        structure=studio.structure(frame),
        embedded=partial(studio.embedded, frame.shot),
        area=lambda mask: studio.masks.known(mask, frame),
        begun=0.0 if studio.opening(frame) is None else frame.values["init"],
    )
    return state.drawer.paint(task)


@torch.no_grad()
def _set_anchor(state: ChainState, start: FrameBegin, canvas: Tensor, painted: PaintResult) -> None:
    """Make ``canvas`` the anchor, and part of what colours are held to."""
    frame, fading = start.frame, None
    if painted.fade_s > 0:
        fading = Fading(start.faded(start.unbroken), painted.fade_s)
    novelty = frame.values.get("novelty", 0.0)
    state.colors = start.colors.after(canvas, start.passed_s, novelty)
    state.anchor, state.anchor_frame, state.fading = canvas, frame.number, fading
    state.reveal_mask, state.depth = start.reveal_mask, state.ahead


def _switch_drawer(studio: Studio, state: ChainState, frame: Frame) -> None:
    """Go on with the drawer of ``frame``'s shot, as its options are now.

    Where they moved, the drawer takes them over and keeps its picture; one that cannot, or of
    another shot, is made anew and given the anchor.
    """
    shot, moving = frame.shot, moving_options(frame.shot, frame.local)
    if state.drawer_key == drawer_key(shot):
        if moving == state.tuned:
            return
        state.tuned = moving
        options = frame.options("drawer", shot.drawer)
        if isinstance(state.drawer, Retunes) and state.drawer.retune(options):
            take_rates(state.optimiser, state.drawer)
            return
    state.drawer = make_drawer(
        shot, studio.size, studio.device, moving=moving, precision=studio.precision
    )
    state.drawer.encode(state.anchor)
    state.drawer_key, state.tuned = drawer_key(shot), moving
    state.optimiser = make_optimiser(state.drawer)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether memory ran out: torch has an exception for it on CUDA and MPS, but on the CPU
    and in CUDA's libraries it is a `RuntimeError` like others.
    """
    signs = r"out of memory|not enough memory|can't allocate memory|ALLOC_FAILED"
    known = isinstance(error, torch.OutOfMemoryError | MemoryError)
    return known or re.search(signs, str(error)) is not None
