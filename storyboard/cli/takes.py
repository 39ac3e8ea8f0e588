"""``storyboard render --takes``: several seeds of each shot, side by side on a sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.cli.console import note, out, table
from storyboard.cli.pick import take_seed
from storyboard.cli.planning import PlannedStory, Request
from storyboard.cli.variants import Variant, middle, painted
from storyboard.files import write_whole
from storyboard.story.source import written
from storyboard.story.write_seed import shot_path

if TYPE_CHECKING:
    from storyboard.plan import ShotPlan
    from storyboard.render.variants import Sample


def render_takes(
    request: Request, wanted: str | None, count: int, device: str, progress: str
) -> int:
    """Paint the middle of each shot with ``count`` seeds and write the contact sheet; the exit
    code. ``wanted`` are shots as ``--shots`` names them, None for all.
    """
    reading = request.read()
    names = None if wanted is None else reading.shots(wanted)
    counts = {s.name: count for s in reading.plan.shots if names is None or s.name in names}
    file, takes = _write_takes(request, reading, counts, (device, progress))
    out(_table(takes))
    out(str(file))
    return 0


def render_wanted_takes(
    request: Request, reading: PlannedStory, device: str, progress: str
) -> None:
    """Paint the takes that the story itself asks for, unless their sheet is there; print where."""
    counts = {shot.name: shot.takes for shot in reading.plan.shots if shot.takes > 1}
    if not counts:
        return
    file, takes = _write_takes(request, reading, counts, (device, progress), kept=True)
    if takes:
        note(_table(takes))
    out(str(file))


def _write_takes(
    request: Request,
    reading: PlannedStory,
    counts: Mapping[str, int],
    how: tuple[str, str],
    *,
    kept: bool = False,
) -> tuple[Path, list[Take]]:
    """Paint so many takes of each shot that ``counts`` names and write the sheet; return its file
    and the takes. ``how`` is the device and how progress is shown. A sheet that is there already is
    ``kept`` where that is asked for, and no take painted.
    """
    from storyboard.render.store.folder import output_paths
    from storyboard.render.variants import sheet, shown_by

    file = output_paths(reading.plan).folder / f"{reading.plan.name}.takes.png"
    shows = f"{reading.plan.digest} {sorted(counts.items())}"
    if kept and shown_by(file) == shows:
        return file, []
    takes = list[Take]()
    for shot in reading.plan.shots:
        if shot.frame_count and shot.name in counts:
            takes += _takes(request, reading, shot, counts[shot.name], how)
    rows = [list(row) for _, row in groupby(takes, key=lambda take: take.shot)]
    pictures = [[(take.label, take.sample.picture) for take in row] for row in rows]
    write_whole(file, sheet(pictures, shows=shows))
    return file, takes


def _table(takes: Sequence[Take]) -> str:
    cells = [(one.shot, str(one.number), str(one.seed), f"{one.score:.3f}") for one in takes]
    return table(cells, header=("shot", "take", "seed", "score"))


@dataclass(frozen=True)
class Take:
    """The take ``number``, from 1, of the shot called ``shot``."""

    shot: str
    number: int
    seed: int
    sample: Sample

    @property
    def score(self) -> float:
        """Return how well it fits the prompts, -1 to 1."""
        return self.sample.measures.score

    @property
    def label(self) -> str:
        """Return what stands under it on the sheet."""
        return f"{self.shot}={self.number}  seed {self.seed}  {self.score:.3f}"


def _takes(
    request: Request, reading: PlannedStory, shot: ShotPlan, count: int, how: tuple[str, str]
) -> Iterator[Take]:
    where = shot_path(reading.story.spec, shot.index)
    key = ".".join(filter(None, (written(where[:1]), *map(str, where[1:]), "seed")))
    for number in range(1, count + 1):
        seed = take_seed(shot.seed, number)
        variant = Variant() if number == 1 else Variant((f"{key}={seed}",))
        sample = painted(variant.read(request), middle(shot), *how)
        take = Take(shot.name, number, seed, sample)
        note(f"{shot.name}, take {number}: seed {seed}, score {take.score:.3f}")
        yield take
