"""The finishing sections of a story: how it is painted for the film, and what lies over it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from storyboard.plan import INTERPOLATIONS, PLACES
from storyboard.story import fields as f
from storyboard.story.kinds import ListOf, RecordOf, Scalar, spec_field
from storyboard.story.scalars import COLOR, CURVE, FPS, PROSE, SIZE, TEXT, TIME, one_of

SHARE = Scalar(f.number(above=0, high=10), {"type": "number", "exclusiveMinimum": 0, "maximum": 10})
LETTERS = Scalar(f.number(above=0, high=1), {"type": "number", "exclusiveMinimum": 0, "maximum": 1})
TILE = Scalar(f.whole(low=32, high=4096), {"type": "integer", "minimum": 32, "maximum": 4096})
OVERLAP = Scalar(f.whole(low=0, high=512), {"type": "integer", "minimum": 0, "maximum": 512})
PLACE = one_of("place", PLACES)


@dataclass(frozen=True, kw_only=True)
class PaintSpec:
    """Settings of how the pictures are painted that the film is made of."""

    size: tuple[int, int] | None = spec_field(
        SIZE, "Width x height that is painted, in the film's shape; the film is scaled from it."
    )
    fps: Fraction | None = spec_field(
        FPS, "Frames a second that are painted; the film's is a whole multiple of it."
    )


@dataclass(frozen=True, kw_only=True)
class UpscaleSpec:
    """A network that enlarges the painted pictures."""

    model: str = spec_field(
        TEXT,
        "Weights that spandrel reads: .safetensors or .pth, relative to the story.",
        required=True,
    )
    tile: int | None = spec_field(TILE, "Side of a tile in painted pixels; 256 by default.")
    overlap: int | None = spec_field(
        OVERLAP, "Pixels that tiles share with neighbours; 16 by default (tile / 4 at most)."
    )


@dataclass(frozen=True, kw_only=True)
class InterpolateSpec:
    """Settings of frames in between."""

    method: str | None = spec_field(
        one_of("method", INTERPOLATIONS),
        "flow (default) follows camera and things, camera only the camera, network needs model.",
    )
    model: str | None = spec_field(
        TEXT, "A network for two pictures, such as RIFE: an .onnx file, relative to the story."
    )


@dataclass(frozen=True, kw_only=True)
class OverlaySpec:
    """A picture over the film."""

    image: str = spec_field(
        TEXT, "The picture, relative to the story; it may be clear.", required=True
    )
    at: str | None = spec_field(PLACE, "Where: bottom right, top, center ...; center if not set.")
    scale: float | None = spec_field(SHARE, "Its width in widths of the film; 1 if not set.")
    alpha: Any = spec_field(
        CURVE, "How opaque it is, 0 to 1; keys count from when it is first seen."
    )
    every: Any = spec_field(TIME, "How often: every 10f one frame; always if not set.")
    start: Any = spec_field(
        TIME, "From when on it is seen; the film's start if not set.", key="from"
    )
    stop: Any = spec_field(TIME, "Until when; the film's end if not set.", key="to")


@dataclass(frozen=True, kw_only=True)
class CaptionSpec:
    """Words over the film."""

    text: str = spec_field(PROSE, "The words; long lines are broken between them.", required=True)
    at: str | None = spec_field(PLACE, "Where: top left, center ...; bottom if not set.")
    size: float | None = spec_field(LETTERS, "Height of the letters in heights of the film; 0.06.")
    color: tuple[float, float, float] | None = spec_field(COLOR, "Their colour; white if not set.")
    font: str | None = spec_field(TEXT, "A font's file, .ttf or .otf, relative to the story.")
    alpha: Any = spec_field(
        CURVE, "How opaque they are, 0 to 1; keys count from when they are seen."
    )
    start: Any = spec_field(TIME, "From when on they are seen; the film's start.", key="from")
    stop: Any = spec_field(TIME, "Until when; the film's end if not set.", key="to")


STYLES = ("lines", "karaoke")


@dataclass(frozen=True, kw_only=True)
class BurnSpec:
    """Lyrics written on the picture."""

    at: str | None = spec_field(PLACE, "Where: top, center, bottom left ...; bottom if not set.")
    size: float | None = spec_field(LETTERS, "Height of the letters in heights of the film; 0.07.")
    font: str | None = spec_field(TEXT, "A font's file, .ttf or .otf, relative to the story.")
    color: tuple[float, float, float] | None = spec_field(COLOR, "Their colour; white if not set.")
    style: str | None = spec_field(
        one_of("style", STYLES), "lines (default), or karaoke: words take a colour when sung."
    )
    sung: tuple[float, float, float] | None = spec_field(
        COLOR, "The colour of words that have been sung, for karaoke; gold if not set."
    )


UPSCALE = RecordOf(UpscaleSpec, short="model")
INTERPOLATE = RecordOf(InterpolateSpec, short="method")
PAINT = RecordOf(PaintSpec, short="size")
OVERLAYS = ListOf(
    RecordOf(OverlaySpec, short="image"), what="a picture or a list of overlays", single=True
)
CAPTIONS = ListOf(
    RecordOf(CaptionSpec, short="text"), what="a text or a list of captions", single=True
)
