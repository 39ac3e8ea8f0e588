"""Effort in the plan: fewer steps, fewer views and a smaller picture than the story asks for."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from storyboard.plan import Floats, ShotPlan
from storyboard.story.effort import EffortSpec

SHAPE_SLACK = 0.01
"""By how much the shape of what is painted may differ from the film's."""

_LEAST_SIDE = 8


def with_effort(shot: ShotPlan, effort: EffortSpec | None) -> ShotPlan:
    """Return ``shot`` with the share of its steps and cutouts that ``effort`` leaves: rounded half
    up, and one at least of what is there at all. A growth has fewer steps over the same frames.
    """
    values, growth = dict(shot.values), shot.growth
    if effort is not None and effort.cuts is not None:
        values["cuts"] = _share(values["cuts"], effort.cuts)
    if effort is not None and effort.steps is not None:
        if growth is None:
            values["steps"] = _share(values["steps"], effort.steps)
        else:
            values["steps"] = values["steps"] * effort.steps
            total = growth.steps and max(round(growth.steps * effort.steps), 1)
            growth = replace(growth, steps=total)
    return replace(shot, values=values, growth=growth)


def _share(counts: Floats, share: float) -> Floats:
    less = np.maximum(np.floor(counts * share + 0.5), 1)
    return np.where(counts > 0, less, 0)


def smaller_size(size: tuple[int, int], share: float) -> tuple[int, int]:
    """Return (width, height) in pixels of about ``share`` of the sides of ``size``, both even and
    of nearly the same shape.

    >>> smaller_size((512, 288), 0.5), smaller_size((512, 288), 0.7), smaller_size((512, 288), 1)
    ((256, 144), (358, 202), (512, 288))
    """
    if share >= 1:
        return size
    width, height = size
    most = max(2 * round(width * share / 2), _LEAST_SIDE)
    sizes = [(w, max(2 * round(w * height / width / 2), 2)) for w in range(most, most // 2, -2)]
    bend = {(w, h): abs(math.log(w * height / (h * width))) for w, h in sizes}
    fitting = (one for one in sizes if bend[one] <= SHAPE_SLACK)
    return next(fitting, None) or min(sizes, key=lambda one: bend[one])
