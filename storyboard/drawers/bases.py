"""Linear bases for a picture: waves, wavelets, pixels.

A `Basis` maps real coefficients to colour planes (1, 3, H, W) and back, exactly within rounding.
Every basis multiplies a coefficient of spatial frequency f with ``f ** -rolloff``, so that an
optimiser whose steps are equal in all coefficients takes steps of that spectrum in the picture.
Frequencies are in waves along the short side of the picture and at least 1. The factors have a mean
square of 1 over all coefficients.
"""

from __future__ import annotations

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

COARSEST = 4
"""A wavelet level is not split further once a side is shorter than this, in samples."""

Lift = tuple[str, tuple[tuple[int, float], ...]]
"""A lifting step: which half changes (``d`` or ``s``), and the offset and weight of each sample of
the other half that is added."""

_S2 = 2.0**0.5

WAVES: dict[str, tuple[tuple[Lift, ...], float, float]] = {
    "haar": ((("d", ((0, -1.0),)), ("s", ((0, 0.5),))), _S2, 1 / _S2),
    "cdf53": (
        (("d", ((0, -0.5), (1, -0.5))), ("s", ((-1, 0.25), (0, 0.25)))),
        _S2,
        1 / _S2,
    ),
    "cdf97": (
        (
            ("d", ((0, -1.586134342059924), (1, -1.586134342059924))),
            ("s", ((-1, -0.052980118572961), (0, -0.052980118572961))),
            ("d", ((0, 0.882911075530934), (1, 0.882911075530934))),
            ("s", ((-1, 0.443506852043971), (0, 0.443506852043971))),
        ),
        1.149604398860241,
        1 / 1.149604398860241,
    ),
}
"""Lifting steps and the factors of the low (``s``) and high (``d``) half, so that the low half of a
constant is it times sqrt(2). ``haar`` is orthonormal, ``cdf53`` and ``cdf97`` are X"""


class Basis(Protocol):
    """A linear map between coefficients and planes of a fixed size.

    Attributes:
        key: the name of the coefficients in a saved state.
        shape: of the coefficients.
    """

    key: str
    shape: tuple[int, ...]

    def planes(self, values: Tensor) -> Tensor:
        """Return the planes, (1, 3, H, W), of coefficients."""

    def values(self, planes: Tensor) -> Tensor:
        """Return the coefficients of planes, (1, 3, H, W): the inverse of `planes`."""


class Waves:
    """The Fourier basis: the real and imaginary part of every wave, (1, 3, H, W // 2 + 1, 2)."""

    key = "spectrum"

    def __init__(self, size: tuple[int, int], rolloff: float, device: torch.device) -> None:
        height, width = size
        self.size = size
        self.shape: tuple[int, ...] = (1, 3, height, width // 2 + 1, 2)
        self.scale = wave_scale(size, rolloff).to(device)

    def planes(self, values: Tensor) -> Tensor:
        """Implement `Basis.planes`."""
        waves = torch.view_as_complex(values) * self.scale
        planes: Tensor = torch.fft.irfft2(waves, s=self.size, norm="ortho")
        return planes

    def values(self, planes: Tensor) -> Tensor:
        """Implement `Basis.values`."""
        waves: Tensor = torch.fft.rfft2(planes, norm="ortho") / self.scale
        return torch.view_as_real(waves)


class Wavelets:
    """A pyramid of wavelets, (1, 3, H, W): the coarse half of every level at the top and left.

    Odd sides are split into halves that differ by one sample; beyond an edge a half goes on with
    its last sample. Lifting is inverted step by step, so the inverse is exact at every size.
    """

    key = "pyramid"

    def __init__(
        self, size: tuple[int, int], rolloff: float, device: torch.device, *, wave: str
    ) -> None:
        self.shape: tuple[int, ...] = (1, 3, *size)
        self.wave = wave
        self.sizes = _level_sizes(size)
        self.scale = _pyramid_scale(size, self.sizes, rolloff).to(device)

    def planes(self, values: Tensor) -> Tensor:
        """Implement `Basis.planes`."""
        values = values * self.scale
        height, width = self.sizes[-1]
        coarse = values[..., :height, :width]
        for height, width in reversed(self.sizes[:-1]):
            h, w = coarse.shape[2:]
            top = torch.cat([coarse, values[..., :h, w:width]], 3)
            block = torch.cat([top, values[..., h:height, :width]], 2)
            across = _merged(block.transpose(2, 3), self.wave).transpose(2, 3)
            coarse = _merged(across, self.wave)
        return coarse

    def values(self, planes: Tensor) -> Tensor:
        """Implement `Basis.values`."""
        out = planes.clone()
        for height, width in self.sizes[:-1]:
            block = _split(out[..., :height, :width], self.wave)
            block = _split(block.transpose(2, 3), self.wave).transpose(2, 3)
            out[..., :height, :width] = block
        return out / self.scale


class Pixels:
    """The planes themselves, (1, 3, H, W), behind a filter whose gain is ``f ** -rolloff``."""

    key = "pixels"

    def __init__(self, size: tuple[int, int], rolloff: float, device: torch.device) -> None:
        self.shape: tuple[int, ...] = (1, 3, *size)
        self._filter = None if rolloff == 0 else Waves(size, rolloff, device)

    def planes(self, values: Tensor) -> Tensor:
        """Implement `Basis.planes`."""
        if self._filter is None:
            return values
        waves = torch.fft.rfft2(values, norm="ortho")
        return self._filter.planes(torch.view_as_real(waves))

    def values(self, planes: Tensor) -> Tensor:
        """Implement `Basis.values`."""
        if self._filter is None:
            return planes
        waves = torch.view_as_complex(self._filter.values(planes))
        values: Tensor = torch.fft.irfft2(waves, s=self._filter.size, norm="ortho")
        return values


def frequencies(size: tuple[int, int]) -> Tensor:
    """Return the frequency of every wave, at least 1: (H, W // 2 + 1) float64."""
    height, width = size
    short = min(size)
    down = torch.fft.fftfreq(height, dtype=torch.float64)[:, None] * short
    across = torch.fft.rfftfreq(width, dtype=torch.float64)[None, :] * short
    frequency: Tensor = (down**2 + across**2).sqrt().clamp(min=1)
    return frequency


def wave_scale(size: tuple[int, int], decay: float) -> Tensor:
    """Return the factor of every wave's coefficient: (H, W // 2 + 1).

    ``frequency ** -decay`` with a mean square of 1: coefficients of size 1 give a picture with a
    standard deviation of about 1 at every size and decay.
    """
    return _normalised(frequencies(size) ** -decay)


def _normalised(scale: Tensor) -> Tensor:
    normal: Tensor = scale / scale.square().mean().sqrt()
    return normal.float()


def _level_sizes(size: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the size of the coarse half before every level, the picture's own first."""
    sizes = [size]
    while min(sizes[-1]) >= COARSEST:
        height, width = sizes[-1]
        sizes.append(((height + 1) // 2, (width + 1) // 2))
    return sizes


def _pyramid_scale(size: tuple[int, int], sizes: list[tuple[int, int]], rolloff: float) -> Tensor:
    """Return the factor of every coefficient of a pyramid, (H, W).

    A level's band is centred on 3/8 waves a sample along a side that was split into its high half,
    1/8 along one that was not.
    """
    frequency = torch.ones(size, dtype=torch.float64)
    for level, (height, width) in enumerate(sizes[:-1]):
        h, w = sizes[level + 1]
        low, high = (min(size) * 2.0**-level * share for share in (1 / 8, 3 / 8))
        mixed, fine = (low**2 + high**2) ** 0.5, (2 * high**2) ** 0.5
        frequency[:h, w:width] = mixed
        frequency[h:height, :w] = mixed
        frequency[h:height, w:width] = fine
    return _normalised(frequency.clamp(min=1) ** -rolloff)


def _shifted(half: Tensor, taps: tuple[tuple[int, float], ...], count: int) -> Tensor:
    """Return the sum of ``weight * half[i + offset]`` for i below ``count``, along dimension 2."""
    terms = [_from(half, k, count) * weight for k, weight in taps]
    return terms[0] if len(terms) == 1 else terms[0] + terms[1]


def _from(half: Tensor, offset: int, count: int) -> Tensor:
    """Return ``half[i + offset]`` for i below ``count``, the end samples repeated."""
    inside = half[:, :, max(offset, 0) : max(offset, 0) + count]
    before = half[:, :, :1].expand(-1, -1, max(-offset, 0), -1)
    missing = max(0, count - inside.shape[2] - before.shape[2])
    if not (before.shape[2] or missing):
        return inside
    after = half[:, :, -1:].expand(-1, -1, missing, -1)
    return torch.cat([before, inside, after], 2)[:, :, :count]


def _split(values: Tensor, wave: str) -> Tensor:
    """Return the low half and the high half, one after the other, along dimension 2."""
    steps, low, high = WAVES[wave]
    s, d = values[:, :, ::2], values[:, :, 1::2]
    for changed, taps in steps:
        if changed == "d":
            d = d + _shifted(s, taps, d.shape[2])
        else:
            s = s + _shifted(d, taps, s.shape[2])
    return torch.cat([s * low, d * high], 2)


def _merged(halves: Tensor, wave: str) -> Tensor:
    """Return what `_split` splits, along dimension 2."""
    steps, low, high = WAVES[wave]
    count = (halves.shape[2] + 1) // 2
    s, d = halves[:, :, :count] / low, halves[:, :, count:] / high
    for changed, taps in reversed(steps):
        if changed == "d":
            d = d - _shifted(s, taps, d.shape[2])
        else:
            s = s - _shifted(d, taps, s.shape[2])
    margin = s.shape[2] - d.shape[2]
    pairs = torch.stack([s, F.pad(d, (0, 0, 0, margin))], 3).flatten(2, 3)
    return pairs[:, :, : halves.shape[2]]
