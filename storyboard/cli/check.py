"""``storyboard check``: every error of a story in one run, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.console import count, out, out_json
from storyboard.cli.planning import Request
from storyboard.cli.shared_options import FILE, as_json, device, verbose
from storyboard.errors import MOST_SHOWN, Problem, StoryError
from storyboard.times import hours

if TYPE_CHECKING:
    from storyboard.plan import Plan
    from storyboard.story import Story
    from storyboard.timeline.pace import Line


@dataclass(frozen=True)
class CheckReport:
    """The result for one story; ``summary`` is empty where it cannot be rendered.

    ``render_s`` is how long its films take on this machine, None where that was never measured;
    ``lasts`` says so in words. ``plans`` are those of its films, without digests.
    """

    file: Path
    problems: Sequence[Problem]
    summary: str = ""
    render_s: float | None = None
    lasts: str = ""
    plans: Sequence[Plan] = ()

    @property
    def errors(self) -> int:
        """Return the number of problems that keep the story from being rendered."""
        return sum(problem.severity == "error" for problem in self.problems)

    def as_json(self) -> dict[str, Any]:
        """Return the report for a program."""
        problems = [asdict(problem) for problem in self.problems]
        report = {"file": str(self.file), "ok": self.errors == 0, "problems": problems}
        return report if self.errors else {**report, "render_s": self.render_s}

    def as_text(self) -> str:
        """Return the report for a person."""
        shown_first = sorted(self.problems, key=lambda p: p.severity != "error")[:MOST_SHOWN]
        shown = set(map(id, shown_first))
        lines = [describe(problem) for problem in self.problems if id(problem) in shown]
        more = len(self.problems) - len(lines)
        lines += [f"and {more} more"] if more > 0 else []
        found = count(self.errors, "error") if self.errors else self.summary
        lasts = [f"  {self.lasts}"] if self.lasts and not self.errors else []
        return "\n".join([*lines, f"{self.file}: {found}", *lasts])


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
    others = [_examined(file, name)[0] for name in outputs[1:]]
    more = dict.fromkeys(problem for other in others for problem in other.problems)
    problems = [*report.problems, *(one for one in more if one not in report.problems)]
    plans = [plan for one in (report, *others) for plan in one.plans]
    made = report.summary and f"{report.summary}, {count(len(outputs), 'output')}"
    summary = made if outputs else report.summary
    return replace(report, problems=problems, summary=summary, plans=plans)


def _examined(file: Path, output: str | None) -> tuple[CheckReport, Sequence[str]]:
    """Return the report of one output of the story in ``file``, and the names of all."""
    from storyboard.story import read_story
    from storyboard.story.read import collector_paused

    try:
        with collector_paused():
            return _resolved(file, read_story(file, output=output))
    except StoryError as error:
        return CheckReport(file, error.problems), ()


def _resolved(file: Path, story: Story) -> tuple[CheckReport, Sequence[str]]:
    """Return what `_examined` does of a ``story`` that could be read."""
    from storyboard.timeline.build import draft_plan, rough_plan
    from storyboard.timeline.check import report_weights
    from storyboard.timeline.report import Report as Findings

    findings = Findings(story)
    draft = draft_plan(story, findings)
    if draft is None:
        from storyboard.interchange.foreign_settings import foreign_settings

        return CheckReport(file, [*findings.problems, *foreign_settings(story)]), story.outputs
    report_weights(story, draft, findings)
    shots, frames = count(len(draft.shots), "shot"), count(draft.frame_count, "frame")
    summary = f"fine: {shots}, {frames}, {float(draft.duration):.2f} s"
    plans = [rough_plan(story, draft)]
    return CheckReport(file, findings.problems, summary, plans=plans), story.outputs


def timed(report: CheckReport, device: str, *, trial: bool) -> CheckReport:
    """Return ``report`` with how long the story's films take on this machine: by what renders have
    measured, or by painting a few frames first, where a ``trial`` is asked for.
    """
    from storyboard.timeline.pace import estimate

    if report.errors or not report.plans:
        return report
    measured = _trials(report.file, device) if trial else [{}] * len(report.plans)
    found = [estimate(p, device, now) for p, now in zip(report.plans, measured, strict=True)]
    times = [one.seconds for one in found if one.seconds is not None]
    if len(times) < len(found):
        unknown = list(dict.fromkeys(name for one in found for name in one.unknown))
        named = ", ".join(unknown[:3]) + " ..." * (len(unknown) > 3)
        what = f"not timed on this machine yet ({named})" if named else "not timed here yet"
        lasts = f"{what}: `storyboard check --time` paints a few frames to find out"
        return replace(report, lasts=lasts)
    days = [one.day for one in found if one.day]
    when = f"measured {min(days)}" if days else "measured now"
    lasts = f"takes about {hours(sum(times))} to render on this machine ({when})"
    return replace(report, render_s=round(sum(times), 1), lasts=lasts)


def _trials(file: Path, device: str) -> list[dict[str, Line]]:
    """Paint a few frames of each film of the story and return what was measured."""
    from storyboard.cli.interrupt import Interrupt
    from storyboard.cli.render import known_device
    from storyboard.render.trial import trial

    known_device(device)
    with Interrupt() as interrupt:
        plans = [request.read().plan for request in Request(file).films()]
        return [trial(plan, device, stop=interrupt) for plan in plans]


@click.command()
@click.argument("stories", type=FILE, nargs=-1, required=True, metavar="STORY...")
@click.option("--time", "trial", is_flag=True, help="Paint a few frames to say how long it takes.")
@device
@as_json
@verbose
def check(stories: tuple[Path, ...], trial: bool, device: str, as_json: bool) -> int:
    """Report every error in a story, and how long it takes to render.

    Each with its place and the nearest right name, all in one run, and without drawing anything.
    The time is known where something of the same size, drawer and perceptors was rendered here
    before; --time measures it.
    """
    reports = [timed(examine(file), device, trial=trial) for file in stories]
    if as_json:
        out_json([report.as_json() for report in reports])
    else:
        out("\n".join(report.as_text() for report in reports))
    return StoryError.exit_code if any(report.errors for report in reports) else 0
