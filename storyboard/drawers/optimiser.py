"""The optimiser: Adam without momentum, number for number that of torch.

The first optimiser of `torch.optim` in a process loads torch's compiler and all of sympy with it:
seconds and some 100 MB before the first step, for twenty lines of arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

EPSILON = 1e-8

MEMORY = 0.99
"""Of the squared gradients, for pictures: the scale of the gradient is forgotten within some 100
steps, a few frames, so that a new prompt is not held back by the size of the old one's gradient.
There is no momentum: the views change with every step and the picture moves between frames, so that
the direction of the last steps is old news.
"""


class Adam:
    """Every number moves by its rate, whatever the size of its gradient.

    ``v`` is the running mean of the squared gradient over some ``1 / (1 - memory)`` steps, and a
    step is ``lr * g / (sqrt(v / (1 - memory^n)) + epsilon)`` (Kingma and Ba, Adam, 2015, with a
    first moment that forgets at once). ``groups`` are as `storyboard.drawers.Drawer.parameters`
    gives them; ``param_groups`` holds them, and their ``lr`` may be changed between steps.
    """

    def __init__(self, groups: Sequence[Mapping[str, Any]], *, memory: float) -> None:
        self.param_groups = [dict(group) for group in groups]
        self.memory, self.steps = memory, 0
        self._squares = [torch.zeros_like(p) for p in self._parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters():
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Take one step against the gradients; a parameter without one stays."""
        self.steps += 1
        correction = (1 - self.memory**self.steps) ** 0.5
        rates = [group["lr"] for group in self.param_groups for _ in group["params"]]
        for parameter, v, lr in zip(self._parameters(), self._squares, rates, strict=True):
            g = parameter.grad
            if g is not None:
                v.mul_(self.memory).addcmul_(g, g, value=1 - self.memory)
                parameter.addcdiv_(g, (v.sqrt() / correction).add_(EPSILON), value=-lr)

    def state_dict(self) -> dict[str, Any]:
        """Return all that the next step depends on but parameters, gradients and rates."""
        return {"steps": self.steps, "squares": self._squares}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the state of an optimiser of the same parameters."""
        self.steps = int(state["steps"])
        for own, other in zip(self._squares, state["squares"], strict=True):
            own.copy_(other)

    def _parameters(self) -> list[Tensor]:
        return [parameter for group in self.param_groups for parameter in group["params"]]
