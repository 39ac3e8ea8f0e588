"""``storyboard still``: one painted picture of the film."""

from __future__ import annotations

from pathlib import Path

import click

from storyboard.cli import options
from storyboard.cli.console import out
from storyboard.cli.files import refuse_existing
from storyboard.cli.interrupt import Interrupt
from storyboard.cli.planning import Reading, Request
from storyboard.cli.progress import display
from storyboard.cli.render import known_device
from storyboard.errors import UsageError
from storyboard.files import write_whole


@click.command()
@options.planned
@click.option("--at", metavar="TIME", help="The time: 0:04.5, 24f, a mark, 50%.")
@click.option("--shot", metavar="NAME", help="The middle of this shot.")
@click.option(
    *("-o", "--out", "file"),
    type=options.FILE,
    metavar="FILE",
    help="The picture, a .png.  [default: out/STORY/STORY.FRAME.png]",
)
@options.device
@options.fresh
@options.overwrite
@options.wait
@options.progress
def still(
    request: Request,
    at: str | None,
    shot: str | None,
    file: Path | None,
    device: str,
    fresh: bool,
    overwrite: bool,
    wait: bool,
    progress: str,
) -> None:
    """Paint one picture of the film.

    Exactly as the film has it. A render goes on from what was painted for it.
    """
    reading = request.read()
    plan, number = reading.plan, _number(reading, at, shot)
    if file is not None:
        _check_name(file, overwrite=overwrite)

    from storyboard.render import still as paint
    from storyboard.render.output.embed import film_tags, png_bytes
    from storyboard.render.store.folder import place_of

    shown = display(progress)
    with Interrupt() as interrupt:
        try:
            picture = paint(
                plan,
                number / plan.fps,
                on_event=shown,
                device=known_device(device),
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
    last = reading.plan.frame_count - 1
    if at is not None:
        return min(reading.frame(at, "--at"), last)
    chosen = reading.shots(shot or "", "--shot")[0]
    first, stop = next((s.first, s.stop) for s in reading.plan.shots if s.name == chosen)
    return min((first + stop) // 2, last)


def _check_name(file: Path, *, overwrite: bool) -> None:
    if file.suffix.lower() != ".png":
        raise UsageError(f"-o {file}: a still is a .png")
    refuse_existing(file, overwrite=overwrite)
