"""Loads a diffusion pipeline: a UNet that removes noise, a first stage, and a text encoder.

Convention: pictures (B, 3, H, W) in [0, 1]; latents (B, C, h, w), each about of unit variance, h
and w being H and W over `Pipeline.factor`, rounded up; a noisy latent is ``signal * clean + sigma *
noise`` with ``signal^2 + sigma^2 = 1``, by timestep from 0 (clean) to ``len(alphas) - 1``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.drawers.pipeline_files import classes_of, read_json
from storyboard.errors import MissingWeights

TEXTS_KEPT = 64
"""Texts whose states a pipeline keeps."""


class Stage(Protocol):
    """A first stage: pictures to latents and back."""

    factor: int

    def encode(self, pictures: Tensor) -> Tensor:
        """Return latents of pictures whose sides are multiples of ``factor``."""

    def decode(self, latents: Tensor) -> Tensor:
        """Return pictures, not clamped, differentiable."""


@dataclass
class Pipeline:
    """The networks of a diffusion model, frozen.

    Attributes:
        unet: (x (B, C, h, w), timestep, words (B, L, D)) to its prediction, see ``predicts``.
        stage: the first stage.
        text: ids (B, L) to states (B, L, D).
        tokens: texts to ids.
        alphas: (T,) float64, ``signal^2`` by timestep; falling.
        predicts: ``v_prediction``, ``epsilon`` or ``sample``.
        channels: of the latents.
        device: of everything.
        precision: of the networks' arithmetic.
    """

    unet: Any
    stage: Stage
    text: Any
    tokens: Any
    alphas: Tensor
    predicts: str
    channels: int
    device: torch.device
    precision: torch.dtype
    _words: dict[str, Tensor] = field(default_factory=dict)

    @property
    def factor(self) -> int:
        """Return the pixels along the edge of a latent."""
        return self.stage.factor

    @torch.no_grad()
    def words(self, text: str) -> Tensor:
        """Return the states of a text, (1, L, D); texts that are too long are cut."""
        if text not in self._words:
            if len(self._words) >= TEXTS_KEPT:
                self._words.clear()
            length = self.text.config.max_position_embeddings
            ids = self.tokens(
                [text],
                padding="max_length",
                truncation=True,
                max_length=length,
                return_tensors="pt",
            ).input_ids.to(self.device)
            self._words[text] = self.text(input_ids=ids).last_hidden_state.float()
        return self._words[text]

    def encode(self, picture: Tensor) -> Tensor:
        """Return the latents of a picture of any size; its borders are padded by reflection."""
        with self._autocast():
            return self.stage.encode(padded(picture, self.factor)).float()

    def decode(self, latents: Tensor, size: tuple[int, int]) -> Tensor:
        """Return the picture (1, 3, *size) of latents, clamped to [0, 1], differentiable."""
        with self._autocast():
            whole = self.stage.decode(latents.contiguous(memory_format=torch.channels_last)).float()
        return cropped(whole, size).clamp(0, 1)

    def grid(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return the shape of the latents of a picture of ``size``, (height, width)."""
        return 1, self.channels, -(-size[0] // self.factor), -(-size[1] // self.factor)

    @property
    def distilled(self) -> bool:
        """Return whether the UNet takes the scale of guidance as an input."""
        return self.unet.config.time_cond_proj_dim is not None

    @torch.no_grad()
    def clean(self, x: Tensor, timestep: int, words: Tensor, *, guidance: float = 1.0) -> Tensor:
        """Return the clean latents (n, C, h, w) that are predicted for each of ``words`` (n, L, D)
        from the same noisy ``x`` (1, C, h, w). Only a distilled UNet heeds ``guidance``.
        """
        many = x.expand(len(words), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        step = torch.tensor(timestep, device=self.device)
        more = {}
        if self.distilled:
            width = self.unet.config.time_cond_proj_dim
            more["timestep_cond"] = scale_embedding(guidance, width).to(x).expand(len(words), -1)
        with self._autocast():
            predicted: Tensor = self.unet(many, step, words, **more).sample.float()
        signal, sigma = self.at(timestep)
        if self.predicts == "v_prediction":
            predicted = signal * x - sigma * predicted
        elif self.predicts == "epsilon":
            predicted = (x - sigma * predicted) / max(signal, 1e-4)
        return predicted

    def at(self, timestep: int) -> tuple[float, float]:
        """Return signal and sigma at a timestep; (1, 0) for -1, where all noise is gone."""
        if timestep < 0:
            return 1.0, 0.0
        alpha = float(self.alphas[timestep])
        return alpha**0.5, (1 - alpha) ** 0.5

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.precision == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.precision)


def scale_embedding(guidance: float, width: int) -> Tensor:
    """Return the embedding of the scale of guidance for a distilled UNet, (1, width).

    1000 times the scale less 1, as sines and cosines (Meng et al. 2023).
    """
    half = width // 2
    rates = torch.exp(torch.arange(half) * (-math.log(10000.0) / (half - 1)))
    angles = 1000 * (guidance - 1) * rates
    return torch.cat([angles.sin(), angles.cos()])[None]


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


@lru_cache(maxsize=2)
def load(folder: Path, device: torch.device) -> Pipeline:
    """Return the pipeline in ``folder``, from safetensors only, without any network.

    Raises `MissingWeights` that names the part that cannot be used.
    """
    classes_of(folder)
    with _quiet():
        unet = _part(folder, "unet", _load_unet).to(device, memory_format=torch.channels_last)
        stage = _part(folder, "vae", _load_stage).to(device)
        text = _part(folder, "text_encoder", _load_text).to(device)
        tokens = _part(folder, "tokenizer", _load_tokens)
        schedule = _part(folder, "scheduler", _load_schedule)
    if unet.config.addition_embed_type or unet.config.class_embed_type:
        raise MissingWeights(f"{folder / 'unet'} asks for more than a text, which is not supported")
    return Pipeline(
        unet.eval().requires_grad_(False),
        stage,
        text.eval().requires_grad_(False),
        tokens,
        schedule.alphas_cumprod.double(),
        schedule.config.prediction_type,
        unet.config.in_channels,
        device,
        _precision(device),
    )


def _part(folder: Path, name: str, load_part: Any) -> Any:
    """Return a part of the pipeline. Raises `MissingWeights` in place of whatever goes wrong."""
    try:
        return load_part(folder / name)
    except MissingWeights:
        raise
    except Exception as error:  # the libraries raise all sorts
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise MissingWeights(f"{folder / name} cannot be loaded: {first}") from error


def _load_unet(folder: Path) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel.from_pretrained(folder, **_SAFE).float()


def _load_text(folder: Path) -> Any:
    from transformers import CLIPTextModel

    return CLIPTextModel.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, dtype=torch.float32
    )


def _load_tokens(folder: Path) -> Any:
    from transformers import CLIPTokenizer

    return CLIPTokenizer.from_pretrained(folder, local_files_only=True)


def _load_schedule(folder: Path) -> Any:
    """Return a scheduler with the folder's noise schedule, whichever sampler it was made for."""
    from diffusers import DDIMScheduler

    config = read_json(folder / "scheduler_config.json")
    if "num_train_timesteps" not in config or config.get("prediction_type") == "flow_prediction":
        raise MissingWeights(f"{folder} has no noise schedule of the kind that is supported")
    names = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "trained_betas",
             "prediction_type", "rescale_betas_zero_snr")  # fmt: skip
    return DDIMScheduler(**{name: config[name] for name in names if name in config})


_SAFE: dict[str, Any] = {
    "use_safetensors": True,
    "local_files_only": True,
    "low_cpu_mem_usage": False,
}


class _Autoencoder:
    """diffusers' ``AutoencoderKL`` as a `Stage`.

    A configuration with ``pixel_unshuffle: n`` is of networks that see n x n pixels as channels.
    """

    def __init__(self, vae: Any, unshuffle: int) -> None:
        self.vae = vae.eval().requires_grad_(False)
        self.unshuffle = unshuffle
        self.factor = unshuffle * 2 ** (len(vae.config.block_out_channels) - 1)
        self.mean, self.spread = _moments(vae.config)

    def to(self, device: torch.device) -> _Autoencoder:
        """Move the networks; return the stage itself."""
        self.vae.to(device, memory_format=torch.channels_last)
        self.mean, self.spread = self.mean.to(device), self.spread.to(device)
        return self

    def encode(self, pictures: Tensor) -> Tensor:
        """As `Stage`."""
        seen = F.pixel_unshuffle(pictures * 2 - 1, self.unshuffle)
        seen = seen.contiguous(memory_format=torch.channels_last)
        latents: Tensor = self.vae.encode(seen).latent_dist.mode()
        return (latents - self.mean) / self.spread

    def decode(self, latents: Tensor) -> Tensor:
        """As `Stage`."""
        seen: Tensor = self.vae.decode(latents * self.spread + self.mean).sample
        return F.pixel_shuffle(seen, self.unshuffle) / 2 + 0.5


def _moments(config: Any) -> tuple[Tensor, Tensor]:
    """Return mean and deviation of latents before they are normalised, (1, C or 1, 1, 1) each."""
    if config.latents_mean is not None and config.latents_std is not None:
        mean, spread = torch.tensor(config.latents_mean), torch.tensor(config.latents_std)
    else:
        mean, spread = torch.tensor([config.shift_factor or 0.0]), torch.ones(1)
    return mean.view(1, -1, 1, 1), spread.view(1, -1, 1, 1) / config.scaling_factor


def _load_stage(folder: Path) -> _Autoencoder:
    from diffusers import AutoencoderKL

    unshuffle = read_json(folder / "config.json").get("pixel_unshuffle", 1)
    return _Autoencoder(AutoencoderKL.from_pretrained(folder, **_SAFE).float(), unshuffle)


def _precision(device: torch.device) -> torch.dtype:
    """Return bfloat16 on CUDA where the card computes in it, else float32.

    It follows from the kind of device, which a film that has begun keeps to: on CPUs always
    float32, or a film that moves to a processor with bfloat16 would go on otherwise.
    """
    fast = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if fast else torch.float32


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' progress bars and remarks off the terminal."""
    from diffusers.utils import logging as of_diffusers
    from transformers.utils import logging as of_transformers

    levels = of_diffusers.get_verbosity(), of_transformers.get_verbosity()
    bars = of_transformers.is_progress_bar_enabled()
    of_diffusers.set_verbosity_error()
    of_transformers.set_verbosity_error()
    of_transformers.disable_progress_bar()
    try:
        yield
    finally:
        of_diffusers.set_verbosity(levels[0])
        of_transformers.set_verbosity(levels[1])
        if bars:
            of_transformers.enable_progress_bar()
