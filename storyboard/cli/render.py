"""``storyboard render``: the film."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.console import out
from storyboard.cli.interrupt import Interrupt
from storyboard.cli.options import (
    Device,
    Fresh,
    Out,
    Overwrite,
    Quality,
    Quiet,
    Seed,
    Set,
    StoryFile,
    Verbose,
    Wait,
)
from storyboard.cli.plan import as_text
from storyboard.cli.planning import Reading, read
from storyboard.cli.progress import Progress, display
from storyboard.errors import Interrupted

if TYPE_CHECKING:
    from storyboard.render import Film, RenderOptions


def render(
    story: StoryFile,
    out_file: Out = None,
    quality: Quality = None,
    seed: Seed = None,
    settings: Set = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Begin here: 0:10, 24f, 4b, a mark, 50%."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Stop before this time.")
    ] = None,
    shots: Annotated[
        str | None,
        typer.Option("--shots", metavar="LIST", help="Only these, by name or number: intro,3-5."),
    ] = None,
    device: Device = "auto",
    fresh: Fresh = False,
    overwrite: Overwrite = False,
    wait: Wait = False,
    no_embed: Annotated[
        bool, typer.Option("--no-embed", help="Leave the story out of the film's metadata.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the plan and render nothing.")
    ] = False,
    progress: Annotated[
        Progress, typer.Option("--progress", help="How progress is shown, on stderr.")
    ] = Progress.auto,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Render the film. What is there already is kept, so the same command goes on."""
    reading = read(story, settings=settings, quality=quality, seed=seed)
    first = None if start is None else reading.frame(start, "--from")
    last = None if end is None else reading.frame(end, "--to")
    names = None if shots is None else reading.shots(shots)

    from storyboard.render import RenderOptions, status

    options = RenderOptions(
        device=device,
        first=first,
        last=last,
        shots=names,
        fresh=fresh,
        overwrite=overwrite,
        embed=not no_embed,
        wait=wait,
    )
    if dry_run:
        out(as_text(reading.plan, status(reading.plan, out_file)))
        return
    film = _follow(reading, out_file, options, progress)
    for path in film.paths:
        out(str(path))


def _follow(reading: Reading, file: Path | None, options: RenderOptions, how: Progress) -> Film:
    """Render with progress shown and Ctrl-C heard."""
    from dataclasses import replace

    from storyboard.render import render as make

    shown = display(how)
    with Interrupt() as interrupt:
        try:
            options = replace(options, stop=interrupt)
            return make(reading.plan, out=file, on_event=shown, options=options)
        except Interrupted as stopped:
            again = shlex.join(["storyboard", *sys.argv[1:]])
            raise Interrupted(f"{stopped}\n  to go on from there: {again}") from None
        finally:
            shown.close()
