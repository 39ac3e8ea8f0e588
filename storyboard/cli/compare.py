"""``storyboard compare``: variants of a story side by side, with what can be measured of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from storyboard.cli import shared_options
from storyboard.cli.console import note, out, table
from storyboard.cli.interrupt import Interrupt
from storyboard.cli.planning import PlannedStory, Request
from storyboard.cli.progress import display
from storyboard.cli.render import known_device
from storyboard.cli.variants import Variant, middle, painted, varied
from storyboard.errors import Interrupted, StoryboardError, UsageError
from storyboard.files import write_whole
from storyboard.times import minutes

if TYPE_CHECKING:
    from storyboard.plan import Plan
    from storyboard.render.comparison import Compared

_HEADER = ("variant", "seconds", "score", "sharpness", "flicker")


@click.command()
@shared_options.planned
@click.option(
    "--vary",
    "texts",
    multiple=True,
    required=True,
    metavar="PATH=VALUE,VALUE",
    help="Settings to try, as with --set: drawer=fft,vqgan. Several give every combination.",
)
@click.option("--still", is_flag=True, help="No films: the middle picture of each shot.")
@click.option("--at", "times", multiple=True, metavar="TIME", help="No films: pictures at these.")
@click.option(
    *("-o", "--out", "file"),
    type=shared_options.FILE,
    metavar="FILE",
    help="The page, an .html; the .csv is beside it.  [default: out/STORY/STORY.compare.html]",
)
@shared_options.device
@shared_options.download
@shared_options.progress
def compare(
    request: Request,
    texts: tuple[str, ...],
    still: bool,
    times: tuple[str, ...],
    file: Path | None,
    device: str,
    download: bool,
    progress: str,
) -> int:
    """Render variants of a story and compare them: time, score, sharpness, flicker.

    `storyboard compare story.yaml --vary drawer=fft,pixel --vary lr=0.5,1` makes four films. What
    is there already is kept. Ends with a table, a page (.html) and its numbers (.csv).
    """
    if file is not None and file.suffix.lower() != ".html":
        raise UsageError(f"-o {file}: this is an .html")
    variants = varied(texts)
    single = still or bool(times)
    readings = [variant.read(request, still=single) for variant in variants]
    asked = CompareOptions(known_device(device), progress, times, single, download)
    first = readings[0].plan
    page = file or Path("out", first.name, f"{first.name}.compare.html")
    rows = [
        asked.compared(variant, reading)
        for variant, reading in zip(variants, readings, strict=True)
    ]
    _write(page, first.title, rows)
    out(table([(row.label, *row.cells()) for row in rows], header=_HEADER))
    out(str(page))
    return 1 if any(row.failed for row in rows) else 0


def _write(page: Path, title: str, rows: Sequence[Compared]) -> None:
    from storyboard.render.comparison import csv_of, page_of

    write_whole(page.with_suffix(".csv"), csv_of(rows).encode())
    write_whole(page, page_of(f"{title}: variants", rows, page.parent).encode())


@dataclass(frozen=True)
class CompareOptions:
    """How the variants are made: ``single`` pictures at ``times`` or of every shot, or films."""

    device: str
    progress: str
    times: tuple[str, ...]
    single: bool
    download: bool

    def compared(self, variant: Variant, reading: PlannedStory) -> Compared:
        """Make one variant; what goes wrong with it is written down, and the others go on."""
        from storyboard.render.comparison import Compared

        note(variant.label)
        try:
            made = self._pictures if self.single else self._film
            return replace(made(reading), settings=variant.settings)
        except Interrupted:
            raise
        except StoryboardError as error:
            note(f"{variant.label}: {error}")
            return Compared(variant.settings, failed=str(error).splitlines()[0])

    def _pictures(self, reading: PlannedStory) -> Compared:
        from storyboard.render.comparison import Compared
        from storyboard.render.variants import measure

        plan = reading.plan
        numbers = self._numbers(reading)
        samples = [painted(reading, n, self.device, self.progress) for n in numbers]
        shown = [(_when(plan, n), s.picture) for n, s in zip(numbers, samples, strict=True)]
        measures = replace(measure(plan, numbers, reading.work(None)), flicker=None)
        return Compared((), tuple(shown), measures=measures)

    def _numbers(self, reading: PlannedStory) -> list[int]:
        plan = reading.plan
        if self.times:
            last = plan.frame_count - 1
            return [min(reading.frame(time, "--at"), last) for time in self.times]
        return [middle(shot) for shot in plan.shots if shot.frame_count]

    def _film(self, reading: PlannedStory) -> Compared:
        from storyboard.render import RenderOptions, render
        from storyboard.render.comparison import Compared
        from storyboard.render.variants import measure

        plan, work = reading.plan, reading.work(None)
        shown = display(self.progress)
        with Interrupt() as interrupt:
            try:
                how = RenderOptions(self.device, download=self.download, work=work)
                film = render(plan, on_event=shown, options=how, stop=interrupt)
            finally:
                shown.close()
        return Compared((), (), film.path, measure(plan, range(plan.frame_count), work))


def _when(plan: Plan, number: int) -> str:
    return minutes(number / plan.fps, 2)
