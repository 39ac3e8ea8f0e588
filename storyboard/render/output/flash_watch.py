"""Watches a film's pictures for flashes that can set off seizures, as they go by to the encoder."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from storyboard.media.ffmpeg import Picture
from storyboard.media.flash_counter import FlashCounter, Light, RedFlashCounter, is_dangerous

_CELLS = (9, 16)
_MOST_PIXELS = 320
"""Of longer rows and columns some pixels are left out."""

_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)
_WEIGHTS = np.array((0.2126, 0.7152, 0.0722))


def cell_light(picture: Picture) -> Light:
    """Return the mean linear light of each of 9 by 16 cells, of fewer in a tiny picture.

    Decoded as sRGB (IEC 61966-2-1); ``picture`` is (H, W, 3) uint8, the result (rows, columns, 3)
    in 0..1.
    """
    step = max(1, max(picture.shape) // _MOST_PIXELS)
    light: Light = _LINEAR[picture[::step, ::step]]
    for axis, cells in enumerate(_CELLS):
        size = light.shape[axis]
        edges = np.arange(min(cells, size)) * size // min(cells, size)
        shape = [1, 1, 1]
        shape[axis] = len(edges)
        widths = np.diff(np.append(edges, size)).reshape(shape)
        light = np.add.reduceat(light, edges, axis=axis) / widths
    return light


def cell_luminance(picture: Picture) -> Light:
    """Return the mean relative luminance of each cell of `cell_light`, as WCAG 2.2 defines it."""
    luminance: Light = cell_light(picture) @ _WEIGHTS
    return luminance


@dataclass
class _Dangers:
    """Where flashes of one kind were dangerous."""

    frames: list[int] = field(default_factory=list)
    most: float = 0.0

    def note(self, number: int, flashes: Light) -> None:
        if is_dangerous(flashes):
            self.frames.append(number)
            self.most = max(self.most, float(flashes.max()))


@dataclass
class FlashWatch:
    """Counts the flashes of a film whose first picture is at ``start`` seconds."""

    fps: Fraction
    start: Fraction = Fraction(0)
    _counter: FlashCounter = field(init=False)
    _reds: RedFlashCounter = field(init=False)
    _seen: int = 0
    _general: _Dangers = field(default_factory=_Dangers)
    _red: _Dangers = field(default_factory=_Dangers)

    def __post_init__(self) -> None:
        self._counter, self._reds = FlashCounter(self.fps), RedFlashCounter(self.fps)

    def see(self, picture: Picture) -> None:
        """Look at the next picture, (H, W, 3) uint8."""
        light = cell_light(picture)
        self._general.note(self._seen, self._counter.see(light @ _WEIGHTS))
        self._red.note(self._seen, self._reds.see(light))
        self._seen += 1

    @property
    def warning(self) -> str | None:
        """Return the warning about the pictures seen so far; None if there is none."""
        kinds = (("flashes", self._general), ("flashes in saturated red", self._red))
        parts = [self._of(what, dangers) for what, dangers in kinds if dangers.frames]
        if not parts:
            return None
        return f"the film {' and '.join(parts)}: more than three can set off seizures (WCAG 2.3.1)"

    def _of(self, what: str, dangers: _Dangers) -> str:
        first, last = (
            float(self.start + Fraction(number) / self.fps)
            for number in (dangers.frames[0], dangers.frames[-1])
        )
        return (
            f"{what} up to {dangers.most:.3g} times a second, between {first:.2f}s and {last:.2f}s"
        )
