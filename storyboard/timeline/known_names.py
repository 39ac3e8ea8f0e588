"""Names in a story that other rooms know: drawers, perceptors.

Only their registries and tables are asked; nothing that needs torch is imported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from storyboard.drawers import drawers
from storyboard.errors import BadValue, MissingWeights, UsageError, did_you_mean
from storyboard.perceptors import parse_name
from storyboard.registry import Registry
from storyboard.story.model import PerceptorSpec
from storyboard.timeline.cascade import Setting, SettingsByName
from storyboard.timeline.report import Report


def check_names(settings: SettingsByName, folder: Path, report: Report) -> None:
    """Report every drawer and perceptor that does not exist."""
    if "drawer" in settings:
        spec, path = settings["drawer"]
        known_name(drawers, spec.name, Setting(spec, (*path, "name")), report)
    if "perceptors" in settings:
        _check_perceptors(settings["perceptors"], folder, report)


def known_name(registry: Registry[Any], name: str, setting: Setting, report: Report) -> bool:
    """Return True for a name that ``registry`` knows; otherwise the nearest is reported."""
    if name in registry:
        return True
    known = registry.names()
    hint = did_you_mean(name, known) or "known: " + ", ".join(known)
    report.error(setting.path, f"unknown {registry.kind} {name!r}", hint=hint)
    return False


def _check_perceptors(setting: Setting, folder: Path, report: Report) -> None:
    names: set[str] = set()
    specs: tuple[PerceptorSpec, ...] = setting.value
    if not specs:
        report.error(setting.path, "there are no perceptors in the list")
    for index, spec in enumerate(specs):
        path = (*setting.path, index)
        if spec.name in names:
            report.error(path, f"{spec.name!r} is in the list twice")
        names.add(spec.name)
        with report.at(path):
            resolved_perceptor(spec.name, folder)


def resolved_perceptor(name: str, folder: Path) -> str:
    """Return the name with paths made absolute from the story's ``folder``.

    Raises `BadValue` or `UnknownName`.
    """
    try:
        return str(parse_name(name, base=folder))
    except (UsageError, MissingWeights) as error:
        raise BadValue(str(error)) from None
