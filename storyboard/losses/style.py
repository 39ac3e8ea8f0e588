"""The style of a picture: what the layers of the perceptors answer, wherever in the picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.losses import LossContext, losses

SAMPLES = 256
"""Places of a layer whose answers are compared one by one."""

GRID = 32
"""Rows to which a picture is averaged before its colours are compared."""


def samples(layer: Tensor) -> Tensor:
    """Return the answers of a layer, (V, C, h, w), at all places of all views: (V h w, C)."""
    return layer.movedim(1, -1).flatten(0, 2)


def moments(mine: Tensor, wanted: Tensor) -> Tensor:
    """Return how far apart mean and covariance of two samples are, (n, C) and (m, C).

    ``mean|mu - mu'| + mean|S - S'|`` (Kolkin, Salavon and Shakhnarovich, "Style transfer by relaxed
    optimal transport and self-similarity", 2019, equation 7), with both samples divided by their
    root mean square, so that every layer counts the same.
    """
    power = (wanted.square().mean() + mine.detach().square().mean()) / 2
    size = power.sqrt().clamp(min=1e-6)
    (mean, spread), (mean_2, spread_2) = (_moments(one / size) for one in (mine, wanted))
    return (mean - mean_2).abs().mean() + (spread - spread_2).abs().mean()


def _moments(sample: Tensor) -> tuple[Tensor, Tensor]:
    mean = sample.mean(0)
    away = sample - mean
    return mean, away.t() @ away / len(sample)


def transport(mine: Tensor, wanted: Tensor) -> Tensor:
    """Return the relaxed earth mover's distance of two samples, (n, C) and (m, C).

    ``max(mean_i min_j d_ij, mean_j min_i d_ij)`` with d the cosine distance (the same, equations 3
    to 5); of larger samples `SAMPLES` evenly spaced ones count.
    """
    mine, wanted = (F.normalize(_some(one), dim=1, eps=1e-6) for one in (mine, wanted))
    distance = 1 - mine @ wanted.t()
    return torch.maximum(distance.amin(1).mean(), distance.amin(0).mean())


def _some(sample: Tensor) -> Tensor:
    if len(sample) <= SAMPLES:
        return sample
    places = torch.linspace(0, len(sample) - 1, SAMPLES, device=sample.device).round().long()
    return sample[places]


def style_distance(
    mine: Sequence[Mapping[str, Tensor]], wanted: Sequence[Mapping[str, Tensor]]
) -> Tensor:
    """Return the mean of `moments` plus `transport` over all layers of all perceptors."""
    found = [
        moments(samples(layer), samples(other[name]))
        + transport(samples(layer), samples(other[name]))
        for one, other in zip(mine, wanted, strict=True)
        for name, layer in one.items()
    ]
    return torch.stack(found).mean()


def color_moments(picture: Tensor, other: Tensor) -> Tensor:
    """Return `moments` of the colours of two pictures (1, 3, H, W), averaged to `GRID` rows."""
    mine, wanted = (samples(F.adaptive_avg_pool2d(one, GRID)) for one in (picture, other))
    return moments(mine, wanted)


def style_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return `style_distance` to the picture ``image``, and ``color`` times `color_moments`; 0
    without whoever is to see it.
    """
    chosen = losses.resolve("style", context.options)
    layers = _eyes(chosen["eyes"], context)
    if layers is None or context.image is None:
        return lambda picture: 0 * picture.sum()
    image = context.image("image")
    with torch.no_grad():
        wanted = [picked(one, chosen["layers"]) for one in layers(image)]

    def style(picture: Tensor) -> Tensor:
        mine = [picked(one, chosen["layers"]) for one in layers(picture)]
        color: float = chosen["color"]
        return style_distance(mine, wanted) + color * color_moments(picture, image)

    return style


def _eyes(
    eyes: str, context: LossContext
) -> Callable[[Tensor], Sequence[Mapping[str, Tensor]]] | None:
    """Return what gives the layers of the perceptors, or those of the drawer's encoder."""
    coder = context.coder
    if eyes != "drawer":
        return context.layers
    return None if coder is None else lambda picture: [coder.features_of(picture)]


def picked(layers: Mapping[str, Tensor], which: str) -> Mapping[str, Tensor]:
    """Return the ``early`` half of the layers, the ``late`` one, or ``all`` of them."""
    names = list(layers)
    half = (len(names) + 1) // 2
    kept = {"early": names[:half], "late": names[-half:]}.get(which, names)
    return {name: layers[name] for name in kept}
