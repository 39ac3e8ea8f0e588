"""``storyboard motion``: the camera alone, with captions and sound, in seconds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from storyboard.cli.console import note, out, table, voice, warn
from storyboard.cli.files import refuse_existing
from storyboard.cli.options import FILE, out_file, overwrite, planned
from storyboard.cli.plan import camera_way, clock
from storyboard.cli.planning import Request

if TYPE_CHECKING:
    from storyboard.timeline.cues import Cues
    from storyboard.timeline.plan import Plan


@click.command()
@planned
@click.option("--on", type=FILE, metavar="PICTURE", help="Move this picture or film, not a grid.")
@out_file
@overwrite
def motion(request: Request, on: Path | None, out_file: Path | None, overwrite: bool) -> None:
    """Film the camera alone, in seconds.

    On a grid, the shots' clips or a picture, with the prompts as captions and with the sound; moved
    by the very code that moves the film.
    """
    from storyboard.timeline.cues import cues_of

    reading = request.read()
    resolved, cues = reading.plan, cues_of(reading.story)
    file = out_file or Path("out", resolved.name, f"{resolved.name}.motion.mp4")
    if out_file is not None:
        refuse_existing(file, overwrite=overwrite)
    for warning in resolved.warnings:
        warn(warning)
    note(_way(resolved))
    _film(resolved, cues, file, on)
    out(str(file))


def _film(plan: Plan, cues: Cues, file: Path, on: Path | None) -> None:
    from tqdm import tqdm

    from storyboard.render.preview import preview

    silent = voice.level < 0 or None  # None: only where there is no terminal
    with tqdm(total=plan.frame_count, unit="frame", leave=False, disable=silent) as bar:

        def step(_number: int) -> None:
            bar.update()

        preview(plan, file, cues=cues, picture=on, on_frame=step)


def _way(plan: Plan) -> str:
    """What the camera does in each shot, in numbers."""
    rows = [(shot.name, clock(shot.start), "zoom", *camera_way(shot)) for shot in plan.shots]
    return table(rows)
