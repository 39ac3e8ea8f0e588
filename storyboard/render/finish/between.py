"""Frames in between: the painted frames on both sides, moved by the camera's own path, and faded.

The plan knows the pose at every frame of the film, so each neighbour is moved exactly to where the
camera is. What the camera uncovers in the one is taken from the other. What the picture itself did
between the two frames is faded over.
"""

from __future__ import annotations

import torch
from torch import Tensor

from storyboard.motion.moves import STAY, Move
from storyboard.motion.path import Place, travel, way
from storyboard.motion.warp import revealed, warp
from storyboard.plan import Plan
from storyboard.render.finish.shown import Pictures, Shown
from storyboard.render.finish.stretches import every, neighbours

_LEAST = 1e-4
"""What an uncovered place still counts, so that one uncovered in both has a colour."""


def between(pictures: Pictures, plan: Plan, *, first: int, stop: int) -> Pictures:
    """Return the film's frames ``first`` to before ``stop``, all of one chain.

    ``pictures`` are the painted ones on both sides of them. A frame that is painted itself is shown
    untouched, bit for bit.
    """
    return pictures if plan.finish.fps is None else _frames(pictures, plan, first, stop)


def _frames(pictures: Pictures, plan: Plan, first: int, stop: int) -> Pictures:
    held: dict[int, Tensor] = {}
    for number in range(first, stop):
        before, after = neighbours(plan, number)
        while after not in held:
            one = next(pictures)
            held[one.number] = one.picture
        held = {painted: picture for painted, picture in held.items() if painted >= before}
        yield Shown(number, _frame(plan, number, {n: held[n] for n in (before, after)}))


def _frame(plan: Plan, number: int, sides: dict[int, Tensor]) -> Tensor:
    """The film's frame ``number`` from the painted frames on its sides, one or two."""
    moved, weights = [], []
    for painted, picture in sides.items():
        m = _move(plan, painted, number)
        weight = 1 - abs(number / every(plan) - painted)
        covered = 1 - revealed(m, (picture.shape[2], picture.shape[3]), feather=0.02)
        weights.append(max(weight, _LEAST) * covered.clamp_min(_LEAST))
        moved.append(_warped(plan, picture, m, painted))
    if len(moved) == 1:
        return moved[0]
    total = weights[0] + weights[1]
    mixed: Tensor = (moved[0] * weights[0] + moved[1] * weights[1]) / total
    return mixed.clamp(0, 1)


def _move(plan: Plan, painted: int, number: int) -> Move:
    """What moves a painted frame to the view of the film's frame ``number``."""
    source, shown = plan.shot_at(painted), plan.film.shot_at(number)
    if source.chain != shown.chain or number == painted * every(plan):
        return STAY
    here: Place = source.index, plan.frames[painted].pose
    there: Place = shown.index, plan.film.frames[number].pose
    aspect = plan.width / plan.height
    if here[0] > there[0]:
        return travel(way(plan, there, here), aspect).inverse()
    return travel(way(plan, here, there), aspect)


def _warped(plan: Plan, picture: Tensor, m: Move, painted: int) -> Tensor:
    shot = plan.shot_at(painted)
    return warp(
        picture,
        m,
        border=shot.border,
        resample=shot.resample,
        color=shot.border_color if shot.border == "color" else None,
        generator=torch.Generator().manual_seed(plan.frames[painted].seed),
    )
