"""Parseq's movement fields as a camera, as Deforum reads them: what changes from frame to frame.

A field says where the camera is, Deforum moves the picture by how much it differs from the frame
before, so turns, and shifts without zoom or turn, are our poses as they are written. A zoom is
something else: the picture grows by the factor 1 + z - z', so a way from 1 to 2 in 10 frames makes
it 1.1 to the power of 10 = 2.59 times as large. The film that the source makes is what is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.camera import Moves, ShotMotion
from storyboard.interchange.importers.parseq.document import DEFAULTS, Document, Field
from storyboard.interchange.importers.parseq.field_curves import FieldCurves, linear
from storyboard.interchange.importers.sampled import Shot, Track
from storyboard.interchange.importers.setting_values import add_motion
from storyboard.interchange.importers.story_writer import Draft
from storyboard.interchange.importers.translate import short
from storyboard.interchange.importers.warps import moves_3d, pivoted
from storyboard.plan import Floats

FLAT = ("zoom", "angle", "translation_x", "translation_y")
SPACE = ("translation_z", "rotation_3d_x", "rotation_3d_y", "rotation_3d_z")
CENTERS = ("transform_center_x", "transform_center_y")
CARRIED = frozenset((*FLAT, *SPACE, *CENTERS, "fov"))
_SPACE_ORDER = ("translation_x", "translation_y", *SPACE)


@dataclass(frozen=True)
class Fields:
    """A document, its values, and what each of them does from frame to frame."""

    document: Document
    values: Mapping[str, Floats]
    deltas: Mapping[str, Floats]

    @property
    def frames(self) -> int:
        """Return the number of frames."""
        return len(self.document.frames)

    def named(self, name: str) -> Field | None:
        """The field of that name, where there is one."""
        return next((field for field in self.document.fields if field.name == name), None)

    def absolute(self, name: str) -> Floats:
        """A field's values, or its default at all times."""
        found = self.values.get(name)
        return np.full(self.frames, DEFAULTS.get(name, 0.0)) if found is None else found

    def moves(self, name: str) -> Track:
        """Return the change of the picture by a field at every frame; none at the first."""
        still = 1.0 if name == "zoom" else 0.0
        values = self.deltas.get(name)
        if values is None:
            given = self.absolute(name)
            values = still + np.diff(given, prepend=given[0])
        return Track(np.concatenate([[still], values[1:]]))

    def moving(self, names: tuple[str, ...]) -> bool:
        """Return True if any of these fields changes."""
        return any(np.ptp(self.absolute(name)) > 0 for name in names)


def add_camera(draft: Draft, fields: Fields) -> None:
    """The camera of every shot. Raises `BadValue` with the field and the frame."""
    if not fields.moving((*FLAT, *SPACE)):
        return
    three = fields.moving(SPACE)
    if three and fields.moving(("zoom", "angle")):
        flat = [name for name in ("zoom", "angle") if fields.moving((name,))]
        draft.notes.left(flat, "they count in 2D alone, and there are moves in 3D")
    _add(draft, fields, _moves_3d(draft, fields) if three else _moves_2d(draft, fields))
    turn = "rotation_3d_z" if three else "angle"
    for shot, motion in zip(draft.spans, draft.motions, strict=True):
        poses = _Poses(draft, fields, shot, motion)
        poses.say("rotate", turn, 1.0)
        if not three:
            poses.zoom()
            poses.pans()
    draft.notes.add(
        "carried",
        "movement fields say where the camera is, and each frame moves by what they differ from "
        "the frame before (Deforum's 'use deltas'); what stands at the first frame moves nothing",
    )


def _add(draft: Draft, fields: Fields, moves: Moves) -> None:
    try:
        add_motion(draft, moves)
    except BadValue as error:
        raise BadValue(f"{error.message} times the frame before", hint=error.hint) from None


def _moves_2d(draft: Draft, fields: Fields) -> Moves:
    zoom, angle, right, down = (fields.moves(name) for name in FLAT)
    if fields.moving(("zoom",)):
        values = fields.absolute("zoom")
        larger = float(np.prod(zoom.values))
        draft.notes.add(
            "carried",
            f"zoom: the source adds its differences to 1, so a way from {values[0]:.4g} to "
            f"{values[-1]:.4g} makes the picture {larger:.4g} times as large; so it does here",
        )
    draft.notes.add(
        "corrected", "the pivot is the picture's true centre, half a pixel from the source's"
    )
    centers = [fields.absolute(name) for name in CENTERS]
    if all(np.ptp(values) == 0 for values in centers):
        pivot = float(centers[0][0]), float(centers[1][0])
        return Moves(zoom, angle, right, down, draft.size, draft.fps, pivot)
    moved = pivoted(zoom, angle, (right, down), pivots=centers, size=draft.size)
    return Moves(zoom, angle, *moved, draft.size, draft.fps)


def _moves_3d(draft: Draft, fields: Fields) -> Moves:
    fov = fields.absolute("fov")
    if np.any((fov <= 0) | (fov >= 180)):
        frame = int(np.argmax((fov <= 0) | (fov >= 180)))
        raise BadValue(f"fov: at frame {frame} it is {fov[frame]:g}, not between 0 and 180")
    return moves_3d(draft, [*(fields.moves(name) for name in _SPACE_ORDER), Track(fov)])


@dataclass(frozen=True)
class _Poses:
    """The camera's poses over one shot, in the words of its fields."""

    draft: Draft
    fields: Fields
    shot: Shot
    motion: ShotMotion

    def say(self, column: str, name: str, scale: float) -> None:
        """Put a field's own curve in the place of the rate of a column of the pose."""
        field = self.fields.named(name)
        if field is None or not self.motion.baked[column]:
            return
        curves = FieldCurves(self.fields.document, self.fields.values, self.shot)
        start = float(self.fields.values[name][self.shot.first])
        found = curves.field(field, scale=scale, offset=-start * scale)
        if not found.baked and not found.still:
            self._write(column, found.curve)

    def _write(self, column: str, curve: Any) -> None:
        self.motion.motion.pop(f"{column}_per_s", None)
        self.motion.motion[column] = curve

    def zoom(self) -> None:
        """A zoom that breathes: e to the power of its formula, where that is as near as can be."""
        field = self.fields.named("zoom")
        if field is None or not self.motion.baked["zoom"]:
            return
        values, shot = self.fields.values["zoom"], self.shot
        start = float(values[shot.first])
        own = values[shot.first : shot.first + shot.count] - start
        off = np.abs(np.exp(own) / self.motion.exact[:, 0] - 1)
        curve = FieldCurves(self.fields.document, self.fields.values, shot).field(field).curve
        if isinstance(curve, str) and np.max(off) * np.hypot(*self.draft.size) / 2 < 0.3:
            self._write("zoom", f"exp({linear(curve, 1.0, -short(start))})")

    def pans(self) -> None:
        """Shifts, where nothing turns or magnifies them."""
        part = slice(self.shot.first + 1, self.shot.first + self.shot.count + 1)
        still = all(
            np.all(self.fields.moves(name).values[part] == value)
            for name, value in (("zoom", 1.0), ("angle", 0.0))
        )
        if still and not self.fields.moving(CENTERS):
            width, height = self.draft.size
            self.say("pan_x", "translation_x", -1.0 / width)
            self.say("pan_y", "translation_y", 1.0 / height)
