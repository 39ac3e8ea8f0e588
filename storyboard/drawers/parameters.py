"""Helpers for the parameters of drawers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers import FrameStart
from storyboard.errors import UsageError


@torch.no_grad()
def load_into(parameters: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Copy a saved state into the parameters, which stay the same objects.

    Raises `UsageError` where names or shapes differ; nothing is copied then.
    """
    here = {name: tuple(value.shape) for name, value in parameters.items()}
    there = {name: tuple(value.shape) for name, value in state.items()}
    if here != there:
        raise UsageError(f"checkpoint size {there} does not match drawer size {here}")
    for name, value in parameters.items():
        value.copy_(state[name])


def sized_state(parameters: Mapping[str, Tensor], size: tuple[int, int]) -> dict[str, Tensor]:
    """Return copies of parameters that could belong to pictures of any size, with the size."""
    copies = {name: value.detach().clone() for name, value in parameters.items()}
    return copies | {"size": torch.tensor(size)}


def load_sized(
    parameters: Mapping[str, Tensor], state: Mapping[str, Tensor], size: tuple[int, int]
) -> None:
    """Copy a state of `sized_state` into the parameters. Raises `UsageError` for one of another
    size; else as `load_into`.
    """
    there = tuple(state.get("size", torch.zeros(2)).tolist())
    if there != size:
        raise UsageError(f"checkpoint size {there} does not match drawer size {size}")
    load_into(parameters, {name: value for name, value in state.items() if name != "size"})


class MovedDrawer:
    """A drawer of the older kind, whose ``move(warp) -> bool`` stood for `Drawer.carry`."""

    native = True

    def __init__(self, drawer: Any) -> None:
        self._drawer = drawer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._drawer, name)

    @torch.no_grad()
    def carry(self, start: FrameStart) -> None:
        """Let the drawer move itself where nothing but the camera changes, else encode."""
        plain = start.revealed is None and start.color_matrix() is None
        if not (plain and self._drawer.move(start.grid)):
            self._drawer.encode(start.canvas)
