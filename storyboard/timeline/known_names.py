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
from storyboard.timeline.cascade import Said, Sayings
from storyboard.timeline.report import Report


def check_names(said: Sayings, folder: Path, report: Report) -> None:
    """Report every drawer and perceptor that does not exist."""
    if "drawer" in said:
        spec, path = said["drawer"]
        known_name(drawers, spec.name, Said(spec, (*path, "name")), report)
    if "perceptors" in said:
        _check_perceptors(said["perceptors"], folder, report)


def known_name(registry: Registry[Any], name: str, said: Said, report: Report) -> bool:
    """True for a name that ``registry`` knows; otherwise the nearest is told."""
    if name in registry:
        return True
    known = registry.names()
    hint = did_you_mean(name, known) or "known: " + ", ".join(known)
    report.error(said.path, f"unknown {registry.kind} {name!r}", hint=hint)
    return False


def _check_perceptors(said: Said, folder: Path, report: Report) -> None:
    names: set[str] = set()
    specs: tuple[PerceptorSpec, ...] = said.value
    if not specs:
        report.error(said.path, "there are no perceptors in the list")
    for index, spec in enumerate(specs):
        path = (*said.path, index)
        if spec.name in names:
            report.error(path, f"{spec.name!r} is in the list twice")
        names.add(spec.name)
        with report.at(path):
            resolved_perceptor(spec.name, folder)


def resolved_perceptor(name: str, folder: Path) -> str:
    """The name with paths made absolute from the story's ``folder``.

    Raises `BadValue` or `UnknownName`.
    """
    try:
        return str(parse_name(name, base=folder))
    except (UsageError, MissingWeights) as error:
        raise BadValue(str(error)) from None
