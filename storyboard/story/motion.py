"""The camera section of a story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storyboard.errors import BadValue
from storyboard.story.kinds import ListOf, Scalar, spec_field
from storyboard.story.scalars import CURVE, PIVOT, TEXT
from storyboard.values import expected

Movement = tuple[str, Mapping[str, Any]]
"""A movement by name, and its parameters."""


def _movement(value: Any) -> Movement:
    """Return ``orbit``, or ``{orbit: {angle: 20}}``."""
    hint = "write orbit, or {orbit: {angle: 20}}"
    if isinstance(value, str) and value.strip():
        return value, {}
    if not isinstance(value, dict):
        raise expected("a movement's name", value, hint)
    if len(value) != 1:
        raise BadValue(
            "each movement is an item of its own", hint="write [orbit, {handheld: {amount: 0.5}}]"
        )
    name, given = next(iter(value.items()))
    if given is not None and not isinstance(given, dict):
        raise expected("a mapping of the movement's parameters", given, hint)
    return str(name), given or {}


def _written(movement: Movement) -> Any:
    name, given = movement
    return {name: dict(given)} if given else name


MOVEMENT = Scalar(
    _movement,
    {
        "anyOf": [
            {"$ref": "#/$defs/MovementName"},
            {"type": "object", "minProperties": 1, "maxProperties": 1},
        ]
    },
    writer=_written,
)


@dataclass(frozen=True, kw_only=True)
class MotionSpec:
    """The camera: its absolute pose over the shot, or rates a second. The two combine."""

    moves: tuple[Movement, ...] | None = spec_field(
        ListOf(MOVEMENT, what="a movement or a list of them", single=True),
        "Movements by name, added to what is written here: [orbit, {handheld: {amount: 0.5}}].",
    )
    zoom: Any = spec_field(CURVE, "2 shows everything twice as large.")
    zoom_x: Any = spec_field(CURVE, "A further factor sideways.")
    zoom_y: Any = spec_field(CURVE, "A further factor upwards.")
    rotate: Any = spec_field(CURVE, "Degrees; positive turns the picture counter-clockwise.")
    pan_x: Any = spec_field(CURVE, "Frame widths; positive moves the camera right.")
    pan_y: Any = spec_field(CURVE, "Frame heights; positive moves the camera up.")
    shear_x: Any = spec_field(CURVE, "Leans the picture sideways, as a share of its height.")
    shear_y: Any = spec_field(CURVE, "Leans the picture upwards, as a share of its width.")
    pivot: tuple[Any, Any] | None = spec_field(
        PIVOT, "[x, y] about which it zooms, turns and orbits; [0.5, 0.5] is the centre."
    )
    orbit_x: Any = spec_field(CURVE, "Degrees that the camera goes round the pivot to the right.")
    orbit_y: Any = spec_field(CURVE, "Degrees that it goes over the top of the pivot.")
    dolly: Any = spec_field(
        CURVE, "How far ahead, as a share of the way to the picture; 0.5 is zoom 2."
    )
    yaw: Any = spec_field(CURVE, "Degrees that the camera turns right; the content goes left.")
    tilt: Any = spec_field(CURVE, "Degrees that it turns up; the content goes down.")
    roll: Any = spec_field(
        CURVE, "Degrees that the view turns counter-clockwise, about its middle."
    )
    fov: Any = spec_field(
        CURVE, "Vertical angle of view: how strong perspective is; 40 if not set."
    )
    swirl: Any = spec_field(CURVE, "Degrees that the middle is turned more than the rim.")
    swirl_radius: Any = spec_field(CURVE, "Frame heights at which a third of it is left; 0.5.")
    ripple: Any = spec_field(CURVE, "Height of rings about the pivot, in frame heights.")
    ripple_length: Any = spec_field(CURVE, "Frame heights from ring to ring; 0.25 if not set.")
    ripple_phase: Any = spec_field(CURVE, "Rings that have run outwards.")
    lens: Any = spec_field(CURVE, "Draws the corners in by that share; negative draws them out.")
    zoom_per_s: Any = spec_field(
        CURVE, "Zoom factor of one second: 1.05 is 5 % closer every second."
    )
    zoom_x_per_s: Any = spec_field(CURVE, "The same, sideways only.")
    zoom_y_per_s: Any = spec_field(CURVE, "The same, upwards only.")
    rotate_per_s: Any = spec_field(CURVE, "Degrees a second.")
    pan_x_per_s: Any = spec_field(CURVE, "Frame widths a second.")
    pan_y_per_s: Any = spec_field(CURVE, "Frame heights a second.")
    shear_x_per_s: Any = spec_field(CURVE, "Sideways shear a second.")
    shear_y_per_s: Any = spec_field(CURVE, "Upwards shear a second.")
    orbit_x_per_s: Any = spec_field(CURVE, "Degrees a second.")
    orbit_y_per_s: Any = spec_field(CURVE, "Degrees a second.")
    dolly_per_s: Any = spec_field(CURVE, "Share of the way to the picture, a second.")
    yaw_per_s: Any = spec_field(CURVE, "Degrees a second.")
    tilt_per_s: Any = spec_field(CURVE, "Degrees a second.")
    roll_per_s: Any = spec_field(CURVE, "Degrees a second.")
    swirl_per_s: Any = spec_field(CURVE, "Degrees a second.")
    ripple_phase_per_s: Any = spec_field(CURVE, "Rings a second that run outwards.")
    lens_per_s: Any = spec_field(CURVE, "Lens a second.")
    ease: str | None = spec_field(
        TEXT, "The easing between the keys of these curves; linear by default."
    )
