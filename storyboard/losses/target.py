"""The picture comes to a given one: pixels, structure, edges, latents, or what is seen in it."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.losses import Coder, LossContext, losses

WINDOW = 7
"""Sides of the squares in which structure is compared, in pixels of each level."""

LEVELS = 4
"""Levels of structure, each half as fine as the one before."""

_C1, _C2 = 0.01**2, 0.03**2
_FLAT = 0.02
"""Slopes, in grey levels of 0..1 a pixel, well below which there is no edge."""


def pixel_distance(picture: Tensor, target: Tensor) -> Tensor:
    """Return the mean absolute difference of two pictures (B, C, H, W): 0 to 1."""
    return (picture - target).abs().mean()


def structure_distance(picture: Tensor, target: Tensor) -> Tensor:
    """Return how far apart the structure of two pictures is: 0 for equal ones, about 1 for
    unrelated ones, at most 2.

    One less the structural similarity (Wang, Bovik, Sheikh and Simoncelli, 2004) in squares of
    `WINDOW` pixels, the mean over `LEVELS` levels, each half as fine: near it is about texture, far
    about composition. No network is needed.

    Args:
        picture: (B, C, H, W) in [0, 1].
        target: the same shape, or one picture of it.
    """
    found = []
    for _ in range(LEVELS):
        found.append(1 - _similarity(picture, target))
        if min(picture.shape[-2:]) < 2 * WINDOW:
            break
        picture, target = F.avg_pool2d(picture, 2), F.avg_pool2d(target, 2)
    return torch.stack(found).mean()


def _similarity(a: Tensor, b: Tensor) -> Tensor:
    """Return the mean structural similarity of two pictures, at most 1."""
    window = min(WINDOW, *a.shape[-2:])
    b = b.expand_as(a)
    mean_a, mean_b, aa, bb, ab = (
        F.avg_pool2d(one, window, 1) for one in (a, b, a * a, b * b, a * b)
    )
    shared = ab - mean_a * mean_b
    spread = (aa - mean_a.square()) + (bb - mean_b.square())
    light = (2 * mean_a * mean_b + _C1) / (mean_a.square() + mean_b.square() + _C1)
    return (light * (2 * shared + _C2) / (spread + _C2)).mean()


def edge_distance(picture: Tensor, target: Tensor) -> Tensor:
    """Return how far apart the edges of two pictures are, whatever their colours: 0 to about 1.

    The slope of the grey picture is divided by its own size and turned into a direction without a
    sign (its double angle), so light on dark is dark on light; where the one picture has an edge
    and the other none, or one across it, they differ. The mean over two levels.

    Args:
        picture: (B, 3, H, W) in [0, 1].
        target: the same shape, or one picture of it.
    """
    found = []
    for _ in range(2):
        found.append((_edges(picture) - _edges(target)).square().sum(dim=1).mean())
        if min(picture.shape[-2:]) < 8:
            break
        picture, target = F.avg_pool2d(picture, 2), F.avg_pool2d(target, 2)
    return torch.stack(found).mean()


def _edges(picture: Tensor) -> Tensor:
    """Return the directions of edges, (B, 2, H - 1, W - 1): of length 0 for none, to 1."""
    grey = picture.mean(dim=1)
    down = (grey[:, 1:] - grey[:, :-1])[:, :, :-1]
    right = (grey[:, :, 1:] - grey[:, :, :-1])[:, :-1]
    size = right.square() + down.square() + _FLAT**2
    return torch.stack([(right.square() - down.square()) / size, 2 * right * down / size], dim=1)


def embedding_distance(
    embed: Callable[[Tensor], tuple[Tensor, ...]], picture: Tensor, target: tuple[Tensor, ...]
) -> Tensor:
    """Return the mean over the perceptors of ``1 - cos`` between what they see: 0 to 2."""
    seen = embed(picture)
    parts = [1 - (mine * other).sum() for mine, other in zip(seen, target, strict=True)]
    return torch.stack(parts).mean()


MEASURES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "pixel": pixel_distance,
    "perceptual": structure_distance,
    "edges": edge_distance,
}
"""The measures that need nothing but two pictures."""


def _squared(mine: Tensor, wanted: Tensor) -> Tensor:
    return (mine - wanted).square().mean() / 2


def _cosine(mine: Tensor, wanted: Tensor) -> Tensor:
    return 1 - (F.normalize(mine.flatten(), dim=0) * F.normalize(wanted.flatten(), dim=0)).sum()


def _spherical(mine: Tensor, wanted: Tensor) -> Tensor:
    unit, other = F.normalize(mine.flatten(), dim=0), F.normalize(wanted.flatten(), dim=0)
    half = (unit - other).square().sum().clamp(min=1e-12).sqrt() / 2
    return 2 * half.clamp(max=1 - 1e-6).arcsin().square()


LATENT: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "squared": _squared,
    "cosine": _cosine,
    "spherical": _spherical,
}
"""Distances of latents (1, C, h, w), 0 for equal ones: ``mean (z - z')^2 / 2``, ``1 - cos``, and
``2 arcsin(|u - u'| / 2)^2`` of unit vectors u, half the squared angle."""


def latent_distance(
    coder: Coder,
    target: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    mask: Callable[[Tensor], Tensor] | None = None,
) -> Callable[[Tensor], Tensor]:
    """Return the ``distance`` of the latents drawn to those of ``target``, within ``mask``.

    Its gradient goes to the latents themselves, not through the picture.
    """
    wanted = coder.latents_of(target)

    def loss(picture: Tensor) -> Tensor:
        mine = coder.latents_now()
        if mask is not None:
            cells = F.adaptive_avg_pool2d(mask(picture), (mine.shape[-2], mine.shape[-1])).to(mine)
            mine = torch.lerp(wanted, mine, cells)
        return distance(mine, wanted) + 0 * picture.sum()

    return loss


def target_loss(context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return the distance to the picture ``image``; 0 where there is none, or nothing to see it."""
    chosen = losses.resolve("target", context.options)
    if context.image is None:
        return _nothing
    target = context.image("image").detach()
    if chosen["carried"] and context.view is not None:
        target = context.view(target)
    if chosen["measure"] == "latent":
        if context.coder is None:
            return _nothing
        distance = LATENT[chosen["distance"]]
        return latent_distance(context.coder, target, distance, context.mask)
    measure, mask = _measure(chosen["measure"], target, context), context.mask
    if mask is None:
        return measure
    return lambda picture: measure(torch.lerp(target.to(picture), picture, mask(picture)))


def _nothing(picture: Tensor) -> Tensor:
    return 0 * picture.sum()


def _measure(name: str, target: Tensor, context: LossContext) -> Callable[[Tensor], Tensor]:
    """Return the distance of a picture to ``target`` by the measure ``name``."""
    if name != "embedding":
        return lambda picture: MEASURES[name](picture, target.to(picture))
    if context.embed is None:
        return _nothing
    embed = context.embed
    with torch.no_grad():
        seen = tuple(embed(target))
    return lambda picture: embedding_distance(lambda one: tuple(embed(one)), picture, seen)
