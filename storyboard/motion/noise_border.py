"""Soft random cells in the colours of a picture: what the ``noise`` border shows."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.motion.sample import sample

_CELLS = 64
"""Cells along a side of the tile before it repeats."""

_PER_HEIGHT = 24
"""Cells along the height of the picture."""


def noise_over(picture: Tensor, generator: torch.Generator) -> Tensor:
    """Return noise with the colours of ``picture``, (B, C, H, W), and of its size, like
    `noise_around`.
    """
    cells, scale = noise_around(picture, generator)
    height, width = picture.shape[-2:]
    rows, columns = (
        ((torch.arange(size, device=picture.device) + 0.5) * scale - 0.5).to(picture.dtype)
        for size in (height, width)
    )
    points = torch.stack(torch.meshgrid(columns, rows, indexing="xy"))
    return sample(cells, points, border="wrap", resample="bilinear")


def noise_around(picture: Tensor, generator: torch.Generator | None) -> tuple[Tensor, float]:
    """Return a tile of noise whose colours are distributed as the picture's.

    Each picture of the batch gives the mean and the covariance of its channels; the noise, two
    octaves of normal random cells, is given the same and clamped to the picture's range.

    Args:
        picture: (B, C, H, W).
        generator: the source of the random numbers, on the CPU; None for always the same ones.

    Returns:
        (B, C, n, n) cells that repeat without a seam, and how many cells there are to a pixel.
    """
    generator = generator or torch.Generator().manual_seed(0)
    batch, channels, height, _ = picture.shape
    fine = torch.randn(batch, channels, _CELLS, _CELLS, generator=generator)
    coarse = torch.randn(batch, channels, _CELLS // 4, _CELLS // 4, generator=generator)
    coarse = F.interpolate(coarse, scale_factor=4, mode="nearest")
    noise = (0.6 * fine + 0.8 * coarse).to(picture)
    pixels = picture.flatten(2)
    mean = pixels.mean(2, keepdim=True)
    centred = pixels - mean
    covariance = centred @ centred.mT / pixels.shape[2]
    floor = 1e-6 * torch.eye(channels, dtype=torch.float64)
    mix = torch.linalg.cholesky(covariance.to("cpu", torch.float64) + floor).to(picture)
    colored = mix @ noise.flatten(2) + mean
    colored = torch.minimum(
        torch.maximum(colored, pixels.amin(2, keepdim=True)), pixels.amax(2, keepdim=True)
    )
    return colored.reshape(batch, channels, _CELLS, _CELLS), _PER_HEIGHT / height
