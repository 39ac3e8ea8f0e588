"""The moves of a picture from frame to frame, in the pixels of Deforum, in 2D and 3D.

Convention: x right, y down, from where a point is to where the source shows it. Angles are degrees,
counter-clockwise as seen. The file ``camera`` turns them into our poses.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.camera_rates import Moves
from storyboard.interchange.importers.sampled import ScheduleTrack
from storyboard.interchange.importers.story_writer import Draft

TRANSLATION_3D = 1.0 / 200.0
"""A unit of a 3D translation, in distances at which the picture lies."""


def zoom_3d(tz: Any, fov: Any, *, z: float = 1.0) -> Any:
    """Return the zoom of one frame of a 3D translation for what lies at depth ``z``."""
    nearer = 1.0 / (z - tz * TRANSLATION_3D) - 1.0 / z
    return 1.0 / (1.0 - nearer / half_field(fov))


def half_field(fov: Any) -> Any:
    """Return the tangent of half the angle of view."""
    return np.tan(np.radians(fov) / 2)


def pivoted(
    zoom: ScheduleTrack,
    angle: ScheduleTrack,
    shifts: tuple[ScheduleTrack, ScheduleTrack],
    *,
    pivots: Any,
    size: tuple[int, int],
) -> tuple[ScheduleTrack, ScheduleTrack]:
    """Return shifts about the centre that do what ``shifts`` did about a pivot that moves."""
    mu = zoom.values * np.exp(-1j * np.radians(angle.values))
    center = (pivots[0] - 0.5) * size[0] + 1j * (pivots[1] - 0.5) * size[1]
    shift = shifts[0].values + 1j * shifts[1].values + (1 / mu - 1) * center
    return ScheduleTrack(shift.real), ScheduleTrack(shift.imag)


def moves_3d(draft: Draft, tracks: list[ScheduleTrack]) -> Moves:
    """Return a plane's moves from translations x, y, z, rotations x, y, z, and the fov, all per
    frame.
    """
    x, y, z, tilt, yaw, roll, fov = tracks
    half = half_field(fov.values)
    width, height = draft.size
    across, upward = width / 2 / half, height / 2 / half
    right = _sum_3d(x, -across * TRANSLATION_3D, yaw, -across)
    down = _sum_3d(y, upward * TRANSLATION_3D, tilt, upward)
    zoom = ScheduleTrack(np.asarray(zoom_3d(z.values, fov.values)))
    if np.any(zoom.values <= 0):
        frame = int(np.argmax(zoom.values <= 0))
        raise BadValue(f"translation_z: at frame {frame} it goes through the picture")
    if np.any(roll.values):
        draft.notes.add(
            "corrected",
            "rotation_3d_z turns by the angle that it says; the source turns by more below a fov "
            "of 90 and by less above",
        )
    draft.notes.add(
        "carried",
        "3D: the picture moves as a plane where the source's nearest pixels are; "
        "tilt and yaw pan it. `depth:` gives parallax",
    )
    return Moves(zoom, roll, right, down, draft.size, draft.fps)


def _sum_3d(slide: ScheduleTrack, scale: Any, turn: ScheduleTrack, reach: Any) -> ScheduleTrack:
    """Return pixels a frame of a translation and a turn; in its own words where only one number
    scales.
    """
    values = slide.values * scale + np.tan(np.radians(turn.values)) * reach
    if np.any(turn.values) or np.ptp(scale) > 0:
        return ScheduleTrack(values)
    return ScheduleTrack(values, slide.schedule, float(np.ravel(scale)[0]), slide.names)
