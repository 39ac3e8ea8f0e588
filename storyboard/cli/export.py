"""``storyboard export``: the plan of a film in a form that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from storyboard.cli.console import note, out
from storyboard.cli.new_files import write_new
from storyboard.cli.planning import Request
from storyboard.cli.shared_options import FILE, overwrite, planned

FORMS = ("otio", "srt", "lrc", "csv", "deforum", "openjd")


@click.command()
@planned
@click.option(
    "--to",
    "form",
    type=click.Choice(FORMS),
    required=True,
    help="otio: a timeline; srt, lrc: the prompts; csv: every curve; deforum: settings; "
    "openjd: a job for a render farm.",
)
@click.option(
    *("-o", "--out", "file"), type=FILE, metavar="FILE", help="Where to; to stdout if not set."
)
@overwrite
def export(request: Request, form: str, file: Path | None, overwrite: bool) -> None:
    """Write the film's plan in another form.

    A timeline for an editing program, the prompts as subtitles or lyrics, every curve as a table,
    settings of Deforum with the same camera, or a job for a render farm. Nothing is drawn.
    """
    from storyboard.interchange.exporters import export as export_plan

    options = _farm_options(request, file) if form == "openjd" else {}
    exported = export_plan(request.read().plan, form, **options)
    for line in exported.left:
        note(f"not in {form}: {line}")
    if file is None:
        out(exported.text.removesuffix("\n"))
        return
    write_new(file, exported.text, overwrite=overwrite)
    out(str(file))


def _farm_options(request: Request, file: Path | None) -> dict[str, Any]:
    """Return what a job needs beside the plan: the story's path from the folder of the template
    ``file``, None where it does not lie below it, and the flags of every task.
    """
    folder = Path.cwd() if file is None else file.absolute().parent
    story = request.story.absolute()
    below = story.relative_to(folder).as_posix() if story.is_relative_to(folder) else None
    return {"story": below, "flags": request.flags()}
