"""Light that spreads from the bright parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from storyboard.filters import filters
from storyboard.filters.blur import blurred


def glow(picture: Tensor, *, strength: float, threshold: float, radius: float) -> Tensor:
    """Return the picture with the blurred light of its bright parts added (bloom).

    ``1 - (1 - x) (1 - strength blur(lit))`` with ``lit = max(0, x - threshold) / (1 - threshold)``
    channel by channel: nothing burns out, black stays black far from any light.

    Args:
        picture: (B, C, H, W) in [0, 1].
        strength: 0 returns the picture itself, 1 adds all of the light.
        threshold: value from which a pixel gives light, 0 to below 1.
        radius: standard deviation of the blur in hundredths of the height.

    Returns:
        (B, C, H, W) in [0, 1], differentiable.
    """
    lit = (picture - threshold).clamp(min=0) / (1 - threshold)
    spread = blurred(lit, radius / 100 * picture.shape[-2])
    return 1 - (1 - picture) * (1 - strength * spread) if strength else picture


def glow_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `glow` with ``amount`` as its strength."""
    chosen = filters.resolve("glow", options)
    chosen["strength"] = chosen.pop("amount")
    return lambda picture: glow(picture, **chosen)


glow_filter.SEEN = False  # type: ignore[attr-defined]
