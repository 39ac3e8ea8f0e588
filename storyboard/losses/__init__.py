"""Losses: auxiliary objectives on the picture, beside the prompts.

``losses.get(name)(context)`` gives an objective, ``picture (B, 3, H, W) in [0, 1] -> scalar``; the
loop multiplies it by the story's curve. A negative weight asks for the opposite. Importing this
package does not import torch; `option_table` lets a story be checked without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    """Inputs of a loss, fixed for one frame.

    Attributes: reference: the anchor moved to this frame's view, (B, 3, H, W); None on a fresh
    picture. revealed: (1, 1, H, W), 1 where the camera uncovered what the anchor did not hold; None
    where it uncovered nothing. options: what the story sets, by name. size: (height, width) of the
    picture in pixels. step: returns the number of the step that is being taken, from 0. embed: the
    embeddings of a picture (1, 3, H, W) in [0, 1] by the frame's perceptors: one unit vector (D,)
    for each, differentiable, deterministic; None without a perceptor. image: returns the picture
    behind the option of that name (a file), (1, 3, H, W) in [0, 1], cropped to the frame's shape.
    layers: what the layers of the frame's perceptors answer to a picture, one mapping for each: by
    a layer's name (V, C, h, w) for V views, from the first layer to the last; differentiable.
    view: moves a picture of the frame's size that the camera at rest (zoom 1, no pan) sees to this
    frame's view.
    """

    reference: Tensor | None = None
    revealed: Tensor | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)
    step: Callable[[], int] = lambda: 0
    embed: Callable[[Tensor], Sequence[Tensor]] | None = None
    image: Callable[[str], Tensor] | None = None
    layers: Callable[[Tensor], Sequence[Mapping[str, Tensor]]] | None = None
    view: Callable[[Tensor], Tensor] | None = None


LossFactory = Callable[[LossContext], "Objective"]

losses: Catalogue[LossFactory] = Catalogue("loss", "storyboard.losses", RECORDS)


def option_table(name: str) -> Options:
    """Return the options of a loss, without torch where it is built in. Raises `UnknownName`."""
    return losses.record(name).options
