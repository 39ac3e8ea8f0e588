"""Every problem of a story, without rendering it and without torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storyboard.errors import Problem, StoryError
from storyboard.story.read import Story, read_story
from storyboard.timeline.build import draft_plan
from storyboard.timeline.report import Report


def check_story(path: str | Path, overrides: Mapping[str, Any] | None = None) -> list[Problem]:
    """Every error and warning of the story file ``path``, in the order of the file.

    An empty list says that it can be rendered as it is. Raises nothing but what reading a file may.
    """
    try:
        story = read_story(path, overrides=overrides)
    except StoryError as error:
        return list(error.problems)
    return problems_of(story)


def problems_of(story: Story) -> list[Problem]:
    """Every error and warning of a story that has been read."""
    report = Report(story)
    draft_plan(story, report)
    return report.problems
