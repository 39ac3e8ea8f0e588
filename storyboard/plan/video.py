"""The clip of a shot, and the picture that it begins with, resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True)
class VideoPlan:
    """The clip that a shot's frames start from.

    ``times`` has the moment of the file, in seconds, that each frame of the shot shows; ``fit``
    says how the clip comes into the frame and ``flow`` how its own movement is found
    (`storyboard.motion.FITS`, ``FLOWS``). ``keep`` names what of the clip's structure the pictures
    keep, ``edges`` or ``depth``, empty for nothing; its weight is the curve ``video_keep``.
    ``depth_model`` estimates the depth.
    """

    file: Path
    times: tuple[Fraction, ...]
    fit: str = "cover"
    flow: str = "dis"
    keep: str = ""
    depth_model: str = ""


@dataclass(frozen=True)
class OpeningPlan:
    """The picture that frames of a shot start from; its share in each is the curve ``init``.

    ``digest`` is the SHA-256 of the contents of ``file``.
    """

    file: Path = field(compare=False)
    digest: str
