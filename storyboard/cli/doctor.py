"""``storyboard doctor``: is everything here that a film needs, and what to do where it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyboard.cli.checks import Finding, examine
from storyboard.cli.console import count, out, out_json, table
from storyboard.cli.options import Json, Verbose
from storyboard.errors import MissingTool

_MARKS = {"good": "ok", "advice": "--", "bad": "!!"}


def doctor(
    folder: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where films will be written.")
    ] = Path("out"),
    as_json: Json = False,
    verbose: Verbose = False,
) -> int:
    """Look at this machine: python, torch, device, ffmpeg, weights, disk; say what to do."""
    findings = examine(folder)
    bad = [finding for finding in findings if finding.state == "bad"]
    if as_json:
        out_json([finding.__dict__ for finding in findings])
    else:
        out(table([(_MARKS[f.state], f.subject, f.found) for f in findings]))
        out(_advice(findings))
        out(f"\n{count(len(bad), 'thing')} to mend" if bad else "\nready to render")
    return MissingTool.exit_code if bad else 0


def _advice(findings: list[Finding]) -> str:
    return "\n".join(f"\n{f.subject}: {f.todo}" for f in findings if f.todo)
