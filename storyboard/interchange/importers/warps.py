"""The matrices with which the sources move a picture, in their own pixels.

Convention: 3x3 float64 on column vectors (x, y, 1) in pixels, x right, y down, from where a point
is to where the source shows it (the forward matrix), unless a name says ``inverse``. Angles are
degrees, counter-clockwise as seen. The file ``camera``
turns them into our poses.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from storyboard.plan import Floats

TRANSLATION_3D = 1.0 / 200.0
"""A unit of a 3D translation, in distances at which the picture lies."""


def turn(angle: float, zoom: float) -> Floats:
    """Rotation and zoom about the origin."""
    cos, sin = (zoom * f(math.radians(angle)) for f in (math.cos, math.sin))
    return np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])


def zoom_3d(tz: Any, fov: Any, *, z: float = 1.0) -> Any:
    """How many times larger one frame of a 3D translation makes what lies at depth ``z``."""
    nearer = 1.0 / (z - tz * TRANSLATION_3D) - 1.0 / z
    return 1.0 / (1.0 - nearer / half_field(fov))


def half_field(fov: Any) -> Any:
    """The tangent of half the angle of view."""
    return np.tan(np.radians(fov) / 2)
