"""The edges of a picture, as thin lines (Canny 1986)."""

from __future__ import annotations

from torch import Tensor

LOW, HIGH = 0.1, 0.2
"""Slopes at which a line may go on, and must begin, in grey levels of 0..1 a pixel, blurred."""


def edges(picture: Tensor) -> Tensor:
    """Return the edges of ``picture``, (B, 3, H, W) in [0, 1]: likewise, white on black.

    The slope of the blurred grey picture is thinned to its ridges; lines begin where it is steep
    and go on while it is not flat.
    """
    from kornia.filters import canny

    _, found = canny(picture, LOW, HIGH)
    lines: Tensor = found.expand(-1, 3, -1, -1)
    return lines
