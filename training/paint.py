"""A painting probe: what does a perceptor draw when it is asked? A small stand-in for the real
painter.

The picture is a spectrum with decorrelated colours; Adam turns it towards the prompt as seen in
random views.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import open_clip
import torch
import torch.nn.functional as F
from open_clip.model import CLIP
from torch import Tensor, nn

from training.sheet import sheet
from training.tokens import load_tokenizer

PROMPTS = (
    "a sunset over the sea",
    "a starry night sky",
    "fire",
    "a forest",
    "snowy mountains",
    "a red circle on blue",
    "a yellow star on a purple background",
    "city lights at night",
    "a purple galaxy",
    "green hills under a blue sky",
    "a pink heart",
    "blue and white stripes",
    "the moon",
    "a desert",
    "waves",
    "underwater",
    "a red rose",
    "an eye",
    "a butterfly",
    "lightning",
    "a volcano",
    "a rainbow over a meadow",
    "a boat on the ocean at sunset",
    "a forest in the snow",
)
# Principal colour axes of natural pictures, as the `fft` drawers of the literature use them.
COLOR = ((0.26, 0.09, 0.02), (0.27, 0.0, -0.05), (0.27, -0.09, 0.03))


@dataclass(frozen=True)
class ProbeConfig:
    """Settings of painting."""

    size: int = 96
    steps: int = 120
    cuts: int = 10
    lr: float = 0.15
    decay: float = 2.2
    variation: float = 0.1
    seed: int = 0


def load_perceptor(directory: Path) -> tuple[CLIP, Tensor, Tensor]:
    """Return a frozen model, and the mean and standard deviation it was trained with."""
    model = open_clip.create_model(f"local-dir:{directory}").eval().requires_grad_(False)
    model.to(memory_format=torch.channels_last)
    normalisation = open_clip.get_model_preprocess_cfg(model)
    mean, std = (torch.tensor(normalisation[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    return model, mean, std


class Spectrum(nn.Module):
    """Pictures as spectra: low frequencies move first, colours are decorrelated."""

    def __init__(self, count: int, config: ProbeConfig) -> None:
        super().__init__()
        size = config.size
        fy, fx = torch.fft.fftfreq(size).view(-1, 1), torch.fft.rfftfreq(size).view(1, -1)
        scale = 1 / torch.hypot(fx, fy).clamp(min=1 / size) ** config.decay
        self.register_buffer("scale", scale / scale.square().mean().sqrt())
        self.register_buffer("colors", torch.tensor(COLOR).T / 0.4)
        dice = torch.Generator().manual_seed(config.seed)
        shape = (count, 3, size, size // 2 + 1, 2)
        self.values = nn.Parameter(torch.randn(shape, generator=dice) * 0.2)
        self.size = size

    def forward(self) -> Tensor:
        spectrum = torch.view_as_complex(self.values) * self.scale
        flat = torch.fft.irfft2(spectrum, s=(self.size, self.size), norm="ortho")
        return torch.sigmoid(4 * torch.einsum("bchw,cd->bdhw", flat, self.colors))


def cutouts(pictures: Tensor, cuts: int, size: int, dice: torch.Generator) -> Tensor:
    """Return ``cuts`` random views of each picture, ``(B * cuts, 3, size, size)``; a third show the
    whole.
    """
    count = pictures.shape[0] * cuts
    scale = 0.5 + 0.5 * torch.rand(count, generator=dice)
    whole = torch.rand(count, generator=dice) < 0.4
    scale = torch.where(whole, 0.95 + 0.2 * torch.rand(count, generator=dice), scale)
    angle = (torch.rand(count, generator=dice) - 0.5) * 0.2
    slack = (1 - scale).abs()
    matrix = torch.zeros(count, 2, 3)
    matrix[:, 0, 0] = matrix[:, 1, 1] = scale * torch.cos(angle)
    matrix[:, 1, 0] = scale * torch.sin(angle)
    matrix[:, 0, 1] = -matrix[:, 1, 0]
    matrix[:, :, 2] = (torch.rand(count, 2, generator=dice) * 2 - 1) * slack.view(-1, 1)
    grid = F.affine_grid(matrix, [count, 3, size, size], align_corners=False)
    many = (pictures - 0.5).repeat_interleave(cuts, 0)
    views = F.grid_sample(many, grid, padding_mode="zeros", align_corners=False) + 0.5
    return views + 0.03 * torch.randn(views.shape, generator=dice)


def paint(directory: Path, prompts: Sequence[str], config: ProbeConfig) -> Tensor:
    """Return one picture a prompt, ``(B, 3, size, size)`` in [0, 1]."""
    model, mean, std = load_perceptor(directory)
    tokenizer = load_tokenizer(directory, context_length=model.context_length)
    with torch.no_grad():
        text = F.normalize(model.encode_text(tokenizer(list(prompts))), dim=-1)
    drawer = Spectrum(len(prompts), config)
    optimizer = torch.optim.Adam(drawer.parameters(), lr=config.lr, betas=(0.9, 0.99))
    dice = torch.Generator().manual_seed(config.seed + 1)
    for step in range(config.steps):
        optimizer.param_groups[0]["lr"] = config.lr * min(1.0, (1 - step / config.steps) * 2 + 0.05)
        picture = drawer()
        views = cutouts(picture, config.cuts, 64, dice)
        inputs = ((views - mean) / std).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            image = model.encode_image(inputs)
        image = F.normalize(image.float(), dim=-1).view(len(prompts), config.cuts, -1)
        distance = (image - text.unsqueeze(1)).norm(dim=-1).div(2).arcsin().pow(2).mul(2)
        variation = picture.diff(dim=2).abs().mean() + picture.diff(dim=3).abs().mean()
        loss = distance.mean(1).sum() + config.variation * variation * len(prompts)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return drawer()


def main(arguments: Sequence[str] | None = None) -> None:
    """Paint the prompts and write a contact sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("out")
    parser.add_argument("--count", type=int, default=len(PROMPTS))
    for name, value in vars(ProbeConfig()).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    config = ProbeConfig(**{name: getattr(options, name) for name in vars(ProbeConfig())})
    sheet(paint(options.model, PROMPTS[: options.count], config), 6).save(options.out)


if __name__ == "__main__":
    main()
