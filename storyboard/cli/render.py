"""``storyboard render``: the film."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from storyboard.cli import shared_options
from storyboard.cli.batch import render_all, stories_in
from storyboard.cli.console import out
from storyboard.cli.effort import Effort
from storyboard.cli.interrupt import Interrupt
from storyboard.cli.plan import plan_text
from storyboard.cli.planning import PlannedStory, Request
from storyboard.cli.progress import display
from storyboard.cli.takes import render_takes, render_wanted_takes
from storyboard.errors import Interrupted, OutOfMemory, UsageError

if TYPE_CHECKING:
    from storyboard.render import Film, RenderOptions


@click.command()
@shared_options.planned_several
@shared_options.out_file
@click.option(*("--from", "start"), metavar="TIME", help="Begin here: 0:10, 24f, 4b, a mark, 50%.")
@click.option(*("--to", "end"), metavar="TIME", help="Stop before this time.")
@click.option("--shots", metavar="LIST", help="Only these, by name or number: intro,3-5.")
@shared_options.device
@shared_options.download
@shared_options.fresh
@shared_options.overwrite
@shared_options.wait
@click.option("--svg", is_flag=True, help="Beside the film an SVG of each frame, and a moving one.")
@click.option("--no-embed", is_flag=True, help="Leave the story out of the film's metadata.")
@click.option("--dry-run", is_flag=True, help="Show the plan and render nothing.")
@shared_options.painters
@click.option(
    "--takes",
    type=click.IntRange(2, 50),
    help="No film: the middle of each shot with so many seeds, on a sheet for `storyboard pick`.",
)
@click.option(
    "--budget",
    metavar="TIME",
    help="Done in this time, 90s, 10m or 1h30m: fewer steps and cuts, or a smaller picture.",
)
@shared_options.progress
def render(
    stories: tuple[Path, ...],
    asked: Callable[[Path], Request],
    out_file: Path | None,
    start: str | None,
    end: str | None,
    shots: str | None,
    device: str,
    download: bool,
    fresh: bool,
    overwrite: bool,
    wait: bool,
    svg: bool,
    no_embed: bool,
    dry_run: bool,
    painters: dict[str, Any],
    takes: int | None,
    budget: str | None,
    progress: str,
) -> int:
    """Render the film, or every output of the story; of several stories and folders, all.

    What is there already is kept, so the same command goes on after an interruption. The last
    line on stdout is the film; of several stories a table, and none that fails ends the others.
    """
    if len(stories) > 1 or stories[0].is_dir():
        if out_file is not None:
            raise UsageError(f"-o {out_file} is one film, and there are several stories")
        context, workers = click.get_current_context(), painters["workers"]
        return render_all(context, stories_in(stories), workers, progress=progress)
    if takes is not None:
        _refuse_film_flags(out_file, start, end, svg, budget)
        return render_takes(asked(stories[0]), shots, takes, known_device(device), progress)
    piece = (start, end, shots)
    _refuse_with_budget(budget, *piece, dry_run)
    requests = replace(asked(stories[0]), budget=budget).films()
    _refuse_one_file(out_file, [request.output or "" for request in requests])
    how: dict[str, Any] = {"device": known_device(device), "download": download}
    efforts = [Effort(request, out_file, fresh, how) for request in requests]
    films = [(effort, effort.read()) for effort in efforts]

    from storyboard.render import RenderOptions, status

    if dry_run:
        for _, reading in films:
            work = reading.work(out_file, fresh=fresh)
            out(plan_text(reading.plan, status(reading.plan, out_file, work=work)))
        return 0
    given = RenderOptions(
        **how,
        fresh=fresh,
        overwrite=overwrite,
        embed=not no_embed,
        wait=wait,
        svg=svg,
        **painters,
    )
    _render_films(films, [replace(given, **_piece(one, *piece)) for _, one in films], progress)
    return 0


def _render_films(
    films: Sequence[tuple[Effort, PlannedStory]], how: Sequence[RenderOptions], progress: str
) -> None:
    """Render each film and print where it is."""
    first, reading = films[0]
    render_wanted_takes(first.request, reading, how[0].device, progress)
    for (effort, reading), given in zip(films, how, strict=True):
        film = _made(effort, reading, given, progress)
        for path in (*film.svgs, *film.paths):
            out(str(path))


def _made(effort: Effort, reading: PlannedStory, how: RenderOptions, progress: str) -> Film:
    """Render one film; where even one view at a time does not fit into memory, smaller."""
    out_file = effort.out_file
    while True:
        work = reading.work(out_file, fresh=how.fresh)
        reading.note(out_file, work)
        try:
            return _follow(reading, out_file, replace(how, work=work), progress)
        except OutOfMemory as error:
            reading = effort.smaller(reading, error)


def _refuse_with_budget(budget: str | None, *given: object) -> None:
    if budget is not None and any(given):
        raise UsageError("--budget is for a whole film: leave out --from, --to, --shots, --dry-run")


def _refuse_film_flags(*given: object) -> None:
    if any(given):
        flags = "-o, --from, --to, --svg and --budget"
        raise UsageError(f"--takes makes a sheet, no film: leave out {flags}")


def _refuse_one_file(out_file: Path | None, outputs: Sequence[str]) -> None:
    """Raise `UsageError` where one file is given for several ``outputs``."""
    if out_file is not None and len(outputs) > 1:
        names = ", ".join(outputs)
        raise UsageError(f"-o {out_file} is one film, and the story has several: --output {names}")


def _piece(
    reading: PlannedStory, start: str | None, end: str | None, shots: str | None
) -> dict[str, Any]:
    """Return the fields of `RenderOptions` for the piece of the film that is wanted."""
    return {
        "first": None if start is None else reading.frame(start, "--from"),
        "last": None if end is None else reading.frame(end, "--to"),
        "shots": None if shots is None else reading.shots(shots),
    }


def known_device(name: str) -> str:
    """Return ``name`` itself. Raises `DeviceError` before any folder is made for a film."""
    from storyboard.perceptors.device import check_name, pick_device

    check_name(name)
    if name not in ("auto", "cpu"):  # those two are there on every machine
        pick_device(name)
    return name


def _follow(reading: PlannedStory, file: Path | None, how: RenderOptions, progress: str) -> Film:
    """Render with progress shown and Ctrl-C handled."""
    from storyboard.render import render as make

    shown = display(progress)
    with Interrupt() as interrupt:
        try:
            how = replace(how, stop=interrupt)
            return make(reading.plan, out=file, on_event=shown, options=how)
        except Interrupted as stopped:
            again = shlex.join(["storyboard", *sys.argv[1:]])
            raise Interrupted(f"{stopped}\n  to go on from there: {again}") from None
        finally:
            shown.close()
