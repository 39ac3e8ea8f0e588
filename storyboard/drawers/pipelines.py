"""A diffusion pipeline: a network that removes noise, a first stage, and text encoders.

Convention: pictures (B, 3, H, W) in [0, 1]; latents (B, C, h, w), each about of unit variance, h
and w being H and W over `Pipeline.factor`, rounded up; noise as in `storyboard.drawers.schedules`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from storyboard.drawers import Structure
from storyboard.drawers.adapters import Adapters, attach
from storyboard.drawers.features import answers
from storyboard.drawers.networks import Ask, FluxTransformer, MMDiT, Network, UNet
from storyboard.drawers.pipeline_files import (
    INDEX,
    MODEL_WEIGHTS,
    Layout,
    check_model,
    layout_of,
    read_json,
)
from storyboard.drawers.schedules import Schedule, of_scheduler
from storyboard.drawers.stages import Autoencoder, Stage, cropped, padded
from storyboard.drawers.texts import (
    T5,
    ClipBesideT5,
    ClipEncoder,
    ClipsAndT5,
    Encoder,
    OneClip,
    TwoClips,
    Words,
    each,
)
from storyboard.drawers.vdiffusion import NoWords, Pixels, VNetwork, levels, read
from storyboard.errors import BadValue, MissingWeights

TEXTS_KEPT = 64
"""Texts whose words a pipeline keeps."""

GUIDANCE, GUIDANCE_OF_FEW = 3.0, 1.0
"""Guidance where the story sets none, and for models that were distilled for few steps."""


@dataclass(frozen=True)
class Pipeline:
    """The networks of a diffusion model, frozen, for pictures of one size.

    Attributes:
        network: predicts what is noise.
        stage: the first stage.
        encoder: texts to words.
        schedule: the levels of noise.
        size: (height, width) of the pictures in pixels.
        device: of everything.
        precision: of the networks' arithmetic.
        adapters: the LoRAs; None without any.
    """

    network: Network
    stage: Stage
    encoder: Encoder
    schedule: Schedule
    size: tuple[int, int]
    device: torch.device
    precision: torch.dtype
    adapters: Adapters | None = None
    _words: dict[str, Words] = field(default_factory=dict)

    @property
    def factor(self) -> int:
        """Return the pixels along the edge of a latent."""
        return self.stage.factor

    @property
    def multiple(self) -> int:
        """Return what the sides of a picture are padded to a multiple of, in pixels."""
        return self.factor * self.network.patch

    @property
    def grid(self) -> tuple[int, int, int, int]:
        """Return the shape of the latents."""
        rows, columns = (-(-side // self.multiple) * self.network.patch for side in self.size)
        return 1, self.network.channels, rows, columns

    @property
    def reads(self) -> bool:
        """Return whether the model reads texts; else vectors or the objectives alone lead it."""
        return not isinstance(self.encoder, NoWords)

    @property
    def guidance(self) -> float:
        """Return how strongly texts should lead where nothing is set."""
        few = self.schedule.few or self.network.few
        if isinstance(self.encoder, NoWords) and not self.encoder.width:
            return GUIDANCE_OF_FEW
        return GUIDANCE_OF_FEW if few and not self.network.guided else GUIDANCE

    @torch.no_grad()
    def words(self, text: str) -> Words:
        """Return the words of a text; texts that are too long are cut."""
        if text not in self._words:
            if len(self._words) >= TEXTS_KEPT:
                self._words.clear()
            self._words[text] = each(lambda part: part.to(self.device), self.encoder(text))
        return self._words[text]

    def weigh(self, weights: Sequence[float]) -> None:
        """Set the weights of the LoRAs, in the order of their files."""
        if self.adapters is not None and self.adapters.weigh(weights):
            self._words.clear()

    def encode(self, picture: Tensor) -> Tensor:
        """Return the latents of a picture; its borders are padded by repeating the outermost."""
        with self._autocast(wide=True):
            return self.stage.encode(padded(picture, self.multiple)).float()

    def features(self, picture: Tensor) -> dict[str, Tensor]:
        """Return the answers of the encoder's levels to a picture, by name; differentiable."""
        with answers(self.stage.levels()) as found:
            self.encode(picture)
        return found

    def decode(self, latents: Tensor) -> Tensor:
        """Return the picture (1, 3, H, W) of latents, clamped to [0, 1], differentiable."""
        with self._autocast(wide=True):
            whole = self.stage.decode(latents.contiguous(memory_format=torch.channels_last)).float()
        return cropped(whole, self.size).clamp(0, 1)

    @torch.no_grad()
    def clean(
        self,
        x: Tensor,
        step: int,
        words: Words,
        *,
        guidance: float = 1.0,
        hint: Structure | None = None,
    ) -> Tensor:
        """Return the clean latents (n, C, h, w) that are predicted for each of n ``words`` from the
        same noisy ``x`` (1, C, h, w).

        Only a network that is ``guided`` heeds ``guidance``, and one with a ControlNet ``hint``.
        """
        if hint is not None:
            hint = Structure(padded(hint.picture, self.multiple), hint.weight)
        schedule = self.schedule
        seen = (float(schedule.scale[step]) * x).expand(len(words), -1, -1, -1)
        ask = Ask(float(schedule.time[step]), words, guidance, self.size, hint)
        with self._autocast():
            predicted = self.network(seen, ask).float()
        return schedule.clean(x, predicted, step)

    def _autocast(self, *, wide: bool = False) -> AbstractContextManager[Any]:
        """Return the number format of a block; ``wide`` where float16 would overflow, as first
        stages do.
        """
        if self.precision == torch.float32 or (wide and self.precision == torch.float16):
            return nullcontext()
        return torch.autocast(self.device.type, self.precision)


@dataclass
class _Parts:
    """Parts of a folder, loaded once and shared by the pipelines of all sizes."""

    network: Network
    stage: Stage
    encoder: Encoder
    scheduler: Mapping[str, Any]
    adapters: Adapters | None
    words: dict[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Extras:
    """Additions to the model in a folder.

    Attributes:
        loras: files of LoRAs.
        controlnet: the folder of a ControlNet for it.
        little: whether there is little memory: text encoders then stay on the CPU, and large
            pictures are encoded and decoded in tiles.
    """

    loras: tuple[Path, ...] = ()
    controlnet: Path | None = None
    little: bool = False


PLAIN_MODEL = Extras()


def load(
    folder: Path,
    device: torch.device,
    size: tuple[int, int],
    *,
    precision: str | None = None,
    extras: Extras = PLAIN_MODEL,
) -> Pipeline:
    """Return the pipeline in ``folder`` for pictures of ``size``, without any network.

    Args:
        folder: a diffusers pipeline, of which only safetensors are read.
        device: where it works.
        size: (height, width) in pixels.
        precision: ``fp32``, ``bf16`` or ``fp16``; None for what suits the device.
        extras: what is added to it.

    Raises `MissingWeights` that names the part that cannot be used.
    """
    number = PRECISIONS[precision] if precision else _suiting(device)
    if not folder.is_dir():
        return _of_pixels(folder, device, size, number)
    parts = _loaded(folder, device, _stored(folder, device, number), extras)
    patch = parts.stage.factor * parts.network.patch
    places = -(-size[0] // patch) * -(-size[1] // patch)
    try:
        schedule = of_scheduler(parts.scheduler, places)
    except BadValue as error:
        raise MissingWeights(f"{folder / 'scheduler'}: {error}") from None
    network = parts.network
    if extras.controlnet is not None and isinstance(network, UNet):
        network = UNet(network.model, _control(extras.controlnet, device))
    return Pipeline(
        network,
        parts.stage,
        parts.encoder,
        schedule,
        size,
        device,
        number,
        parts.adapters,
        parts.words,
    )


def _of_pixels(
    file: Path, device: torch.device, size: tuple[int, int], number: torch.dtype
) -> Pipeline:
    """Return the pipeline of a v-diffusion checkpoint."""
    network = _read(file, device)
    words = NoWords(network.width, device)
    return Pipeline(network, Pixels(), words, levels(network), size, device, number)


@lru_cache(maxsize=2)
def _read(file: Path, device: torch.device) -> VNetwork:
    try:
        check_model(file)
        return read(file, device)
    except BadValue as error:
        raise MissingWeights(error.message) from None


PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def _suiting(device: torch.device) -> torch.dtype:
    """Return bfloat16 on CUDA where the card computes in it, else float32."""
    fast = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if fast else torch.float32


def _stored(folder: Path, device: torch.device, number: torch.dtype) -> torch.dtype:
    """Return the type that weights are kept in: transformers are too large to be kept in more bits
    than a card computes in.
    """
    large = "transformer" in layout_of(folder).parts
    return number if large and device.type == "cuda" else torch.float32


@lru_cache(maxsize=2)
def _loaded(
    folder: Path,
    device: torch.device,
    stored: torch.dtype,
    extras: Extras,
) -> _Parts:
    layout = layout_of(folder)
    with _quiet():
        modules = {
            part: _module(folder, part, layout, stored)
            for part in layout.parts
            if part in MODEL_WEIGHTS and part != "vae"
        }
        adapters = attach(extras.loras, layout.family, modules) if extras.loras else None
        for part, module in modules.items():
            place = torch.device("cpu") if extras.little and part.startswith("text") else device
            module.to(place).eval().requires_grad_(False)
        network = _network(folder, layout.family, modules)
        stage = _part(folder, "vae", _load_stage).to(device)
        if extras.little:
            stage.vae.enable_tiling()
        encoder = _encoder(folder, layout, modules)
    scheduler = read_json(folder / "scheduler" / "scheduler_config.json")
    return _Parts(network, stage, encoder, scheduler, adapters)


def _module(folder: Path, part: str, layout: Layout, stored: torch.dtype) -> Any:
    """Return a network or a text encoder of the class that the layout names."""
    name = layout.parts[part]  # one of FAMILIES
    if part == "unet":
        return _part(folder, part, _load_unet)
    if part == "transformer":
        return _part(folder, part, lambda path: _load_transformer(path, name, stored))
    return _part(folder, part, lambda path: _load_text(path, name, stored))


def _network(folder: Path, family: str, modules: Mapping[str, Any]) -> Network:
    if family == "sd3":
        return MMDiT(modules["transformer"])
    if family == "flux":
        return FluxTransformer(modules["transformer"])
    unet = modules["unet"]
    known = "text_time" if family == "sdxl" else None
    if unet.config.addition_embed_type != known or unet.config.class_embed_type:
        raise MissingWeights(f"{folder / 'unet'} asks for more than texts, which is not supported")
    return UNet(unet.to(memory_format=torch.channels_last))


def _encoder(folder: Path, layout: Layout, modules: Mapping[str, Any]) -> Encoder:
    """Return the text encoder of a family, made of all the folder's own."""

    def clip(number: str) -> ClipEncoder:
        tokens = _part(folder, f"tokenizer{number}", _load_tokens)
        return ClipEncoder(modules[f"text_encoder{number}"], tokens)

    def t5(number: str, length: int) -> T5:
        tokens = _part(folder, f"tokenizer{number}", _load_pieces)
        return T5(modules[f"text_encoder{number}"], tokens, min(length, tokens.model_max_length))

    if layout.family == "sd":
        return OneClip(clip(""))
    if layout.family == "sdxl":
        blank = _flag(folder, "force_zeros_for_empty_prompt")
        return TwoClips((clip(""), clip("_2")), blank)
    if layout.family == "flux":
        return ClipBesideT5(clip(""), t5("_2", 512))
    far = t5("_3", 256) if {"text_encoder_3", "tokenizer_3"} <= set(layout.parts) else None
    width = modules["transformer"].config.joint_attention_dim
    return ClipsAndT5((clip(""), clip("_2")), far, width, far.length if far else 256)


@lru_cache(maxsize=2)
def _control(folder: Path, device: torch.device) -> Any:
    with _quiet():
        network = _part(folder, ".", _load_control)
    return network.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)


def _load_control(folder: Path) -> Any:
    from diffusers import ControlNetModel

    return ControlNetModel.from_pretrained(folder, **_SAFE).float()


def _flag(folder: Path, name: str) -> bool:
    return bool(read_json(folder / INDEX).get(name, True))


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


def _load_transformer(folder: Path, name: str, stored: torch.dtype) -> Any:
    import diffusers

    kind = getattr(diffusers, name)
    return kind.from_pretrained(folder, torch_dtype=stored, **_SAFE)


def _load_text(folder: Path, name: str, stored: torch.dtype) -> Any:
    import transformers

    kind = getattr(transformers, name)
    return kind.from_pretrained(folder, use_safetensors=True, local_files_only=True, dtype=stored)


def _load_tokens(folder: Path) -> Any:
    from transformers import CLIPTokenizer

    return CLIPTokenizer.from_pretrained(folder, local_files_only=True)


def _load_pieces(folder: Path) -> Any:
    from transformers import T5TokenizerFast

    return T5TokenizerFast.from_pretrained(folder, local_files_only=True)


_SAFE: dict[str, Any] = {
    "use_safetensors": True,
    "local_files_only": True,
    "low_cpu_mem_usage": False,
}


def _load_stage(folder: Path) -> Autoencoder:
    from diffusers import AutoencoderKL

    unshuffle = read_json(folder / "config.json").get("pixel_unshuffle", 1)
    return Autoencoder(AutoencoderKL.from_pretrained(folder, **_SAFE).float(), unshuffle)


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
