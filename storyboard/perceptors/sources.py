"""Embeddings of prompts: text, picture or vector."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.errors import BadValue
from storyboard.files import file_digest
from storyboard.media.picture_files import existing, read_picture
from storyboard.perceptors.cutouts import InputFormat, cut
from storyboard.perceptors.vectors import no_vector, read_vectors, vector_name, wrong_width
from storyboard.perceptors.views import fixed_views
from storyboard.plan import ImagePrompt, Source, TextPrompt, VectorPrompt

if TYPE_CHECKING:
    from storyboard.perceptors import Perceptor

# Embeddings of pictures and vectors: each perceptor embeds each once, as long as it lives.
_KEPT: WeakKeyDictionary[Perceptor, dict[Source, Tensor]] = WeakKeyDictionary()


@torch.no_grad()
def embed_sources(perceptor: Perceptor, sources: Iterable[Source]) -> Tensor:
    """Return the embeddings ``(n, D)`` of ``sources``, of unit length, without gradient.

    A picture's is that of `embed_picture`. Raises `BadValue` for a file that cannot be
    read or has changed since the story was, and for a vector that does not fit the perceptor.
    """
    found = list(sources)
    texts = [source.text for source in found if isinstance(source, TextPrompt)]
    rows = iter(perceptor.embed_texts(texts)) if texts else iter(())
    return torch.stack(
        [next(rows) if isinstance(one, TextPrompt) else _kept(perceptor, one) for one in found]
    )


def embed_picture(perceptor: Perceptor, picture: Tensor) -> Tensor:
    """Return the embedding ``(D,)`` of ``picture`` (1, 3, H, W) in [0, 1]: the mean over its
    `judged_views`, of unit length; differentiable.
    """
    return F.normalize(judged_views(perceptor, picture).mean(dim=0), dim=0)


def judged_views(perceptor: Perceptor, picture: Tensor) -> Tensor:
    """Return the embeddings ``(6, D)`` of `fixed_views` of ``picture`` (1, 3, H, W) in [0, 1]."""
    views = fixed_views(picture.shape[-1] / picture.shape[-2])
    bank = torch.zeros(1, device=picture.device)
    return perceptor.embed_views(cut(picture, views, lens_of(perceptor), bank))


def lens_of(perceptor: Perceptor) -> InputFormat:
    """Return what ``perceptor`` wants to see."""
    return InputFormat(perceptor.size, perceptor.mean, perceptor.std)


def _kept(perceptor: Perceptor, source: ImagePrompt | VectorPrompt) -> Tensor:
    """Return the embedding ``(D,)`` of a file; it is read where it is not known yet."""
    known = _KEPT.setdefault(perceptor, {})
    if source not in known:
        if file_digest(existing(source.file)) != source.digest:
            raise BadValue(f"{source.file} has changed since the story was read")
        is_picture = isinstance(source, ImagePrompt)
        known[source] = (_of_picture if is_picture else _of_vector)(perceptor, source.file)
    return known[source]


def _of_picture(perceptor: Perceptor, file: Path) -> Tensor:
    levels = torch.from_numpy(np.array(read_picture(file))).to(perceptor.device)
    picture = levels.permute(2, 0, 1)[None].float() / 255
    return embed_picture(perceptor, picture)


def _of_vector(perceptor: Perceptor, file: Path) -> Tensor:
    vectors = read_vectors(file)
    name = vector_name(perceptor.name, vectors)
    if name is None:
        raise no_vector(file, perceptor.name, vectors)
    grey = torch.zeros(1, 3, perceptor.size, perceptor.size, device=perceptor.device)
    width = perceptor.embed_views(grey).shape[-1]
    if len(vectors[name]) != width:
        raise wrong_width(file, perceptor.name, len(vectors[name]), width)
    return F.normalize(torch.from_numpy(vectors[name]), dim=0).float().to(perceptor.device)
