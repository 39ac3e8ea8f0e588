"""The layers of a coordinate network: how they begin, are evaluated, and renew their units.

Convention: a layer is one matrix (out, in + 1) whose last column is the bias. ``layers[0]`` is
(width, 3) and takes places (x, y, 1) in half picture heights; ``layers[-1]`` is (3, width + 1).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

Layers = list[Tensor]

COARSEST = 0.06
"""Waves along the height below which a unit of the first layer is as good as constant."""

_GRAIN = 2.0
"""Waves along the height from which a fresh network weighs finer units less, against grain."""

_STRIP = 1 << 16
"""Places evaluated at a time: bounds the memory at any size of the picture."""

_PROBES = 1024
"""Places at which the rest of the first layer is fitted to a unit that leaves."""

_RIDGE = 1e-6
"""How strongly that fit tends to zero, relative to the mean square of a unit."""


def fresh_layers(
    width: int, depth: int, finest: float, chance: torch.Generator, *, strength: float
) -> Layers:
    """Return random layers.

    The frequencies of the first layer are spread evenly over the octaves from `COARSEST` to
    ``finest`` waves along the height, so that a zoom leaves as many as it brings.

    Args:
        width: units of a layer.
        depth: layers of ``width`` by ``width`` after the first.
        finest: highest frequency.
        chance: source of chance.
        strength: deviation of the output.
    """
    octaves = torch.rand(width, generator=chance)
    first = _units(COARSEST * (finest / COARSEST) ** octaves, chance)
    bound = (6 / width) ** 0.5
    hidden = [
        bound * (2 * torch.rand(width, width + 1, generator=chance) - 1) for _ in range(depth)
    ]
    share = (1 + first[:, :2].norm(dim=1) / torch.pi / _GRAIN) ** -0.5
    hidden[0][:, :-1] *= share / share.square().mean().sqrt()
    last = torch.randn(3, width + 1, generator=chance) * strength * (2 / width) ** 0.5
    last[:, -1] = 0
    return [first, *hidden, last]


def _units(frequency: Tensor, chance: torch.Generator) -> Tensor:
    """Return units of the first layer, (n, 3), of given frequencies, (n,), in any direction."""
    angle, phase = 2 * torch.pi * torch.rand(2, len(frequency), generator=chance)
    slope = torch.pi * frequency
    return torch.stack([slope * angle.cos(), slope * angle.sin(), phase], 1)


def evaluate(places: Tensor, layers: Layers) -> Tensor:
    """Return the output of the network at places, (n, 3): (n, 3)."""
    values = torch.sin(places @ layers[0].T)
    for layer in layers[1:-1]:
        values = torch.sin(torch.addmm(layer[:, -1], values, layer[:, :-1].T))
    return torch.addmm(layers[-1][:, -1], values, layers[-1][:, :-1].T)


def in_strips(places: Tensor, layers: Layers) -> Tensor:
    """Return `evaluate`; with many places, evaluated in strips, and again for the gradient."""
    if len(places) <= _STRIP:
        return evaluate(places, layers)
    values: Tensor = _Strips.apply(places, *layers)
    return values


class _Strips(torch.autograd.Function):
    """See `in_strips`."""

    @staticmethod
    def forward(ctx: Any, places: Tensor, *layers: Tensor) -> Tensor:
        ctx.save_for_backward(places, *layers)
        return torch.cat([evaluate(strip, list(layers)) for strip in torch.split(places, _STRIP)])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        places, *layers = ctx.saved_tensors
        own = [layer.detach().requires_grad_() for layer in layers]
        for strip, g in zip(
            torch.split(places, _STRIP), torch.split(gradient, _STRIP), strict=True
        ):
            with torch.enable_grad():
                (evaluate(strip, own) * g).sum().backward()  # type: ignore[no-untyped-call]
        return None, *(layer.grad for layer in own)


@torch.no_grad()
def renew(layers: Layers, finest: float, chance: torch.Generator, *, aspect: float) -> int:
    """Give units of the first layer that a zoom made useless a new frequency; return how many.

    Useless are those coarser than `COARSEST` and those finer than 1.5 times ``finest``, in waves
    along the height. The others take over what they gave: the least-squares fit of every unit that
    leaves by those that stay, over places in the picture. A new unit begins without weight in the
    next layer, so the picture stays within the error of that fit.
    """
    first, following = layers[0], layers[1]
    frequency = first[:, :2].norm(dim=1) / torch.pi
    coarse, fine = frequency < COARSEST, frequency > 1.5 * finest
    leaves = coarse | fine
    count = int(leaves.sum())
    if count == 0 or count == len(first):
        return 0
    _take_over(first, following, leaves, chance, aspect=aspect)
    octave = torch.rand(count, generator=chance)
    ends = torch.where(coarse[leaves].cpu(), finest / 2, 1.1 * COARSEST)
    first[leaves] = _units(ends * 2**octave, chance).to(first)
    return count


def _take_over(
    first: Tensor, following: Tensor, leaves: Tensor, chance: torch.Generator, *, aspect: float
) -> None:
    """Lead the weights of units that leave to those that stay and to the bias."""
    places = 2 * torch.rand(_PROBES, 3, generator=chance, dtype=torch.float64) - 1
    places = (places * torch.tensor([aspect, 1.0, 0.0]) + torch.tensor([0.0, 0, 1])).to(
        first.device
    )
    values = torch.sin(places @ first.double().T)
    stay = torch.cat([values[:, ~leaves], torch.ones_like(values[:, :1])], 1)
    gram = stay.T @ stay / _PROBES + _RIDGE * torch.eye(stay.shape[1]).to(stay)
    shares = torch.linalg.solve(gram, stay.T @ values[:, leaves] / _PROBES)
    kept = torch.cat([~leaves, leaves.new_ones(1)])
    gone = following[:, :-1][:, leaves].double()
    following[:, kept] += (gone @ shares.T).to(following)
    following[:, torch.cat([leaves, leaves.new_zeros(1)])] = 0
