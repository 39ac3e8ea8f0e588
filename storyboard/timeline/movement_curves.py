"""Movements by name, as the curves that they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from storyboard.curves.curves import Curve, read_curve
from storyboard.curves.instants import SampleTimes
from storyboard.errors import BadValue, did_you_mean
from storyboard.motion.movements import Curves, movements, option_table
from storyboard.options import option_errors, resolve
from storyboard.story.kinds import declared
from storyboard.story.motion import MotionSpec
from storyboard.story.source import KeyPath
from storyboard.timeline.cascade import Setting
from storyboard.timeline.known_names import known_name
from storyboard.timeline.report import Report


@dataclass(frozen=True)
class Term:
    """A curve that takes part in the camera's pose.

    ``name`` is the key of ``motion``, the pivot's as ``pivot_x`` and ``pivot_y``; ``path`` leads to
    where it was written; ``movement`` is the name of the one that it stands for, if any.
    """

    name: str
    curve: Curve
    path: KeyPath
    movement: str = ""


KEYS = frozenset(declared(MotionSpec)) - {"moves", "pivot", "ease"} | {"pivot_x", "pivot_y"}
"""What a movement may give."""


def movement_terms(setting: Setting, at: SampleTimes, report: Report) -> Iterator[Term]:
    """Yield the curves of all movements of a shot; every error in them goes to ``report``."""
    for index, (name, given) in enumerate(setting.value):
        path = (*setting.path, index)
        if not known_name(movements, name, Setting(name, path), report):
            continue
        if not _is_right(name, given, path, at, report):
            continue
        with report.at(path):
            yield from _terms(name, _curves(name, given), path, at)


def _is_right(
    name: str, given: Mapping[str, Any], path: KeyPath, at: SampleTimes, report: Report
) -> bool:
    """Return True if every parameter can be read, by itself, at every instant."""
    table, right = option_table(name), True
    for error in option_errors(given, table, owner=f"movement {name!r}"):
        report.bad_value((*path, name), error)
        right = False
    for parameter, value in given.items():
        if right and table[parameter].kind == "curve":
            try:
                read_curve(value, names=at.scope.names).sample(at)
            except BadValue as error:
                report.bad_value((*path, name, parameter), error)
                right = False
    return right


def _curves(name: str, given: Mapping[str, Any]) -> Curves:
    """Return the movement's keys for its parameters. Raises `BadValue` for invalid keys."""
    parameters = resolve(given, option_table(name), owner=f"movement {name!r}")
    curves = movements.get(name)(**parameters)
    for key in curves:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS)
            raise BadValue(f"movement {name!r} returns an unknown camera key {key!r}", hint=hint)
    return curves


def _terms(name: str, curves: Curves, path: KeyPath, at: SampleTimes) -> Iterator[Term]:
    for key, written in curves.items():
        try:
            curve = read_curve(written, names=at.scope.names)
        except BadValue as error:
            message = f"movement {name!r}, {key}: {error.message}"
            raise BadValue(message, hint=error.hint) from None
        yield Term(key, curve, path, name)
