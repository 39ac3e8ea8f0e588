"""Masks, resolved: the part of the frame that a prompt is for.

A mask's source is a picture or a clip, a shape, or words; what a shape and a clip are at each frame
of their shot stands in them. Places are shares of the frame from its top left, as of a pivot.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

_BEYOND = 2.0
"""Where a region's side lies that is the frame's own: beyond it, so that nothing is soft there."""

REGIONS: dict[str, tuple[float, float, float, float]] = {
    "left": (-_BEYOND, -_BEYOND, 0.5, _BEYOND),
    "right": (0.5, -_BEYOND, _BEYOND, _BEYOND),
    "top": (-_BEYOND, -_BEYOND, _BEYOND, 0.5),
    "bottom": (-_BEYOND, 0.5, _BEYOND, _BEYOND),
    "center": (0.25, 0.25, 0.75, 0.75),
    "top left": (-_BEYOND, -_BEYOND, 0.5, 0.5),
    "top right": (0.5, -_BEYOND, _BEYOND, 0.5),
    "bottom left": (-_BEYOND, 0.5, 0.5, _BEYOND),
    "bottom right": (0.5, 0.5, _BEYOND, _BEYOND),
    "sky": (-_BEYOND, -_BEYOND, _BEYOND, 0.45),
    "ground": (-_BEYOND, 0.55, _BEYOND, _BEYOND),
}
"""Parts of the frame by name: left, top, right, bottom."""

SHAPES = {"box": ("left", "top", "right", "bottom"), "circle": ("x", "y", "radius")}
"""Shapes, and what their numbers are; a radius counts in heights of the frame."""

SOFT = 0.05
"""Width of a mask's soft rim in heights of the frame where it is not set."""

LEAST = 0.01
"""The share of the frame below which a mask is hardly meant."""


@dataclass(frozen=True)
class PictureMask:
    """A grey picture, or a clip: white is inside, black and what is clear outside.

    ``digest`` is the SHA-256 of the contents of ``file``; ``times`` has the moment, in seconds, of
    every frame of the shot where it is a clip, and is empty for a picture.
    """

    file: Path = field(compare=False)
    digest: str
    times: tuple[Fraction, ...] = ()

    @property
    def label(self) -> str:
        """Return the name of the file."""
        return self.file.name

    def at(self, local: int) -> PictureMask:
        """Return the mask as it is at the shot's frame ``local``."""
        times = self.times and (self.times[min(local, len(self.times) - 1)],)
        return replace(self, times=times)


@dataclass(frozen=True)
class ShapeMask:
    """A shape of `SHAPES`: a row of ``numbers`` for every frame of the shot."""

    kind: str
    numbers: tuple[tuple[float, ...], ...]
    name: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """Return the region's name, or the kind."""
        return self.name or self.kind

    def at(self, local: int) -> ShapeMask:
        """Return the mask as it is at the shot's frame ``local``."""
        return replace(self, numbers=(self.numbers[min(local, len(self.numbers) - 1)],))


@dataclass(frozen=True)
class WordsMask:
    """A mask of the area where a perceptor finds ``text`` in the picture being painted."""

    text: str

    @property
    def label(self) -> str:
        """Return the text."""
        return self.text

    def at(self, local: int) -> WordsMask:
        """Return the mask itself."""
        return self


@dataclass(frozen=True)
class Mask:
    """A part of the frame.

    Attributes:
        source: what it is made of.
        soft: width of a shape's soft rim, and of the blur of a picture, in heights of the frame.
        outside: whether all but it is meant.
        carried: whether the camera carries it along; fixed to the screen without.
        owner: the index of the shot that it lies in, from whose pose at rest it is carried.
    """

    source: PictureMask | ShapeMask | WordsMask
    soft: float = SOFT
    outside: bool = False
    carried: bool = False
    owner: int = field(default=0, compare=False)

    @property
    def label(self) -> str:
        """Return what people call it."""
        return ("outside " if self.outside else "") + self.source.label

    def at(self, local: int) -> Mask:
        """Return the mask as it is at its shot's frame ``local``."""
        return replace(self, source=self.source.at(local))
