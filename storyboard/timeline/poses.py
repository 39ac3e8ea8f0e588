"""The camera's pose at every frame, from absolute curves and integrated rates.

Convention: as `Pose`. An absolute curve is the pose as a function of t; a ``_per_s`` rate is its
derivative, integrated from the shot's start. The two combine: zoom as a product, everything else
as a sum. Nothing depends on the fps beyond where the frames fall.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from storyboard.errors import BadValue
from storyboard.timeline.cascade import Said, Sayings
from storyboard.timeline.curves import Curve, integrate, integrate_zoom, read_curve
from storyboard.timeline.easings import easing
from storyboard.timeline.instants import Instants, Span
from storyboard.timeline.plan import POSE_FIELDS, Floats, Pose, ShotPlan
from storyboard.timeline.report import Report

_STILL = Pose()


@dataclass(frozen=True)
class Path:
    """The camera over one shot: a pose per frame, and those at the exact start and end."""

    poses: Floats
    entry: Pose
    exit: Pose


def camera_path(motion: Sayings, span: Span, at: Instants, report: Report) -> Path:
    """The path that ``motion`` (``zoom``, ``pan_x_per_s`` ...) describes over the frames ``at``.

    What cannot be read goes to ``report``; the camera then stands still in that respect.
    """
    curves = _curves(motion, span, report)
    ends = span.at([span.start, span.end])
    poses, outer = (_poses(curves, motion, part, report=report) for part in (at, ends))
    _check(np.concatenate([poses, outer]), motion, report)
    entry, leave = (Pose(*map(float, row)) for row in outer)
    return Path(poses, entry, leave)


def net_motion(shot: ShotPlan) -> tuple[float, float]:
    """Zoom factor and degrees between the shot's entry and its exit."""
    return shot.exit.zoom / shot.entry.zoom, shot.exit.rotate - shot.entry.rotate


def _curves(motion: Sayings, span: Span, report: Report) -> dict[str, Curve]:
    """Every curve of ``motion`` by name, the pivot as ``pivot_x`` and ``pivot_y``."""
    ease = _ease(motion, report)
    curves: dict[str, Curve] = {}
    for name, said in _by_field(motion):
        with report.at(said.path):
            curves[name] = read_curve(said.value, names=span.names, ease=ease)
    return curves


def _by_field(motion: Sayings) -> Iterator[tuple[str, Said]]:
    for name, said in motion.items():
        if name == "pivot":
            yield from zip(
                ("pivot_x", "pivot_y"),
                (Said(written, (*said.path, axis)) for axis, written in enumerate(said.value)),
                strict=True,
            )
        elif name != "ease":
            yield name, said


def _ease(motion: Sayings, report: Report) -> str:
    """The easing between the keys; linear where none, or none that exists, is said."""
    if "ease" not in motion:
        return "linear"
    with report.at(motion["ease"].path):
        easing(motion["ease"].value)
        return str(motion["ease"].value)
    return "linear"


def _poses(curves: Mapping[str, Curve], motion: Sayings, at: Instants, *, report: Report) -> Floats:
    """Rows of `POSE_FIELDS`, one per instant."""
    columns = {name: np.full(len(at), getattr(_STILL, name)) for name in POSE_FIELDS}
    for name, curve in curves.items():
        path = motion[name if name in motion else "pivot"].path
        with report.at(path), np.errstate(over="ignore"):
            if name == "zoom_per_s":
                columns["zoom"] = columns["zoom"] * integrate_zoom(curve, at)
            elif name.endswith("_per_s"):
                field = name.removesuffix("_per_s")
                columns[field] = columns[field] + integrate(curve, at)
            elif name == "zoom":
                columns[name] = columns[name] * _positive(curve.sample(at), at)
            elif name.startswith("pivot"):
                columns[name] = curve.sample(at)
            else:
                columns[name] = columns[name] + curve.sample(at)
    return np.stack([columns[name] for name in POSE_FIELDS], axis=1)


def _check(poses: Floats, motion: Sayings, report: Report) -> None:
    """Tell of poses that no matrix can show: beyond all numbers, or folded into a line."""
    for name, column in zip(POSE_FIELDS, poses.T, strict=True):
        wrong = not np.all(np.isfinite(column)) or (name == "zoom" and not np.all(column > 1e-6))
        said = [key for key in (name, f"{name}_per_s", "pivot") if key in motion]
        if wrong and said:
            message = f"{name} runs out of all bounds over the shot"
            report.error(motion[said[-1]].path, message, hint="rates count per second")
    shears = poses[:, POSE_FIELDS.index("shear_x")] * poses[:, POSE_FIELDS.index("shear_y")]
    if np.any(np.abs(1 - shears) < 1e-9):
        key = next(key for key in motion if key.startswith("shear"))
        report.error(motion[key].path, "shear_x times shear_y is 1: that folds the picture flat")


def _positive(zoom: Floats, at: Instants) -> Floats:
    """``zoom`` itself. Raises `BadValue` where it is not above zero."""
    if np.any(zoom <= 0):
        n = int(np.argmax(zoom <= 0))
        message = f"zoom is {zoom[n]:.6g} at {at.after[n]:.6g}s of the shot"
        raise BadValue(message, hint="zoom multiplies: 1 is the whole picture, 2 twice as large")
    return zoom
