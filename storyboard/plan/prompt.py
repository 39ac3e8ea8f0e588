"""Prompts, resolved: where each comes from, and its weight at every frame.

A `Source` is what a prompt stands for: a text, a picture or a vector. Sources compare and hash by
what they hold, a picture and a vector by the digest of the file's contents: the same picture under
another path is the same prompt. ``label`` is for people and may be shared; see `distinct_labels`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TextPrompt:
    """A prompt in words."""

    text: str

    @property
    def label(self) -> str:
        """Return the text itself."""
        return self.text

    def as_data(self) -> dict[str, str]:
        """Return the source as plain data, as a story writes it."""
        return {"text": self.text}


@dataclass(frozen=True)
class ImagePrompt:
    """A picture as a prompt. ``digest`` is the SHA-256 of the contents of ``file``."""

    file: Path = field(compare=False)
    digest: str

    @property
    def label(self) -> str:
        """Return the name of the file."""
        return self.file.name

    def as_data(self) -> dict[str, str]:
        """Return the path and the digest of the contents."""
        return {"image": str(self.file), "digest": self.digest}


@dataclass(frozen=True)
class VectorPrompt:
    """An embedding as a prompt. ``digest`` is the SHA-256 of the contents of ``file``.

    ``widths`` has the name and the length of every vector in the file: a perceptor's name, or
    ``vector`` for every perceptor that is not named.
    """

    file: Path = field(compare=False)
    digest: str
    widths: tuple[tuple[str, int], ...]

    @property
    def label(self) -> str:
        """Return the name of the file."""
        return self.file.name

    def as_data(self) -> dict[str, str]:
        """Return the path and the digest of the contents."""
        return {"vector": str(self.file), "digest": self.digest}


Source = TextPrompt | ImagePrompt | VectorPrompt


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
        source: source.label
        if isinstance(source, TextPrompt) or uses[source.label] == 1
        else f"{source.label} ({source.digest[:8]})"
        for source in found
    }


@dataclass(frozen=True)
class Prompt:
    """A prompt at one instant.

    The target is the embedding of ``source``, or, where ``toward`` is given, the point at ``mix``
    (0..1) on the great circle from ``source`` to ``toward``. A negative ``weight`` pushes away.
    The gradient stops where the signed distance is below ``stop``.
    """

    source: Source
    weight: float = 1.0
    stop: float = float("-inf")
    toward: Source | None = None
    mix: float = 0.0


@dataclass(frozen=True)
class PromptTrack:
    """One prompt over the frames of a shot: ``weights`` and ``mixes`` hold a value per frame."""

    source: Source
    weights: Floats
    stop: float = float("-inf")
    toward: Source | None = None
    mixes: Floats | None = None

    def at(self, local: int) -> Prompt | None:
        """Return the prompt at the shot's frame ``local``; None where its weight is zero."""
        weight = float(self.weights[local])
        if weight == 0.0:
            return None
        mix = 0.0 if self.mixes is None else float(self.mixes[local])
        return Prompt(self.source, weight, self.stop, self.toward, mix)
