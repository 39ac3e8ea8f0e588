"""Colours that are held: to those of the last seconds, and less while the prompts change.

A painter that likes red makes every frame a little redder than the last; held to what the colours
were, they stay. But a story that goes from a sunset to snow wants other colours, and holding it to
the sunset's would keep the snow warm. So prompts that are new loosen the hold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from storyboard.filters.color_hold import LabStats

BEAT_S = 1 / 12
MEMORY_S = 2.0
"""The time constant: what was two seconds ago counts a third."""


@dataclass(frozen=True)
class HeldColors:
    """The colours that a frame is held to: ``stats``, a moving average over the last seconds.

    ``novelty`` is that of the frame: 0 while the prompts stay, 1 when all of them have changed.
    """

    stats: LabStats

    def amount(self, color_hold: float, passed_s: float, novelty: float) -> float:
        """Return the share of the colours' deviation to undo after ``passed_s`` seconds.

        ``color_hold`` is the share undone in `BEAT_S`, so that twice the frames per second do
        not hold twice as fast.
        """
        return float(1 - (1 - color_hold) ** (passed_s / BEAT_S)) * (1 - novelty)

    @torch.no_grad()
    def after(self, picture: Tensor, passed_s: float, novelty: float) -> HeldColors:
        """Return the average updated with ``picture``, painted ``passed_s`` seconds after the last.

        For the first frame (0 seconds) and where all prompts are new, only its colours count.
        """
        kept = math.exp(-passed_s / MEMORY_S) if passed_s else 0.0
        return HeldColors(self.stats.toward(LabStats.of(picture), 1 - kept * (1 - novelty)))

    def to_plain(self) -> dict[str, Any]:
        """Return plain data for a checkpoint."""
        return {"stats": (self.stats.mean, self.stats.std)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> HeldColors:
        """Restore the colours from the data of `to_plain`."""
        return cls(LabStats(*plain["stats"]))
