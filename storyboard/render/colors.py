"""Colours that are held: to those of the last seconds, and less while the prompts change.

A painter that likes red makes every frame a little redder than the last; held to what the colours
were, they stay. But a story that goes from a sunset to snow wants other colours, and holding it to
the sunset's would keep the snow warm. So prompts that are new loosen the hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from storyboard.filters.color_hold import LabStats
from storyboard.timeline.plan import Prompt

BEAT_S = 1 / 12
MEMORY_S = 2.0
"""The time constant: what was two seconds ago counts a third, and a prompt is as much old news."""


@dataclass(frozen=True)
class HeldColors:
    """What colours are held to.

    ``stats`` is a moving average over the last seconds; ``shares`` is the part that each prompt had
    in the last frame; ``novelty`` is 0 while the prompts stay, 1 when all of them have changed.
    """

    stats: LabStats
    shares: Mapping[str, float] = field(default_factory=dict)
    novelty: float = 0.0

    def facing(self, prompts: Sequence[Prompt]) -> HeldColors:
        """Before a frame with ``prompts``: its novelty is up by what has changed in them."""
        shares = _shares(prompts)
        if not shares or not self.shares:
            return replace(self, shares=shares or self.shares)
        texts = {**shares, **self.shares}
        change = sum(abs(shares.get(t, 0.0) - self.shares.get(t, 0.0)) for t in texts) / 2
        return replace(self, shares=shares, novelty=min(self.novelty + change, 1.0))

    def amount(self, color_hold: float, passed_s: float) -> float:
        """The part of the colours' deviation to take back after ``passed_s`` seconds.

        ``color_hold`` is the part taken back in `BEAT_S`, so that twice the frames per second do
        not hold twice as fast.
        """
        return float(1 - (1 - color_hold) ** (passed_s / BEAT_S)) * (1 - self.novelty)

    @torch.no_grad()
    def after(self, picture: Tensor, passed_s: float) -> HeldColors:
        """After a frame that came out as ``picture``, ``passed_s`` seconds behind the last.

        With 0 seconds, the first frame, or when all is new, its colours alone are what counts.
        """
        kept = math.exp(-passed_s / MEMORY_S) if passed_s else 0.0
        stats = self.stats.toward(LabStats.of(picture), 1 - kept * (1 - self.novelty))
        return replace(self, stats=stats, novelty=self.novelty * kept)

    def to_plain(self) -> dict[str, Any]:
        """For a checkpoint."""
        stats = (self.stats.mean, self.stats.std)
        return {"stats": stats, "shares": dict(self.shares), "novelty": self.novelty}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> HeldColors:
        """What `to_plain` gave."""
        return cls(LabStats(*plain["stats"]), plain["shares"], plain["novelty"])


def _shares(prompts: Sequence[Prompt]) -> dict[str, float]:
    """The part of each text in the weights of all; empty without prompts."""
    shares: dict[str, float] = {}
    for prompt in prompts:
        weight = abs(prompt.weight)
        for text, part in ((prompt.text, 1 - prompt.mix), (prompt.toward, prompt.mix)):
            if text is not None:
                shares[text] = shares.get(text, 0.0) + weight * part
    total = sum(shares.values())
    return {text: part / total for text, part in shares.items()} if total else {}
