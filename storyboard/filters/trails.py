"""Trails: what was bright a moment ago is still seen, and fades."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.filters import filters


def trails(picture: Tensor, kept: Tensor | None, *, decay_s: float, passed_s: float) -> Tensor:
    """Return the brighter of ``picture`` and what is left of ``kept``, channel by channel.

    ``max(picture, kept * 0.1 ** (passed_s / decay_s))``: the light that a point leaves behind falls
    to a tenth in ``decay_s`` seconds, whatever the frame rate.

    Args:
        picture: (B, C, H, W) in [0, 1].
        kept: what this function returned ``passed_s`` seconds ago; None for the first picture.
        decay_s: seconds, above 0.
        passed_s: seconds since ``kept``.

    Returns:
        (B, C, H, W) in [0, 1].
    """
    if kept is None:
        return picture
    return torch.maximum(picture, kept * 0.1 ** (passed_s / decay_s))


def trails_filter(
    options: Mapping[str, Any],
) -> Callable[[Tensor, Tensor | None, float], tuple[Tensor, Tensor]]:
    """Return `trails` with the story's ``decay_s``, mixed in by ``amount``.

    What is kept does not depend on ``amount``, which may therefore rise and fall at any time.
    """
    chosen = filters.resolve("trails", options)

    def show(picture: Tensor, kept: Tensor | None, passed_s: float) -> tuple[Tensor, Tensor]:
        lit = trails(picture, kept, decay_s=chosen["decay_s"], passed_s=passed_s)
        return picture.lerp(lit, chosen["amount"]), lit

    return show


trails_filter.SEEN = False  # type: ignore[attr-defined]
trails_filter.REMEMBERS = True  # type: ignore[attr-defined]
