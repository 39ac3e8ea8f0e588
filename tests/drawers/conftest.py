"""A start of a frame that drawers can be given without a film."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor


@dataclass
class PlainStart:
    """A `storyboard.drawers.FrameStart`: ``grid`` moves, ``canvas`` is what came of the anchor."""

    canvas: Tensor
    move: Callable[[Tensor], Tensor] = lambda values: values
    change: Callable[[Tensor], Tensor] = lambda colors: colors
    revealed: Tensor | None = None
    matrix: Tensor | None = None

    def grid(self, values: Tensor) -> Tensor:
        return self.move(values)

    def points(self, places: Tensor) -> tuple[Tensor, Tensor]:
        m = torch.eye(3).double() if self.matrix is None else self.matrix
        flat = torch.cat([places.double(), torch.ones(len(places), 1).double()], 1) @ m.T
        return (flat[:, :2] / flat[:, 2:]).to(places), flat[:, 2] > 0

    def recolor(self, colors: Tensor) -> Tensor:
        return self.change(colors)

    def color_matrix(self) -> tuple[Tensor, Tensor] | None:
        return None


@pytest.fixture
def start() -> type[PlainStart]:
    """Make a start of a frame."""
    return PlainStart
