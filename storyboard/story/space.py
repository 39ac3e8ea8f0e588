"""What a story says of space: how far away the picture is, and a film for two eyes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storyboard.motion import STEREO_FORMATS
from storyboard.story import fields as f
from storyboard.story.kinds import Scalar, said
from storyboard.story.scalars import TEXT, TIME, one_of

DISTANCE = Scalar(
    f.number(above=0, high=1e6), {"type": "number", "exclusiveMinimum": 0, "maximum": 1e6}
)
STRENGTH = Scalar(f.number(low=0, high=10), {"type": "number", "minimum": 0, "maximum": 10})
IPD = Scalar(f.number(low=0, high=1), {"type": "number", "minimum": 0, "maximum": 1})
GIVES = ("nearness", "distance")


@dataclass(frozen=True, kw_only=True)
class DepthSpec:
    """How far away the picture is. Depths count in distances of the picture plane."""

    kind: str = said(
        TEXT,
        "plane (flat), sphere, tunnel, a picture's file (bright is near), model, or the name or "
        "folder of a depth-estimation model.",
        needed=True,
    )
    near: float | None = said(DISTANCE, "Depth of what is white in a picture; 0.7 if not said.")
    far: float | None = said(
        DISTANCE, "Depth of what is black in a picture, 3 if not said; where a tunnel ends, 20."
    )
    radius: float | None = said(
        DISTANCE, "Of a sphere in distances of the plane, of a tunnel in half heights; 1."
    )
    strength: float | None = said(STRENGTH, "0 is flat; 1, if not said, the depth as it is.")
    every: Any = said(TIME, "How often a model looks at the picture; 0.5s if not said.")
    smooth: Any = said(TIME, "Over how long a model's estimates are smoothed; 0.5s if not said.")
    gives: str | None = said(
        one_of("number of a depth model", GIVES),
        "What a model's numbers grow with: nearness (default) or distance.",
    )


@dataclass(frozen=True, kw_only=True)
class StereoSpec:
    """The film for two eyes: every picture is painted once and shown twice."""

    format: str = said(
        one_of("stereo format", STEREO_FORMATS),
        "side_by_side (twice as wide), over_under (twice as high), anaglyph (red and cyan).",
        needed=True,
    )
    ipd: float | None = said(
        IPD, "Distance of the eyes in frame widths of the picture plane; 0.03 if not said."
    )
    screen: float | None = said(
        DISTANCE, "The depth that lies in the screen: nearer comes out of it; 1 if not said."
    )
