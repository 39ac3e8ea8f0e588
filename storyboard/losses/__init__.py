"""Losses: what a picture should be beside what the prompts say.

``losses.get(name)(context)`` gives an objective, ``picture (B, 3, H, W) in [0, 1] -> scalar``; the
loop weighs it with the story's curve. A negative weight asks for the opposite. Importing this
package does not import torch; `option_table` lets a story be checked without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from storyboard.options import Option, Options, table_of
from storyboard.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

    Objective = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class LossContext:
    """What a loss may look at, fixed for one frame.

    ``reference`` is the previous picture moved to this frame's view, (B, 3, H, W), or None on a
    fresh one; ``revealed`` is (1, 1, H, W), 1 where the camera uncovered what that picture did not
    hold, or None where it uncovered nothing; ``options`` are what the story says, by name.
    """

    reference: Tensor | None = None
    revealed: Tensor | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


LossFactory = Callable[[LossContext], "Objective"]

losses: Registry[LossFactory] = Registry(
    "loss",
    "storyboard.losses",
    {
        "exposure": (
            "storyboard.losses.exposure:exposure_loss",
            "keeps brightness and contrast in a middle range, against burning in",
        ),
        "hold": (
            "storyboard.losses.hold:hold_loss",
            "keeps the picture near the previous one as the camera moved it",
        ),
        "saturation": (
            "storyboard.losses.saturation:saturation_loss",
            "more colour; with a negative weight less",
        ),
        "smoothness": (
            "storyboard.losses.smoothness:smoothness_loss",
            "less noise and fewer edges (total variation); with a negative weight more",
        ),
        "symmetry": (
            "storyboard.losses.symmetry:symmetry_loss",
            "left and right mirror each other",
        ),
    },
)

OPTIONS: dict[str, Options] = {
    "exposure": {
        "brightness": Option(0.45, "number", "the mean that the picture tends to", 0, 1),
        "contrast": Option(
            0.2, "number", "the deviation around it that the picture tends to", 0, 0.5
        ),
    },
    "hold": {
        "scale": Option(
            1.0, "number", "finest detail that is held, in hundredths of the height", 0, 50
        ),
    },
    "saturation": {},
    "smoothness": {},
    "symmetry": {},
}
"""The built-in losses' options, by loss."""


def option_table(name: str) -> Options:
    """The options of a loss, without torch where it is built in. Raises `UnknownName`."""
    return table_of(name, OPTIONS, losses)
