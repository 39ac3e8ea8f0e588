"""The picture that a shot begins with, as a story writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storyboard.story import fields as f
from storyboard.story.kinds import RecordOf, Scalar, spec_field
from storyboard.story.scalars import CURVE, TIME

PICTURE = Scalar(f.check_clip, {"anyOf": [{"type": "string", "minLength": 1}, {"const": False}]})


@dataclass(frozen=True, kw_only=True)
class InitSpec:
    """A picture that the frames of a shot start from."""

    image: str | bool = spec_field(
        PICTURE, "The picture, relative to the story; false for none.", required=True
    )
    weight: Any = spec_field(CURVE, "Its share in what a frame starts from, 0 to 1; 1 if not set.")
    until: Any = spec_field(
        TIME, "How long into the shot frames start from it; the first frame alone if not set."
    )
    every: Any = spec_field(
        TIME, "How often they do: 10f is every tenth frame; every frame if not set."
    )


INIT = RecordOf(InitSpec, short="image")
