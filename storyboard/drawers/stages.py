"""First stages: pictures to latents, which are smaller, and back.

Convention: pictures (B, 3, H, W) in [0, 1], H and W multiples of the stage's ``factor``; latents
(B, C, H / factor, W / factor), each about of unit variance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Stage(Protocol):
    """A first stage: pictures to latents and back."""

    factor: int

    def encode(self, pictures: Tensor) -> Tensor:
        """Return latents of pictures whose sides are multiples of ``factor``."""

    def decode(self, latents: Tensor) -> Tensor:
        """Return pictures, not clamped, differentiable."""

    def levels(self) -> Mapping[str, nn.Module]:
        """Return the levels of the encoder by name, from fine to coarse; nothing without one."""


class Autoencoder:
    """diffusers' ``AutoencoderKL`` as a `Stage`.

    A configuration with ``pixel_unshuffle: n`` is of networks that see n x n pixels as channels.
    """

    def __init__(self, vae: Any, unshuffle: int) -> None:
        self.vae = vae.eval().requires_grad_(False)
        self.unshuffle = unshuffle
        self.factor = unshuffle * 2 ** (len(vae.config.block_out_channels) - 1)
        self.mean, self.spread = _moments(vae.config)

    def to(self, device: torch.device) -> Autoencoder:
        """Move the networks; return the stage itself."""
        self.vae.to(device, memory_format=torch.channels_last)
        self.mean, self.spread = self.mean.to(device), self.spread.to(device)
        return self

    def encode(self, pictures: Tensor) -> Tensor:
        """Implement `Stage.encode`."""
        seen = F.pixel_unshuffle(pictures * 2 - 1, self.unshuffle)
        seen = seen.contiguous(memory_format=torch.channels_last)
        latents: Tensor = self.vae.encode(seen).latent_dist.mode()
        return (latents - self.mean) / self.spread

    def decode(self, latents: Tensor) -> Tensor:
        """Implement `Stage.decode`."""
        seen: Tensor = self.vae.decode(latents * self.spread + self.mean).sample
        return F.pixel_shuffle(seen, self.unshuffle) / 2 + 0.5

    def levels(self) -> Mapping[str, nn.Module]:
        """Implement `Stage.levels`."""
        encoder = self.vae.encoder
        found = {f"level{n}": block for n, block in enumerate(encoder.down_blocks)}
        return {**found, "middle": encoder.mid_block}


def _moments(config: Any) -> tuple[Tensor, Tensor]:
    """Return mean and deviation of latents before they are normalised, (1, C or 1, 1, 1) each."""
    if config.latents_mean is not None and config.latents_std is not None:
        mean, spread = torch.tensor(config.latents_mean), torch.tensor(config.latents_std)
    else:
        mean, spread = torch.tensor([config.shift_factor or 0.0]), torch.ones(1)
    return mean.view(1, -1, 1, 1), spread.view(1, -1, 1, 1) / config.scaling_factor


def padded(picture: Tensor, factor: int) -> Tensor:
    """Return the picture with its sides rounded up to multiples of ``factor``, evenly about it."""
    (top, bottom), (left, right) = (_margins(side, factor) for side in picture.shape[-2:])
    if not (top or bottom or left or right):
        return picture
    return F.pad(picture, (left, right, top, bottom), mode="replicate")


def cropped(picture: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the middle of a picture that was `padded` from ``size``."""
    top, left = ((there - here) // 2 for there, here in zip(picture.shape[-2:], size, strict=True))
    return picture[..., top : top + size[0], left : left + size[1]]


def _margins(side: int, factor: int) -> tuple[int, int]:
    missing = -side % factor
    return missing // 2, missing - missing // 2
