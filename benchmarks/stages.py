"""A step of painting in parts, each with its time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Protocol

from torch import Tensor

STAGES = (
    "draw",
    "cutouts",
    "perceptor forward",
    "perceptor backward",
    "cutouts backward",
    "draw backward",
    "optimiser",
)
PERCEPTOR = ("perceptor forward", "perceptor backward")


class Loop(Protocol):
    """A way to paint, as `step` drives it."""

    def draw(self) -> Tensor:
        """Return the picture ``(1, 3, H, W)``, differentiable in the parameters."""

    def batches(self) -> Sequence[slice]:
        """Return the micro-batches of a step."""

    def cutouts(self, picture: Tensor, rows: slice) -> Tensor:
        """Return one micro-batch of normalised views of ``picture``."""

    def loss(self, views: Tensor) -> Tensor:
        """Return the share of the loss that these views have."""

    def update(self) -> None:
        """One step of the optimiser."""


class Stopwatch:
    """Seconds by stage, a list entry a step.

    They are seconds of processor time: with one thread those of a machine that does nothing else.
    """

    def __init__(self) -> None:
        self.steps: list[dict[str, float]] = []

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Add the time that the block takes to ``stage`` of the step under way."""
        start = time.process_time()
        yield
        self.steps[-1][stage] += time.process_time() - start

    def medians(self) -> dict[str, float]:
        """Return the median over the steps of every stage, and of ``all`` and ``all but
        perceptor``.
        """
        sums = [
            {
                **step,
                "all": sum(step.values()),
                "all but perceptor": sum(v for k, v in step.items() if k not in PERCEPTOR),
            }
            for step in self.steps
        ]
        return {name: median(step[name] for step in sums) for name in sums[0]}


def step(loop: Loop, watch: Stopwatch) -> None:
    """One step of ``loop``, timed: the graph is cut between the stages, which changes no number."""
    watch.steps.append(defaultdict(float))
    with watch("draw"):
        picture = loop.draw()
    leaf = picture.detach().requires_grad_()
    for rows in loop.batches():
        with watch("cutouts"):
            views = loop.cutouts(leaf, rows)
        seen = views.detach().requires_grad_()
        with watch("perceptor forward"):
            loss = loop.loss(seen)
        with watch("perceptor backward"):
            loss.backward()
        with watch("cutouts backward"):
            _walk_back(views, seen.grad)
    with watch("draw backward"):
        _walk_back(picture, leaf.grad)
    with watch("optimiser"):
        loop.update()


def _walk_back(drawn: Tensor, slope: Tensor | None) -> None:
    """``drawn.backward(slope)`` as the painter does it, without all of sympy to compare shapes."""
    if slope is not None:
        (drawn * slope).sum().backward()
