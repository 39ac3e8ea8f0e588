"""The space sections of a story: how far away the picture is, and a film for two eyes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storyboard.motion import STEREO_FORMATS
from storyboard.story import fields as f
from storyboard.story.kinds import Scalar, spec_field
from storyboard.story.scalars import TEXT, TIME, one_of

DISTANCE = Scalar(
    f.number(above=0, high=1e6), {"type": "number", "exclusiveMinimum": 0, "maximum": 1e6}
)
STRENGTH = Scalar(f.number(low=0, high=10), {"type": "number", "minimum": 0, "maximum": 10})
IPD = Scalar(f.number(low=0, high=1), {"type": "number", "minimum": 0, "maximum": 1})
GIVES = ("nearness", "distance")


@dataclass(frozen=True, kw_only=True)
class DepthSpec:
    """The distance of the picture. Depths count in distances of the picture plane."""

    kind: str = spec_field(
        TEXT,
        "plane (flat), sphere, tunnel, a picture's file (bright is near), model, or the name or "
        "folder of a depth-estimation model.",
        required=True,
    )
    near: float | None = spec_field(
        DISTANCE, "Depth of what is white in a picture; 0.7 if not set."
    )
    far: float | None = spec_field(
        DISTANCE, "Depth of what is black in a picture, 3 if not set; where a tunnel ends, 20."
    )
    radius: float | None = spec_field(
        DISTANCE, "Of a sphere in distances of the plane, of a tunnel in half heights; 1."
    )
    strength: float | None = spec_field(STRENGTH, "0 is flat; 1, if not set, the depth as it is.")
    every: Any = spec_field(TIME, "How often a model looks at the picture; 0.5s if not set.")
    smooth: Any = spec_field(
        TIME, "Over how long a model's estimates are smoothed; 0.5s if not set."
    )
    gives: str | None = spec_field(
        one_of("number of a depth model", GIVES),
        "What a model's numbers grow with: nearness (default) or distance.",
    )


@dataclass(frozen=True, kw_only=True)
class StereoSpec:
    """The film for two eyes: every picture is painted once and shown twice."""

    format: str = spec_field(
        one_of("stereo format", STEREO_FORMATS),
        "side_by_side (twice as wide), over_under (twice as high), anaglyph (red and cyan).",
        required=True,
    )
    ipd: float | None = spec_field(
        IPD, "Distance of the eyes in frame widths of the picture plane; 0.03 if not set."
    )
    screen: float | None = spec_field(
        DISTANCE, "The depth that lies in the screen: nearer comes out of it; 1 if not set."
    )
