"""``storyboard still``: one painted picture of the film."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli import shared_options
from storyboard.cli.console import out
from storyboard.cli.interrupt import Interrupt
from storyboard.cli.new_files import refuse_existing
from storyboard.cli.planning import PlannedStory, Request
from storyboard.cli.progress import display
from storyboard.cli.render import known_device
from storyboard.errors import UsageError
from storyboard.files import write_whole

if TYPE_CHECKING:
    from storyboard.media.ffmpeg import Picture
    from storyboard.plan import Plan


@click.command()
@shared_options.planned
@click.option(
    "--at", metavar="TIME", help="The time: 0:04.5, 24f, a mark, 50%; not for one picture."
)
@click.option("--shot", metavar="NAME", help="The middle of this shot.")
@click.option(
    *("-o", "--out", "file"),
    type=shared_options.FILE,
    metavar="FILE",
    help="The picture, a .png.  [default: out/STORY/STORY.FRAME.png]",
)
@click.option("--size", metavar="WxH", help="Draw the shapes anew at this size, such as 3840x2160.")
@click.option(
    "--svg", type=shared_options.FILE, metavar="FILE", help="The shapes as SVG in place of a .png."
)
@shared_options.device
@shared_options.download
@shared_options.fresh
@shared_options.overwrite
@shared_options.wait
@shared_options.progress
def still(
    request: Request,
    at: str | None,
    shot: str | None,
    file: Path | None,
    size: str | None,
    svg: Path | None,
    device: str,
    download: bool,
    fresh: bool,
    overwrite: bool,
    wait: bool,
    progress: str,
) -> None:
    """Paint one picture of the film.

    Exactly as the film has it. A story of one prompt alone is a picture. A render goes on from what
    was painted for it. Drawers that draw shapes (pixel, clipdraw, line_sketch, dots) give it at any
    --size, sharp, and as --svg.
    """
    reading = request.read(still=True)
    plan, number = reading.plan, _number(reading, at, shot)
    _check_name(file, ".png", "-o", overwrite=overwrite)
    _check_name(svg, ".svg", "--svg", overwrite=overwrite)
    if svg is not None and (file or size):
        raise UsageError("--svg: SVG has no size and takes the place of the .png")
    wanted = None if size is None else _size(size)

    how: dict[str, Any] = {"device": known_device(device), "fresh": fresh, "wait": wait}
    how["download"] = download
    how["work"] = reading.work(None, fresh=fresh)
    reading.note(None, how["work"])
    when = number / plan.fps
    from storyboard.render import still as paint
    from storyboard.render import still_svg

    if svg is not None:
        with _followed(progress) as callbacks:
            document = still_svg(plan, when, **how, **callbacks)
        write_whole(svg, document.encode())
        out(str(svg))
        return
    with _followed(progress) as callbacks:
        picture = paint(plan, when, size=wanted, **how, **callbacks)
    _save(plan, picture, file or _usual(plan, number, wanted))


@contextmanager
def _followed(progress: str) -> Iterator[dict[str, Any]]:
    """Show progress and handle Ctrl-C within the block; yields the options that do so."""
    shown = display(progress)
    with Interrupt() as interrupt:
        try:
            yield {"on_event": shown, "stop": interrupt}
        finally:
            shown.close()


def _usual(plan: Plan, number: int, size: tuple[int, int] | None) -> Path:
    """Return the default path of a picture that was given no name."""
    from storyboard.render.store.folder import output_paths

    larger = "" if size is None else f".{size[0]}x{size[1]}"
    variant = f".{plan.variant}" if plan.variant else ""
    return output_paths(plan).folder / f"{plan.name}{variant}.{number:05d}{larger}.png"


def _save(plan: Plan, picture: Picture, target: Path) -> None:
    from storyboard.render.output.embed import film_tags, png_bytes

    write_whole(target, png_bytes(picture, film_tags(plan)))
    out(str(target))


def _size(text: str) -> tuple[int, int]:
    """Return the size (width, height) that ``--size`` sets. Raises `UsageError`."""
    from storyboard.story.fields import MAX_SIZE

    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if found is None:
        raise UsageError(f"--size {text}: expected a size such as 3840x2160")
    width, height = int(found[1]), int(found[2])
    if not (0 < width <= MAX_SIZE and 0 < height <= MAX_SIZE):
        raise UsageError(f"--size {text}: width and height must be between 1 and {MAX_SIZE}")
    return width, height


def _number(reading: PlannedStory, at: str | None, shot: str | None) -> int:
    """Return the number of the frame that ``--at`` or ``--shot`` selects. Raises `UsageError`."""
    last = reading.plan.frame_count - 1
    if at is shot is None and last == 0:
        return 0
    if (at is None) == (shot is None):
        raise UsageError("specify --at TIME or --shot NAME")
    if at is not None:
        return min(reading.frame(at, "--at"), last)
    chosen = reading.shots(shot or "", "--shot")[0]
    first, stop = next((s.first, s.stop) for s in reading.plan.shots if s.name == chosen)
    return min((first + stop) // 2, last)


def _check_name(file: Path | None, suffix: str, flag: str, *, overwrite: bool) -> None:
    if file is None:
        return
    if file.suffix.lower() != suffix:
        raise UsageError(f"{flag} {file}: this is a {suffix}")
    refuse_existing(file, overwrite=overwrite)
