"""Flashes that can set off seizures, counted as broadcasters and the web do.

A flash is a pair of opposing changes of relative luminance, each by a tenth of the largest there
is, where the darker of the two is below 0.8. A red flash is a pair of opposing changes from or to a
saturated red, R / (R + G + B) of at least 0.8 in linear light, by more than 0.2 in the chromaticity
u'v' of CIE 1976. More than three of either within a second, over more than a quarter of the
picture, are a danger: ITU-R BT.1702 (2023), WCAG 2.2 success criterion 2.3.1 and its definition of
"general flash and red flash thresholds".
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

RED = 0.8
RED_CHANGE = 0.2

VEIL = 0.005
"""Share of white light that a screen adds to everything: what is almost black has no colour."""

_XYZ = np.array(((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)))

Light = npt.NDArray[np.floating]


@dataclass
class _Second:
    """The changes of the last frames, a second's worth."""

    frames: int
    _kept: list[npt.NDArray[np.bool_]] = field(default_factory=list)

    def with_new(self, changed: npt.NDArray[np.bool_]) -> Light:
        """Return how many changes each place has had within the second that ends now."""
        self._kept = [*self._kept, changed][-self.frames :]
        counted: Light = np.sum(self._kept, axis=0, dtype=np.float64)
        return counted


@dataclass
class FlashCounter:
    """Counts flashes, frame after frame, at any number of places of the picture."""

    fps: Fraction
    _extremes: tuple[Light, Light] | None = None
    _rising: npt.NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    _second: _Second = field(init=False)

    def __post_init__(self) -> None:
        self._second = _Second(max(1, int(self.fps)))

    def see(self, luminance: Light) -> Light:
        """Return the flashes at each place within the last second; one change is half a flash.

        ``luminance`` is relative luminance in 0..1, of any shape, the same for every frame.
        """
        light = luminance.ravel().astype(np.float64)
        if self._extremes is None:
            self._extremes = light.copy(), light.copy()
            self._rising = np.zeros(light.size, np.int8)
        changes = self._second.with_new(self._changed(light, *self._extremes))
        return changes.reshape(luminance.shape) / 2

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


@dataclass
class RedFlashCounter:
    """Counts red flashes, frame after frame, at any number of places of the picture."""

    fps: Fraction
    _least: Light | None = None
    _reddest: Light | None = None
    _rising: npt.NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    _second: _Second = field(init=False)

    def __post_init__(self) -> None:
        self._second = _Second(max(1, int(self.fps)))

    def see(self, light: Light) -> Light:
        """Return the red flashes at each place within the last second; one change is half of one.

        ``light`` is linear red, green and blue in 0..1, (..., 3), the same shape for every frame;
        the result has the shape (...).
        """
        now = _redness(light.reshape(-1, 3).astype(np.float64))
        if self._least is None or self._reddest is None:
            self._least, self._reddest = now.copy(), now.copy()
            self._rising = np.zeros(len(now), np.int8)
        changes = self._second.with_new(self._changed(now, self._least, self._reddest))
        return changes.reshape(light.shape[:-1]) / 2

    def _changed(self, now: Light, least: Light, reddest: Light) -> npt.NDArray[np.bool_]:
        """Return a mask of the places that have just turned red, or from red.

        ``least`` and ``reddest`` are the least and the most red since the change before.
        """
        less, more = now[:, 0] < least[:, 0], now[:, 0] > reddest[:, 0]
        least[less], reddest[more] = now[less], now[more]
        up = (self._rising <= 0) & (now[:, 0] >= RED) & (_apart(now, least) > RED_CHANGE)
        down = (self._rising >= 0) & (reddest[:, 0] >= RED) & (_apart(now, reddest) > RED_CHANGE)
        self._rising[up], self._rising[down & ~up] = 1, -1
        changed: npt.NDArray[np.bool_] = up | down
        least[changed] = reddest[changed] = now[changed]
        return changed


def _redness(light: Light) -> Light:
    """Return R / (R + G + B), u' and v' of linear colours (n, 3), behind a `VEIL`: (n, 3)."""
    seen = light + VEIL
    x, y, z = (seen @ _XYZ.T).T
    white = x + 15 * y + 3 * z
    return np.stack([seen[:, 0] / seen.sum(axis=1), 4 * x / white, 9 * y / white], axis=1)


def _apart(one: Light, other: Light) -> Light:
    """Return the distance of two colours in u'v', (n, 3) of `_redness` to (n,)."""
    distance: Light = np.hypot(one[:, 1] - other[:, 1], one[:, 2] - other[:, 2])
    return distance


def is_dangerous(flashes: Light) -> bool:
    """Return True if so many ``flashes`` a second, at places all over the picture, are a danger."""
    return bool((flashes > MOST_A_SECOND).mean() >= AREA)
