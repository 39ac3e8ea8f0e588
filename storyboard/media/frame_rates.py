"""Frame rates: reading them, and those written rounded: television's 23.98 is 24000/1001."""

from __future__ import annotations

from fractions import Fraction

from storyboard.errors import BadValue

NTSC = tuple(Fraction(whole * 1000, 1001) for whole in (24, 30, 48, 60, 72, 90, 120, 240))
"""Frames a second."""

_MIN_FPS, _MAX_FPS = 1, 240


def ntsc_near(rate: Fraction, *, within: Fraction) -> Fraction | None:
    """Return the NTSC rate that is less than ``within`` from ``rate``, or None."""
    nearest = min(NTSC, key=lambda known: abs(known - rate))
    return nearest if abs(nearest - rate) < within else None


def parse_fps(written: str | int | float | Fraction) -> Fraction:
    """Return frames a second: ``24``, ``12.5``, ``23.976`` (means 24000/1001), ``"30000/1001"``.

    Raises `BadValue` for anything that is no usual rate, naming the nearest one.

    >>> parse_fps("23.976")
    Fraction(24000, 1001)
    """
    printable = isinstance(written, str | float) or -(10**30) < written < 10**30
    text = str(written).strip() if printable else "this"
    try:
        rate = Fraction(text) if len(text) <= 40 and "e" not in text.lower() else None
    except (ValueError, ZeroDivisionError):
        rate = None
    if rate is None or isinstance(written, bool):
        raise BadValue(f"{text[:40]!r} is not a frame rate", hint="write fps: 24, or 24000/1001")
    if not _MIN_FPS <= rate <= _MAX_FPS:
        raise BadValue(f"fps {text} is not between {_MIN_FPS} and {_MAX_FPS}")
    if rate.denominator <= 2 or rate in NTSC or ("/" in text and rate.denominator <= 1001):
        return rate
    if (meant := ntsc_near(rate, within=Fraction(1, 200))) is not None:
        return meant
    usual = min((*NTSC, Fraction(round(rate))), key=lambda known: abs(known - rate))
    raise BadValue(f"unsupported fps {text}", hint=f"the nearest is {usual}")
