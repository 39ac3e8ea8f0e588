"""The inner loop: steps of optimisation on one frame.

The picture is a leaf between the drawer and whoever looks at it: it is drawn once a step, every
objective in turn adds its gradient *of the picture*, and one walk back through filters and drawer
carries the sum to the parameters. Memory is bounded by the largest single objective, and the
drawer's share of the time does not grow with their number. The painter knows no CLIP, no prompts
and no camera.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from storyboard.drawers import BringsOptimiser, Drawer, Optimiser, PaintResult
from storyboard.drawers.optimiser import MEMORY, Adam
from storyboard.errors import StoryboardError

Objective = Callable[[Tensor], Tensor]
Filter = Callable[[Tensor], Tensor]
Objectives = Callable[[int], Iterable[tuple[str, Objective]]]
"""The named objectives of a step, by the step's number; their sum is the loss of the step."""

SMOOTHING = 0.9
PATIENCE = 25
PROGRESS = 1e-3


def make_optimiser(drawer: Drawer) -> Optimiser:
    """Make the optimiser of the drawer's parameters, to be kept as long as the drawer is."""
    if isinstance(drawer, BringsOptimiser):
        optimiser = drawer.optimiser()
    else:
        optimiser = Adam(drawer.parameters(), memory=MEMORY)
    for group in optimiser.param_groups:
        group.setdefault("initial_lr", group["lr"])
    return optimiser


def take_rates(optimiser: Optimiser, drawer: Drawer) -> None:
    """Take over the drawer's own learning rates, which may have moved.

    An optimiser that the drawer brought is the drawer's to tune.
    """
    if not isinstance(drawer, BringsOptimiser):
        for group, now in zip(optimiser.param_groups, drawer.parameters(), strict=True):
            group["initial_lr"] = now["lr"]


def set_rate(optimiser: Optimiser, factor: float) -> None:
    """Let every group learn at ``factor`` times its own rate."""
    for group in optimiser.param_groups:
        group["lr"] = group["initial_lr"] * factor


class Settled:
    """Says when the loss has settled, from nothing but the losses so far.

    The losses are smoothed (each new one counts for a tenth). Settled means: within the last
    `PATIENCE` steps the smoothed loss found no value lower than its lowest by a share of
    `PROGRESS`. A frame of at most `PATIENCE` steps always gets them all.
    """

    def __init__(self) -> None:
        self._smooth: float | None = None
        self._lowest = math.inf
        self._stale = 0

    def __call__(self, loss: float) -> bool:
        """Take the next loss; True when it is time to stop."""
        before = loss if self._smooth is None else self._smooth
        self._smooth = SMOOTHING * before + (1 - SMOOTHING) * loss
        if self._smooth < self._lowest - PROGRESS * abs(self._lowest):
            self._lowest, self._stale = self._smooth, 0
        elif math.isinf(self._lowest):
            self._lowest = self._smooth
        else:
            self._stale += 1
        return self._stale >= PATIENCE


def paint(
    drawer: Drawer,
    optimiser: Optimiser,
    objectives: Objectives,
    *,
    filters: Filter,
    steps: int,
    settles: bool = True,
) -> PaintResult:
    """Change the drawer's parameters for up to ``steps`` steps so that the objectives fall.

    ``filters`` stands between what is drawn and what is seen. Stops early when the loss has
    `Settled`, unless ``settles`` is False. Raises `StoryboardError` that names the objective whose
    loss is not a number.
    """
    settled, late = Settled(), list[_Losses]()
    loss: float | None = None
    for number in range(steps):
        losses = _step(drawer, optimiser, objectives(number), filters=filters)
        if losses is None:
            _last_of(late)
            return PaintResult(number + 1, None)
        if reading_waits(losses.values.device) and (steps <= PATIENCE or not settles):
            late.append(losses)
            continue
        loss = losses.total
        if settles and settled(loss):
            return PaintResult(number + 1, loss)
    return PaintResult(steps, _last_of(late) if late else loss)


def reading_waits(device: torch.device) -> bool:
    """Return whether to read a number from ``device`` is to wait for all that it was given to do.
    Then the losses of a frame are read at its end, where no step depends on them.
    """
    return device.type != "cpu"


def _step(
    drawer: Drawer,
    optimiser: Optimiser,
    objectives: Iterable[tuple[str, Objective]],
    *,
    filters: Filter,
) -> _Losses | None:
    """Take one step; return the losses before it, or None where there was no objective."""
    optimiser.zero_grad()
    picture = filters(drawer.draw())
    leaf = picture.detach().requires_grad_()
    losses: list[tuple[str, Tensor]] = []
    for name, objective in objectives:
        value = objective(leaf)
        value.backward()  # type: ignore[no-untyped-call]
        losses.append((name, value.detach()))
    if not losses or leaf.grad is None:
        return None
    taken = _Losses.of(losses, leaf.grad)
    if not reading_waits(leaf.device):
        taken.check()
    # the same walk as picture.backward(leaf.grad), which would load all of sympy to compare shapes
    (picture * leaf.grad).sum().backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    drawer.clamp()
    return taken


@dataclass
class _Losses:
    """The losses of one step: ``values`` are theirs by ``names`` and, last, the sum of the absolute
    gradient, on the device that computed them.
    """

    names: list[str]
    values: Tensor

    @classmethod
    def of(cls, losses: list[tuple[str, Tensor]], gradient: Tensor) -> _Losses:
        """Return the losses and the gradient of a step as one tensor, which one copy reads."""
        values = [*(value for _, value in losses), gradient.abs().sum()]
        return cls([name for name, _ in losses], torch.stack(values))

    @cached_property
    def read(self) -> list[float]:
        """Return the values as numbers; where `reading_waits`, this waits."""
        found: list[float] = self.values.tolist()
        return found

    @property
    def total(self) -> float:
        """Return the sum of the losses. Raises as `check`."""
        self.check()
        return math.fsum(self.read[:-1])

    def check(self) -> None:
        """Raise `StoryboardError` for a loss or a gradient that is not finite."""
        for name, value in zip(self.names, self.read, strict=False):
            if not math.isfinite(value):
                raise StoryboardError(f"the loss of {name} is {value}")
        if not math.isfinite(self.read[-1]):
            names = ", ".join(dict.fromkeys(self.names))
            raise StoryboardError(f"the gradient of {names} is {self.read[-1]}")


def _last_of(late: list[_Losses]) -> float | None:
    """Return the last total of losses that were not read yet, None of none. Raises for the first
    that is not finite.
    """
    if not late:
        return None
    everything = torch.cat([one.values for one in late]).tolist()  # one wait for all
    for one in late:
        one.read, everything = everything[: len(one.values)], everything[len(one.values) :]
    return [one.total for one in late][-1]
