"""Clouds that are lit from one side: heaps over a horizon, and thin banks in front of a low sun."""

from dataclasses import dataclass

from torch import Tensor

from storyboard.world.canvas import Canvas, smooth

DRIFT = 0.03
"""How far clouds move to the right in a second."""


@dataclass(frozen=True)
class Tones:
    """Colours of clouds: where the light falls on them and where it does not, ``(B, 3, 1, 1)``."""

    lit: Tensor
    shade: Tensor


def heaps(
    canvas: Canvas,
    picture: Tensor,
    tones: Tones,
    *,
    amount: Tensor | float,
    cells: float = 2.4,
    relief: float = 3.2,
) -> Tensor:
    """Return a sky with heaps of cloud: ``amount`` is the share of it that they cover, about.

    What is above a place takes its light: a cloud is bright where its density falls upwards.
    """
    x, y = canvas.x - DRIFT * canvas.time_s, canvas.y
    masses = canvas.lattices(cells, 2, 0.6)
    puffs = canvas.lattices(3 * cells, 4, 0.8)

    def density(across: Tensor, down: Tensor) -> Tensor:
        folds = (2 * canvas.noise_at(puffs, across, down) - 1).abs()
        return canvas.noise_at(masses, across, down) + 0.30 * (folds - 0.35)

    here = density(x, y)
    above = density(x - 0.03, y - 0.07)
    cover = smooth(0.0, 0.13, here - (1 - amount))
    light = (0.62 + relief * (here - above)).clamp(0, 1)
    color = canvas.ramp(tones.shade, tones.lit, light)
    return canvas.lay(picture, color.clamp(0, 1), cover * 0.97)


def banks(
    canvas: Canvas, picture: Tensor, tones: Tones, *, amount: Tensor | float, cells: float = 4.0
) -> Tensor:
    """Return a sky with level banks of thin cloud, lit from below by a low sun."""
    x, y = canvas.x - DRIFT * canvas.time_s, canvas.y
    threads = canvas.lattices(cells, 5, 0.25)
    here, below = (canvas.noise_at(threads, x, y + lower) for lower in (0.0, 0.05))
    cover = smooth(0.0, 0.3, here - (1 - amount))
    light = (0.4 + 3.0 * (here - below)).clamp(0, 1)
    return canvas.lay(picture, canvas.ramp(tones.shade, tones.lit, light).clamp(0, 1), cover * 0.9)
