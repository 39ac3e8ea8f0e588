"""VQGAN (Esser, Rombach and Ommer, "Taming Transformers", 2021): encoder, codebook, decoder.

The networks are those of the package ``taming-transformers``, built from ``taming.modules`` alone:
``taming.models`` needs training code of versions that are long gone. Names of parameters and the
configuration are the package's own, so that published checkpoints load as they are.

Convention: pictures (B, 3, H, W) in [0, 1]; latents (B, D, h, w) in the space of the codebook, with
h and w the picture's sides divided by `VQModel.factor`, rounded up.
"""

from __future__ import annotations

import contextlib
import io

import torch
from einops import rearrange
from taming.modules.diffusionmodules.model import Decoder, Encoder
from taming.modules.vqvae.quantize import GumbelQuantize, VectorQuantizer2
from torch import Tensor, nn
from torch.nn import functional as F

from storyboard.drawers.checkpoints import read_tensors
from storyboard.drawers.vqgan_files import Config, Files, read_config
from storyboard.errors import BadValue

_DISTANCES = 1 << 23
"""Distances between latents and codes that are held at once, 32 MiB."""


class VQModel(nn.Module):
    """A picture as a grid of codes, in the layout of ``taming.models.vqgan``.

    Attributes:
        config: what it was built from.
        factor: pixels along the edge of a latent cell.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.factor = config, config.factor
        width, code = config.networks["z_channels"], config.code_size
        with contextlib.redirect_stdout(io.StringIO()):  # the decoder announces its shape
            self.encoder = Encoder(**config.networks)
            self.decoder = Decoder(**config.networks)
        if config.gumbel:
            self.quantize = GumbelQuantize(width, code, n_embed=config.codes)
        else:
            self.quantize = VectorQuantizer2(config.codes, code, beta=0.25)
        self.quant_conv = nn.Conv2d(width, code, 1)
        self.post_quant_conv = nn.Conv2d(code, width, 1)

    @property
    def codebook(self) -> Tensor:
        """Return the codes, (K, D)."""
        table = self.quantize.embed if self.config.gumbel else self.quantize.embedding
        weight: Tensor = table.weight
        return weight

    def grid(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return (rows, columns) of the latents of a picture of (height, width)."""
        height, width = size
        return -(-height // self.factor), -(-width // self.factor)

    def encode(self, picture: Tensor) -> Tensor:
        """Return the latents of a picture, before the nearest code is looked up.

        A gumbel model chooses codes by a classifier, so its latents are the codes themselves. A
        picture that the factor does not divide is continued below and on the right.
        """
        height, width = picture.shape[2:]
        rows, columns = self.grid((height, width))
        below, right = rows * self.factor - height, columns * self.factor - width
        whole = F.pad(picture * 2 - 1, (0, right, 0, below), mode="replicate")
        latents: Tensor = self.quant_conv(self.encoder(whole))
        if self.config.gumbel:
            latents = self._entries(self.quantize.proj(latents).argmax(1))
        return latents

    def nearest(self, latents: Tensor) -> Tensor:
        """Return the nearest code of every cell, (B, D, h, w), without a gradient.

        A gumbel model's latents are in the space of its codes too, see `encode`.
        """
        batch, _, rows, columns = latents.shape
        flat = rearrange(latents.detach(), "b d h w -> (b h w) d")
        lengths = self.codebook.square().sum(1)
        parts = torch.split(flat, max(1, _DISTANCES // len(lengths)))
        found = [torch.addmm(lengths, p, self.codebook.T, alpha=-2).argmin(1) for p in parts]
        return self._entries(torch.cat(found).view(batch, rows, columns)).detach()

    def straight_through(self, latents: Tensor) -> Tensor:
        """Return the nearest codes, with the gradient of the latents themselves."""
        return latents + (self.nearest(latents) - latents).detach()

    def decode(self, latents: Tensor, size: tuple[int, int]) -> Tensor:
        """Return the picture of (height, width) of ``latents``, not clipped to [0, 1]."""
        picture: Tensor = self.decoder(self.post_quant_conv(latents))
        return picture[..., : size[0], : size[1]] / 2 + 0.5

    def _entries(self, numbers: Tensor) -> Tensor:
        """Return codes by their numbers: (B, h, w) to (B, D, h, w)."""
        return rearrange(F.embedding(numbers, self.codebook), "b h w d -> b d h w")


def load(files: Files) -> VQModel:
    """Return the model of a configuration and its weights, frozen.

    Raises `BadValue` where the configuration is not that of a VQGAN, or a weight is missing or has
    another shape. What else is in the file is left alone, the networks of the training's losses
    for example.
    """
    config = read_config(files.config)
    with torch.device("meta"):
        model = VQModel(config)
    expected = model.state_dict()
    found = read_tensors(files.weights, [config.prefix + name for name in expected])
    weights: dict[str, Tensor] = {}
    for name, wanted in expected.items():
        if config.prefix + name not in found:
            message = f"{files.weights} has no weight {config.prefix + name!r}"
            raise BadValue(message, hint=f"does it belong to {files.config}?")
        weights[name] = found[config.prefix + name].float()
        if weights[name].shape != wanted.shape:
            shapes = f"{tuple(weights[name].shape)}, not {tuple(wanted.shape)}"
            message = f"{files.weights}: {config.prefix + name!r} is {shapes}"
            raise BadValue(message, hint=f"does it belong to {files.config}?")
    model.load_state_dict(weights, assign=True)
    return model.eval().requires_grad_(False)
