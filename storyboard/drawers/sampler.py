"""Removes noise from latents in a few steps, each led by prompts and by objectives.

The sampler is DPM-Solver++(2M) (Lu et al. 2022) written on the predicted clean latents: whatever
leads the picture (classifier-free guidance, gradients of objectives) changes that prediction, and
the sampler then steps toward it.

Convention: a strength is a share of the noise levels, 0 for none of the noise and 1 for all of it;
a ``strength`` of s begins at timestep ``s * T - 1``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.drawers.pipelines import Pipeline

Lead = Callable[[Tensor, int, int], Tensor]
"""Predicted clean latents, number of the step and count of all steps, to better ones."""

RESCALE = 0.7
"""How far guided predictions are brought back to the spread of unguided ones (Lin et al. 2024)."""


@dataclass(frozen=True)
class Wanted:
    """What the UNet is asked for.

    Attributes:
        words: states of the prompts, (n, L, D).
        shares: of the prompts, (n,), summing to 1.
        against: states of what is not wanted, (1, L, D); those of no text at all by default.
        unwanted: how much of ``against`` is not wanted rather than no text, 0 to 1.
    """

    words: Tensor
    shares: Tensor
    against: Tensor
    unwanted: float = 0.0

    def clean(self, pipeline: Pipeline, x: Tensor, timestep: int, *, guidance: float) -> Tensor:
        """Return the clean latents predicted from ``x``: ``against + guidance * (mean of the
        prompts - against)``, brought back to the spread of the prompts' own prediction.

        A distilled UNet guides itself; what is not wanted pushes beside that.
        """
        push = self.unwanted + 1 if pipeline.distilled else guidance
        if push == 1:
            return self._mean(pipeline.clean(x, timestep, self.words, guidance=guidance))
        asked = torch.cat([self.against, self.words])
        found = pipeline.clean(x, timestep, asked, guidance=guidance)
        against, toward = found[:1], self._mean(found[1:])
        led = against + push * (toward - against)
        spread = toward.std() / led.std().clamp(min=1e-6)
        return led * (1 + RESCALE * (spread - 1))

    def _mean(self, found: Tensor) -> Tensor:
        return torch.einsum("n,nchw->chw", self.shares, found)[None]


@dataclass(frozen=True)
class Start:
    """What sampling starts from.

    Attributes:
        noise: (1, C, h, w), of unit variance.
        latents: (1, C, h, w), the picture so far; None for none.
        strength: share of the noise levels that are gone through.
        loose: (1, 1, h, w) in [0, 1]: where the picture so far counts for less, and noise is
            removed from `LOOSE` on; None for nowhere.
    """

    noise: Tensor
    latents: Tensor | None = None
    strength: float = 1.0
    loose: Tensor | None = None


LOOSE = 0.95
"""The strength where the picture so far does not count."""


def timesteps(total: int, count: int, strength: float) -> list[int]:
    """Return ``count`` timesteps, evenly from ``strength`` down; the last step goes to -1, clean.

    >>> timesteps(1000, 4, 1.0)
    [999, 749, 499, 249]
    """
    top = strength * total
    steps = [round(top * (1 - k / count)) - 1 for k in range(count)]
    return list(dict.fromkeys(max(step, 0) for step in steps))


@torch.no_grad()
def sample(
    pipeline: Pipeline,
    wanted: Wanted,
    start: Start,
    *,
    steps: int,
    guidance: float,
    lead: Lead | None = None,
) -> Tensor:
    """Return clean latents, (1, C, h, w), found in ``steps`` steps from ``start``."""
    top = start.strength if start.loose is None else max(start.strength, LOOSE)
    path = timesteps(len(pipeline.alphas), steps, top)
    x, before = _begin(pipeline, start, path[0]), None
    for number, timestep in enumerate(path):
        x = _held(pipeline, start, x, timestep)
        clean = wanted.clean(pipeline, x, timestep, guidance=guidance)
        if lead is not None:
            clean = lead(clean, number, len(path))
        later = path[number + 1] if number + 1 < len(path) else -1
        x = _step(pipeline, x, clean, before, at=(timestep, later))
        before = (timestep, clean)
    return x


def _begin(pipeline: Pipeline, start: Start, timestep: int) -> Tensor:
    if start.latents is None:
        return start.noise
    signal, sigma = pipeline.at(timestep)
    return signal * start.latents + sigma * start.noise


def _held(pipeline: Pipeline, start: Start, x: Tensor, timestep: int) -> Tensor:
    """Return ``x`` with the picture so far, noised, where its own strength is not reached yet."""
    if start.latents is None or start.loose is None:
        return x
    strength = start.strength + (LOOSE - start.strength) * start.loose
    level = (timestep + 1) / len(pipeline.alphas)
    return torch.where(strength >= level, x, _begin(pipeline, start, timestep))


def _step(
    pipeline: Pipeline,
    x: Tensor,
    clean: Tensor,
    before: tuple[int, Tensor] | None,
    *,
    at: tuple[int, int],
) -> Tensor:
    """Return the latents at the later of two timesteps, of second order where the last step's
    prediction is known and noise is left.
    """
    (signal, sigma), (signal_later, sigma_later) = (pipeline.at(t) for t in at)
    toward = clean
    if before is not None and sigma_later > 0 and pipeline.at(before[0])[0] > 0:
        logs = [_log_snr(pipeline, t) for t in (before[0], *at)]
        toward = clean + (logs[2] - logs[1]) / (2 * (logs[1] - logs[0])) * (clean - before[1])
    kept = sigma_later / sigma
    return kept * x + (signal_later - kept * signal) * toward


def _log_snr(pipeline: Pipeline, timestep: int) -> float:
    signal, sigma = pipeline.at(timestep)
    return float(torch.log(torch.tensor(signal / sigma, dtype=torch.float64)))


def mixed(a: Tensor, b: Tensor, mix: float) -> Tensor:
    """Return the states at ``mix`` on the great circles from ``a`` to ``b``, (1, L, D), word for
    word; lengths are mixed in proportion.
    """
    lengths = [x.norm(dim=-1, keepdim=True).clamp(min=1e-6) for x in (a, b)]
    one, other = a / lengths[0], b / lengths[1]
    angle = (one * other).sum(-1, keepdim=True).clamp(-1, 1).acos().clamp(min=1e-4)
    around = torch.sin((1 - mix) * angle) * one + torch.sin(mix * angle) * other
    states: Tensor = around / torch.sin(angle) * (lengths[0] + mix * (lengths[1] - lengths[0]))
    return states


def weighted_words(parts: Sequence[tuple[Tensor, float]], empty: Tensor) -> Wanted:
    """Return what to ask for: ``parts`` are states (1, L, D) with weights, those below 0 not
    wanted, in place of ``empty`` as far as their weights go.
    """
    wanted = [(words, weight) for words, weight in parts if weight > 0] or [(empty, 1.0)]
    total = sum(weight for _, weight in wanted)
    unwanted = [(words, -weight) for words, weight in parts if weight < 0]
    force = sum(weight for _, weight in unwanted)
    against = empty
    for words, weight in unwanted:
        against = against + weight / max(1.0, force) * (words - empty)
    shares = torch.tensor([weight / total for _, weight in wanted], device=empty.device)
    return Wanted(torch.cat([words for words, _ in wanted]), shares, against, min(force, 1.0))
