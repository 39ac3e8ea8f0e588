"""Guidance: the prompts of an instant, seen by the perceptors through the views of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from storyboard.perceptors.activations import layers_of
from storyboard.perceptors.cutouts import cut, noise_bank
from storyboard.perceptors.distance import slerp, spherical, weighted
from storyboard.perceptors.lettering import lettering
from storyboard.perceptors.sources import embed_picture, embed_sources, judged_views, lens_of
from storyboard.perceptors.spots import Spot, relevance
from storyboard.perceptors.views import ViewSeeds, draw_views, seed_of
from storyboard.plan import Prompt, Source, TextPrompt

if TYPE_CHECKING:
    from storyboard.perceptors import Perceptor

Objective = Callable[[Tensor], Tensor]
SpotOf = Callable[[Tensor], Spot | None]
"""From the picture to the part of it that prompts are for; None for nothing."""


@dataclass(frozen=True)
class GuideStep:
    """Sampling of views in one step of the painter.

    ``frame_seed`` is the frame's own seed, ``hold_seed`` one that the frames of a chain share;
    ``cut_hold`` (0..1) is the share of the ``cuts`` views that is drawn from the latter, and so
    stays from frame to frame. At most ``cut_batch`` views are seen at once.
    """

    number: int
    frame_seed: int
    hold_seed: int
    cuts: int
    cut_batch: int
    cut_hold: float = 0.0


class Guide:
    """Several perceptors, each with a weight, that look at one picture."""

    def __init__(self, perceptors: Sequence[tuple[Perceptor, float]]) -> None:
        self.perceptors = tuple((p, w) for p, w in perceptors if w != 0)

    def objectives(
        self, prompts: Sequence[Prompt], step: GuideStep, spot_of: SpotOf | None = None
    ) -> Iterator[Objective]:
        """Yield the objectives of one step; their sum is the step's guidance loss.

        Each takes a picture ``(1, 3, H, W)`` in [0, 1] and gives a scalar: a micro-batch of one
        perceptor's views against every prompt. Summed over perceptors and prompts with their
        weights, averaged over views: the sum depends on ``cut_batch`` only by rounding, while the
        memory that a ``backward`` needs grows with nothing else. With ``spot_of`` the prompts
        are for that part of the picture alone, and nothing where there is none.
        """
        for perceptor, weight in self.perceptors:
            targets = [_target(perceptor, p, weight) for p in prompts if p.weight != 0]
            if targets:
                yield from _batches(perceptor, targets, step, spot_of)

    @torch.no_grad()
    def score(self, picture: Tensor, wanted: Sequence[str | Source]) -> Tensor:
        """Return the similarity of ``picture`` (1, 3, H, W) to each of ``wanted``: cosines ``(n,)``
        in -1..1.

        Without chance: the mean over the whole picture and fixed crops of it, and over the
        perceptors by their weights.
        """
        scores, total = torch.zeros(len(wanted), device=picture.device), 0.0
        sources = [TextPrompt(one) if isinstance(one, str) else one for one in wanted]
        for perceptor, weight in self.perceptors:
            seen = judged_views(perceptor, picture)
            cosines = seen @ embed_sources(perceptor, sources).t()
            scores, total = scores + abs(weight) * cosines.mean(dim=0), total + abs(weight)
        return scores / total

    def embed(self, picture: Tensor) -> tuple[Tensor, ...]:
        """Return what each perceptor sees in ``picture`` (1, 3, H, W): unit vectors (D,), the mean
        over the views that `score` takes; differentiable.
        """
        return tuple(embed_picture(perceptor, picture) for perceptor, _ in self.perceptors)

    def relevance(self, picture: Tensor, text: str) -> Tensor:
        """Return where ``picture`` (1, 3, H, W) shows what ``text`` says: (1, 1, H, W) in 0..1."""
        return relevance(self.perceptors, picture, text)

    def lettering(self, picture: Tensor) -> Tensor:
        """Return how much lettering the perceptors see in ``picture`` (1, 3, H, W), the mean by
        their weights: 0 for as little as on a plain ground, 1 for a word on one; differentiable.
        """
        amounts = [
            abs(weight) * lettering(perceptor).amount(embed_picture(perceptor, picture))
            for perceptor, weight in self.perceptors
        ]
        return torch.stack(amounts).sum() / sum(abs(weight) for _, weight in self.perceptors)

    def layers(self, picture: Tensor) -> tuple[Mapping[str, Tensor], ...]:
        """Return what the layers of each perceptor answer to ``picture``, see `layers_of`."""
        return tuple(layers_of(perceptor, picture) for perceptor, _ in self.perceptors)

    def warnings(self, texts: Sequence[str]) -> list[str]:
        """Return a sentence for each part of ``texts`` that some perceptor does not understand,
        without duplicates.
        """
        found = (w for p, _ in self.perceptors for text in texts for w in p.warnings(text))
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class _Target:
    """Target of a prompt: a unit vector ``(D,)``, a weight, and a distance at which to stop."""

    point: Tensor
    weight: float
    stop: float


def _target(perceptor: Perceptor, prompt: Prompt, weight: float) -> _Target:
    if prompt.toward is None:
        point = embed_sources(perceptor, [prompt.source])[0]
    else:
        start, end = embed_sources(perceptor, [prompt.source, prompt.toward])
        point = slerp(start, end, prompt.mix)
    return _Target(point, weight * prompt.weight, prompt.stop)


def _batches(
    perceptor: Perceptor, targets: Sequence[_Target], step: GuideStep, spot_of: SpotOf | None
) -> Iterator[Objective]:
    """Yield one perceptor's objectives of a step. Its views differ from those of the others."""
    frame, hold = (seed_of(perceptor.name, s) for s in (step.frame_seed, step.hold_seed))
    dice = ViewSeeds(frame, hold, step.cut_hold, step.number)
    views = lru_cache(maxsize=1)(partial(draw_views, step.cuts, dice=dice))
    bank = noise_bank(perceptor.size, seed_of("noise", hold, step.number), perceptor.device)
    lens = lens_of(perceptor)

    def distances(picture: Tensor, rows: slice) -> Tensor:
        """Return the weighted distances (N,) of some views, summed over the prompts."""
        seen = cut(picture, views(picture.shape[-1] / picture.shape[-2])[rows], lens, bank)
        embedded = perceptor.embed_views(seen)
        losses = [weighted(spherical(embedded, t.point), t.weight, t.stop) for t in targets]
        return torch.stack(losses).sum(dim=0)

    def objective(picture: Tensor, rows: slice) -> Tensor:
        if spot_of is None:
            return distances(picture, rows).sum() / step.cuts
        spot = spot_of(picture)
        if spot is None:
            return 0 * picture.sum()
        part = spot.seen(picture)
        shares = spot.shares(views(part.shape[-1] / part.shape[-2]))[rows]
        return (shares * distances(part, rows)).sum() / step.cuts

    for first in range(0, step.cuts, step.cut_batch):
        rows = slice(first, min(first + step.cut_batch, step.cuts))
        yield partial(objective, rows=rows)
