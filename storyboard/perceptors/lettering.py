"""The built-in direction ``textoff``: away from lettering, as each perceptor itself sees it.

The same grounds are drawn with words on them and without; the direction is the difference of the
mean embeddings, from the former to the latter. Nothing is stored, so it exists for every model.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

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


@torch.no_grad()
def textoff(perceptor: Perceptor) -> Tensor:
    """Return the unit vector (D,) from pictures with lettering to the same without."""
    plain, lettered = (
        torch.stack([_planes(picture) for picture in pictures])
        for pictures in zip(*_pairs(), strict=True)
    )
    seen = [
        perceptor.embed_pictures(
            F.interpolate(some, perceptor.size, mode="area").to(perceptor.device)
        ).mean(dim=0)
        for some in (plain, lettered)
    ]
    return F.normalize(seen[0] - seen[1], dim=0)


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
