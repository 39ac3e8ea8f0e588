"""Film grain, drawn anew for every picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.filters import Moment, filters
from storyboard.filters.grayscale import grayscale


def grains(size: tuple[int, int], *, channels: int, cell_px: float, seed: int) -> Tensor:
    """Return noise of mean 0 and deviation 1, (1, channels, H, W) float32, on the CPU.

    Normal numbers on a grid of cells, interpolated bilinearly; below one pixel a cell is a pixel.
    The same seed gives the same noise on every machine.
    """
    cell = max(1.0, cell_px)
    shape = [max(1, round(length / cell)) for length in size]
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, channels, *shape, generator=generator)
    if shape == [*size]:
        return noise
    smooth = F.interpolate(noise, size, mode="bilinear", align_corners=False)
    return smooth / smooth.std().clamp(min=1e-3)


def grain(picture: Tensor, noise: Tensor, *, strength: float) -> Tensor:
    """Return ``x + strength 2 sqrt(l (1 - l)) noise``, held in [0, 1].

    ``l`` is the luma: as on film, grain shows in the middle tones, and black and
    white stay clean.

    Args:
        picture: (B, 3, H, W) in [0, 1].
        noise: (1, 1 or 3, H, W) of deviation 1.
        strength: deviation of the grain on a middle grey.

    Returns:
        (B, 3, H, W) in [0, 1].
    """
    tone = grayscale(picture)[:, :1]
    depth = 2 * (tone * (1 - tone)).clamp(min=1e-6).sqrt()
    return (picture + strength * depth * noise.to(picture)).clamp(0, 1)


def grain_filter(options: Mapping[str, Any], moment: Moment) -> Callable[[Tensor], Tensor]:
    """Return `grain` of ``strength`` times ``amount``, from the seed of the frame."""
    chosen = filters.resolve("grain", options)
    strength = chosen["amount"] * chosen["strength"]

    def show(picture: Tensor) -> Tensor:
        if not strength:
            return picture
        height, width = picture.shape[-2:]
        noise = grains(
            (height, width),
            channels=3 if chosen["colored"] else 1,
            cell_px=chosen["size"] / 100 * height,
            seed=moment.frame_seed,
        )
        return grain(picture, noise, strength=strength)

    return show


grain_filter.SEEN = False  # type: ignore[attr-defined]
grain_filter.TIMED = True  # type: ignore[attr-defined]
