"""Embeddings of prompts: text, labels, picture, clip, vector, difference or noise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache, singledispatch
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.errors import BadValue
from storyboard.files import file_digest
from storyboard.media import ffmpeg
from storyboard.media.clip_file import ClipFile
from storyboard.media.picture_files import existing, read_picture
from storyboard.perceptors.cutouts import InputFormat, cut
from storyboard.perceptors.lettering import textoff
from storyboard.perceptors.vectors import no_vector, read_vectors, vector_name, wrong_width
from storyboard.perceptors.views import fixed_views, seed_of
from storyboard.plan import (
    ClipPrompt,
    DifferencePrompt,
    ImagePrompt,
    ImagesPrompt,
    LabelsPrompt,
    NamedPrompt,
    NoisePrompt,
    Source,
    TextPrompt,
    VectorPrompt,
)

if TYPE_CHECKING:
    from storyboard.perceptors import Perceptor

CLIP_SIDE = 512
"""Pixels of the longest side at which a clip is decoded for a perceptor."""

# Embeddings of all that is no text: each perceptor embeds each once, as long as it lives.
_KEPT: WeakKeyDictionary[Perceptor, dict[Source, Tensor]] = WeakKeyDictionary()


@torch.no_grad()
def embed_sources(perceptor: Perceptor, sources: Iterable[Source]) -> Tensor:
    """Return the embeddings ``(n, D)`` of ``sources``, of unit length, without gradient.

    A picture's is that of `embed_picture`. Raises `BadValue` for a file that cannot be
    read or has changed since the story was, for a vector that does not fit the perceptor, and for a
    difference of two texts that mean the same to it.
    """
    found = list(sources)
    texts = list(dict.fromkeys(text for source in found for text in source.texts))
    rows = dict(zip(texts, perceptor.embed_texts(texts), strict=True)) if texts else {}
    return torch.stack([_embedding(source, perceptor, rows) for source in found])


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


_Rows = Mapping[str, Tensor]
"""Embeddings (D,) of texts."""


def _embedding(source: Source, perceptor: Perceptor, rows: _Rows) -> Tensor:
    """Return the embedding ``(D,)`` of ``source``; what is no text is embedded once."""
    if isinstance(source, TextPrompt):
        return rows[source.text]
    if isinstance(source, LabelsPrompt):
        return F.normalize(torch.stack([rows[text] for text in source.texts]).mean(dim=0), dim=0)
    if isinstance(source, DifferencePrompt):
        return _difference(source, perceptor, rows)
    known = _KEPT.setdefault(perceptor, {})
    if source not in known:
        known[source] = _embedded(source, perceptor)
    return known[source]


def _difference(source: DifferencePrompt, perceptor: Perceptor, rows: _Rows) -> Tensor:
    apart = rows[source.more] - rows[source.than]
    if float(apart.norm()) < _SAME:
        message = (
            f"{source.more!r} and {source.than!r} mean the same to perceptor {perceptor.name!r}"
        )
        raise BadValue(message, hint="'more' and 'than' need texts that differ for it")
    return F.normalize(apart, dim=0)


@singledispatch
def _embedded(source: Source, perceptor: Perceptor) -> Tensor:
    """Return the embedding ``(D,)`` of a source that is no text."""
    raise BadValue(f"{source!r} cannot be embedded")


@_embedded.register(ImagePrompt)
def _of_image(source: ImagePrompt, perceptor: Perceptor) -> Tensor:
    levels = np.array(read_picture(_unchanged(source.file, source.digest)))
    return _viewed(perceptor, torch.from_numpy(levels) / 255, source.view)


@_embedded.register(ImagesPrompt)
def _of_images(source: ImagesPrompt, perceptor: Perceptor) -> Tensor:
    return F.normalize(embed_sources(perceptor, source.images).mean(dim=0), dim=0)


@_embedded.register(ClipPrompt)
def _of_clip(source: ClipPrompt, perceptor: Perceptor) -> Tensor:
    levels = _clip_picture(source.file, source.digest, source.times[0])
    return _viewed(perceptor, levels, source.view)


@_embedded.register(NoisePrompt)
def _of_noise(source: NoisePrompt, perceptor: Perceptor) -> Tensor:
    generator = torch.Generator().manual_seed(seed_of("noise prompt", source.seed))
    direction = torch.randn(_width(perceptor), generator=generator)
    return F.normalize(direction, dim=0).to(perceptor.device)


@_embedded.register(NamedPrompt)
def _of_name(source: NamedPrompt, perceptor: Perceptor) -> Tensor:
    return textoff(perceptor)


@_embedded.register(VectorPrompt)
def _of_vector(source: VectorPrompt, perceptor: Perceptor) -> Tensor:
    return _read_vector(perceptor, _unchanged(source.file, source.digest))


def _viewed(perceptor: Perceptor, levels: Tensor, view: str) -> Tensor:
    """Return the embedding ``(D,)`` of ``view`` of a picture (H, W, 3) in [0, 1]."""
    picture = levels.permute(2, 0, 1)[None].float().to(perceptor.device)
    seen = judged_views(perceptor, picture)[_ROWS[view]]
    return F.normalize(seen.mean(dim=0), dim=0)


_ROWS = {"both": slice(None), "whole": slice(0, 1), "crops": slice(1, None)}
"""By `storyboard.plan.VIEWS`: which of the `fixed_views`."""

_SAME = 1e-4
"""Two unit vectors that are nearer than this have no difference to speak of."""


def _unchanged(file: Path, digest: str) -> Path:
    """Return ``file`` itself. Raises `BadValue` where its contents are not those of ``digest``."""
    if file_digest(existing(file)) != digest:
        raise BadValue(f"{file} has changed since the story was read")
    return file


def _clip_picture(file: Path, digest: str, time: Fraction) -> Tensor:
    """Return the picture (H, W, 3) in [0, 1] that the clip shows at ``time``, clear parts white."""
    clip = _clip(file, digest)
    levels = torch.from_numpy(clip.picture(clip.timing.at(time)).astype(np.float32)) / 65535
    cover = levels[..., 3:]
    return levels[..., :3] * cover + 1 - cover


@lru_cache(maxsize=4)
def _clip(file: Path, digest: str) -> ClipFile:
    """Return the opened clip, decoded at `CLIP_SIDE`. Raises `BadValue` where it has changed."""
    found = ffmpeg.probe(_unchanged(file, digest))
    width, height = found.width or CLIP_SIDE, found.height or CLIP_SIDE
    scale = min(1.0, CLIP_SIDE / max(width, height))
    size = max(2, round(height * scale)), max(2, round(width * scale))
    return ClipFile(file, size, "stretch")


def _width(perceptor: Perceptor) -> int:
    """Return how many numbers an embedding of ``perceptor`` has."""
    grey = torch.zeros(1, 3, perceptor.size, perceptor.size, device=perceptor.device)
    return perceptor.embed_views(grey).shape[-1]


def _read_vector(perceptor: Perceptor, file: Path) -> Tensor:
    vectors = read_vectors(file)
    name = vector_name(perceptor.name, vectors)
    if name is None:
        raise no_vector(file, perceptor.name, vectors)
    width = _width(perceptor)
    if len(vectors[name]) != width:
        raise wrong_width(file, perceptor.name, len(vectors[name]), width)
    return F.normalize(torch.from_numpy(vectors[name]), dim=0).float().to(perceptor.device)
