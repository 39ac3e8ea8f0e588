"""``storyboard motion``: the camera alone, with captions and sound, in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from storyboard.cli.console import note, out, table, voice, warn
from storyboard.cli.new_files import refuse_existing, write_new
from storyboard.cli.plan import camera_way
from storyboard.cli.planning import Request
from storyboard.cli.shared_options import FILE, out_file, overwrite, planned
from storyboard.errors import UsageError
from storyboard.times import minutes

if TYPE_CHECKING:
    from storyboard.plan import Plan
    from storyboard.timeline.beat_markers import BeatMarkers

PLOTS = (".png", ".svg", ".pdf")

MOST_LETTERS = 8
"""Letters that a font lacks and that are named."""


@click.command()
@planned
@click.option("--on", type=FILE, metavar="PICTURE", help="Move this picture or film, not a grid.")
@click.option(
    "--plot",
    type=FILE,
    metavar="FILE",
    help="Draw every curve that changes, with shots, beats and marks: .png, .svg or .pdf.",
)
@click.option(
    "--csv", "csv", type=FILE, metavar="FILE", help="Write every curve as a table, a row a frame."
)
@click.option("--no-film", is_flag=True, help="No film, only what --plot and --csv ask for.")
@out_file
@overwrite
def motion(
    request: Request,
    on: Path | None,
    plot: Path | None,
    csv: Path | None,
    no_film: bool,
    out_file: Path | None,
    overwrite: bool,
) -> None:
    """Film the camera alone, in seconds.

    On a grid, the shots' clips or a picture, with the prompts as captions, a flash on every beat,
    and the sound; moved by the very code that moves the film.
    """
    from storyboard.timeline.beat_markers import beat_markers

    _refuse(plot, csv, out_file, no_film=no_film, overwrite=overwrite)
    reading = request.read()
    resolved, markers = reading.plan, beat_markers(reading.story)
    file = out_file or Path("out", resolved.name, f"{resolved.name}.motion.mp4")
    for warning in resolved.warnings:
        warn(warning)
    note(_way(resolved))
    _tabulate(resolved, csv, overwrite)
    _draw(resolved, markers, plot)
    if not no_film:
        _warn_of_letters(resolved)
        _film(resolved, markers, file, on)
        out(str(file))


def _refuse(
    plot: Path | None, csv: Path | None, film: Path | None, *, no_film: bool, overwrite: bool
) -> None:
    """Raise `UsageError` for files that cannot be written as asked, before any work."""
    if no_film and plot is None and csv is None:
        raise UsageError("--no-film leaves nothing to do; add --plot FILE or --csv FILE")
    if plot is not None and plot.suffix.lower() not in PLOTS:
        raise UsageError(f"--plot {plot}: the drawing is one of {', '.join(PLOTS)}")
    for file in (plot, csv, film):
        if file is not None:
            refuse_existing(file, overwrite=overwrite)


def _tabulate(plan: Plan, file: Path | None, overwrite: bool) -> None:
    """Write every curve as a table."""
    if file is None:
        return
    from storyboard.interchange.exporters import export

    write_new(file, export(plan, "csv").text, overwrite=overwrite)
    out(str(file))


def _draw(plan: Plan, markers: BeatMarkers, file: Path | None) -> None:
    """Draw every curve that changes."""
    if file is None:
        return
    from storyboard.interchange.exporters.chart import draw_chart

    draw_chart(plan, file, markers=markers)
    out(str(file))


def _warn_of_letters(plan: Plan) -> None:
    """Warn of letters of the captions that the preview's font lacks."""
    from storyboard.media.fonts import default_font, missing_letters

    labels = (source.label for shot in plan.shots for source in shot.sources)
    text = "".join((*labels, *(shot.name for shot in plan.shots), *plan.marks))
    if lacking := missing_letters(text, default_font(bold=False)):
        more = ", ..." * (len(lacking) > MOST_LETTERS)
        shown = ", ".join(lacking[:MOST_LETTERS]) + more
        warn(f"the font of the preview lacks {shown}, which are drawn as boxes")


def _film(plan: Plan, markers: BeatMarkers, file: Path, on: Path | None) -> None:
    from tqdm import tqdm

    from storyboard.render.preview import preview

    silent = voice.level < 0 or None  # None: only where there is no terminal
    with tqdm(total=plan.frame_count, unit="frame", leave=False, disable=silent) as bar:

        def step(_number: int) -> None:
            bar.update()

        preview(plan, file, markers=markers, picture=on, on_frame=step)


def _way(plan: Plan) -> str:
    """Describe the camera in each shot, in numbers."""
    rows = [(shot.name, minutes(shot.start, 3), "zoom", *camera_way(shot)) for shot in plan.shots]
    return table(rows)
