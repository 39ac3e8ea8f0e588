"""``storyboard doctor``: is everything here that a film needs, and what to do where it is not."""

from __future__ import annotations

from pathlib import Path

import click

from storyboard.cli.checks import Diagnosis, examine
from storyboard.cli.console import count, out, out_json, table
from storyboard.cli.shared_options import FILE, as_json, verbose
from storyboard.errors import MissingTool

_MARKS = {"good": "ok", "advice": "--", "bad": "!!"}


@click.command()
@click.option(
    *("-o", "--out", "folder"),
    type=FILE,
    default="out",
    metavar="DIR",
    help="Where films will be written.",
)
@as_json
@verbose
def doctor(folder: Path, as_json: bool) -> int:
    """Say what this machine lacks.

    Looks at python, torch, the device, ffmpeg, weights, disk and fonts, and says what to do.
    """
    findings = examine(folder)
    bad = [finding for finding in findings if finding.state == "bad"]
    if as_json:
        out_json([finding.__dict__ for finding in findings])
    else:
        out(table([(_MARKS[f.state], f.subject, f.found) for f in findings]))
        out(_advice(findings))
        out(f"\n{count(len(bad), 'thing')} to mend" if bad else "\nready to render")
    return MissingTool.exit_code if bad else 0


def _advice(findings: list[Diagnosis]) -> str:
    return "\n".join(f"\n{f.subject}: {f.todo}" for f in findings if f.todo)
