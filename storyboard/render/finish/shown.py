"""The pictures passed between the stages of finishing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.plan import StereoPlan


@dataclass(frozen=True)
class Shown:
    """A picture on its way into the film: (1, 3, H, W) float32 in [0, 1], and its frame's number.

    The number is that of a painted frame until the frames in between are there, then the film's. A
    stage never changes a picture in place.
    """

    number: int
    picture: Tensor


Pictures = Iterator[Shown]
"""Pictures in the order of their numbers, all of one chain."""

_AXES = {"side_by_side": 3, "over_under": 2}


def each_eye(
    picture: Tensor, stereo: StereoPlan | None, change: Callable[[Tensor], Tensor]
) -> Tensor:
    """Return ``change(picture)``, done for either eye where both have a half of the picture."""
    axis = None if stereo is None else _AXES.get(stereo.format)
    if axis is None:
        return change(picture)
    return torch.cat([change(half) for half in picture.chunk(2, axis)], axis)
