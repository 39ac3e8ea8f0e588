"""Hold the contrast, saturation and sharpness of a picture to given values, a share a step."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from storyboard.drawers.bases import frequencies

SHARE = 0.3
"""Share of the way to the given value in one step, in the logarithm."""

_LEAST = 1e-4
"""Deviation, in grey levels 0..1, below which there is nothing to amplify."""

_STEP = 4.0
"""Greatest factor of a deviation in one step."""

_TILT = 0.1
"""Greatest change of the exponent of the spectrum in one step."""


@dataclass(frozen=True)
class Tone:
    """Target contrast, saturation and sharpness of a picture; None for free.

    Attributes:
        contrast: root mean square deviation of light from its mean, in grey levels 0..1.
        saturation: root mean square distance of the colours from grey, likewise.
        sharpness: ``s`` where the amplitude of waves falls with ``frequency ** (s - 2)``.
    """

    contrast: float | None
    saturation: float | None
    sharpness: float | None

    @property
    def holds(self) -> bool:
        """Return whether anything is held."""
        return any(v is not None for v in (self.contrast, self.saturation, self.sharpness))

    def nearer(self, planes: Tensor, axes: Tensor) -> Tensor:
        """Return decorrelated ``planes``, (1, 3, H, W), a share nearer to the given values.

        ``axes``, (3, 3), leads from the planes to red, green and blue: see `color_axes`.
        """
        if self.sharpness is not None:
            planes = _tilted(planes, self.sharpness - 2)
        light, color = planes[:, :1], planes[:, 1:]
        if self.contrast is not None:
            mean = light.mean((2, 3), keepdim=True)
            deviation = (light - mean).square().mean().sqrt() * axes[:, 0].square().mean().sqrt()
            light = mean + (light - mean) * _gain(deviation, self.contrast)
        if self.saturation is not None:
            shown = torch.einsum("rc,bchw->brhw", axes[:, 1:], color)
            color = color * _gain(shown.square().mean().sqrt(), self.saturation)
        return torch.cat([light, color], 1)


def _gain(now: Tensor, wanted: float) -> Tensor:
    """Return the factor that brings ``now`` a share nearer to ``wanted``."""
    ratio = max(wanted, _LEAST) / now.clamp(min=_LEAST)
    return (ratio**SHARE).clamp(1 / _STEP, _STEP)


def _tilted(planes: Tensor, exponent: float) -> Tensor:
    """Return ``planes`` with the spectrum of light nearer to ``frequency ** exponent``.

    The deviation of every plane and its mean stay.
    """
    height, width = planes.shape[2:]
    frequency = frequencies((height, width)).to(planes.device)
    waves = torch.fft.rfft2(planes, norm="ortho")
    slope = _slope(waves[0, 0].abs().double(), frequency)
    if slope is None:
        return planes
    tilt = (SHARE * (exponent - slope)).clamp(-_TILT, _TILT)
    mean = planes.mean((2, 3), keepdim=True)
    tilted = torch.fft.irfft2(waves * (frequency**tilt).float(), s=(height, width), norm="ortho")
    tilted = tilted - tilted.mean((2, 3), keepdim=True)
    before, after = (
        (p.square().mean((2, 3), keepdim=True)).sqrt() for p in (planes - mean, tilted)
    )
    held: Tensor = mean + tilted * (before / after.clamp(min=1e-12))
    return held


def _slope(amplitude: Tensor, frequency: Tensor) -> Tensor | None:
    """Return the exponent of the amplitudes over the frequency, (H, W // 2 + 1) both: the line of
    least squares through the octaves' root mean squares; None with fewer than three octaves.
    """
    octave = frequency.log2().floor().long().flatten()
    power, count = (
        torch.zeros(int(octave.max()) + 1, dtype=torch.float64, device=octave.device).index_add_(
            0, octave, values
        )
        for values in (amplitude.square().flatten(), torch.ones_like(amplitude).flatten())
    )
    level = 0.5 * (power / count.clamp(min=1) + 1e-16).log2()
    if len(level) < 3:
        return None
    place = torch.arange(len(level), device=level.device).double()
    place = place - place.mean()
    return (place * level).sum() / place.square().sum()
