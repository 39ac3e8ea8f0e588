"""The first stage of the built-in diffusion model: pictures to latents and back, 8 times smaller.

Its convolutions work on pixel-unshuffled pictures: 4x4 pixels are 48 channels, so the finest
feature map has a sixteenth of the positions, and decoding costs a few GFLOP instead of dozens.
The folder is one that diffusers' ``AutoencoderKL`` loads too; its configuration has one more key,
``pixel_unshuffle``, and whoever uses that class does the unshuffling.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

UNSHUFFLE = 4
FACTOR = 8  # pixels of a side for one latent
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "diffusion_pytorch_model.safetensors"


@dataclass(frozen=True)
class FirstStageConfig:
    """The shape of a first stage, in the words of diffusers' configuration.

    block_out_channels  channels at 4 and at 8 pixels
    layers_per_block    residual blocks at each level of the encoder; the decoder has one more
    latent_channels     channels of a latent
    norm_num_groups     groups of the group normalisation
    latents_mean, latents_std  of each channel over the drawn world, before they are normalised
    """

    block_out_channels: tuple[int, int]
    layers_per_block: int
    latent_channels: int
    norm_num_groups: int
    latents_mean: tuple[float, ...]
    latents_std: tuple[float, ...]


class FirstStage(nn.Module):
    """An autoencoder on unshuffled pixels.

    Convention: pictures ``(B, 3, H, W)`` in [0, 1], H and W multiples of 8; latents
    ``(B, C, H / 8, W / 8)``, each channel with mean 0 and deviation 1 over the drawn world.
    """

    latents_mean: Tensor
    latents_std: Tensor

    def __init__(self, config: FirstStageConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = _Encoder(config)
        self.decoder = _Decoder(config)
        for name in ("latents_mean", "latents_std"):
            values = torch.tensor(getattr(config, name)).view(1, -1, 1, 1)
            self.register_buffer(name, values, persistent=False)

    def encode(self, pictures: Tensor) -> Tensor:
        """Return the latents of pictures; there is no sampling."""
        latents: Tensor = self.encoder(F.pixel_unshuffle(pictures * 2 - 1, UNSHUFFLE))
        return (latents - self.latents_mean) / self.latents_std

    def decode(self, latents: Tensor) -> Tensor:
        """Return the pictures of latents, not clamped: values may leave [0, 1] a little."""
        raw: Tensor = self.decoder(latents * self.latents_std + self.latents_mean)
        return (F.pixel_shuffle(raw, UNSHUFFLE) + 1) / 2


def load_first_stage(directory: Path) -> FirstStage:
    """Return the first stage that a directory holds, in evaluation mode, in float32."""
    raw = json.loads((directory / CONFIG_FILE).read_text())
    names = FirstStageConfig.__dataclass_fields__
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in raw.items()
        if key in names
    }
    stage = FirstStage(FirstStageConfig(**fields))
    weights = load_file(directory / WEIGHTS_FILE)
    stage.load_state_dict({name: value.float() for name, value in weights.items()})
    return stage.eval().requires_grad_(False)


def config_json(config: FirstStageConfig) -> dict[str, Any]:
    """Return what the configuration file of a first stage holds."""
    channels = 3 * UNSHUFFLE**2
    return {
        "_class_name": "AutoencoderKL", "in_channels": channels, "out_channels": channels,
        "down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2,
        "mid_block_add_attention": True, "use_quant_conv": False, "use_post_quant_conv": False,
        "scaling_factor": 1.0, "pixel_unshuffle": UNSHUFFLE, **asdict(config),
    }  # fmt: skip


class _Residual(nn.Module):
    """Two 3x3 convolutions beside the identity, or beside a 1x1 one where the width changes."""

    def __init__(self, inside: int, outside: int, groups: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inside, eps=1e-6)
        self.conv1 = nn.Conv2d(inside, outside, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, outside, eps=1e-6)
        self.conv2 = nn.Conv2d(outside, outside, 3, padding=1)
        same = inside == outside
        self.conv_shortcut = nn.Identity() if same else nn.Conv2d(inside, outside, 1)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv1(F.silu(self.norm1(x)))
        hidden = self.conv2(F.silu(self.norm2(hidden)))
        out: Tensor = self.conv_shortcut(x) + hidden
        return out


class _Attention(nn.Module):
    """Attention of one head over all positions, added to its input."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.group_norm = nn.GroupNorm(groups, width, eps=1e-6)
        self.to_q, self.to_k, self.to_v = (nn.Linear(width, width) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(width, width)])

    def forward(self, x: Tensor) -> Tensor:
        rows = self.group_norm(x).flatten(2).transpose(1, 2).unsqueeze(1)  # (B, 1, HW, C)
        seen = F.scaled_dot_product_attention(self.to_q(rows), self.to_k(rows), self.to_v(rows))
        out: Tensor = self.to_out[0](seen)
        return x + out.squeeze(1).transpose(1, 2).reshape(x.shape)


class _Level(nn.Module):
    """Residual blocks of one resolution, then half or twice the resolution where asked."""

    def __init__(self, inside: int, outside: int, layers: int, groups: int, change: str) -> None:
        super().__init__()
        ins = [inside] + [outside] * (layers - 1)
        self.resnets = nn.ModuleList([_Residual(i, outside, groups) for i in ins])
        if change == "down":
            self.downsamplers = nn.ModuleList([_Down(outside)])
        if change == "up":
            self.upsamplers = nn.ModuleList([_Up(outside)])

    def forward(self, x: Tensor) -> Tensor:
        for block in self.children():
            for layer in block:  # type: ignore[attr-defined]  # every child is a ModuleList
                x = layer(x)
        return x


class _Down(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(F.pad(x, (0, 1, 0, 1)))
        return out


class _Up(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return out


class _Middle(nn.Module):
    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.resnets = nn.ModuleList([_Residual(width, width, groups) for _ in range(2)])
        self.attentions = nn.ModuleList([_Attention(width, groups)])

    def forward(self, x: Tensor) -> Tensor:
        x = self.attentions[0](self.resnets[0](x))
        out: Tensor = self.resnets[1](x)
        return out


class _Encoder(nn.Module):
    def __init__(self, config: FirstStageConfig) -> None:
        super().__init__()
        fine, coarse = config.block_out_channels
        groups = config.norm_num_groups
        self.conv_in = nn.Conv2d(3 * UNSHUFFLE**2, fine, 3, padding=1)
        levels = (_Level(fine, fine, config.layers_per_block, groups, "down"),
                  _Level(fine, coarse, config.layers_per_block, groups, ""))  # fmt: skip
        self.down_blocks = nn.Sequential(*levels)
        self.mid_block = _Middle(coarse, groups)
        self.conv_norm_out = nn.GroupNorm(groups, coarse, eps=1e-6)
        self.conv_out = nn.Conv2d(coarse, 2 * config.latent_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mid_block(self.down_blocks(self.conv_in(x)))
        moments: Tensor = self.conv_out(F.silu(self.conv_norm_out(x)))
        return moments.chunk(2, dim=1)[0]  # the second half, a log variance, is not used


class _Decoder(nn.Module):
    def __init__(self, config: FirstStageConfig) -> None:
        super().__init__()
        fine, coarse = config.block_out_channels
        groups = config.norm_num_groups
        self.conv_in = nn.Conv2d(config.latent_channels, coarse, 3, padding=1)
        self.mid_block = _Middle(coarse, groups)
        levels = (_Level(coarse, coarse, config.layers_per_block + 1, groups, "up"),
                  _Level(coarse, fine, config.layers_per_block + 1, groups, ""))  # fmt: skip
        self.up_blocks = nn.Sequential(*levels)
        self.conv_norm_out = nn.GroupNorm(groups, fine, eps=1e-6)
        self.conv_out = nn.Conv2d(fine, 3 * UNSHUFFLE**2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.up_blocks(self.mid_block(self.conv_in(x)))
        out: Tensor = self.conv_out(F.silu(self.conv_norm_out(x)))
        return out
