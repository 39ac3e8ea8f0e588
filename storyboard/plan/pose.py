"""The camera's pose at one instant."""

from __future__ import annotations

from dataclasses import dataclass

POSE_FIELDS = (
    "zoom",
    "rotate",
    "pan_x",
    "pan_y",
    "pivot_x",
    "pivot_y",
    "shear_x",
    "shear_y",
    "zoom_x",
    "zoom_y",
    "orbit_x",
    "orbit_y",
    "dolly",
    "yaw",
    "tilt",
    "roll",
    "fov",
    "swirl",
    "swirl_radius",
    "ripple",
    "ripple_length",
    "ripple_phase",
    "lens",
)


@dataclass(frozen=True)
class Pose:
    """A camera pose. The camera moves, the picture answers.

    Convention: ``zoom`` 2 shows everything twice as large; ``rotate`` in degrees, positive turns
    the picture counter-clockwise; ``pan_x`` in frame widths, positive moves the camera right (the
    content goes left); ``pan_y`` in frame heights, positive moves the camera up (the content goes
    down); ``pivot`` in frame widths and heights from the top left, (0.5, 0.5) is the true pixel
    centre ((W-1)/2, (H-1)/2); ``shear_x`` moves the content sideways by that share of its height
    above the pivot, ``shear_y`` likewise upwards by its distance to the right; ``zoom_x`` and
    ``zoom_y`` are further factors along the frame.

    In space, all angles in degrees: ``orbit_x`` leads the camera round the pivot to the right,
    ``orbit_y`` over its top, still looking at it; ``dolly`` leads it straight ahead, by that share
    of the way to the picture: 0.5 is half-way and shows everything twice as large; ``yaw`` turns
    it to the right (the content goes left), ``tilt`` up (the content goes down), and ``roll`` so
    that the picture turns counter-clockwise. ``fov`` is the vertical angle of view and says how
    strong perspective is: the picture fills the frame at rest whatever it is.

    What no matrix does: ``swirl`` turns the middle about the pivot by these degrees,
    counter-clockwise, fading out with the distance in frame heights, to a third at
    ``swirl_radius``; ``ripple`` shifts everything from or to the pivot in rings, by at most that
    many frame heights, ``ripple_length`` frame heights from ring to ring, moved outwards by
    ``ripple_phase`` rings; ``lens`` draws the corners in (barrel) or, negative, out (pincushion) by
    about that share of their distance from the middle, which keeps its size.

    Applied to the picture in this order: pan, shear, rotate, zoom with zoom_x and zoom_y (the last
    three about the pivot), orbit, dolly, yaw, tilt, roll, swirl, ripple, lens.
    """

    zoom: float = 1.0
    rotate: float = 0.0
    pan_x: float = 0.0
    pan_y: float = 0.0
    pivot_x: float = 0.5
    pivot_y: float = 0.5
    shear_x: float = 0.0
    shear_y: float = 0.0
    zoom_x: float = 1.0
    zoom_y: float = 1.0
    orbit_x: float = 0.0
    orbit_y: float = 0.0
    dolly: float = 0.0
    yaw: float = 0.0
    tilt: float = 0.0
    roll: float = 0.0
    fov: float = 40.0
    swirl: float = 0.0
    swirl_radius: float = 0.5
    ripple: float = 0.0
    ripple_length: float = 0.25
    ripple_phase: float = 0.0
    lens: float = 0.0
