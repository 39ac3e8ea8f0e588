"""``storyboard check``: every mistake of a story in one run, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from storyboard.cli.console import count, out, out_json
from storyboard.cli.options import FILE, as_json, verbose
from storyboard.errors import MOST_SHOWN, Problem, StoryError


@dataclass(frozen=True)
class Report:
    """What is to be said of one story; ``summary`` is empty where it cannot be rendered."""

    file: Path
    problems: Sequence[Problem]
    summary: str = ""

    @property
    def mistakes(self) -> int:
        """How many problems keep the story from being rendered."""
        return sum(problem.severity == "error" for problem in self.problems)

    def as_json(self) -> dict[str, Any]:
        """The report for a program."""
        problems = [asdict(problem) for problem in self.problems]
        return {"file": str(self.file), "ok": self.mistakes == 0, "problems": problems}

    def as_text(self) -> str:
        """The report for a person."""
        told = sorted(self.problems, key=lambda p: p.severity != "error")[:MOST_SHOWN]
        shown = set(map(id, told))
        lines = [describe(problem) for problem in self.problems if id(problem) in shown]
        more = len(self.problems) - len(lines)
        lines += [f"and {more} more"] if more > 0 else []
        found = count(self.mistakes, "mistake") if self.mistakes else self.summary
        return "\n".join([*lines, f"{self.file}: {found}"])


def describe(problem: Problem) -> str:
    """A problem's lines; a warning says that it is one."""
    if problem.severity == "error":
        return str(problem)
    return str(replace(problem, message=f"warning: {problem.message}"))


def examine(file: Path) -> Report:
    """Read a story and resolve it, and keep what is wrong instead of raising it."""
    from storyboard.story import read_story
    from storyboard.timeline.build import draft_plan
    from storyboard.timeline.check import report_weights
    from storyboard.timeline.report import Report as Findings

    try:
        story = read_story(file)
    except StoryError as error:
        return Report(file, error.problems)
    findings = Findings(story)
    plan = draft_plan(story, findings)
    if plan is None:
        return Report(file, findings.problems)
    report_weights(story, plan, findings)
    shots, frames = count(len(plan.shots), "shot"), count(plan.frame_count, "frame")
    return Report(file, findings.problems, f"fine: {shots}, {frames}, {float(plan.duration):.2f} s")


@click.command()
@click.argument("stories", type=FILE, nargs=-1, required=True, metavar="STORY...")
@as_json
@verbose
def check(stories: tuple[Path, ...], as_json: bool) -> int:
    """Tell every mistake in a story.

    Each with its place and the nearest right name, all in one run, and without drawing anything.
    """
    reports = [examine(file) for file in stories]
    if as_json:
        out_json([report.as_json() for report in reports])
    else:
        out("\n".join(report.as_text() for report in reports))
    return StoryError.exit_code if any(report.mistakes for report in reports) else 0
