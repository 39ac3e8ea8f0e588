"""Dreams: a layer of a perceptor answers as loudly as it can."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from storyboard.errors import BadValue, did_you_mean
from storyboard.losses import LossContext, losses


def loudness(layer: Tensor) -> Tensor:
    """Return ``ln(1 + mean(a^2))`` of the activations of a layer, of any shape.

    The objective of DeepDream (Mordvintsev, Olah and Tyka, "Inceptionism", 2015), with a logarithm
    that keeps its slope of the same order for every layer. 0 for a silent layer.
    """
    return torch.log1p(layer.square().mean())


def answer_of(layers: Mapping[str, Tensor], name: str | None, channel: int | None) -> Tensor:
    """Return the layer ``name``, the middle one for None, and of it one ``channel`` or all.

    Raises `BadValue` for a layer or a channel that does not exist.
    """
    names = list(layers)
    name = names[len(names) // 2] if name is None else name
    if name not in layers:
        known = f"expected one of: {', '.join(names)}"
        raise BadValue(f"layer: unknown layer {name!r}", hint=did_you_mean(name, names) or known)
    found = layers[name]
    if channel is None:
        return found
    if channel >= found.shape[1]:
        raise BadValue(f"channel: layer {name!r} has channels 0 to {found.shape[1] - 1}")
    return found[:, channel]


def dream_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return minus the mean `loudness` over the perceptors, of the layer and channel asked for; 0
    without a perceptor.
    """
    chosen: dict[str, Any] = losses.resolve("dream", context.options)
    if context.layers is None:
        return lambda picture: 0 * picture.sum()
    layers = context.layers

    def dream(picture: Tensor) -> Tensor:
        found = [answer_of(one, chosen["layer"], chosen["channel"]) for one in layers(picture)]
        return -torch.stack([loudness(one) for one in found]).mean()

    return dream
