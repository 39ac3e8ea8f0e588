"""A camera that runs away: faster than a picture can be painted, or than an eye can follow.

All is measured over a second of film at a time, so that a kick on the beat, a tremor or a quick pan
is nothing odd. A shot shorter than that is measured from end to end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from storyboard.motion.path_matrices import uncovered, views
from storyboard.plan import POSE_FIELDS, Floats, ShotPlan
from storyboard.timeline.lint.screening import (
    FASTEST_PAN,
    FASTEST_TURN,
    FASTEST_ZOOM,
    MOST_NEW,
    suspects,
)
from storyboard.timeline.poses import net_motion

LARGEST_ZOOM, STEADY_ZOOM = 50.0, 1.5
"""A zoom in or out by more than the first over a shot is odd where it is, on the average, more than
the second each second. Slower ones may go on for ever."""


class Finding(NamedTuple):
    """A warning about a camera: ``kind`` identifies it, ``at`` is in seconds of the shot, ``size``
    says how odd it is.
    """

    kind: str
    message: str
    hint: str
    at: float
    size: float


@dataclass(frozen=True)
class Footage:
    """A shot's poses by field, frame after frame, and how they are measured."""

    shot: ShotPlan
    fps: Fraction
    aspect: float

    @property
    def second(self) -> int:
        """Return frames from one to that a second later."""
        return min(max(1, int(self.fps)), self.shot.frame_count - 1)

    def of(self, field: str) -> Floats:
        """Return a field of the pose at every frame."""
        values: Floats = self.shot.poses[:, POSE_FIELDS.index(field)]
        return values

    def after_a_second(self, values: Floats) -> Floats:
        """Return by how much ``values`` grow in the second from each frame on that has one."""
        grown: Floats = values[self.second :] - values[: len(values) - self.second]
        return grown

    def at(self, frame: int) -> float:
        """Return seconds of the shot at one of its frames."""
        return max(0.0, float((self.shot.first + frame) / self.fps - self.shot.start))


def camera_findings(
    shots: Sequence[ShotPlan], fps: Fraction, aspect: float
) -> Iterator[tuple[ShotPlan, Finding]]:
    """Yield what is odd about the cameras of ``shots``, at most one thing of each kind a shot."""
    for shot in suspects(shots, aspect):
        yield from ((shot, found) for found in _findings(shot, fps, aspect))


def _findings(shot: ShotPlan, fps: Fraction, aspect: float) -> Iterator[Finding]:
    footage = Footage(shot, fps, aspect)
    found = [*_zoom(footage), *_turn(footage), *_pan(footage)]
    if not found and shot.depth is None:
        found += _new(footage)  # each of the others uncovers much too: one cause is reported once
    yield from found


def _zoom(footage: Footage) -> Iterator[Finding]:
    """Yield warnings of a zoom that outruns the picture, or adds up to something absurd."""
    shot, name = footage.shot, footage.shot.name
    log = np.log(footage.of("zoom")) + np.log(footage.of("zoom_x") * footage.of("zoom_y")) / 2
    if shot.depth is None:  # with depth a dolly is a flight
        log = log - np.log(np.maximum(1 - footage.of("dolly"), 1e-6))
    grown = footage.after_a_second(log)
    worst, net = _worst(grown), net_motion(shot)[0]
    usual = "zoom_per_s multiplies second by second: 1.02 to 1.3 is usual"
    if grown[worst] > np.log(FASTEST_ZOOM) + 1e-9:
        message = (
            f"the camera zooms in {np.exp(grown[worst]):.3g} times within a second, from "
            f"{footage.at(worst):.3g}s of shot {name!r} on, by a factor of {net:.3g} in all: the "
            "picture cannot be painted as fast"
        )
        yield Finding("zoom", message, usual, footage.at(worst), float(grown[worst]))
    elif abs(np.log(net)) > max(
        np.log(LARGEST_ZOOM), np.log(STEADY_ZOOM) * float(shot.end - shot.start)
    ):
        past = int(np.argmax(np.abs(log - log[0]) > np.log(LARGEST_ZOOM)))
        bound = f"{LARGEST_ZOOM:g}" if net > 1 else f"1/{LARGEST_ZOOM:g}"
        message = (
            f"shot {name!r} zooms by a factor of {net:.3g} in all; it exceeds {bound} "
            f"{footage.at(past):.3g}s into the shot"
        )
        yield Finding("zoom", message, usual, footage.at(past), abs(float(np.log(net))))


def _turn(footage: Footage) -> Iterator[Finding]:
    turned = footage.of("rotate") + footage.of("roll")
    grown = np.abs(footage.after_a_second(turned))
    worst = _worst(grown)
    if grown[worst] > FASTEST_TURN:
        net = net_motion(footage.shot)[1]
        message = (
            f"the camera turns by {grown[worst]:.0f} degrees within a second, from "
            f"{footage.at(worst):.3g}s of shot {footage.shot.name!r} on, by {net:.0f} in all"
        )
        hint = "rotate counts degrees, rotate_per_s degrees a second"
        yield Finding("turn", message, hint, footage.at(worst), float(grown[worst]))


def _pan(footage: Footage) -> Iterator[Finding]:
    """Check how far the picture goes by on the screen: a pan is magnified by the zoom."""
    zoom = footage.of("zoom")
    for field, zoomed, size in (("pan_x", "zoom_x", "widths"), ("pan_y", "zoom_y", "heights")):
        steps = np.diff(footage.of(field)) * (zoom * footage.of(zoomed))[1:]
        gone = np.abs(footage.after_a_second(np.concatenate([[0.0], np.cumsum(steps)])))
        worst = _worst(gone)
        if gone[worst] > FASTEST_PAN:
            message = (
                f"{gone[worst]:.3g} frame {size} of picture go by within a second, from "
                f"{footage.at(worst):.3g}s of shot {footage.shot.name!r} on"
            )
            hint = _magnified(footage, worst) or f"0.1 is a tenth of a frame's {size[:-1]}"
            yield Finding("pan", message, hint, footage.at(worst), float(gone[worst]))
            return


def _new(footage: Footage) -> Iterator[Finding]:
    """Check how much of the picture is uncovered within a second, of what no bend does."""
    looks = views(footage.shot.poses, footage.aspect)
    if _most_within(_reach(looks[:-1] @ np.linalg.inv(looks[1:])), footage) <= MOST_NEW:
        return
    steps = looks[1:] @ np.linalg.inv(looks[:-1])
    shares = np.concatenate([[0.0], np.cumsum(uncovered(steps))])
    grown = footage.after_a_second(shares)
    worst = _worst(grown)
    if grown[worst] > MOST_NEW:
        message = (
            f"the camera uncovers {grown[worst]:.0%} of the picture within a second, from "
            f"{footage.at(worst):.3g}s of shot {footage.shot.name!r} on"
        )
        hint = "what is new is empty until it is painted; a slower camera lets it grow"
        hint = _magnified(footage, worst) or hint
        yield Finding("new", message, hint, footage.at(worst), float(grown[worst]))


def _worst(grown: Floats) -> int:
    """Return the first of those that are largest but for rounding."""
    return int(np.argmax(grown >= grown.max() - 1e-6 * abs(grown.max())))


def _magnified(footage: Footage, frame: int) -> str | None:
    """Return the message for a camera that is fast only because it is near."""
    zoom = footage.of("zoom")[frame]
    return f"a zoom of {zoom:.3g} magnifies pan and pivot as much" if zoom > 3 else None


def _most_within(shares: Floats, footage: Footage) -> float:
    return float(footage.after_a_second(np.concatenate([[0.0], np.cumsum(shares)])).max())


def _reach(back: Floats) -> Floats:
    """Bound what each step can uncover: how far its corners lie outside, on all sides.

    ``back`` (n, 3, 3) maps the view after each step to the one before it.
    """
    x, y = np.array([-1.0, 1.0, -1.0, 1.0]), np.array([-1.0, -1.0, 1.0, 1.0])
    found = back @ np.stack([x, y, np.ones(4)])
    behind: npt.NDArray[np.bool_] = (found[:, 2] <= 0).any(axis=1)
    depth = np.where(found[:, 2] > 0, found[:, 2], 1.0)
    outside = np.maximum(np.abs(found[:, :2] / depth[:, None]) - 1, 0).max(axis=2).sum(axis=1)
    return np.where(behind, 1.0, np.minimum(outside, 1.0))
