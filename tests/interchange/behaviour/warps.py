"""How the sources move a picture, beyond what the importers need of it.

Convention: 3x3 float64 on column vectors (x, y, 1) in pixels, x right, y down, from where a point
is to where the source shows it (the forward matrix), unless a name says ``inverse``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from storyboard.errors import BadValue
from storyboard.interchange.importers.warps import TRANSLATION_3D, half_field
from storyboard.plan import Floats


def turn(angle: float, zoom: float) -> Floats:
    """Rotation and zoom about the origin."""
    cos, sin = (zoom * f(math.radians(angle)) for f in (math.cos, math.sin))
    return np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])


def _shift(x: float, y: float) -> Floats:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def affine_2d(given: Mapping[str, Any], center: tuple[float, float]) -> Floats:
    """One frame of Deforum or Disco Diffusion in 2D: ``R(center, angle, zoom) @ T(tx, ty)``.

    The translation comes first and is magnified and turned by what follows.
    """
    x, y = center
    about = _shift(x, y) @ turn(float(given.get("angle", 0)), float(given.get("zoom", 1)))
    moved: Floats = about @ _shift(-x, -y) @ _shift(_of(given, "tx"), _of(given, "ty"))
    return moved


def _of(given: Mapping[str, Any], name: str) -> float:
    long = {"tx": "translation_x", "ty": "translation_y"}[name]
    return float(given.get(name, given.get(long, 0)))


def webui_center(given: Mapping[str, Any]) -> tuple[float, float]:
    """The webui's pivot: a share of the size, ``cx`` and ``cy``."""
    return given["W"] * float(given.get("cx", 0.5)), given["H"] * float(given.get("cy", 0.5))


def notebook_center(given: Mapping[str, Any]) -> tuple[float, float]:
    """The pivot of the notebooks: whole pixels."""
    return given["W"] // 2, given["H"] // 2


def flipped(given: Mapping[str, Any]) -> Floats:
    """A 2D move with the webui's perspective flip switched on, translation and all.

    Raises `BadValue` where the flip itself turns: those angles are reported, not carried.
    """
    turned = [name for name in ("theta", "phi", "gamma") if given.get(name)]
    if turned:
        raise BadValue(f"the perspective flip's {turned[0]} is not carried over")
    size = {"W": 512, "H": 512, **given}
    return affine_2d(size, webui_center(size))


def pytti_inverse(given: Mapping[str, Any]) -> Floats:
    """One frame of PyTTI in 2D, from a point shown to where it was, about the true centre.

    Turned in pixels and magnified evenly: a square picture moves exactly as there, another one
    without the shear and the uneven zoom of normalised coordinates. (2, 3).
    """
    width = float(given["W"])
    zoom = (width - float(given.get("zoom_x_2d", 0))) / width
    matrix = turn(-float(given.get("rotate_2d", 0)), zoom)
    right, up = (float(given.get(f"translate_{axis}", 0)) for axis in "xy")
    matrix[0, 2], matrix[1, 2] = -right, up
    return matrix[:2]


def shift_3d(given: Mapping[str, Any]) -> float:
    """Pixels that one frame of a 3D translation or turn moves the centre: right or down is more.

    One of ``tx``, ``ty`` (units of 1/200), ``rx``, ``ry`` (degrees) is read; ``fov`` in degrees
    spans the whole picture, ``z`` is the depth.
    """
    half, depth = half_field(float(given["fov"])), float(given.get("z", 1))
    slides = {"tx": (-1, "W"), "ty": (1, "H")}
    slides |= {"translation_x": slides["tx"], "translation_y": slides["ty"]}
    turns = {"ry": (-1, "W"), "rx": (1, "H")}
    turns |= {"rotation_3d_y": turns["ry"], "rotation_3d_x": turns["rx"]}
    for name, (sign, side) in slides.items():
        if name in given:
            return float(sign * given[name] * TRANSLATION_3D / depth / half * given[side] / 2)
    for name, (sign, side) in turns.items():
        if name in given:
            return float(sign * math.tan(math.radians(given[name])) / half * given[side] / 2)
    raise BadValue("none of tx, ty, rx and ry is given")


def bordered(row: Sequence[float], shift: int, border: str) -> list[float]:
    """A row of pixels moved right by whole pixels, filled as ``border`` says."""
    places = np.arange(len(row)) - shift
    last = len(row) - 1
    if border == "wrap":
        return [row[int(n) % len(row)] for n in places]
    if border in ("reflect101", "reflect"):
        period = 2 * last if border == "reflect101" else 2 * len(row)
        folded = places % period
        over = period - folded - (0 if border == "reflect101" else 1)
        return [row[int(min(n, m))] for n, m in zip(folded, over, strict=True)]
    if border in ("replicate", "border", "smear"):
        return [row[int(n)] for n in np.clip(places, 0, last)]
    if border in ("zeros", "black"):
        return [row[int(n)] if 0 <= n <= last else 0 for n in places]
    raise BadValue(f"unknown border {border!r}", hint="known: replicate, wrap, reflect101, zeros")
