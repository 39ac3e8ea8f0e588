"""What drawers share in handling their parameters."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from storyboard.errors import UsageError


@torch.no_grad()
def load_into(parameters: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Copy a saved state into the parameters, which stay the same objects.

    Raises `UsageError` where names or shapes differ; nothing is copied then.
    """
    here = {name: tuple(value.shape) for name, value in parameters.items()}
    there = {name: tuple(value.shape) for name, value in state.items()}
    if here != there:
        raise UsageError(f"the saved drawing is {there}, this drawer draws {here}")
    for name, value in parameters.items():
        value.copy_(state[name])
