"""Poses that no camera can take: reported before work starts, with the shot and the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from storyboard.motion import STEEPEST_RIPPLE
from storyboard.motion.perspective import EDGE_ON, IN_SPACE, projections, sight
from storyboard.plan import POSE_FIELDS, Floats
from storyboard.timeline.movement_curves import Term
from storyboard.timeline.report import Report

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ViewLimits:
    """The picture's limits beside its pose: width / height, and whose shot it is.

    In a shot with ``depth`` there is more than the picture plane to be seen: the camera may turn
    away from it and fly past it.
    """

    aspect: float
    shot: str
    depth: bool = False


@dataclass(frozen=True)
class _Rule:
    """A rule for poses: its fields, the test for wrong values, and the message.

    ``message`` gets the fields' values there.
    """

    fields: tuple[str, ...]
    wrong: Callable[[Mapping[str, Floats]], Mask]
    message: Callable[..., str]
    hint: str


def _out_of_bounds(field: str, lowest: float) -> _Rule:
    return _Rule(
        (field,),
        lambda pose: ~np.isfinite(pose[field]) | ~(pose[field] > lowest),
        lambda _: f"{field} runs out of all bounds",
        "rates count per second",
    )


def _between(field: str, low: float, high: float) -> _Rule:
    return _Rule(
        (field,),
        lambda pose: (pose[field] < low) | (pose[field] > high),
        lambda value: f"{field} is {value:.6g}",
        f"it must be between {low:g} and {high:g}",
    )


_NUMBERS = [
    _out_of_bounds(name, 1e-6 if name.startswith("zoom") else -np.inf) for name in POSE_FIELDS
]

_RULES = [
    _Rule(
        ("shear_x", "shear_y"),
        lambda pose: np.abs(1 - pose["shear_x"] * pose["shear_y"]) < 1e-9,
        lambda *_: "shear_x times shear_y is 1, which folds the picture flat",
        "keep one of them small",
    ),
    _between("fov", 1, 170),
    _between("swirl_radius", 0.001, 1000),
    _between("ripple_length", 0.001, 1000),
    _between("lens", -10, 10),
    _Rule(
        ("ripple", "ripple_length"),
        lambda pose: np.abs(pose["ripple"]) > STEEPEST_RIPPLE * pose["ripple_length"] + 1e-12,
        lambda height, length: (
            f"ripple is {height:.3g} with rings {length:.3g} apart, which folds the picture"
        ),
        f"it may be {STEEPEST_RIPPLE:g} of ripple_length",
    ),
]


_LOW, _HIGH = np.full(len(POSE_FIELDS), -1e300), np.full(len(POSE_FIELDS), 1e300)
"""What each field may be, by itself, for no rule to be about it."""

for _name, _low, _high in (
    *((name, 2e-6, 1e300) for name in ("zoom", "zoom_x", "zoom_y")),
    *(("fov", 1, 170), ("swirl_radius", 0.001, 1000), ("ripple_length", 0.001, 1000)),
    *((name, 0, 0) for name in ("shear_x", "shear_y", "ripple", "lens", *IN_SPACE)),
):
    _LOW[POSE_FIELDS.index(_name)], _HIGH[POSE_FIELDS.index(_name)] = _low, _high


def _is_plain(poses: Floats) -> bool:
    """Return True for poses that no rule is about, which is found in one step: most are."""
    return bool(np.all((poses >= _LOW) & (poses <= _HIGH)))


def check_poses(
    poses: Floats, after: Floats, terms: Sequence[Term], *, view: ViewLimits, report: Report
) -> None:
    """Report poses that cannot be shown.

    ``poses`` has rows of `POSE_FIELDS`, ``after`` the seconds of the shot at which they are, and
    ``terms`` is what they were made of, to say where it was written.
    """
    if _is_plain(poses):
        return
    pose = {name: poses[:, place] for place, name in enumerate(POSE_FIELDS)}
    rules = _NUMBERS
    if np.all(np.isfinite(poses)):
        rules = [*_NUMBERS, *_RULES]
        if (
            not view.depth
            and np.any(poses[:, [POSE_FIELDS.index(name) for name in IN_SPACE]])
            and not any(np.any(rule.wrong(pose)) for rule in rules)
        ):
            rules = _sight_rules(projections(poses, view.aspect))
    for rule in rules:
        wrong = rule.wrong(pose)
        place = _place(rule.fields, terms)
        if np.any(wrong) and place is not None:
            n = min(np.flatnonzero(wrong), key=lambda n: after[n])
            message = rule.message(*(pose[field][n] for field in rule.fields))
            when = f"at {max(after[n], 0):.6g}s of shot {view.shot!r}"
            report.error(place.path, f"{message}, {when}", hint=rule.hint)


def _sight_rules(projections: Floats) -> list[_Rule]:
    """Return rules: the picture must lie in front of the camera, and in the middle of its view."""
    distance, facing = sight(projections)
    return [
        _Rule(
            ("orbit_x", "orbit_y", "dolly"),
            lambda _: distance < EDGE_ON,
            lambda x, y, dolly: (
                f"the camera sees the picture from its edge or from behind: orbit_x is {x:.4g}, "
                f"orbit_y {y:.4g}, dolly {dolly:.4g}"
            ),
            "an orbit stays under 90 degrees and dolly under 1; zoom_per_s goes on for ever",
        ),
        _Rule(
            ("orbit_x", "orbit_y", "yaw", "tilt"),
            lambda _: (distance >= EDGE_ON) & (facing < EDGE_ON),
            lambda x, y, yaw, tilt: (
                f"the picture is not in view: yaw is {yaw:.4g}, tilt "
                f"{tilt:.4g}, orbit_x {x:.4g}, orbit_y {y:.4g}"
            ),
            "its view stays under 90 degrees from straight at the picture",
        ),
    ]


def _place(fields: tuple[str, ...], terms: Sequence[Term]) -> Term | None:
    """Return where something was last set about ``fields``."""
    found = [term for term in terms if term.name.removesuffix("_per_s") in fields]
    return found[-1] if found else None
