"""Depth and stereo, resolved: the distance of a shot's picture, and a film for two eyes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True)
class DepthPlan:
    """Depth of a shot's picture; a shot without one is a plane.

    ``kind`` is sphere, tunnel, image or model. Depths count in distances of the picture plane:
    ``near`` is that of white and ``far`` of black, or where a tunnel ends; ``radius`` is a sphere's
    in the same unit, a tunnel's in half heights; ``strength`` 0 is flat. ``every`` and ``smooth``
    are seconds; ``gives`` is the quantity that a model predicts: ``nearness`` or ``distance``.
    """

    kind: str
    near: float = 0.7
    far: float = 3.0
    radius: float = 1.0
    strength: float = 1.0
    file: Path | None = None
    model: str = ""
    every: Fraction = Fraction(1, 2)
    smooth: Fraction = Fraction(1, 2)
    gives: str = "nearness"


@dataclass(frozen=True)
class StereoPlan:
    """A film for two eyes: ``format`` as in `storyboard.motion.STEREO_FORMATS`.

    ``ipd`` is the distance of the eyes in frame widths of the picture plane; what lies at depth
    ``screen`` both eyes see at the same place.
    """

    format: str
    ipd: float = 0.03
    screen: float = 1.0

    def film_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return (width, height) of the film's pictures, from those of one eye's."""
        width, height = size
        wide, high = self.format == "side_by_side", self.format == "over_under"
        return width * (1 + wide), height * (1 + high)
