"""``storyboard export``: the plan of a film in a form that other programs read."""

from __future__ import annotations

from pathlib import Path

import click

from storyboard.cli.console import note, out
from storyboard.cli.new_files import write_new
from storyboard.cli.planning import Request
from storyboard.cli.shared_options import FILE, overwrite, planned

FORMS = ("otio", "srt", "lrc", "csv", "deforum")


@click.command()
@planned
@click.option(
    "--to",
    "form",
    type=click.Choice(FORMS),
    required=True,
    help="otio: a timeline; srt, lrc: the prompts; csv: every curve; deforum: settings.",
)
@click.option(
    *("-o", "--out", "file"), type=FILE, metavar="FILE", help="Where to; to stdout if not set."
)
@overwrite
def export(request: Request, form: str, file: Path | None, overwrite: bool) -> None:
    """Write the film's plan in another form.

    A timeline for an editing program, the prompts as subtitles or lyrics, every curve as a table,
    or settings of Deforum with the same camera. Nothing is drawn.
    """
    from storyboard.interchange.exporters import export as export_plan

    exported = export_plan(request.read().plan, form)
    for line in exported.left:
        note(f"not in {form}: {line}")
    if file is None:
        out(exported.text.removesuffix("\n"))
        return
    write_new(file, exported.text, overwrite=overwrite)
    out(str(file))
