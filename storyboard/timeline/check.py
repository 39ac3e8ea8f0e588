"""Every problem of a story, without rendering it and without torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from storyboard.errors import Problem, StoryError
from storyboard.perceptors import file_error, is_fetched, missing
from storyboard.story.model import Settings
from storyboard.story.read import Story, read_story
from storyboard.story.source import KeyPath
from storyboard.timeline.build import PlanDraft, draft_plan
from storyboard.timeline.known_names import resolved_perceptor
from storyboard.timeline.report import Report


def check_story(path: str | Path, overrides: Mapping[str, Any] | None = None) -> list[Problem]:
    """Return every error and warning of the story file ``path``, in the order of the file.

    An empty list says that it can be rendered as it is. Raises nothing but what reading a file may.
    """
    try:
        story = read_story(path, overrides=overrides)
    except StoryError as error:
        return list(error.problems)
    return problems_of(story)


def problems_of(story: Story) -> list[Problem]:
    """Return every error and warning of a story that has been read."""
    report = Report(story)
    draft = draft_plan(story, report)
    if draft is not None:
        report_weights(story, draft, report)
    return report.problems


def report_weights(story: Story, draft: PlanDraft, report: Report) -> None:
    """Report the perceptors whose weights are not on this machine: an error where nothing fetches
    them, else a warning.
    """
    for name, path in dict.fromkeys(_perceptors(story, draft)):
        with report.at(path):
            full = resolved_perceptor(name, story.folder)
            for need in missing(full):
                report.error(path, f"perceptor {name!r}{need.message}", hint=need.todo or None)
            if wrong := file_error(full):
                report.error(path, f"perceptor {name!r}: {wrong}")
            if is_fetched(full):
                message = f"the weights of {name!r} are not on this machine"
                hint = "`storyboard render --download` fetches them, which needs a network"
                report.warn(path, message, hint=hint)


def _perceptors(story: Story, draft: PlanDraft) -> Iterator[tuple[str, KeyPath]]:
    """Yield the perceptors of the shots, each with where it is written."""
    inherited: list[tuple[str, KeyPath]]
    inherited = [(name, ("quality",)) for name in draft.quality.perceptors]
    for settings, path in ((story.spec, ()), (story.spec.defaults, ("defaults",))):
        inherited = _listed(settings, path) or inherited
    for slot in draft.when.slots:
        yield from _listed(slot.spec, slot.path) or inherited


def _listed(settings: Settings | None, path: KeyPath) -> list[tuple[str, KeyPath]]:
    """Return the perceptors that ``settings``, at ``path``, have themselves."""
    specs = settings.perceptors if settings is not None else None
    return [(one.name, (*path, "perceptors", n)) for n, one in enumerate(specs or ())]
