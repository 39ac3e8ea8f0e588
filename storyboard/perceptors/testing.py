"""A perceptor for trials and tests: no weights, no training, a picture in well under a second.

It sees the mean colours of a coarse grid and reads only the names of colours, so that a test can
show whether a film follows its prompts. Every other text has a place of its own, by its letters.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.perceptors.names import unknown_words
from storyboard.perceptors.views import seed_of

COLORS = {
    "red": (0.9, 0.1, 0.1),
    "green": (0.1, 0.7, 0.2),
    "blue": (0.1, 0.2, 0.9),
    "yellow": (0.9, 0.9, 0.1),
    "purple": (0.6, 0.1, 0.7),
    "orange": (0.9, 0.5, 0.1),
    "black": (0.05, 0.05, 0.05),
    "white": (0.95, 0.95, 0.95),
    "grey": (0.5, 0.5, 0.5),
}
_CELLS = 4
_FILLERS = frozenset(("a", "an", "and", "at", "by", "in", "of", "on", "the", "to", "with"))


class TinyPerceptor:
    """A `Perceptor` of 32 pixels whose embedding is the colours of 4x4 cells and a constant."""

    name = "tiny"
    size = 32
    mean = (0.5, 0.5, 0.5)
    std = (0.5, 0.5, 0.5)

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def embed_pictures(self, pictures: Tensor) -> Tensor:
        """Embed pictures ``(N, 3, 32, 32)`` in [0, 1] as unit vectors ``(N, 49)``."""
        return self.embed_views((pictures - 0.5) / 0.5)

    def embed_views(self, views: Tensor) -> Tensor:
        """Embed normalised views as unit vectors."""
        cells = F.avg_pool2d(views, self.size // _CELLS).flatten(1)
        return F.normalize(F.pad(cells, (0, 1), value=1.0), dim=-1)

    def activations(self, views: Tensor) -> dict[str, Tensor]:
        """Return the colours of 8x8 and of 4x4 cells of normalised views: ``(N, 3, h, w)`` each."""
        fine = F.avg_pool2d(views, self.size // (2 * _CELLS))
        return {"fine": fine, "coarse": F.avg_pool2d(fine, 2)}

    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Return the embedding of a plain picture in the colours named, mixed evenly."""
        pictures = torch.stack([self._imagine(text) for text in texts])
        return self.embed_pictures(pictures.to(self.device))

    def warnings(self, text: str) -> list[str]:
        """Return a sentence that names the words that are no colours."""
        unknown = unknown_words(text, _FILLERS | COLORS.keys())
        named = ", ".join(map(repr, unknown))
        return [f"{self.name!r} knows no {named}; it reads only colours"] if unknown else []

    def _imagine(self, text: str) -> Tensor:
        named = [COLORS[word] for word in text.casefold().split() if word in COLORS]
        if named:
            plain = torch.tensor(named).mean(dim=0)
            return plain[:, None, None].expand(3, self.size, self.size)
        generator = torch.Generator().manual_seed(seed_of(text))
        cells = torch.rand(1, 3, _CELLS, _CELLS, generator=generator)
        return F.interpolate(cells, size=self.size)[0]


def load_tiny(*, device: torch.device, precision: str | None = None) -> TinyPerceptor:
    """Return the one there is; ``precision`` changes nothing, it has no products to speak of."""
    return TinyPerceptor(device)
