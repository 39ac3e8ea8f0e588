"""More light, or less, as a longer or shorter exposure would give it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from storyboard.filters import filters


def light(picture: Tensor, *, stops: float) -> Tensor:
    """Return brighten by ``stops``: each doubles the light in the dark parts, and none is burnt
    out.

    ``1 - (1 - x)**2**stops``, and ``x**2**-stops`` for a negative number, which does to the bright
    parts what a positive one does to the dark: black and white stay what they are, and 0 changes
    nothing.

    Args:
        picture: (B, C, H, W) in [0, 1].
        stops: how many, about -5 to 5.

    Returns:
        (B, C, H, W) in [0, 1].
    """
    if stops < 0:
        return picture.pow(2.0**-stops)
    return 1 - (1 - picture).pow(2.0**stops)


def light_filter(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """Return `light` with the story's ``stops``, mixed in by ``amount``; a flash is shown, not
    painted.
    """
    chosen = filters.resolve("light", options)
    return lambda picture: picture.lerp(light(picture, stops=chosen["stops"]), chosen["amount"])


light_filter.SEEN = False  # type: ignore[attr-defined]
