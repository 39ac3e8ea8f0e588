"""``storyboard check``: every error of a story in one run, without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.console import count, out, out_json
from storyboard.cli.shared_options import FILE, as_json, verbose
from storyboard.errors import MOST_SHOWN, Problem, StoryError

if TYPE_CHECKING:
    from storyboard.story import Story


@dataclass(frozen=True)
class CheckReport:
    """The result for one story; ``summary`` is empty where it cannot be rendered."""

    file: Path
    problems: Sequence[Problem]
    summary: str = ""

    @property
    def errors(self) -> int:
        """Return the number of problems that keep the story from being rendered."""
        return sum(problem.severity == "error" for problem in self.problems)

    def as_json(self) -> dict[str, Any]:
        """Return the report for a program."""
        problems = [asdict(problem) for problem in self.problems]
        return {"file": str(self.file), "ok": self.errors == 0, "problems": problems}

    def as_text(self) -> str:
        """Return the report for a person."""
        shown_first = sorted(self.problems, key=lambda p: p.severity != "error")[:MOST_SHOWN]
        shown = set(map(id, shown_first))
        lines = [describe(problem) for problem in self.problems if id(problem) in shown]
        more = len(self.problems) - len(lines)
        lines += [f"and {more} more"] if more > 0 else []
        found = count(self.errors, "error") if self.errors else self.summary
        return "\n".join([*lines, f"{self.file}: {found}"])


def describe(problem: Problem) -> str:
    """Return a problem's lines; those of a warning begin with the word."""
    if problem.severity == "error":
        return str(problem)
    return str(replace(problem, message=f"warning: {problem.message}"))


def examine(file: Path) -> CheckReport:
    """Read a story and resolve it, and keep what is wrong instead of raising it.

    Of a story with several outputs every one is resolved.
    """
    report, outputs = _examined(file, None)
    others = [_examined(file, name)[0].problems for name in outputs[1:]]
    more = dict.fromkeys(problem for found in others for problem in found)
    problems = [*report.problems, *(one for one in more if one not in report.problems)]
    made = report.summary and f"{report.summary}, {count(len(outputs), 'output')}"
    return replace(report, problems=problems, summary=made if outputs else report.summary)


def _examined(file: Path, output: str | None) -> tuple[CheckReport, Sequence[str]]:
    """Return the report of one output of the story in ``file``, and the names of all."""
    from storyboard.story import read_story
    from storyboard.timeline.build import draft_plan
    from storyboard.timeline.check import report_weights
    from storyboard.timeline.report import Report as Findings

    try:
        story = read_story(file, output=output)
    except StoryError as error:
        return CheckReport(file, error.problems), ()
    findings = Findings(story)
    plan = draft_plan(story, findings)
    if plan is None:
        return CheckReport(file, [*findings.problems, *foreign_settings(story)]), story.outputs
    report_weights(story, plan, findings)
    shots, frames = count(len(plan.shots), "shot"), count(plan.frame_count, "frame")
    summary = f"fine: {shots}, {frames}, {float(plan.duration):.2f} s"
    return CheckReport(file, findings.problems, summary), story.outputs


def foreign_settings(story: Story) -> Iterator[Problem]:
    """Yield an error for a story that is the settings of another program."""
    from storyboard.interchange.importers.tools import TOOLS

    unknown = [path[0] for path in story.unknown if len(path) == 1]
    written = [path[0] for path in story.source.keys if len(path) == 1]
    tool = TOOLS.detect(dict.fromkeys(map(str, written)))
    if tool is not None and 2 * len(unknown) > len(written):
        hint = f"`storyboard import {story.source.file} -o story.yaml` makes a story of them"
        yield Problem(f"these are settings of {tool}", story.source.file, hint=hint)


@click.command()
@click.argument("stories", type=FILE, nargs=-1, required=True, metavar="STORY...")
@as_json
@verbose
def check(stories: tuple[Path, ...], as_json: bool) -> int:
    """Report every error in a story.

    Each with its place and the nearest right name, all in one run, and without drawing anything.
    """
    reports = [examine(file) for file in stories]
    if as_json:
        out_json([report.as_json() for report in reports])
    else:
        out("\n".join(report.as_text() for report in reports))
    return StoryError.exit_code if any(report.errors for report in reports) else 0
