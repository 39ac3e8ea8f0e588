"""The project's own loop, taken apart into the stages that the benchmark times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from storyboard.perceptors import Perceptor
from storyboard.perceptors.cutouts import InputFormat, cut, noise_bank
from storyboard.perceptors.distance import spherical
from storyboard.perceptors.views import ViewSeeds, draw_views, seed_of
from storyboard.render.painter import make_optimiser

FRAME_SEED, HOLD_SEED = 1, 2
"""The seeds of `GuideStep` with which `Guide` draws the same views."""


class StoryboardLoop:
    """``cuts`` views of a drawer's picture, ``cut_batch`` at a time, as `Guide` takes them."""

    def __init__(
        self, drawer: Any, perceptor: Perceptor, target: Tensor, cuts: int, cut_batch: int
    ) -> None:
        self.drawer, self.perceptor, self.target = drawer, perceptor, target
        self.cuts, self.cut_batch, self.number = cuts, cut_batch, 0
        self.lens = InputFormat(perceptor.size, perceptor.mean, perceptor.std)
        self.optimiser = make_optimiser(drawer)

    def draw(self) -> Tensor:
        """Return the drawer's picture."""
        return self.drawer.draw()

    def batches(self) -> Sequence[slice]:
        """Return the micro-batches."""
        return [slice(n, n + self.cut_batch) for n in range(0, self.cuts, self.cut_batch)]

    def cutouts(self, picture: Tensor, rows: slice) -> Tensor:
        """Return one micro-batch of views; what the step's first needs is drawn with it."""
        if rows.start == 0:
            aspect = picture.shape[-1] / picture.shape[-2]
            frame, hold = (seed_of(self.perceptor.name, seed) for seed in (FRAME_SEED, HOLD_SEED))
            self.views = draw_views(self.cuts, aspect, ViewSeeds(frame, hold, 0.5, self.number))
            seed = seed_of("noise", hold, self.number)
            self.bank = noise_bank(self.lens.size, seed, picture.device)
        return cut(picture, self.views[rows], self.lens, self.bank)

    def loss(self, views: Tensor) -> Tensor:
        """Squared spherical distance, averaged over the cuts of the step."""
        return spherical(self.perceptor.embed_views(views), self.target).sum() / self.cuts

    def update(self) -> None:
        """One step of the painter's optimiser."""
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.drawer.clamp()
        self.number += 1
