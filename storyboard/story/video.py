"""The video section of a story: a clip that its frames start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storyboard.motion import AT_ENDS, FITS, FLOWS
from storyboard.story import fields as f
from storyboard.story.kinds import RecordOf, Scalar, spec_field
from storyboard.story.scalars import CURVE, TEXT, TIME, one_of

CLIP = Scalar(f.check_clip, {"anyOf": [{"type": "string", "minLength": 1}, {"const": False}]})


@dataclass(frozen=True, kw_only=True)
class KeepSpec:
    """The part of a clip's structure that the pictures keep: by a ControlNet, or by a loss."""

    edges: Any = spec_field(CURVE, "How strongly its edges are kept, 0 to 2.")
    depth: Any = spec_field(CURVE, "How strongly its depth is kept, 0 to 2; needs depth_model.")
    depth_model: str | None = spec_field(
        TEXT, "A depth-estimation model of transformers: a folder or a name."
    )


@dataclass(frozen=True, kw_only=True)
class VideoSpec:
    """A clip that the frames start from."""

    file: str | bool = spec_field(
        CLIP, "The clip, relative to the story; false for none.", required=True
    )
    start: Any = spec_field(TIME, "Where in the file it starts.")
    end: Any = spec_field(TIME, "Where in the file it ends; at its own end if not set.")
    speed: Any = spec_field(CURVE, "How fast it plays, from 0 (stands still) on; 1 if not set.")
    at_end: str | None = spec_field(
        one_of("way to end", AT_ENDS), "What is seen after its end: loop, hold or bounce."
    )
    fit: str | None = spec_field(
        one_of("fit", FITS), "How it comes into the frame: cover (default), contain or stretch."
    )
    flow: str | None = spec_field(
        one_of("flow", FLOWS), "How its own movement is found: dis (default), raft or none."
    )
    keep: KeepSpec | None = spec_field(
        RecordOf(KeepSpec),
        "What of its structure is kept: by the drawer's controlnet, or by a loss.",
    )
