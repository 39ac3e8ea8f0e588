"""``storyboard export``: the plan of a film in a form that other programs read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli.console import note, out
from storyboard.cli.new_files import write_new
from storyboard.cli.planning import PlannedStory, Request
from storyboard.cli.shared_options import FILE, overwrite, planned
from storyboard.errors import UsageError

if TYPE_CHECKING:
    from storyboard.audio import Line

FORMS = ("otio", "srt", "lrc", "csv", "deforum", "openjd")


@click.command()
@planned
@click.option(
    "--to",
    "form",
    type=click.Choice(FORMS),
    required=True,
    help="otio: a timeline; srt, lrc: prompts or --lyrics; csv: every curve; deforum: settings; "
    "openjd: a job for a render farm.",
)
@click.option(
    *("-o", "--out", "file"), type=FILE, metavar="FILE", help="Where to; to stdout if not set."
)
@click.option("--lyrics", is_flag=True, help="srt, lrc: the lyrics in place of the prompts.")
@overwrite
def export(request: Request, form: str, file: Path | None, lyrics: bool, overwrite: bool) -> None:
    """Write the film's plan in another form.

    A timeline for an editing program, prompts or lyrics as subtitles, every curve as a table,
    settings of Deforum with the same camera, or a job for a render farm. Nothing is drawn.
    """
    from storyboard.interchange.exporters import export as export_plan

    if lyrics and form not in ("srt", "lrc"):
        raise UsageError(f"--lyrics goes with --to srt and --to lrc, not {form}")
    reading = request.read()
    options = _farm_options(request, file) if form == "openjd" else {}
    if lyrics:
        options["lyrics"] = _lyrics(reading)
    exported = export_plan(reading.plan, form, **options)
    for line in exported.left:
        note(f"not in {form}: {line}")
    if file is None:
        out(exported.text.removesuffix("\n"))
        return
    write_new(file, exported.text, overwrite=overwrite)
    out(str(file))


def _lyrics(reading: PlannedStory) -> Sequence[Line]:
    """Return the lyrics in the film's time. Raises `UsageError` for a story that has none."""
    from storyboard.timeline.burnt import lyrics_of

    return lyrics_of(reading.story)


def _farm_options(request: Request, file: Path | None) -> dict[str, Any]:
    """Return what a job needs beside the plan: the story's path from the folder of the template
    ``file``, None where it does not lie below it, and the flags of every task.
    """
    folder = Path.cwd() if file is None else file.absolute().parent
    story = request.story.absolute()
    below = story.relative_to(folder).as_posix() if story.is_relative_to(folder) else None
    return {"story": below, "flags": request.flags()}
