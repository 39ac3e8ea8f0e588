"""A text of a story as the page needs it: what is wrong with it, and the film that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from storyboard.errors import Problem, StoryboardError, StoryError
from storyboard.interchange.foreign_settings import foreign_settings
from storyboard.plan import Plan
from storyboard.story import Story, read_story_text
from storyboard.story.yaml_loader import parse_yaml
from storyboard.timeline.build import draft_plan, finished_plan
from storyboard.timeline.check import report_weights
from storyboard.timeline.report import Report
from storyboard.timeline.schedule import FilmSchedule


@dataclass(frozen=True)
class ReadFilm:
    """A story that can be rendered: its plan, and its times."""

    story: Story
    plan: Plan
    when: FilmSchedule


@dataclass(frozen=True)
class Reading:
    """What a text says. ``problems`` are those of ``storyboard check``, errors and warnings in the
    order of the file; ``film`` is None where one of them is an error.
    """

    text: str
    problems: tuple[Problem, ...]
    film: ReadFilm | None = None

    @cached_property
    def data(self) -> dict[str, Any]:
        """Return the story as plain data. Raises `StoryError`."""
        return parse_yaml(self.text)[0]

    @property
    def errors(self) -> int:
        """Return how many errors there are."""
        return sum(problem.severity == "error" for problem in self.problems)


def read(text: str, file: Path) -> Reading:
    """Read ``text`` as what the story ``file`` holds, or will hold."""
    try:
        story = read_story_text(text, name=file.stem, folder=file.parent)
        report = Report(story)
        draft = draft_plan(story, report)
        if draft is None:
            return Reading(text, (*report.problems, *foreign_settings(story)))
        report_weights(story, draft, report)
        film = ReadFilm(story, finished_plan(story, draft, report), draft.when)
    except StoryError as error:
        return Reading(text, error.problems)
    except StoryboardError as error:
        return Reading(text, (Problem(str(error)),))
    return Reading(text, tuple(report.problems), film if not report.errors else None)
