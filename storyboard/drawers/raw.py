"""The picture as a plain tensor of colours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers import FrameStart, drawers
from storyboard.drawers.parameters import load_into
from storyboard.drawers.pixel import clamp_inward


class RawDrawer:
    """A `storyboard.drawers.Drawer`. Options: see `storyboard.drawers.catalogue`.

    Neither a spectrum nor decorrelated colours shape the steps, so that a picture shows what the
    perceptors ask for, pixel by pixel.
    """

    native = False

    def __init__(
        self,
        size: tuple[int, int],
        options: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        generator: torch.Generator | None = None,
    ) -> None:
        chosen = drawers.resolve("raw", options)
        self.size, self.lr = size, chosen["lr"]
        noise = torch.randn(1, 3, *size, generator=generator)
        start = (0.5 + chosen["init"] * noise).clamp(0, 1)
        self.colors = start.to(device).requires_grad_()

    def retune(self, options: Mapping[str, Any]) -> bool:
        """Take over the learning rate."""
        self.lr = drawers.resolve("raw", options)["lr"]
        return True

    def draw(self) -> Tensor:
        """Return the picture, (1, 3, H, W) in [0, 1]."""
        return clamp_inward(self.colors)

    @torch.no_grad()
    def encode(self, canvas: Tensor) -> None:
        """Take over ``canvas``, (1, 3, H, W), bit for bit where it lies in [0, 1]."""
        self.colors.copy_(canvas.clamp(0, 1))

    def carry(self, start: FrameStart) -> None:
        """Take over the canvas: the pixels are the picture that is moved."""
        self.encode(start.canvas)

    def parameters(self) -> list[dict[str, Any]]:
        """Return one group: the colours."""
        return [{"params": [self.colors], "lr": self.lr}]

    @torch.no_grad()
    def clamp(self) -> None:
        """Bring the colours back into [0, 1]."""
        self.colors.clamp_(0, 1)

    def state_dict(self) -> dict[str, Tensor]:
        """Return the colours, (1, 3, H, W)."""
        return {"colors": self.colors.detach().clone()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take over colours of the same size."""
        load_into({"colors": self.colors}, state)
