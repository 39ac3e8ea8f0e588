"""The effort section of a story: how much of its steps, views and size is spent on it.

`storyboard render --budget` chooses it, and so does a render that runs out of memory.
"""

from __future__ import annotations

from dataclasses import dataclass

from storyboard.story import fields as f
from storyboard.story.kinds import RecordOf, Scalar, spec_field

SHARE = Scalar(f.number(above=0, high=1), {"type": "number", "exclusiveMinimum": 0, "maximum": 1})


@dataclass(frozen=True, kw_only=True)
class EffortSpec:
    """Shares of what the rest of the story asks for, above 0 to 1; None is 1, all of it."""

    steps: float | None = spec_field(SHARE, "Share of the optimiser steps of every frame, 0 to 1.")
    cuts: float | None = spec_field(SHARE, "Share of the cutouts of every step, 0 to 1.")
    size: float | None = spec_field(
        SHARE, "Share of the painted width and height; the film keeps its size."
    )


EFFORT = RecordOf(EffortSpec, short="steps")
