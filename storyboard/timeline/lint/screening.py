"""Screen the cameras of a whole film at once: few shots need to be measured exactly.

All bounds err on the side of suspicion. What they let pass has no finding in `camera`; most shots
of most films are let pass, in a few array operations for thousands of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from storyboard.motion.perspective import IN_SPACE
from storyboard.plan import POSE_FIELDS, Floats, Pose, ShotPlan

FASTEST_ZOOM = 2.0
"""A zoom into the picture by more than this within a second: all that is seen then is new."""

FASTEST_TURN = 300.0
"""Degrees within a second."""

FASTEST_PAN = 2.0
"""Frame widths or heights that go by within a second."""

MOST_NEW = 2.0
"""How many times the whole picture may be uncovered within a second."""

_BATCH = 1 << 16
"""Frames that are screened at a time, which bounds the memory."""

_PLACES = {name: place for place, name in enumerate(POSE_FIELDS)}
_ZOOMS = ("zoom", "zoom_x", "zoom_y", "dolly")
_AT_REST = [_PLACES[name] for name in ("shear_x", "shear_y", "zoom_x", "zoom_y", *IN_SPACE)]
_REST = np.array([getattr(Pose(), POSE_FIELDS[place]) for place in _AT_REST])
_PIVOT = [_PLACES["pivot_x"], _PLACES["pivot_y"]]

Flags = npt.NDArray[np.bool_]


def suspects(shots: Sequence[ShotPlan], aspect: float) -> Iterator[ShotPlan]:
    """Yield the shots whose camera moves, and perhaps too fast; ``aspect`` is width / height."""
    batch: list[ShotPlan] = []
    frames = 0
    for shot in shots:
        if shot.frame_count < 2:
            continue
        if batch and frames + shot.frame_count > _BATCH:
            yield from _screened(batch, aspect)
            batch, frames = [], 0
        batch.append(shot)
        frames += shot.frame_count
    if batch:
        yield from _screened(batch, aspect)


def _screened(shots: Sequence[ShotPlan], aspect: float) -> Iterator[ShotPlan]:
    counts = [shot.frame_count for shot in shots]
    starts = np.array([0, *accumulate(counts[:-1])])
    poses = np.concatenate([shot.poses for shot in shots])
    low, high = (bound.reduceat(poses, starts) for bound in (np.minimum, np.maximum))
    moving = (low != high).any(axis=1)
    if not moving.any():
        return
    steps = _Steps(poses, starts)
    odd = _fast(shots, low, high, steps) | ~steps.covered(low, high, aspect)
    yield from (shots[int(n)] for n in np.flatnonzero(moving & odd))


class _Steps:
    """What changes from frame to frame, added up by shot."""

    def __init__(self, poses: Floats, starts: npt.NDArray[np.int_]) -> None:
        self._poses, self._starts = poses, starts

    def column(self, field: str) -> Floats:
        """Return a field of all poses, (frames,)."""
        values: Floats = self._poses[:, _PLACES[field]]
        return values

    def change(self, field: str) -> Floats:
        """Return by how much a field changes at each frame; by nothing at the first of a shot."""
        change = np.diff(self.column(field), prepend=0.0)
        change[self._starts] = 0.0
        return change

    def total(self, values: Floats) -> Floats:
        """Return the sum of ``values`` over the frames of each shot."""
        summed: Floats = np.add.reduceat(values, self._starts)
        return summed

    def covered(self, low: Floats, high: Floats, aspect: float) -> Flags:
        """Return, by shot, True where a flat camera surely uncovers less than `MOST_NEW` in all.

        A step turns the view by ``turn`` radians, shrinks it by ``shrink`` and shifts it by
        ``shift`` half heights. A corner lies at most ``(aspect + |pivot|)`` to the side of the
        pivot and ``1 + |pivot|`` above it, which bounds how far each of these takes it outside.
        """
        plain = ((low[:, _AT_REST] == _REST) & (high[:, _AT_REST] == _REST)).all(axis=1)
        pivot = low[:, _PIVOT]
        plain &= (pivot == high[:, _PIVOT]).all(axis=1) & ((pivot >= 0) & (pivot <= 1)).all(axis=1)
        zoom = self.column("zoom")
        before = zoom - self.change("zoom")
        ratio = before / zoom
        shrink = self.total(np.maximum(ratio - 1, 0))
        turn = self.total(ratio * np.abs(np.radians(self.change("rotate"))))
        pan = np.hypot(2 * aspect * self.change("pan_x"), 2 * self.change("pan_y"))
        shift = self.total(before * pan)
        wide, tall = aspect * (1 + np.abs(2 * pivot[:, 0] - 1)), 1 + np.abs(2 * pivot[:, 1] - 1)
        sideways = (shrink * wide + turn * tall + shift) / aspect
        upwards = shrink * tall + turn * wide + shift
        covered: Flags = plain & (sideways + upwards <= MOST_NEW)
        return covered


def _fast(shots: Sequence[ShotPlan], low: Floats, high: Floats, steps: _Steps) -> Flags:
    """Return, by shot, True where it may zoom, turn or pan too fast."""
    lowest, highest = ({name: edge[:, n] for name, n in _PLACES.items()} for edge in (low, high))
    ends = np.array([[_depths(shot.entry), _depths(shot.exit)] for shot in shots])
    near, far = ends.max(axis=1), ends.min(axis=1)
    grown = np.zeros(len(shots))
    for place, (name, share) in enumerate(zip(_ZOOMS, (1, 0.5, 0.5, 1), strict=True)):
        most, least = highest[name], lowest[name]
        if name == "dolly":
            most, least = (np.maximum(1 - one, 1e-6) for one in (least, most))
        wide = np.maximum(most, near[:, place]) / np.minimum(least, far[:, place])
        grown += share * np.log(wide)
    turned = sum(highest[name] - lowest[name] for name in ("rotate", "roll"))
    fast: Flags = (grown > np.log(FASTEST_ZOOM)) | (turned > FASTEST_TURN)
    for pan, zoomed in (("pan_x", "zoom_x"), ("pan_y", "zoom_y")):
        gone = steps.total(np.abs(steps.change(pan))) * highest["zoom"] * highest[zoomed]
        fast |= gone > FASTEST_PAN
    return fast


def _depths(pose: Pose) -> tuple[float, float, float, float]:
    """Return the factors of `_ZOOMS` of ``pose``, the dolly's as how far the picture is."""
    return pose.zoom, pose.zoom_x, pose.zoom_y, max(1 - pose.dolly, 1e-6)
