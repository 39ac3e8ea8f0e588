"""Frame rates that are written rounded and mean a fraction: television's 23.98 is 24000/1001."""

from __future__ import annotations

from fractions import Fraction

NTSC = tuple(Fraction(whole * 1000, 1001) for whole in (24, 30, 48, 60, 72, 90, 120, 240))
"""Frames a second."""


def ntsc_near(rate: Fraction, *, within: Fraction) -> Fraction | None:
    """The NTSC rate that is less than ``within`` from ``rate``, or None."""
    nearest = min(NTSC, key=lambda known: abs(known - rate))
    return nearest if abs(nearest - rate) < within else None
