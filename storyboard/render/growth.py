"""Growth: frames that film one picture's optimisation, with nothing moved or begun between them.

N frames of k steps are exactly the N k steps of one `storyboard.render.painter.paint`: drawer and
optimiser go on, and steps are counted from where the growth began, so that every step sees the
views it would see in one piece.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from storyboard.drawers import PaintResult
from storyboard.losses import LossContext
from storyboard.plan import Frame
from storyboard.render.chain_session import Studio, drawn_by
from storyboard.render.painter import Objectives, paint, set_rate
from storyboard.render.state import ChainState, GrowthState


def grow(studio: Studio, state: ChainState, frame: Frame) -> PaintResult:
    """Take the steps of ``frame`` where those of the frame before ended. The picture becomes the
    anchor; with ``best`` the one to be shown stays in ``state.growth``.
    """
    growth = state.growth or GrowthState(frame.seed, 0)
    filters, steps = studio.filters(frame), round(frame.values["steps"])
    seen = replace(frame, seed=growth.seed)
    context = drawn_by(LossContext(size=studio.size), state.drawer)
    objectives = shifted(studio.objectives(seen, context), growth.steps)
    set_rate(state.optimiser, frame.values["lr"])
    painted = paint(
        state.drawer, state.optimiser, objectives, filters=filters, steps=steps, settles=False
    )
    canvas = state.drawer.draw().detach().clone()
    state.anchor, state.anchor_frame, state.depth = canvas, frame.number, state.ahead
    state.fading = state.reveal_mask = None
    state.colors = state.colors.after(canvas, 0.0, 1.0)
    growth = replace(growth, steps=growth.steps + steps)
    if frame.shot.growth is not None and frame.shot.growth.best:
        growth = _best(studio, growth, frame, canvas)
    state.growth = growth
    return painted


def shown(state: ChainState) -> Tensor:
    """Return the picture that a growing frame shows, before the filters."""
    best = None if state.growth is None else state.growth.best
    return state.anchor if best is None else best


def shifted(objectives: Objectives, by: int) -> Objectives:
    """Return ``objectives`` counted from step ``by``."""
    return lambda number: objectives(by + number)


def _best(studio: Studio, growth: GrowthState, frame: Frame, canvas: Tensor) -> GrowthState:
    """Return ``growth`` with ``canvas`` as its best picture, where it fits the prompts better, or
    fits others than before: scores of different prompts do not compare.
    """
    score = studio.score(frame, studio.filters(frame)(canvas))
    prompts = repr(frame.prompts)
    if growth.prompts == prompts and growth.score is not None and score <= growth.score:
        return growth
    return replace(growth, best=canvas, score=score, prompts=prompts)
