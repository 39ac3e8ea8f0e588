"""The growth section of a story: one picture's optimisation as a film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storyboard.story import fields as f
from storyboard.story.kinds import RecordOf, Scalar, spec_field
from storyboard.story.scalars import CURVE, FLAG, TIME

MOST_STEPS = 10_000_000
TOTAL = Scalar(
    f.whole(low=1, high=MOST_STEPS), {"type": "integer", "minimum": 1, "maximum": MOST_STEPS}
)


@dataclass(frozen=True, kw_only=True)
class GrowthSpec:
    """One picture that is optimised from frame to frame, and never begun again."""

    steps_per_frame: Any = spec_field(
        CURVE, "Optimiser steps from a frame to the next; 0.5 is a step every other frame."
    )
    steps: int | None = spec_field(
        TOTAL, "Steps in all: spread over the frames, or with steps_per_frame where it ends."
    )
    hold_last: Any = spec_field(TIME, "How long the finished picture stays; 0s if not set.")
    best: bool | None = spec_field(
        FLAG, "Show the picture that has fitted the prompts best so far, in place of the newest."
    )


GROWTH = RecordOf(GrowthSpec, short="steps_per_frame")
