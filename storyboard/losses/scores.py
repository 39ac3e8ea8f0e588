"""Scores that a linear model reads off a perceptor's embedding: beauty, memorability."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from storyboard.errors import BadValue
from storyboard.losses import LossContext, losses

MOST_BYTES = 200_000_000
"""Of a file of weights."""

MOST_LAYERS = 16

Layers = tuple[tuple[Tensor, Tensor], ...]
"""Weights (out, in) and biases (out,) of linear layers, one after the other."""


def score(embedding: Tensor, layers: Layers) -> Tensor:
    """Return the score of a unit vector (D,): a scalar.

    ``w (... W (x) + b ...) + c``: the layers are linear, as those of the models that score pictures
    by CLIP's embedding (AVA's, and LAION's, whose layers have nothing between them).
    """
    for weight, bias in layers:
        embedding = weight.to(embedding) @ embedding + bias.to(embedding)
    return embedding.squeeze()


@lru_cache(maxsize=4)
def _kept(file: Path, _changed: int) -> Layers:
    return read_layers(file)


def read_layers(file: Path) -> Layers:
    """Return the linear layers in ``file``, .safetensors or a plain state dict, in their order.

    Raises `BadValue` for a file that does not exist, is larger than `MOST_BYTES`, holds anything
    but linear layers that fit each other, or does not end in one number.
    """
    state = _state(file)
    names = sorted((n for n in state if n.endswith("weight")), key=_in_order)
    layers = [(state[n], state.get(n.removesuffix("weight") + "bias")) for n in names]
    if not 1 <= len(layers) <= MOST_LAYERS or any(weight.dim() != 2 for weight, _ in layers):
        raise BadValue(
            f"{file} holds no linear layers", hint="weights called ...weight and ...bias"
        )
    full = tuple((w, w.new_zeros(len(w)) if b is None else b) for w, b in layers)
    widths = [full[0][0].shape[1], *(len(weight) for weight, _ in full)]
    fits = all(
        w.shape[1] == n and b.shape == (len(w),) for (w, b), n in zip(full, widths, strict=False)
    )
    if not fits or widths[-1] != 1:
        raise BadValue(f"the layers of {file} do not lead from an embedding to one number")
    return full


def _state(file: Path) -> Mapping[str, Tensor]:
    if not file.is_file():
        raise BadValue(f"{file} does not exist", hint="the path is relative to the story")
    if file.stat().st_size > MOST_BYTES:
        raise BadValue(f"{file} is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        if file.suffix == ".safetensors":
            state = load_file(file)
        else:
            state = torch.load(file, map_location="cpu", weights_only=True)
    except (SafetensorError, OSError, RuntimeError, ValueError, KeyError, EOFError) as error:
        raise BadValue(f"{file} cannot be read as weights: {str(error)[:200]}") from None
    except Exception as error:  # torch's own unpickler raises whatever the bytes lead to
        raise BadValue(f"{file} cannot be read as weights: {type(error).__name__}") from None
    if not isinstance(state, Mapping):
        raise BadValue(f"{file} holds no weights by name")
    return {str(k): v.float() for k, v in state.items() if isinstance(v, Tensor)}


def _in_order(name: str) -> list[tuple[int, str]]:
    """Return a key by which ``layers.2`` comes before ``layers.10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"[._]", name)]


def _toward(name: str, scale: float, context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return ``((score - target) / scale)^2`` by the perceptor whose embedding the model reads."""
    chosen = losses.resolve(name, context.options)
    file: Path | None = chosen["model"]
    if file is None:
        raise BadValue(f"loss {name!r} needs a model")
    if context.embed is None:
        return lambda picture: 0 * picture.sum()
    embed, layers = context.embed, _kept(file, file.stat().st_mtime_ns if file.is_file() else 0)
    width, target = layers[0][0].shape[1], chosen["target"]

    def loss(picture: Tensor) -> Tensor:
        fitting = [one for one in embed(picture) if len(one) == width]
        if not fitting:
            message = f"{file} reads embeddings of {width} numbers, which no perceptor has"
            raise BadValue(message, hint="use the perceptor that it was trained for")
        off: Tensor = (score(fitting[0], layers) - target) / scale
        return off.square()

    return loss


def aesthetic_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return ``((score - target) / 10)^2``: scores of beauty go from 1 to 10."""
    return _toward("aesthetic", 10.0, context)


def memorability_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return ``(score - target)^2``: scores of memorability go from 0 to 1."""
    return _toward("memorability", 1.0, context)
