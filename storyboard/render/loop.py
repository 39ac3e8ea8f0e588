"""The frame loop: a chain of shots, frame after frame.

Every frame starts from the *anchor*, the canvas of the last optimised frame in float, moved by the
camera in one go: however many frames lie between, it is resampled once. The drawer moves its own
parameters where it can, else the moved canvas is encoded. Then the painter takes its steps. A frame
without steps only shows the anchor moved; the anchor stays. Eight bits are for saving only and
never come back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from storyboard.errors import RenderFailed, StoryboardError
from storyboard.ffmpeg import Picture
from storyboard.filters.color_hold import color_hold
from storyboard.losses import LossContext
from storyboard.motion.depth_map import came_to_light
from storyboard.motion.moves import Move
from storyboard.motion.warp import revealed, warp
from storyboard.render.painter import Filter, Painted, make_optimiser, paint, set_rate
from storyboard.render.reveal import broken_up, hastened, rimmed, still_growing
from storyboard.render.state import ChainState, drawer_key, fresh_state, make_drawer
from storyboard.render.studio import Studio
from storyboard.timeline.plan import Frame

NOT_PAINTED = Painted(0, None)
"""Of a frame without steps."""


@dataclass(frozen=True)
class Drawn:
    """A finished frame: ``picture`` (H, W, 3) uint8, and how its painting went."""

    picture: Picture
    painted: Painted


def advance(studio: Studio, state: ChainState | None, frame: Frame) -> tuple[ChainState, Drawn]:
    """Make ``frame`` from the state before it; the state after it, and the picture.

    ``state`` is None before the first frame of a chain, and is changed otherwise. Raises
    `RenderFailed` that names shot, frame and cause.
    """
    try:
        return _advance(studio, state, frame)
    except torch.OutOfMemoryError as error:
        message = "the device has not enough memory; a smaller cut_batch or size needs less"
        raise RenderFailed(message, shot=frame.shot.name, frame=frame.number) from error
    except RenderFailed:
        raise
    except StoryboardError as error:
        raise RenderFailed(str(error), shot=frame.shot.name, frame=frame.number) from error


def _advance(studio: Studio, state: ChainState | None, frame: Frame) -> tuple[ChainState, Drawn]:
    steps = round(frame.values["steps"])
    filters = studio.filters(frame)
    if state is None:
        state = fresh_state(frame.shot, studio.size, studio.device, frame=frame.number)
        context = _begin(studio, state, frame, filters)
    elif steps == 0:
        return state, _drawn(studio, state, frame, _look_ahead(studio, state, frame))
    else:
        context = _bring_over(studio, state, frame, filters)
    set_rate(state.optimiser, frame.values["lr"])
    objectives = studio.objectives(frame, context)
    seeing = filters
    if state.grown is not None:
        seeing = hastened(filters, state.grown, frame.values["reveal"])
    painted = paint(state.drawer, state.optimiser, objectives, filters=seeing, steps=steps)
    _drop_anchor(state, frame, float(studio.plan.fps))
    return state, _drawn(studio, state, frame, state.anchor, painted)


def _drawn(
    studio: Studio, state: ChainState, frame: Frame, canvas: Tensor, painted: Painted = NOT_PAINTED
) -> Drawn:
    saved = studio.filters(frame, saving=True)(canvas)
    return Drawn(to_8_bit(studio.shown(saved, state, frame)), painted)


@torch.no_grad()
def _begin(studio: Studio, state: ChainState, frame: Frame, filters: Filter) -> LossContext:
    """Begin with the drawer's own picture, or with the clip's, which is then also held to."""
    layer = studio.clips.layer(frame)
    if layer is None:
        return LossContext()
    state.drawer.encode(layer.over(state.drawer.draw(), 1.0))
    return LossContext(reference=filters(state.drawer.draw()), revealed=1 - layer.cover)


@torch.no_grad()
def _look_ahead(studio: Studio, state: ChainState, frame: Frame) -> Tensor:
    """The anchor as ``frame`` sees it; the drawer goes back to the anchor afterwards."""
    _take_drawer(studio, state, frame)
    kept = state.drawer.state_dict()
    _move(studio, state, frame, studio.move(state, frame))
    passage = studio.clips.passage(state.anchor_frame, frame)
    if passage is not None:
        state.drawer.encode(passage.mixed(state.drawer.draw(), frame.values["video_mix"]))
    picture = state.drawer.draw()
    state.drawer.load_state_dict(kept)
    return picture


@torch.no_grad()
def _bring_over(studio: Studio, state: ChainState, frame: Frame, filters: Filter) -> LossContext:
    """Bring the anchor's picture to ``frame``'s view and its colours back to those of before."""
    _take_drawer(studio, state, frame)
    m = studio.move(state, frame)
    _move(studio, state, frame, m)
    passage = studio.clips.passage(state.anchor_frame, frame)
    if passage is not None:
        state.colors = passage.followed(state.colors)
    passed_s = (frame.number - state.anchor_frame) / float(studio.plan.fps)
    held = frame.values.get("color_hold", 0.0)
    amount = state.colors.amount(held, passed_s, frame.values.get("novelty", 0.0))
    if amount > 0:
        state.drawer.encode(color_hold(state.drawer.draw(), state.colors.stats, amount=amount))
    uncovered = _uncover(studio, state, frame, m)
    reference = filters(state.drawer.draw())
    if passage is not None:
        state.drawer.encode(passage.mixed(state.drawer.draw(), frame.values["video_mix"]))
        uncovered = passage.lost(uncovered)
    return LossContext(reference, uncovered if bool(uncovered.any()) else None)


def _uncover(studio: Studio, state: ChainState, frame: Frame, m: Move) -> Tensor:
    """Make ready for new picture what the move uncovered, as ``reveal`` asks: what not to hold.

    A clip brings its own picture for what its movement uncovers.
    """
    amount = 0.0 if frame.shot.video is not None else frame.values.get("reveal", 0.0)
    uncovered = torch.maximum(revealed(m, studio.size), came_to_light(m, studio.size))
    uncovered = uncovered.to(studio.device)
    if amount <= 0:
        state.grown = None
        return uncovered
    grown = rimmed(uncovered)
    if bool(uncovered.any()):
        state.drawer.encode(broken_up(state.drawer.draw(), grown, amount, seed=frame.seed))
    if state.grown is not None:
        passed_s = (frame.number - state.anchor_frame) / float(studio.plan.fps)
        older = warp(state.grown, m, border="replicate", resample="bilinear")
        grown = torch.maximum(grown, still_growing(older, passed_s))
    state.grown = grown if bool((grown > 1 / 255).any()) else None
    return torch.maximum(uncovered, grown)


@torch.no_grad()
def _drop_anchor(state: ChainState, frame: Frame, fps: float) -> None:
    """What the drawer draws now becomes the anchor, and part of what colours are held to."""
    anchor = state.drawer.draw().clone()
    passed_s = (frame.number - state.anchor_frame) / fps
    state.colors = state.colors.after(anchor, passed_s, frame.values.get("novelty", 0.0))
    state.anchor, state.anchor_frame = anchor, frame.number
    state.depth = state.ahead


def _take_drawer(studio: Studio, state: ChainState, frame: Frame) -> None:
    """Go on with the drawer of ``frame``'s shot, which may be another than that of the last."""
    if state.drawer_key != drawer_key(frame.shot):
        state.drawer = make_drawer(frame.shot, studio.size, studio.device)
        state.drawer.encode(state.anchor)
        state.drawer_key = drawer_key(frame.shot)
        state.optimiser = make_optimiser(state.drawer)


def _move(studio: Studio, state: ChainState, frame: Frame, m: Move) -> None:
    """Move the drawer's picture from the anchor's view to the frame's; a still camera changes none.

    `warp` gives back the very picture it was given where ``m`` is the identity.
    """

    def moved(grid: Tensor) -> Tensor:
        return studio.moved(grid, m, frame.shot, since=state.anchor_frame)

    canvas = moved(state.anchor)
    if canvas is not state.anchor and not state.drawer.move(moved):
        state.drawer.encode(canvas)


def to_8_bit(picture: Tensor) -> Picture:
    """(1, 3, H, W) in [0, 1] to (H, W, 3) uint8, rounded: truncating darkens frame by frame."""
    levels = (picture[0].clamp(0, 1) * 255).round().to(torch.uint8)
    return np.ascontiguousarray(levels.permute(1, 2, 0).cpu().numpy())
