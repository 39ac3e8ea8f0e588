"""Removes noise from latents in a few steps, each led by prompts and by objectives.

The sampler is DPM-Solver++(2M) (Lu et al. 2022) written on the predicted clean latents: whatever
leads the picture (classifier-free guidance, gradients of objectives) changes that prediction, and
the sampler then steps toward it. Where the schedule says so, it is of first order, or replaces
noise by fresh noise, as models that were distilled for few steps expect.

Convention: a strength is a share of the noise levels, 0 for none of the noise and 1 for all of it;
a ``strength`` of s begins at step ``s * T - 1``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from storyboard.drawers import Structure
from storyboard.drawers.pipelines import Pipeline
from storyboard.drawers.schedules import Schedule
from storyboard.drawers.texts import Words, each, joined

Lead = Callable[[Tensor, int, int], Tensor]
"""Predicted clean latents, number of the step and count of all steps, to better ones."""

RESCALE = 0.7
"""How far guided predictions are brought back to the spread of unguided ones (Lin et al. 2024)."""


@dataclass(frozen=True)
class Conditioning:
    """Conditioning of the network.

    Attributes:
        words: of the n prompts.
        shares: of the prompts, summing to 1: (n,), or (n, 1, h, w) where they differ from place to
            place.
        against: words of what is not wanted; those of no text at all by default.
        unwanted: how much of ``against`` is not wanted rather than no text, 0 to 1.
        hint: a structure to keep.
    """

    words: Words
    shares: Tensor
    against: Words
    unwanted: float = 0.0
    hint: Structure | None = None

    def clean(self, pipeline: Pipeline, x: Tensor, timestep: int, *, guidance: float) -> Tensor:
        """Return the clean latents predicted from ``x``: ``against + guidance * (mean of the
        prompts - against)``, brought back to the spread of the prompts' own prediction.

        A network that takes the guidance guides itself; what is not wanted pushes beside that, and
        where there is no guidance.
        """
        itself = pipeline.network.guided or guidance == 1
        push = 1 + self.unwanted if itself else guidance
        if push == 1:
            return self._mean(
                pipeline.clean(x, timestep, self.words, guidance=guidance, hint=self.hint)
            )
        asked = joined([self.against, self.words])
        found = pipeline.clean(x, timestep, asked, guidance=guidance, hint=self.hint)
        against, toward = found[:1], self._mean(found[1:])
        led = against + push * (toward - against)
        spread = toward.std() / led.std().clamp(min=1e-6)
        return led * (1 + RESCALE * (spread - 1))

    def _mean(self, found: Tensor) -> Tensor:
        if self.shares.dim() > 1:
            return (self.shares * found).sum(dim=0, keepdim=True)
        return torch.einsum("n,nchw->chw", self.shares, found)[None]


@dataclass(frozen=True)
class Start:
    """Initial state of sampling.

    Attributes:
        noise: (1, C, h, w), of unit variance.
        latents: (1, C, h, w), the picture so far; None for none.
        strength: share of the noise levels that are gone through.
        loose: (1, 1, h, w) in [0, 1]: where the picture so far counts for less, and noise is
            removed from `LOOSE` on; None for nowhere.
        seed: of the noise that a sampler takes in on its way, see `Schedule.renewal`.
    """

    noise: Tensor
    latents: Tensor | None = None
    strength: float = 1.0
    loose: Tensor | None = None
    seed: int = 0

    def fresh(self, number: int) -> Tensor:
        """Return the noise that step ``number`` takes in."""
        dice = torch.Generator().manual_seed((self.seed + 1_000_003 * (number + 1)) % 2**63)
        return torch.randn(self.noise.shape, generator=dice).to(self.noise)


LOOSE = 0.95
"""The strength where the picture so far does not count."""


@torch.no_grad()
def sample(
    pipeline: Pipeline,
    wanted: Conditioning,
    start: Start,
    *,
    steps: int,
    guidance: float,
    lead: Lead | None = None,
) -> Tensor:
    """Return clean latents, (1, C, h, w), found in ``steps`` steps from ``start``."""
    schedule = pipeline.schedule
    top = start.strength if start.loose is None else max(start.strength, LOOSE)
    path = schedule.path(steps, top)
    x, before = _begin(schedule, start, path[0]), None
    for number, step in enumerate(path):
        x = _held(schedule, start, x, step)
        clean = wanted.clean(pipeline, x, step, guidance=guidance)
        if lead is not None:
            clean = lead(clean, number, len(path))
        later = path[number + 1] if number + 1 < len(path) else -1
        noise = start.fresh(number) if later >= 0 else start.noise
        x = _step(schedule, x, clean, before, at=(step, later), noise=noise)
        before = (step, clean)
    return x


def _begin(schedule: Schedule, start: Start, step: int) -> Tensor:
    if start.latents is None:
        return start.noise
    signal, sigma = schedule.at(step)
    return signal * start.latents + sigma * start.noise


def _held(schedule: Schedule, start: Start, x: Tensor, step: int) -> Tensor:
    """Return ``x`` with the picture so far, noised, where its own strength is not reached yet."""
    if start.latents is None or start.loose is None:
        return x
    strength = start.strength + (LOOSE - start.strength) * start.loose
    level = (step + 1) / len(schedule)
    return torch.where(strength >= level, x, _begin(schedule, start, step))


def _step(
    schedule: Schedule,
    x: Tensor,
    clean: Tensor,
    before: tuple[int, Tensor] | None,
    *,
    at: tuple[int, int],
    noise: Tensor,
) -> Tensor:
    """Return the latents at the later of two steps.

    The prediction ``clean`` is carried on from the one ``before`` where the schedule's solver is of
    second order and noise is left; ``noise`` is what a step that renews noise takes in.
    """
    (signal, sigma), (signal_later, sigma_later) = (schedule.at(t) for t in at)
    toward = clean
    if _known(schedule, before, at[1]) and before is not None:
        logs = [schedule.log_snr(t) for t in (before[0], *at)]
        toward = clean + (logs[2] - logs[1]) / (2 * (logs[1] - logs[0])) * (clean - before[1])
    renewed = schedule.renewed(*at)
    kept = sigma_later / sigma * (1 - renewed) ** 0.5
    taken = renewed**0.5 * sigma_later
    there: Tensor = kept * x + (signal_later - kept * signal) * toward
    return there + taken * noise if taken else there


def _known(schedule: Schedule, before: tuple[int, Tensor] | None, later: int) -> bool:
    """Return whether a step of second order can be taken."""
    if before is None or schedule.order == 1:
        return False
    return schedule.at(later)[1] > 0 and schedule.at(before[0])[0] > 0


def weighted_words(parts: Sequence[tuple[Words, float]], empty: Words) -> Conditioning:
    """Return what to ask for: ``parts`` are words with weights, those below 0 not wanted, in place
    of ``empty`` as far as their weights go.
    """
    wanted = [(words, weight) for words, weight in parts if weight > 0] or [(empty, 1.0)]
    total = sum(weight for _, weight in wanted)
    unwanted = [(words, -weight) for words, weight in parts if weight < 0]
    force = sum(weight for _, weight in unwanted)
    against = empty
    for words, weight in unwanted:
        share = weight / max(1.0, force)
        against = each(lambda a, w, e, s=share: a + s * (w - e), against, words, empty)
    shares = torch.tensor([weight / total for _, weight in wanted], device=empty.states.device)
    return Conditioning(joined([words for words, _ in wanted]), shares, against, min(force, 1.0))


BASE = 0.25
"""How much of the prompts for the whole frame is left where others are for a part of it."""


def regional(
    whole: Conditioning, parts: Sequence[tuple[Words, float, Tensor]], empty: Words, weight: float
) -> Conditioning:
    """Return ``whole`` with prompts for parts of the picture: each has a prediction of its own.

    Within a part, its prompts take the place of all but `BASE` of those for the whole; where
    nothing is asked for, no text is. So the mean of the predictions (Liu and others, "Compositional
    visual generation with composable diffusion models", 2022) is another one in every place.

    Args:
        whole: of the prompts without a part.
        parts: words, weight above 0, and part, (1, 1, h, w) in [0, 1] in cells of the latents.
        empty: the words of no text.
        weight: the sum of the weights of the prompts without a part; 0 where there are none.
    """
    if not parts:
        return whole
    masks = torch.cat([part for _, _, part in parts])
    covered = masks.amax(dim=0, keepdim=True)
    words, shares = [words for words, _, _ in parts], [share * part for _, share, part in parts]
    if weight > 0:
        rest = weight * (1 - (1 - BASE) * covered)
        shares += [rest * share for share in whole.shares]
        words.append(whole.words)
    else:
        shares.append((1 - covered).clamp(min=1e-6))
        words.append(empty)
    maps = torch.cat(shares)
    return replace(whole, words=joined(words), shares=maps / maps.sum(dim=0, keepdim=True))
