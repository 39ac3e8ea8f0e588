"""Losses: what a picture should be beside what the prompts say.

``losses.get(name)(context)`` gives an objective, ``picture (B, 3, H, W) in [0, 1] -> scalar``; the
loop weighs it with the story's curve. A negative weight asks for the opposite. Importing this
package does not import torch; `option_table` lets a story be checked without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from storyboard.catalogue import Catalogue
from storyboard.losses.catalogue import RECORDS
from storyboard.options import Options

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

losses: Catalogue[LossFactory] = Catalogue("loss", "storyboard.losses", RECORDS)


def option_table(name: str) -> Options:
    """Return the options of a loss, without torch where it is built in. Raises `UnknownName`."""
    return losses.record(name).options
