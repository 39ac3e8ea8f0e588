"""Finishing, resolved: the steps from painted pictures to the film."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from storyboard.plan.prompt import Floats
from storyboard.plan.shot import ShotPlan

Color = tuple[float, float, float]

PLACES = {
    "top left": (0.0, 0.0),
    "top": (0.5, 0.0),
    "top right": (1.0, 0.0),
    "left": (0.0, 0.5),
    "center": (0.5, 0.5),
    "right": (1.0, 0.5),
    "bottom left": (0.0, 1.0),
    "bottom": (0.5, 1.0),
    "bottom right": (1.0, 1.0),
}
"""Where something lies over the film: (x, y) as shares of the room that is left beside it."""


INTERPOLATIONS = ("flow", "camera", "network")
"""How frames in between are made: by the camera and optical flow, by the camera alone, by the
camera and a network."""


@dataclass(frozen=True)
class OverlayPlan:
    """A picture that lies over the film's frames ``first`` to before ``stop``.

    ``at`` is one of `PLACES`; ``scale`` its width as a share of the
    film's; ``alpha`` its opacity at each of these frames.
    """

    file: Path
    at: str
    scale: float
    first: int
    stop: int
    alpha: Floats


@dataclass(frozen=True)
class CaptionPlan:
    """A text over the film's frames ``first`` to before ``stop``.

    ``size`` is the height of its letters as a share of the film's height, ``font`` their file;
    ``at`` and ``alpha`` are as in `OverlayPlan`. ``sung`` are the film's frames from which its
    words, parted by blanks, are in ``sung_color``; empty where they are not sung along.
    """

    text: str
    at: str
    size: float
    color: Color
    font: Path
    first: int
    stop: int
    alpha: Floats
    sung: tuple[int, ...] = ()
    sung_color: Color = (1.0, 1.0, 1.0)

    def words_sung(self, number: int) -> int:
        """Return how many words are sung by the film's frame ``number``."""
        return sum(start <= number for start in self.sung)


@dataclass(frozen=True)
class UpscalePlan:
    """The network that enlarges painted pictures: the weights in ``file``, read by spandrel.

    A picture is enlarged in tiles of ``tile`` pixels a side, which overlap by ``overlap`` pixels of
    the painted picture.
    """

    file: Path
    tile: int
    overlap: int


@dataclass(frozen=True)
class InterpolatePlan:
    """Method of interpolating frames: ``method`` is one of `INTERPOLATIONS`.

    ``file`` is the ONNX network of the method ``network``, None for the others.
    """

    method: str = "flow"
    file: Path | None = None


@dataclass(frozen=True)
class FinishPlan:
    """Differences between the film and the painted pictures.

    ``size`` is (width, height) of the film in pixels, for one eye; None where it is painted in that
    size. ``fps`` is the film's frame rate, a whole multiple of the painted one; None where every
    frame is painted; ``interpolate`` is how the others are made. ``upscale`` is the network that
    enlarges, None for Lanczos' filter. ``shots`` are then the film's shots at its own frames:
    numbers, poses and the values of the filters that only the film shows. ``digest`` covers all
    this and these filters, files by their contents; empty where the film is the painted pictures
    as they are.
    """

    size: tuple[int, int] | None = None
    fps: Fraction | None = None
    shots: tuple[ShotPlan, ...] = ()
    overlays: tuple[OverlayPlan, ...] = ()
    captions: tuple[CaptionPlan, ...] = ()
    upscale: UpscalePlan | None = None
    interpolate: InterpolatePlan = field(default_factory=InterpolatePlan)
    digest: str = ""
