"""The networks that remove noise, one adapter for each family.

Convention: a `Network` takes latents (n, C, h, w), scaled as its schedule says, and `Words` of n
texts; it returns its raw prediction, (n, C, h, w), of which `Schedule.clean` makes clean latents.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from storyboard.drawers import Structure
from storyboard.drawers.texts import Words


@dataclass(frozen=True)
class Ask:
    """Inputs of a network beside the latents.

    Attributes:
        time: as the schedule has it for the step.
        words: of n texts.
        guidance: scale of guidance, for networks that take it as an input.
        size: (height, width) of the picture in pixels.
        hint: a structure to keep, whole latents of it covering the picture; None for none.
    """

    time: float
    words: Words
    guidance: float
    size: tuple[int, int]
    hint: Structure | None = None


class Network(Protocol):
    """A network that removes noise.

    Attributes:
        model: its module.
        channels: of the latents.
        guided: whether it takes the scale of guidance as an input.
        few: whether it was distilled for few steps without guidance, whatever its schedule says.
        patch: cells of the latents' grid along the edge of a token.
    """

    model: Any
    channels: int
    guided: bool
    few: bool
    patch: int

    def __call__(self, x: Tensor, ask: Ask) -> Tensor:
        """Return the prediction for n noisy latents."""


class UNet:
    """Stable Diffusion 1.x and 2.x, and SDXL, which takes a vector and sizes beside the words."""

    patch = 1
    few = False

    def __init__(self, model: Any, control: Any = None) -> None:
        self.model, self.control = model, control
        self.channels = int(model.config.in_channels)
        self.guided = model.config.time_cond_proj_dim is not None
        self.sized = model.config.addition_embed_type == "text_time"

    def __call__(self, x: Tensor, ask: Ask) -> Tensor:
        """Implement `Network`."""
        more: dict[str, Any] = {}
        if self.guided:
            width = self.model.config.time_cond_proj_dim
            more["timestep_cond"] = scale_embedding(ask.guidance, width).to(x).expand(len(x), -1)
        if self.sized:
            numbers = [*ask.size, 0, 0, *ask.size]  # original size, crop, wanted size
            ids = torch.tensor(numbers, dtype=x.dtype, device=x.device).expand(len(x), -1)
            more["added_cond_kwargs"] = {"text_embeds": ask.words.pooled, "time_ids": ids}
        x = x.contiguous(memory_format=torch.channels_last)
        time = torch.tensor(ask.time, dtype=torch.float32, device=x.device)
        kept = self._kept(x, time, ask, more)
        found: Tensor = self.model(x, time, ask.words.states, **more, **kept).sample
        return found

    def _kept(
        self, x: Tensor, time: Tensor, ask: Ask, more: Mapping[str, Any]
    ) -> dict[str, Tensor]:
        """Return what the ControlNet adds inside the UNet, so that the structure is kept."""
        if self.control is None or ask.hint is None or ask.hint.weight == 0:
            return {}
        down, middle = self.control(
            x,
            time,
            ask.words.states,
            ask.hint.picture.expand(len(x), -1, -1, -1),
            conditioning_scale=ask.hint.weight,
            return_dict=False,
            **more,
        )
        return {
            "down_block_additional_residuals": down,
            "mid_block_additional_residual": middle,
        }


class MMDiT:
    """Stable Diffusion 3."""

    guided = False
    few = False

    def __init__(self, model: Any) -> None:
        self.model = model
        self.channels = int(model.config.in_channels)
        self.patch = int(model.config.patch_size)

    def __call__(self, x: Tensor, ask: Ask) -> Tensor:
        """Implement `Network`."""
        found: Tensor = self.model(
            hidden_states=x,
            encoder_hidden_states=ask.words.states,
            pooled_projections=ask.words.pooled,
            timestep=torch.full((len(x),), ask.time, device=x.device),
        ).sample
        return found


class FluxTransformer:
    """Flux: squares of 2x2 cells are tokens, identified by row and column."""

    patch = 2

    def __init__(self, model: Any) -> None:
        self.model = model
        self.channels = int(model.config.in_channels) // self.patch**2
        self.guided = bool(model.config.guidance_embeds)
        self.few = not self.guided

    def __call__(self, x: Tensor, ask: Ask) -> Tensor:
        """Implement `Network`."""
        rows, columns = (side // self.patch for side in x.shape[2:])
        places = torch.zeros(rows, columns, 3, device=x.device)
        places[..., 1] = torch.arange(rows, device=x.device)[:, None]
        places[..., 2] = torch.arange(columns, device=x.device)
        scale = torch.full((len(x),), ask.guidance, device=x.device)
        found: Tensor = self.model(
            hidden_states=torch.nn.functional.pixel_unshuffle(x, 2).flatten(2).transpose(1, 2),
            encoder_hidden_states=ask.words.states,
            pooled_projections=ask.words.pooled,
            timestep=torch.full((len(x),), ask.time / 1000, device=x.device),
            img_ids=places.flatten(0, 1),
            txt_ids=places.new_zeros(ask.words.states.shape[1], 3),
            guidance=scale if self.guided else None,
        ).sample
        square = found.transpose(1, 2).reshape(len(x), -1, rows, columns)
        return torch.nn.functional.pixel_shuffle(square, 2)


def scale_embedding(guidance: float, width: int) -> Tensor:
    """Return the embedding of the scale of guidance for a distilled UNet, (1, width).

    1000 times the scale less 1, as sines and cosines (Meng et al. 2023).
    """
    half = width // 2
    rates = torch.exp(torch.arange(half) * (-math.log(10000.0) / (half - 1)))
    angles = 1000 * (guidance - 1) * rates
    return torch.cat([angles.sin(), angles.cos()])[None]
