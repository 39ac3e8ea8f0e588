"""``storyboard still``: one painted picture of the film."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyboard.cli.console import out
from storyboard.cli.files import refuse_existing
from storyboard.cli.interrupt import Interrupt
from storyboard.cli.options import (
    Device,
    Fresh,
    Overwrite,
    Quality,
    Quiet,
    Seed,
    Set,
    StoryFile,
    Verbose,
    Wait,
)
from storyboard.cli.planning import Reading, moment, read
from storyboard.cli.progress import Progress, display
from storyboard.errors import UsageError


def still(
    story: StoryFile,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="The time: 0:04.5, 24f, a mark, 50%.")
    ] = None,
    shot: Annotated[
        str | None, typer.Option("--shot", metavar="NAME", help="The middle of this shot.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="FILE",
            help="The picture, a .png.",
            show_default="out/STORY/STORY.FRAME.png",
        ),
    ] = None,
    quality: Quality = None,
    seed: Seed = None,
    settings: Set = None,
    device: Device = "auto",
    fresh: Fresh = False,
    overwrite: Overwrite = False,
    wait: Wait = False,
    progress: Annotated[
        Progress, typer.Option("--progress", help="How progress is shown, on stderr.")
    ] = Progress.auto,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Paint one picture of the film, exactly as the film has it; a render goes on from it."""
    reading = read(story, settings=settings, quality=quality, seed=seed)
    plan, number = reading.plan, _number(reading, at, shot)
    if file is not None:
        _check_name(file, overwrite=overwrite)

    from storyboard.render import still as paint
    from storyboard.render.embed import film_tags, png_bytes
    from storyboard.render.files import write_whole
    from storyboard.render.folder import place_of

    shown = display(progress)
    with Interrupt() as interrupt:
        try:
            picture = paint(
                plan,
                moment(number, plan.fps),
                on_event=shown,
                device=device,
                fresh=fresh,
                wait=wait,
                stop=interrupt,
            )
        finally:
            shown.close()
    target = file or place_of(plan).folder / f"{plan.name}.{number:05d}.png"
    write_whole(target, png_bytes(picture, film_tags(plan)))
    out(str(target))


def _number(reading: Reading, at: str | None, shot: str | None) -> int:
    """The frame that ``--at`` or ``--shot`` means. Raises `UsageError`."""
    if (at is None) == (shot is None):
        raise UsageError("say which picture: --at TIME or --shot NAME")
    plan = reading.plan
    if at is not None:
        return min(reading.frame(at, "--at"), plan.frame_count - 1)
    chosen = reading.shots(shot or "")[0]
    first, stop = next((s.first, s.stop) for s in plan.shots if s.name == chosen)
    return (first + stop) // 2


def _check_name(file: Path, *, overwrite: bool) -> None:
    if file.suffix.lower() != ".png":
        raise UsageError(f"-o {file}: a still is a .png")
    refuse_existing(file, overwrite=overwrite)
