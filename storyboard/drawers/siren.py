"""The picture as a network from places to colours, with sines between its layers.

Sitzmann et al., "Implicit Neural Representations with Periodic Activation Functions", 2020. The
camera moves the places, not the picture: an affine move is multiplied into the first layer, what a
perspective has beyond that is kept in the state. Nothing is resampled, so nothing blurs.

Convention: places are in half picture heights from the middle, x to the right, y down; frequencies
in waves along the height, so that a unit of weight w has ``|w| / pi`` of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers import FrameStart, drawers
from storyboard.drawers.fft import INSIDE, bend, soft_clip_inverse
from storyboard.drawers.optimiser import Adam
from storyboard.drawers.parameters import load_sized, sized_state
from storyboard.drawers.siren_layers import Layers, fresh_layers, in_strips, renew

_BATCH = 4096
"""Pixels that one step of a fit looks at."""

_RATE = 0.003
"""Change of a weight in a step of a fit, at its begin."""

_MEND = 0.1
"""Share of the steps of a fit that mend what a move uncovered."""

_NEAREST = 0.2
"""Least distance, relative to the middle, of places that a perspective brings nearer."""


class SirenDrawer:
    """A `storyboard.drawers.Drawer`. Options: see `storyboard.drawers.catalogue`."""

    native = True

    def __init__(
        self,
        size: tuple[int, int],
        options: Mapping[str, Any],
        *,
        device: torch.device | str = "cpu",
        generator: torch.Generator | None = None,
    ) -> None:
        self.size, self._device = size, torch.device(device)
        self._chosen = drawers.resolve("siren", options)
        self._seed = torch.randint(2**31, (1,), generator=generator)
        self._count = torch.zeros(1, dtype=torch.long)
        self._tilt = torch.zeros(2, dtype=torch.float64)
        self._layers = self._fresh(self._chosen["init"])
        for weight in self._layers:
            weight.requires_grad_()

    def _chance(self) -> torch.Generator:
        """Return the next source of chance, on the CPU."""
        self._count += 1
        seed = (int(self._seed) + 7919 * int(self._count)) % 2**63
        return torch.Generator().manual_seed(seed)

    def _fresh(self, strength: float) -> Layers:
        """Return layers of a random picture that differs from grey by about ``strength``."""
        width, depth = self._chosen["width"], self._chosen["depth"]
        layers = fresh_layers(width, depth, self._finest, self._chance(), strength=strength)
        return [weight.to(self._device) for weight in layers]

    @property
    def _finest(self) -> float:
        """Return the highest frequency of a unit; at most what the pixels can show."""
        return max(0.5, min(float(self._chosen["frequency"]), self.size[0] / 3))

    def draw(self) -> Tensor:
        """Return the picture, (1, 3, H, W) in (0, 1)."""
        return self.draw_at(self.size)

    def draw_at(self, size: tuple[int, int]) -> Tensor:
        """Return the picture at another size of the same shape, drawn anew, (1, 3, h, w)."""
        light = 0.5 + in_strips(self._places(size), self._layers)
        return bend(light.T.reshape(1, 3, *size))

    def _places(self, size: tuple[int, int]) -> Tensor:
        """Return where the network is asked for every pixel: (H W, 3) with ones."""
        height, width = size
        y = (2 * torch.arange(height, dtype=torch.float64) + 1 - height) / height
        x = (2 * torch.arange(width, dtype=torch.float64) + 1 - width) / height
        x, y = x.expand(height, width), y[:, None].expand(height, width)
        depth = (1 + self._tilt[0] * x + self._tilt[1] * y).clamp(min=_NEAREST)
        places = torch.stack([x / depth, y / depth, torch.ones_like(x)], 2)
        return places.view(-1, 3).to(self._device, torch.float32)

    @torch.no_grad()
    def encode(self, canvas: Tensor) -> None:
        """Fit a fresh network to ``canvas``, (1, 3, H, W), in ``fit`` steps."""
        self._tilt.zero_()
        for weight, fresh in zip(self._layers, self._fresh(0.1), strict=True):
            weight.copy_(fresh)
        self._fit(canvas, self._chosen["fit"])

    def _fit(
        self, canvas: Tensor, steps: int, *, rate: float = _RATE, weight: Tensor | None = None
    ) -> None:
        """Bring the picture nearer to ``canvas``, (1, 3, H, W), from the network as it is.

        ``weight``, (1, 1, H, W), is how much each pixel counts. The rate falls to 0 as half a
        cosine.
        """
        light = soft_clip_inverse(canvas.to(self._device).clamp(INSIDE, 1 - INSIDE)) - 0.5
        wanted, places = light[0].flatten(1).T, self._places(self.size)
        counts = torch.ones(len(places), 1) if weight is None else weight.reshape(-1, 1)
        counts = counts.to(self._device)
        optimiser = Adam([{"params": self._layers, "lr": rate}], memory=0.98)
        chance = self._chance()
        for step in range(steps):
            optimiser.param_groups[0]["lr"] = rate * (0.5 + 0.5 * _cosine(step / steps))
            some = torch.randint(len(places), (_BATCH,), generator=chance).to(self._device)
            optimiser.zero_grad()
            with torch.enable_grad():
                miss = in_strips(places[some], self._layers) - wanted[some]
                (miss.square() * counts[some]).mean().backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        optimiser.zero_grad()

    @torch.no_grad()
    def carry(self, start: FrameStart) -> None:
        """Move the places that the network is asked for; fit what that cannot do.

        Colours change in the last layer. Where the move is no matrix, or its perspective too
        strong, the network is fitted to the canvas; where picture is uncovered, to the canvas there
        and to itself elsewhere.
        """
        matrix = start.matrix
        if matrix is None or not self._move(matrix.double().cpu()):
            self._tilt.zero_()
            self._fit(start.unbroken, self._chosen["fit"])
            return
        self._recolor(start)
        renew(self._layers, self._finest, self._chance(), aspect=self.size[1] / self.size[0])
        if start.revealed is not None:
            new = start.revealed.to(self._device)
            wanted = self.draw().lerp(start.unbroken.to(self._device), new)
            steps = max(1, round(_MEND * self._chosen["fit"]))
            self._fit(wanted, steps, rate=_RATE / 3, weight=1 + 3 * new)

    def _move(self, matrix: Tensor) -> bool:
        """Multiply the move (see `FrameStart.matrix`) into the first layer, and keep its tilt.

        ``places = A @ P @ new``: A is affine; P has the last row (tilt, 1), else the identity's.
        False, with nothing changed, where P would bring a corner nearer than `_NEAREST`.
        """
        height, width = self.size
        across = torch.tensor([width / height, 1.0, 1.0], dtype=torch.float64)
        before = torch.eye(3, dtype=torch.float64)
        before[2, :2] = self._tilt
        back = before @ (across[:, None] * torch.linalg.inv(matrix) / across)
        if not bool(back.isfinite().all()) or float(back[2, 2]) <= 0:
            return False
        back = back / back[2, 2]
        tilt = back[2, :2].clone()
        if float((tilt.abs() * across[:2]).sum()) > 1 - _NEAREST:
            return False
        after = torch.eye(3, dtype=torch.float64)
        after[2, :2] = -tilt
        first = self._layers[0]
        first.copy_((first.double().cpu() @ (back @ after)).to(first))
        self._tilt.copy_(tilt)
        return True

    def _recolor(self, start: FrameStart) -> None:
        """Change the colours as the frame's are changed, as far as a matrix can."""
        change = start.color_matrix()
        if change is None:
            return
        matrix, offset = (value.to(self._device) for value in change)
        last = self._layers[-1]
        last.copy_(matrix @ last)
        last[:, -1] += matrix.sum(1) * 0.5 + offset - 0.5

    def parameters(self) -> list[dict[str, Any]]:
        """Return one group: the weights of all layers."""
        return [{"params": list(self._layers), "lr": self._chosen["lr"]}]

    def clamp(self) -> None:
        """Leave the weights: all are valid."""

    def retune(self, options: Mapping[str, Any]) -> bool:
        """Take over rate and steps of a fit. False where the network is another one."""
        chosen = drawers.resolve("siren", options)
        same = all(chosen[name] == self._chosen[name] for name in ("width", "depth", "frequency"))
        if same:
            self._chosen = chosen
        return same

    def _tensors(self) -> dict[str, Tensor]:
        layers = {f"layer{number}": weight for number, weight in enumerate(self._layers)}
        return layers | {"tilt": self._tilt, "seed": self._seed, "count": self._count}

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights, the tilt of the places, and the state of chance."""
        return sized_state(self._tensors(), self.size)

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Take over a network of the same layers, for a picture of the same size."""
        load_sized(self._tensors(), state, self.size)


def _cosine(share: float) -> float:
    return math.cos(math.pi * share)
