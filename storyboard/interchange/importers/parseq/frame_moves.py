"""Parseq's movement fields as a camera, as Deforum reads them: what changes from frame to frame.

A field says where the camera is, Deforum moves the picture by how much it differs from the frame
before, so turns, and shifts without zoom or turn, are our poses as they are written. A zoom is
something else: the picture grows by the factor 1 + z - z', so a way from 1 to 2 in 10 frames makes
it 1.1 to the power of 10 = 2.59 times as large. The film that the source makes is what is kept.
"""

from __future__ import annotations

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.camera_rates import Moves, ShotMotion
from storyboard.interchange.importers.parseq.field_curves import ShotCurves
from storyboard.interchange.importers.parseq.parseq_file import ParseqDocument
from storyboard.interchange.importers.sampled import ScheduleTrack, Shot
from storyboard.interchange.importers.setting_values import add_motion
from storyboard.interchange.importers.story_writer import Draft
from storyboard.interchange.importers.translate import short
from storyboard.interchange.importers.warps import moves_3d, pivoted

FLAT = ("zoom", "angle", "translation_x", "translation_y")
SPACE = ("translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z")
CENTERS = ("transform_center_x", "transform_center_y")
CARRIED = frozenset((*FLAT, *SPACE, *CENTERS, "fov"))


def add_camera(draft: Draft, document: ParseqDocument) -> None:
    """Add the camera of every shot. Raises `BadValue` with the field and the frame."""
    if not document.moving(*FLAT, *SPACE):
        return
    three = bool(document.moving(*SPACE))
    if three:
        why = "they count in 2D alone, and there are moves in 3D"
        draft.notes.left(document.moving("zoom", "angle"), why)
    moves = _moves_3d(draft, document) if three else _moves_2d(draft, document)
    try:
        add_motion(draft, moves)
    except BadValue as error:
        raise BadValue(f"{error.message} times the frame before", hint=error.hint) from None
    for shot, motion in zip(draft.spans, draft.motions, strict=True):
        _write(document, shot, motion, "rotate", name="rotation_3d_z" if three else "angle")
        if not three:
            _write_zoom(draft, document, shot, motion)
            _write_pans(draft, document, shot, motion)
    draft.notes.add(
        "carried",
        "movement fields say where the camera is, and each frame moves by what they differ from "
        "the frame before (Deforum's 'use deltas'); what stands at the first frame moves nothing",
    )


def _moved(document: ParseqDocument, name: str) -> ScheduleTrack:
    """Return the change of the picture by a field at every frame; none at the first."""
    still = 1.0 if name == "zoom" else 0.0
    return ScheduleTrack(np.concatenate([[still], still + np.diff(document.absolute(name))]))


def _moves_2d(draft: Draft, document: ParseqDocument) -> Moves:
    zoom, angle, right, down = (_moved(document, name) for name in FLAT)
    if document.moving("zoom"):
        values = document.absolute("zoom")
        draft.notes.add(
            "carried",
            f"zoom: the source adds its differences to 1, so a way from {values[0]:.4g} to "
            f"{values[-1]:.4g} makes the picture {np.prod(zoom.values):.4g} times as large; so it "
            "does here",
        )
    draft.notes.add(
        "corrected", "the pivot is the picture's true centre, half a pixel from the source's"
    )
    centers = [document.absolute(name) for name in CENTERS]
    if document.moving(*CENTERS):
        moved = pivoted(zoom, angle, (right, down), pivots=centers, size=draft.size)
        return Moves(zoom, angle, *moved, draft.size, draft.fps)
    pivot = float(centers[0][0]), float(centers[1][0])
    return Moves(zoom, angle, right, down, draft.size, draft.fps, pivot)


def _moves_3d(draft: Draft, document: ParseqDocument) -> Moves:
    fov = document.absolute("fov")
    wrong = (fov <= 0) | (fov >= 180)
    if np.any(wrong):
        frame = int(np.argmax(wrong))
        raise BadValue(f"fov: at frame {frame} it is {fov[frame]:g}, not between 0 and 180")
    names = ("translation_x", "translation_y", *SPACE)
    return moves_3d(draft, [*(_moved(document, name) for name in names), ScheduleTrack(fov)])


def _write(
    document: ParseqDocument,
    shot: Shot,
    motion: ShotMotion,
    column: str,
    *,
    name: str,
    scale: float = 1,
) -> None:
    """Put a field's own curve in the place of the rate of a column of the pose."""
    if document.field(name) is None or not motion.baked[column]:
        return
    values = document.absolute(name) * scale
    offset = -float(values[shot.first])
    curve, baked = ShotCurves(document, shot).of(
        values + offset, document.field(name), scale=scale, offset=offset
    )
    if not baked and not isinstance(curve, int | float):
        motion.motion.pop(f"{column}_per_s", None)
        motion.motion[column] = curve


def _write_zoom(draft: Draft, document: ParseqDocument, shot: Shot, motion: ShotMotion) -> None:
    """Write a zoom that breathes as e to the power of its formula, where that is near enough."""
    values = document.absolute("zoom")
    start = float(values[shot.first])
    own = values[shot.first : shot.first + shot.count] - start
    off = np.max(np.abs(np.exp(own) / motion.exact[:, 0] - 1)) * np.hypot(*draft.size) / 2
    curves = ShotCurves(document, shot)
    curve, _ = curves.of(values - start, document.field("zoom"), offset=-short(start))
    if isinstance(curve, str) and off < 0.3 and motion.baked["zoom"]:
        motion.motion.pop("zoom_per_s", None)
        motion.motion["zoom"] = f"exp({curve})"


def _write_pans(draft: Draft, document: ParseqDocument, shot: Shot, motion: ShotMotion) -> None:
    """Write shifts as they are, where nothing turns or magnifies them."""
    part = slice(shot.first + 1, shot.first + shot.count + 1)
    turning = [
        name
        for name, still in (("zoom", 1.0), ("angle", 0.0))
        if np.any(_moved(document, name).values[part] != still)
    ]
    if not turning and not document.moving(*CENTERS):
        width, height = draft.size
        _write(document, shot, motion, "pan_x", name="translation_x", scale=-1.0 / width)
        _write(document, shot, motion, "pan_y", name="translation_y", scale=1.0 / height)
