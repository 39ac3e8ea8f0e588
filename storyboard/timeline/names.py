"""Names in a story that other rooms know: drawers and their options, losses, filters, perceptors.

Only their registries and tables are asked; nothing that needs torch is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storyboard import filters, losses
from storyboard.drawers import drawers, option_table
from storyboard.errors import BadValue, MissingWeights, UsageError, did_you_mean
from storyboard.options import mistakes
from storyboard.perceptors import digest, parse_name
from storyboard.registry import Registry
from storyboard.story.model import DrawerSpec, PerceptorSpec
from storyboard.timeline.cascade import Said, Sayings, group
from storyboard.timeline.report import Report


def check_names(said: Sayings, folder: Path, report: Report) -> None:
    """Tell every drawer, option, loss, filter and perceptor that there is not."""
    registries: dict[str, Registry[Any]] = {"losses": losses.losses, "filters": filters.filters}
    for kind, registry in registries.items():
        for name, entry in group(said, kind).items():
            _check_name(registry, name, entry, report)
    if "drawer" in said:
        _check_drawer(said["drawer"], report)
    if "perceptors" in said:
        _check_perceptors(said["perceptors"], folder, report)


def _check_name(registry: Registry[Any], name: str, said: Said, report: Report) -> bool:
    if name in registry:
        return True
    known = registry.names()
    hint = did_you_mean(name, known) or "known: " + ", ".join(known)
    report.error(said.path, f"unknown {registry.kind} {name!r}", hint=hint)
    return False


def _check_drawer(said: Said, report: Report) -> None:
    spec: DrawerSpec = said.value
    if not _check_name(drawers, spec.name, said, report):
        return
    owner = f"drawer {spec.name!r}"
    for mistake in mistakes(spec.options, option_table(spec.name), owner=owner):
        with report.at(said.path):
            raise mistake


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


def perceptor_digests(names: tuple[str, ...]) -> Mapping[str, str]:
    """What stands behind each perceptor's name, files by their contents."""
    return {name: digest(name) for name in names}
