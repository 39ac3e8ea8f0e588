"""Prompts, resolved: where each comes from, and its weight at every frame.

A `Source` is what a prompt stands for: a text, labels, a picture, a clip, a vector, a difference of
two texts, noise. Sources compare and hash by what they hold, files by the digest of their contents:
the same picture under another path is the same prompt. ``label`` is for people and may be shared;
see `distinct_labels`. ``texts`` are the texts whose embeddings it is made of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from storyboard.plan.mask import Mask

Floats = npt.NDArray[np.float64]


VIEWS = {
    "both": "the whole and five crops of it (default)",
    "whole": "the whole alone",
    "crops": "five crops of it alone: textures and parts",
}
"""What of a picture a prompt is made of, with a line on each."""


@dataclass(frozen=True)
class TextPrompt:
    """A prompt in words."""

    text: str

    @property
    def label(self) -> str:
        """Return the text itself."""
        return self.text

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the text."""
        return (self.text,)

    def as_data(self) -> dict[str, str]:
        """Return the source as plain data, as a story writes it."""
        return {"text": self.text}


@dataclass(frozen=True)
class DifferencePrompt:
    """The direction from what the text ``than`` means to what ``more`` means."""

    more: str
    than: str

    @property
    def label(self) -> str:
        """Return both texts in a sentence."""
        return f"more {self.more} than {self.than}"

    @property
    def texts(self) -> tuple[str, ...]:
        """Return both texts."""
        return (self.more, self.than)

    def as_data(self) -> dict[str, str]:
        """Return the source as plain data, as a story writes it."""
        return {"more": self.more, "than": self.than}


LABEL = "{label}"
"""What stands for the label in a template."""

TEMPLATES = (
    "a photo of a {label}",
    "a painting of a {label}",
    "a drawing of a {label}",
    "a picture of the {label}",
    "a large {label}",
    "a small {label}",
)
"""The sentences in which a label is embedded where the story has none."""


@dataclass(frozen=True)
class LabelsPrompt:
    """Labels as one prompt: the mean of their embeddings in every one of the ``templates``."""

    labels: tuple[str, ...]
    templates: tuple[str, ...] = TEMPLATES

    @property
    def label(self) -> str:
        """Return the labels, of many the first and how many others."""
        shown = ", ".join(self.labels[:_SHOWN])
        more = len(self.labels) - _SHOWN
        return shown + (f" and {more} more" if more > 0 else "")

    @property
    def texts(self) -> tuple[str, ...]:
        """Return every label in every template."""
        return tuple(t.replace(LABEL, label) for label in self.labels for t in self.templates)

    def as_data(self) -> dict[str, list[str]]:
        """Return the source as plain data, as a story writes it."""
        return {"labels": list(self.labels), "templates": list(self.templates)}


_SHOWN = 4
"""Labels that are named."""


@dataclass(frozen=True)
class NoisePrompt:
    """A direction drawn at random from ``seed``: the same one in every frame."""

    seed: int
    texts = ()

    @property
    def label(self) -> str:
        """Return the seed in words."""
        return f"noise {self.seed}"

    def as_data(self) -> dict[str, int]:
        """Return the source as plain data, as a story writes it."""
        return {"noise": self.seed}


@dataclass(frozen=True)
class NamedPrompt:
    """A direction that is built in, by its name: one of `NAMED`."""

    name: str
    texts = ()

    @property
    def label(self) -> str:
        """Return the name."""
        return self.name

    def as_data(self) -> dict[str, str]:
        """Return the source as plain data, as a story writes it."""
        return {"vector": self.name}


NAMED = {"textoff": "away from lettering"}
"""The built-in directions, with a line on each; every perceptor measures its own."""


@dataclass(frozen=True)
class ImagePrompt:
    """A picture as a prompt. ``digest`` is the SHA-256 of the contents of ``file``, ``view`` one of
    `VIEWS`.
    """

    file: Path = field(compare=False)
    digest: str
    view: str = "both"
    texts = ()

    @property
    def label(self) -> str:
        """Return the name of the file."""
        return self.file.name

    def as_data(self) -> dict[str, str]:
        """Return the path and the digest of the contents."""
        return {"image": str(self.file), "digest": self.digest, **_of_view(self.view)}


@dataclass(frozen=True)
class ImagesPrompt:
    """Several pictures as one prompt: the mean of their embeddings."""

    images: tuple[ImagePrompt, ...]
    texts = ()

    @property
    def digest(self) -> str:
        """Return the digests of the pictures as one text."""
        return "+".join(image.digest[:8] for image in self.images)

    @property
    def label(self) -> str:
        """Return the names of the files."""
        return " + ".join(image.label for image in self.images)

    def as_data(self) -> dict[str, object]:
        """Return the paths and the digests of the contents."""
        return {"images": [image.as_data() for image in self.images]}


@dataclass(frozen=True)
class ClipPrompt:
    """A clip as a prompt: the picture that it shows at each frame.

    ``digest`` is the SHA-256 of the contents of ``file``; ``times`` has the moment of the file, in
    seconds, of every frame of the shot: a single one is one picture, held.
    """

    file: Path = field(compare=False)
    digest: str
    times: tuple[Fraction, ...]
    view: str = "both"
    texts = ()

    @property
    def label(self) -> str:
        """Return the name of the file."""
        return self.file.name

    def at(self, local: int) -> ClipPrompt:
        """Return the clip as it is at the shot's frame ``local``: one picture."""
        return replace(self, times=(self.times[min(local, len(self.times) - 1)],))

    def as_data(self) -> dict[str, str]:
        """Return the path and the digest of the contents."""
        return {"image": str(self.file), "digest": self.digest, **_of_view(self.view)}


def _of_view(view: str) -> dict[str, str]:
    return {} if view == "both" else {"view": view}


@dataclass(frozen=True)
class VectorPrompt:
    """An embedding as a prompt. ``digest`` is the SHA-256 of the contents of ``file``.

    ``widths`` has the name and the length of every vector in the file: a perceptor's name, or
    ``vector`` for every perceptor that is not named.
    """

    file: Path = field(compare=False)
    digest: str
    widths: tuple[tuple[str, int], ...]
    texts = ()

    @property
    def label(self) -> str:
        """Return the name of the file."""
        return self.file.name

    def as_data(self) -> dict[str, str]:
        """Return the path and the digest of the contents."""
        return {"vector": str(self.file), "digest": self.digest}


FileSource = ImagePrompt | ImagesPrompt | ClipPrompt | VectorPrompt
Source = TextPrompt | LabelsPrompt | DifferencePrompt | NoisePrompt | NamedPrompt | FileSource


def distinct_labels(sources: Iterable[Source]) -> dict[Source, str]:
    """Return a label for each of ``sources``, no two of them equal.

    Files that share a name, with each other or with a text, get the first digits of their digest.

    >>> cat = ImagePrompt(Path("a/cat.png"), "3f9c21aa")
    >>> list(distinct_labels([TextPrompt("cat.png"), cat]).values())
    ['cat.png', 'cat.png (3f9c21aa)']
    """
    found = list(dict.fromkeys(sources))
    uses = Counter(source.label for source in found)
    return {
        source: f"{source.label} ({source.digest[:8]})"
        if isinstance(source, FileSource) and uses[source.label] > 1
        else source.label
        for source in found
    }


@dataclass(frozen=True)
class Prompt:
    """A prompt at one instant.

    The target is the embedding of ``source``, or, where ``toward`` is given, the point at ``mix``
    (0..1) on the great circle from ``source`` to ``toward``. A negative ``weight`` pushes away.
    The gradient stops where the signed distance is below ``stop``. ``mask`` is the part of the
    frame that it is for, None for all of it.
    """

    source: Source
    weight: float = 1.0
    stop: float = float("-inf")
    toward: Source | None = None
    mix: float = 0.0
    mask: Mask | None = None


@dataclass(frozen=True)
class PromptTrack:
    """One prompt over the frames of a shot: ``weights`` and ``mixes`` hold a value per frame."""

    source: Source
    weights: Floats
    stop: float = float("-inf")
    toward: Source | None = None
    mixes: Floats | None = None
    mask: Mask | None = None

    def at(self, local: int) -> Prompt | None:
        """Return the prompt at the shot's frame ``local``; None where its weight is zero."""
        weight = float(self.weights[local])
        if weight == 0.0:
            return None
        mix = 0.0 if self.mixes is None else float(self.mixes[local])
        source, toward = _at(self.source, local), self.toward and _at(self.toward, local)
        mask = self.mask and self.mask.at(local)
        return Prompt(source, weight, self.stop, toward, mix, mask)


def _at(source: Source, local: int) -> Source:
    """Return ``source`` as it is at a frame: of a clip one picture."""
    return source.at(local) if isinstance(source, ClipPrompt) else source
