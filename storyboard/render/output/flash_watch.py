"""Watches a film's pictures for flashes that can set off seizures, as they go by to the encoder."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from storyboard.media.ffmpeg import Picture
from storyboard.media.flash_counter import FlashCounter, Light, is_dangerous

_CELLS = (9, 16)
_MOST_PIXELS = 320
"""Of longer rows and columns some pixels are left out."""

_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)
_WEIGHTS = np.array((0.2126, 0.7152, 0.0722))


def cell_luminance(picture: Picture) -> Light:
    """The mean relative luminance of each of 9 by 16 cells, of fewer in a tiny picture.

    Relative luminance as WCAG 2.2 defines it for sRGB (IEC 61966-2-1); ``picture`` is (H, W, 3)
    uint8.
    """
    step = max(1, max(picture.shape) // _MOST_PIXELS)
    luminance: Light = _LINEAR[picture[::step, ::step]] @ _WEIGHTS
    for axis, cells in enumerate(_CELLS):
        size = luminance.shape[axis]
        edges = np.arange(min(cells, size)) * size // min(cells, size)
        widths = np.diff(np.append(edges, size))
        sums = np.add.reduceat(luminance, edges, axis=axis)
        luminance = sums / np.expand_dims(widths, 1 - axis)
    return luminance


@dataclass
class FlashWatch:
    """Counts the flashes of a film whose first picture is at ``start`` seconds."""

    fps: Fraction
    start: Fraction = Fraction(0)
    _counter: FlashCounter = field(init=False)
    _seen: int = 0
    _dangers: list[int] = field(default_factory=list)
    _most: float = 0.0

    def __post_init__(self) -> None:
        self._counter = FlashCounter(self.fps)

    def see(self, picture: Picture) -> None:
        """Look at the next picture, (H, W, 3) uint8."""
        flashes = self._counter.see(cell_luminance(picture))
        if is_dangerous(flashes):
            self._dangers.append(self._seen)
            self._most = max(self._most, float(flashes.max()))
        self._seen += 1

    @property
    def warning(self) -> str | None:
        """What to say of the pictures seen so far; None where nothing is the matter."""
        if not self._dangers:
            return None
        first, last = (
            float(self.start + Fraction(number) / self.fps)
            for number in (self._dangers[0], self._dangers[-1])
        )
        return (
            f"the film flashes up to {self._most:.3g} times a second, between {first:.2f}s and "
            f"{last:.2f}s: more than three can set off seizures (WCAG 2.3.1)"
        )
