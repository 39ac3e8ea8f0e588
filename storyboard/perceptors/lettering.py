"""Lettering as each perceptor itself sees it: the direction ``textoff``, and how much there is.

The same grounds are drawn with words on them and without; the direction is the difference of the
mean embeddings, from the former to the latter. Nothing is stored, so it exists for every model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from torch import Tensor

from storyboard.media.fonts import default_font, open_font

if TYPE_CHECKING:
    from storyboard.perceptors import Perceptor

SIDE = 256
WORDS = ("TEXT", "hello world", "Sale 50%", "ABC 123", "the end", "STOP", "copyright", "a1 b2 c3")
"""Words that are written on the grounds, one on each."""


@dataclass(frozen=True)
class Lettering:
    """What lettering is to a perceptor.

    Attributes:
        direction: the unit vector (D,) from pictures with lettering to the same without.
        plain: the mean projection on it of the embeddings of the pictures without.
        lettered: that of the pictures with lettering; less than ``plain``.
    """

    direction: Tensor
    plain: float
    lettered: float

    def amount(self, embedding: Tensor) -> Tensor:
        """Return how much lettering an embedding (D,) has: 0 for as little as a plain ground or
        less, 1 for as much as a word on one.
        """
        share = (self.plain - embedding @ self.direction) / (self.plain - self.lettered)
        return share.clamp(min=0)


def textoff(perceptor: Perceptor) -> Tensor:
    """Return the unit vector (D,) from pictures with lettering to the same without."""
    return lettering(perceptor).direction


def lettering(perceptor: Perceptor) -> Lettering:
    """Return what lettering is to ``perceptor``, measured once."""
    if perceptor not in _KEPT:
        _KEPT[perceptor] = _measured(perceptor)
    return _KEPT[perceptor]


_KEPT: WeakKeyDictionary[Perceptor, Lettering] = WeakKeyDictionary()


@torch.no_grad()
def _measured(perceptor: Perceptor) -> Lettering:
    plain, lettered = (
        torch.stack([_planes(picture) for picture in pictures]).to(perceptor.device)
        for pictures in zip(*_pairs(), strict=True)
    )
    seen = [
        perceptor.embed_pictures(F.interpolate(some, perceptor.size, mode="area"))
        for some in (plain, lettered)
    ]
    direction = F.normalize(seen[0].mean(dim=0) - seen[1].mean(dim=0), dim=0)
    without, within = (float((F.normalize(one, dim=1) @ direction).mean()) for one in seen)
    return Lettering(direction, without, within)


def _pairs() -> Iterator[tuple[Image.Image, Image.Image]]:
    """Yield a ground, a gradient of two colours, without and with a word in it."""
    chance = np.random.default_rng(0)
    for number, word in enumerate(WORDS):
        ends = chance.integers(0, 256, (2, 3))
        share = np.linspace(0, 1, SIDE)[:, None, None]
        levels = np.broadcast_to(ends[0] * (1 - share) + ends[1] * share, (SIDE, SIDE, 3))
        plain = Image.fromarray(levels.astype(np.uint8))
        font = open_font(default_font(), min(96, int(1.5 * SIDE / len(word))))
        place = (SIDE // 2, SIDE * (1 + number % 3) // 4)
        for ink in ("black", "white"):  # both, or the direction would be one of brightness
            lettered = plain.copy()
            ImageDraw.Draw(lettered).text(place, word, fill=ink, font=font, anchor="mm")
            yield plain, lettered


def _planes(picture: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).float() / 255
