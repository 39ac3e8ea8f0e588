"""The camera's pose at every frame, from absolute curves, integrated rates, and movements by name.

Convention: as `Pose`. An absolute curve is the pose as a function of t; a ``_per_s`` rate is its
derivative, integrated from the shot's start. All that is set of one field combines: zooms as a
product, everything else as a sum. Nothing depends on the fps beyond where the frames fall.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from storyboard.curves.curves import integrate, integrate_zoom, read_curve
from storyboard.curves.easings import easing
from storyboard.curves.instants import SampleTimes, ShotScope
from storyboard.errors import BadValue
from storyboard.plan import POSE_FIELDS, Floats, Pose, ShotPlan
from storyboard.timeline.cascade import Setting, SettingsByName
from storyboard.timeline.movement_curves import Term, movement_terms
from storyboard.timeline.poses_check import ViewLimits, check_poses
from storyboard.timeline.report import Report

FACTORS = frozenset({"zoom", "zoom_x", "zoom_y"})
"""Fields whose curves multiply."""

SETTINGS = frozenset({"pivot_x", "pivot_y", "fov", "swirl_radius", "ripple_length"})
"""Fields that are set, not combined: exactly one curve may define each."""

_STILL = Pose()
_STILL_ROW = np.array([getattr(_STILL, name) for name in POSE_FIELDS], dtype=np.float64)
_PLACES = {name: place for place, name in enumerate(POSE_FIELDS)}


@dataclass(frozen=True)
class CameraPath:
    """The camera over one shot: a pose per frame, and those at the exact start and end."""

    poses: Floats
    entry: Pose
    exit: Pose


def camera_path(
    motion: SettingsByName, scope: ShotScope, at: SampleTimes, *, view: ViewLimits, report: Report
) -> CameraPath:
    """Return the path that ``motion`` (``zoom``, ``pan_x_per_s`` ...) describes over the frames
    ``at``.

    What cannot be read goes to ``report``; the camera then stands still in that respect.
    """
    terms = [*_written(motion, scope, report), *_named(motion, at, report)]
    terms = _agreed(terms, report)
    if not terms:
        return CameraPath(_still(len(at)), _STILL, _STILL)
    ends = scope.exact([scope.start, scope.end])
    poses, outer = (_poses(terms, part, report=report) for part in (at, ends))
    after = np.concatenate([at.after, ends.after])
    check_poses(np.concatenate([poses, outer]), after, terms, view=view, report=report)
    entry, leave = (Pose(*map(float, row)) for row in outer)
    return CameraPath(poses, entry, leave)


@lru_cache(maxsize=256)
def _still(count: int) -> Floats:
    """Return the poses of a camera at rest: one array, which nobody may write to."""
    poses = np.tile(_STILL_ROW, (count, 1))
    poses.flags.writeable = False
    return poses


def net_motion(shot: ShotPlan) -> tuple[float, float]:
    """Zoom factor and degrees between the shot's entry and its exit, those of dolly and roll
    included. With depth a dolly is a flight, not a zoom.
    """
    start, end = shot.entry, shot.exit
    if shot.depth is not None:
        start, end = replace(start, dolly=0.0), replace(end, dolly=0.0)
    return _size(end) / _size(start), end.rotate + end.roll - start.rotate - start.roll


def _size(pose: Pose) -> float:
    return pose.zoom * math.sqrt(pose.zoom_x * pose.zoom_y) / max(1 - pose.dolly, 1e-6)


def _written(motion: SettingsByName, scope: ShotScope, report: Report) -> Iterator[Term]:
    """Yield every curve of ``motion`` itself."""
    ease = _ease(motion, report)
    for name, setting in _by_field(motion):
        with report.at(setting.path):
            read = partial(read_curve, setting.value, names=scope.names, ease=ease)
            yield Term(name, report.once(("curve", setting.path, ease), read), setting.path)


def _by_field(motion: SettingsByName) -> Iterator[tuple[str, Setting]]:
    for name, setting in motion.items():
        if name == "pivot":
            yield from zip(
                ("pivot_x", "pivot_y"),
                (
                    Setting(written, (*setting.path, axis))
                    for axis, written in enumerate(setting.value)
                ),
                strict=True,
            )
        elif name not in ("ease", "moves"):
            yield name, setting


def _named(motion: SettingsByName, at: SampleTimes, report: Report) -> Iterator[Term]:
    if "moves" in motion:
        yield from movement_terms(motion["moves"], at, report)


def _agreed(terms: Sequence[Term], report: Report) -> list[Term]:
    """Return the terms without those that set again what an earlier one sets."""
    kept: dict[str, Term] = {}
    for number, term in enumerate(terms):
        before = kept.get(term.name)
        if term.name in SETTINGS and before is not None:
            other = f"movement {before.movement!r}" if before.movement else "the story"
            what = term.name.removesuffix("_x").removesuffix("_y")
            message = f"movement {term.movement!r} sets {what}, and so does {other}"
            report.error(term.path, message, hint="leave one of the two out")
            continue
        kept[term.name if term.name in SETTINGS else f"{term.name} {number}"] = term
    return list(kept.values())


def _ease(motion: SettingsByName, report: Report) -> str:
    """Return the easing between the keys; linear where none, or none that exists, is set."""
    if "ease" not in motion:
        return "linear"
    with report.at(motion["ease"].path):
        easing(motion["ease"].value)
        return str(motion["ease"].value)
    return "linear"


def _poses(terms: Sequence[Term], at: SampleTimes, *, report: Report) -> Floats:
    """Return rows of `POSE_FIELDS`, one per instant."""
    poses = np.tile(_STILL_ROW, (len(at), 1))
    for term in terms:
        field = term.name.removesuffix("_per_s")
        column = poses[:, _PLACES[field]]
        with report.at(term.path), np.errstate(over="ignore"):
            if field in FACTORS:
                column *= _factor(term, at)
            elif field in SETTINGS:
                column[:] = term.curve.sample(at)
            else:
                column += _summand(term, at)
    return poses


def _factor(term: Term, at: SampleTimes) -> Floats:
    """Return the factor of a zoom. Raises `BadValue` where it is not above zero."""
    if term.name.endswith("_per_s"):
        return integrate_zoom(term.curve, at)
    zoom = term.curve.sample(at)
    if np.any(zoom <= 0):
        n = int(np.argmax(zoom <= 0))
        message = f"{term.name} is {zoom[n]:.6g} at {at.after[n]:.6g}s of the shot"
        raise BadValue(message, hint="zoom multiplies: 1 is the whole picture, 2 twice as large")
    return zoom


def _summand(term: Term, at: SampleTimes) -> Floats:
    if term.name.endswith("_per_s"):
        return integrate(term.curve, at)
    return term.curve.sample(at)
