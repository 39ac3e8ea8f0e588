"""v-diffusion checkpoints: UNets on pixels whose plan is read from the names of their weights.

The layouts that such files have (yfcc_1, yfcc_2, cc12m_1, cc12m_1_cfg, wikiart_128, wikiart_256)
are one grammar, so no width or depth is written down here. ``net`` is a row of numbered layers:

- a residual block of two 3x3 convolutions, at ``main.0`` and ``main.2``, or, where a vector
  modulates it, ``main.0`` (``main.2.layer`` its modulation) and ``main.4`` (``main.6.layer``);
- attention over all positions, ``qkv_proj`` and ``out_proj``, with or without a ``norm``;
- a level of half the resolution, a row of such layers at ``main``, beside its own input.

Convention: pictures (B, 3, H, W) in [-1, 1], H and W multiples of 2 to the number of levels; the
networks predict ``v = signal * noise - sigma * clean``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from storyboard.drawers.checkpoints import read_tensors, shapes
from storyboard.drawers.networks import Ask
from storyboard.drawers.schedules import Schedule, preserving
from storyboard.drawers.texts import Words

CONDITION = "ViT-B-16/openai"
"""The perceptor whose embeddings the conditioned networks were trained with."""

STEPS = 1000
"""Levels of noise of the ladder; the networks themselves take any."""

_DDPM_FROM, _COSINE_TO = 0.48536712, 0.80074257
"""Where the two halves of the levels meet, as times of DDPM's levels and of the cosine."""


class Pixels:
    """The picture itself as latents: a `storyboard.drawers.stages.Stage`."""

    factor = 1

    def encode(self, pictures: Tensor) -> Tensor:
        """Implement `Stage.encode`."""
        return pictures * 2 - 1

    def decode(self, latents: Tensor) -> Tensor:
        """Implement `Stage.decode`."""
        return latents / 2 + 0.5

    def levels(self) -> Mapping[str, nn.Module]:
        """Implement `Stage.levels`: there are none."""
        return {}


@dataclass
class NoWords:
    """Texts as a network takes them that reads none: a vector of ``width`` zeros."""

    width: int
    device: torch.device

    def __call__(self, text: str) -> Words:
        """Implement `storyboard.drawers.texts.Encoder`."""
        none = torch.zeros(1, 0, 0, device=self.device)
        return Words(none, torch.zeros(1, self.width, device=self.device))


class VNetwork:
    """A network that `storyboard.drawers.networks.Network` describes, from its weights alone."""

    guided, few, channels = False, False, 3

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        self.model = self.weights = dict(weights)
        attends = [name for name in weights if name.endswith("qkv_proj.weight")]
        normed = any(name.endswith("norm.weight") for name in weights)
        self.older = not normed
        self.head = 64 if normed else 128
        self.rectified = not attends  # wikiart_128 alone: its output goes through a ReLU
        self.patch = 2 ** max(name.count("main.") for name in weights if _CONV.search(name)) // 2
        mapping = self.weights.get("mapping.0.main.0.weight")
        waves = self.weights.get("mapping_timestep_embed.weight")
        self.width = 0 if mapping is None or waves is None else mapping.shape[1] - 2 * len(waves)

    def __call__(self, x: Tensor, ask: Ask) -> Tensor:
        """Implement `Network`."""
        time = torch.full((len(x), 1), ask.time, device=x.device)
        waves = _waves(time, self.weights["timestep_embed.weight"])
        planes = waves[..., None, None].expand(-1, -1, *x.shape[2:])
        given = self._mapped(time, ask.words.pooled) if self.width else None
        return self._row("net.", torch.cat([x, planes], dim=1), given, outermost=True)

    def _mapped(self, time: Tensor, vector: Tensor) -> Tensor:
        """Return the vector that modulates all blocks, (B, D)."""
        length = self.width**0.5
        waves = _waves(time, self.weights["mapping_timestep_embed.weight"])
        x = torch.cat([F.normalize(vector, dim=-1) * length, waves], dim=1)
        for number in (0, 1):
            name = f"mapping.{number}."
            inside = F.relu(F.linear(x, *self._pair(f"{name}main.0")))
            inside = F.linear(inside, *self._pair(f"{name}main.2"))
            beside = self.weights.get(f"{name}skip.weight")
            x = (F.relu(inside) if number == 0 else inside) + (
                x if beside is None else F.linear(x, beside)
            )
        return x

    def _row(self, prefix: str, x: Tensor, given: Tensor | None, *, outermost: bool) -> Tensor:
        """Return what the numbered layers under ``prefix`` make of ``x``, one after the other."""
        numbers = _children(self.weights, prefix)
        for number in numbers:
            name = f"{prefix}{number}."
            last = outermost and number == numbers[-1]
            if f"{name}qkv_proj.weight" in self.weights:
                x = self._attention(name, x)
            elif f"{name}main.0.weight" in self.weights:
                x = self._block(name, x, given, last=last)
            else:
                x = self._level(name, x, given)
        return x

    def _level(self, name: str, x: Tensor, given: Tensor | None) -> Tensor:
        """Return ``x`` beside what half the resolution makes of it."""
        small = self._row(f"{name}main.", F.avg_pool2d(x, 2), given, outermost=False)
        if self.older:
            return torch.cat([x, F.interpolate(small, scale_factor=2.0, mode="nearest")], dim=1)
        large = F.interpolate(small, scale_factor=2.0, mode="bilinear", align_corners=False)
        return torch.cat([large, x], dim=1)

    def _block(self, name: str, x: Tensor, given: Tensor | None, *, last: bool) -> Tensor:
        second = 2 if given is None else 4
        inside = F.conv2d(x, *self._pair(f"{name}main.0"), padding=1)
        inside = F.relu(self._modulated(f"{name}main.2", inside, given))
        inside = F.conv2d(inside, *self._pair(f"{name}main.{second}"), padding=1)
        if not last or self.rectified:
            inside = F.relu(self._modulated(f"{name}main.6", inside, given))
        beside = self.weights.get(f"{name}skip.weight")
        return inside + (x if beside is None else F.conv2d(x, beside))

    def _modulated(self, name: str, x: Tensor, given: Tensor | None) -> Tensor:
        """Return ``x`` normalised, scaled and shifted by ``given``; itself without."""
        if given is None:
            return x
        scale, shift = F.linear(given, self.weights[f"{name}.layer.weight"]).chunk(2, dim=-1)
        normal = F.group_norm(x, 1)
        return normal * (scale[..., None, None] + 1) + shift[..., None, None]

    def _attention(self, name: str, x: Tensor) -> Tensor:
        count, channels, *sides = x.shape
        heads = max(channels // self.head, 1)
        seen = F.group_norm(x, 1, *self._pair(f"{name}norm")) if not self.older else x
        parts = F.conv2d(seen, *self._pair(f"{name}qkv_proj"))
        parts = parts.reshape(count, 3, heads, channels // heads, -1).transpose(3, 4)
        query, key, value = parts.unbind(1)
        found = F.scaled_dot_product_attention(query, key, value)
        found = found.transpose(2, 3).reshape(count, channels, *sides)
        return x + F.conv2d(found, *self._pair(f"{name}out_proj"))

    def _pair(self, name: str) -> tuple[Tensor, Tensor]:
        return self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]


_CONV = re.compile(r"^net\..*main\.0\.weight$")


def _waves(time: Tensor, rates: Tensor) -> Tensor:
    """Return cosines and sines of times (B, 1), (B, 2 R)."""
    angles = 2 * math.pi * time @ rates.T
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


def _children(names: Iterable[str], prefix: str) -> list[int]:
    """Return the numbers that follow ``prefix`` in ``names``, in order."""
    following = (name[len(prefix) :].partition(".")[0] for name in names if name.startswith(prefix))
    return sorted({int(number) for number in following if number.isdigit()})


def read(file: Path, device: torch.device) -> VNetwork:
    """Return the network in ``file``; nothing in the file is run. Raises `BadValue`."""
    weights = read_tensors(file, list(shapes(file)))
    return VNetwork({name: value.float().to(device) for name, value in weights.items()})


def levels(network: VNetwork) -> Schedule:
    """Return the levels of noise: DDPM's, with the cosine's toward clean for the later networks,
    which take the time itself; the older ones take the logarithm of the signal-to-noise ratio.
    """
    even = torch.arange(1, STEPS + 1, dtype=torch.float64) / STEPS
    if network.older:
        time = _ddpm(even)
    else:
        late = even * (1 + _COSINE_TO - _DDPM_FROM)
        noisy = _ddpm((late + _DDPM_FROM - _COSINE_TO).clamp(min=0))
        time = torch.where(late < _COSINE_TO, late, noisy)
    signal, sigma = torch.cos(time * math.pi / 2), torch.sin(time * math.pi / 2)
    schedule = preserving(signal**2, "v_prediction")
    return replace(schedule, time=2 * (signal / sigma).log() if network.older else time)


def _ddpm(even: Tensor) -> Tensor:
    """Return the times at which the cosine has the levels of DDPM (Ho et al. 2020)."""
    ratio = torch.special.expm1(1e-4 + 10 * even**2)  # sigma^2 / signal^2
    return torch.atan(ratio.sqrt()) * 2 / math.pi
