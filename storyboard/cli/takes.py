"""``storyboard render --takes``: several seeds of each shot, side by side on a sheet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.cli.console import note, out, table
from storyboard.cli.interrupt import Interrupt
from storyboard.cli.pick import take_seed
from storyboard.cli.planning import PlannedStory, Request
from storyboard.cli.progress import display
from storyboard.files import write_whole
from storyboard.story.source import written
from storyboard.story.write_seed import shot_path

if TYPE_CHECKING:
    from storyboard.render.takes import Take


def render_takes(
    request: Request, wanted: str | None, count: int, device: str, progress: str
) -> int:
    """Paint the middle of each shot with ``count`` seeds and write the contact sheet; the exit
    code. ``wanted`` are shots as ``--shots`` names them, None for all.
    """
    from storyboard.render.store.folder import output_paths
    from storyboard.render.takes import sheet

    reading = request.read()
    names = None if wanted is None else reading.shots(wanted)
    shots = [shot for shot in reading.plan.shots if names is None or shot.name in names]
    rows = []
    for shot in (shot for shot in shots if shot.frame_count):
        where = shot_path(reading.story.spec, shot.index)
        key = ".".join(filter(None, (written(where[:1]), *map(str, where[1:]), "seed")))
        row = []
        for take in range(1, count + 1):
            seed = take_seed(shot.seed, take)
            one = reading if take == 1 else _with(request, f"{key}={seed}")
            row.append(_painted(one, shot.index, seed, device, progress))
            note(f"{shot.name}, take {take}: seed {seed}, score {row[-1].score:.3f}")
        rows.append((shot.name, row))
    file = output_paths(reading.plan).folder / f"{reading.plan.name}.takes.png"
    write_whole(file, sheet(rows))
    cells = [
        (name, str(n), str(take.seed), f"{take.score:.3f}")
        for name, row in rows
        for n, take in enumerate(row, start=1)
    ]
    out(table(cells, header=("shot", "take", "seed", "score")))
    out(str(file))
    return 0


def _with(request: Request, setting: str) -> PlannedStory:
    return replace(request, settings=(*request.settings, setting)).read()


def _painted(reading: PlannedStory, index: int, seed: int, device: str, progress: str) -> Take:
    from storyboard.render.takes import take_of

    shown = display(progress)
    out_file: Path | None = None
    with Interrupt() as interrupt:
        try:
            how = {"device": device, "stop": interrupt, "work": reading.work(out_file)}
            return take_of(reading.plan, index, seed, on_event=shown, **how)
        finally:
            shown.close()
