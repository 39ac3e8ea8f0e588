"""Flashes that can set off seizures, counted as broadcasters and the web do.

A flash is a pair of opposing changes of relative luminance, each by a tenth of the largest there
is, where the darker of the two is below 0.8. More than three within a second, over more than a
quarter of the picture, are a danger: ITU-R BT.1702 (2023), WCAG 2.2 success criterion 2.3.1.
Flashes of saturated red, of which both speak too, are not looked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import numpy.typing as npt

CHANGE = 0.1
DARK = 0.8
MOST_A_SECOND = 3
AREA = 0.25

Light = npt.NDArray[np.floating]


@dataclass
class FlashCounter:
    """Counts flashes, frame after frame, at any number of places of the picture."""

    fps: Fraction
    _frames: int = 0
    _extremes: tuple[Light, Light] | None = None
    _rising: npt.NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    _changes: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), bool))

    def see(self, luminance: Light) -> Light:
        """Return the flashes at each place within the last second; one change is half a flash.

        ``luminance`` is relative luminance in 0..1, of any shape, the same for every frame.
        """
        light = luminance.ravel().astype(np.float64)
        if self._extremes is None:
            self._extremes = light.copy(), light.copy()
            self._rising = np.zeros(light.size, np.int8)
            self._changes = np.zeros((max(1, int(self.fps)), light.size), bool)
        self._changes[self._frames % len(self._changes)] = self._changed(light, *self._extremes)
        self._frames += 1
        flashes: Light = self._changes.sum(axis=0).reshape(luminance.shape) / 2
        return flashes

    def _changed(self, light: Light, low: Light, high: Light) -> npt.NDArray[np.bool_]:
        """Return a mask of the places whose light has just changed enough against its last
        direction.

        ``low`` and ``high`` are the darkest and the brightest values since that change.
        """
        np.minimum(low, light, out=low)
        np.maximum(high, light, out=high)
        up = (self._rising <= 0) & (light - low >= CHANGE) & (low < DARK)
        down = (self._rising >= 0) & (high - light >= CHANGE) & (light < DARK)
        self._rising[up], self._rising[down] = 1, -1
        low[up | down] = high[up | down] = light[up | down]
        return up | down


def is_dangerous(flashes: Light) -> bool:
    """Return True if so many ``flashes`` a second, at places all over the picture, are a danger."""
    return bool((flashes > MOST_A_SECOND).mean() >= AREA)
