"""Losses: auxiliary objectives on the picture, beside the prompts.

``losses.get(name)(context)`` gives an objective, ``picture (B, 3, H, W) in [0, 1] -> scalar``; the
loop multiplies it by the story's curve. A negative weight asks for the opposite. Importing this
package does not import torch; `option_table` lets a story be checked without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from storyboard.catalogue import Catalogue
from storyboard.losses.catalogue import RECORDS
from storyboard.options import Options

if TYPE_CHECKING:
    from torch import Tensor

    Objective = Callable[[Tensor], Tensor]


class Coder(Protocol):
    """A drawer whose picture is made of latents, see `storyboard.drawers.HasLatents`."""

    def latents_now(self) -> Tensor:
        """Return the latents that are drawn, (1, C, h, w), differentiable in its parameters."""

    def latents_of(self, picture: Tensor) -> Tensor:
        """Return the latents of a picture (1, 3, H, W), without gradient."""

    def features_of(self, picture: Tensor) -> Mapping[str, Tensor]:
        """Return what the levels of its encoder answer to a picture (1, 3, H, W), by a level's
        name: (1, C, h, w), differentiable.
        """


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
    mask: returns the part of a picture that the loss is for, (1, 1, H, W) in [0, 1]; None for all
    of it. coder: the drawer, where it has latents. lettering: how much lettering the frame's
    perceptors see in a picture: 0 for none, 1 for a word on a plain ground; None without a
    perceptor. layers: what the layers of the frame's perceptors answer to a picture, one mapping
    for each: by a layer's name (V, C, h, w) for V views, from the first layer to the last;
    differentiable. view: moves a picture of the frame's size that the camera at rest (zoom 1, no
    pan) sees to this frame's view.
    """

    reference: Tensor | None = None
    revealed: Tensor | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    size: tuple[int, int] = (0, 0)
    step: Callable[[], int] = lambda: 0
    embed: Callable[[Tensor], Sequence[Tensor]] | None = None
    image: Callable[[str], Tensor] | None = None
    mask: Callable[[Tensor], Tensor] | None = None
    coder: Coder | None = None
    lettering: Callable[[Tensor], Tensor] | None = None
    layers: Callable[[Tensor], Sequence[Mapping[str, Tensor]]] | None = None
    view: Callable[[Tensor], Tensor] | None = None


LossFactory = Callable[[LossContext], "Objective"]

losses: Catalogue[LossFactory] = Catalogue("loss", "storyboard.losses", RECORDS)


OWN_MASK = frozenset({"target"})
"""Losses that use `LossContext.mask` themselves; any other is wrapped by `within`."""


def within(objective: Objective, mask: Callable[[Tensor], Tensor]) -> Objective:
    """Return ``objective``, whose gradient is kept to the part of the picture that ``mask`` gives:
    the value is that of the whole picture.
    """

    def part(picture: Tensor) -> Tensor:
        return objective(picture.detach().lerp(picture, mask(picture)))

    return part


def option_table(name: str) -> Options:
    """Return the options of a loss, without torch where it is built in. Raises `UnknownName`."""
    return losses.record(name).options
