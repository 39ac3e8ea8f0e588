"""SVG of frames, and frames at any size, from what their drawers drew them of.

Both are the painted pictures: SVG has no filters, and neither has what finishing adds.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.drawers import drawers
from storyboard.errors import Interrupted, UsageError
from storyboard.files import friendly_os_errors, write_whole
from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan
from storyboard.render.events import Event, OnEvent
from storyboard.render.output.film_writer import FilmPiece
from storyboard.render.store.frame_store import FolderStore

if TYPE_CHECKING:
    from storyboard.drawers import DrawsVectors

_SAME_SHAPE = 0.01
"""How far the shape of a larger picture may be off, as a share of its width."""


def require_vectors(plan: Plan, numbers: Iterable[int]) -> None:
    """Raise `UsageError` where a shot that holds one of the frames is drawn of no shapes, or where
    the frame of a loop dissolves.
    """
    numbers = list(numbers)
    if plan.loop is not None and min(numbers) < plan.loop.frame_count:
        most = plan.loop.frame_count
        raise UsageError(f"the first {most} frames of a loop dissolve, and shapes cannot")
    shots = {shot.name: shot for shot in map(plan.shot_at, numbers)}
    for shot in shots.values():
        if not drawers.record(shot.drawer).vectors:
            able = [name for name, record in drawers.records().items() if record.vectors]
            raise UsageError(
                f"shot {shot.name!r}: drawer {shot.drawer!r} draws no shapes that SVG could hold; "
                f"{', '.join(able)} do"
            )
        if shot.growth is not None and shot.growth.best:
            raise UsageError(
                f"shot {shot.name!r}: growth: {{best}} shows pictures whose shapes are not kept"
            )


def require_shape(plan: Plan, size: tuple[int, int]) -> None:
    """Raise `UsageError` where ``size``, (width, height), has another shape than the film's."""
    width, height = size
    fitting = round(width * plan.height / plan.width)
    if abs(width - height * plan.width / plan.height) > max(_SAME_SHAPE * width, 1):
        raise UsageError(
            f"{width}x{height} has another shape than the film, {plan.width}x{plan.height}; "
            f"{width}x{fitting} has the same"
        )


def drawer_at(plan: Plan, shots: Path, number: int) -> DrawsVectors:
    """Return the drawer of painted frame ``number`` as it was then, from the folder ``shots``."""
    from storyboard.drawers import DrawsVectors
    from storyboard.render.state import drawer_of_shapes

    shot = plan.shot_at(number)
    data = FolderStore(shots).read_shapes(shot, number - shot.first)
    drawer = drawer_of_shapes(data, shot, (plan.height, plan.width))
    if not isinstance(drawer, DrawsVectors):
        raise UsageError(f"drawer {shot.drawer!r} says that it draws shapes, and has no svg()")
    return drawer


def picture_at(plan: Plan, shots: Path, number: int, size: tuple[int, int]) -> Picture:
    """Return painted frame ``number`` at ``size``, (width, height), drawn anew and filtered."""
    import torch

    from storyboard.render.chain_session import Studio
    from storyboard.render.pictures import to_8_bit

    drawer = drawer_at(plan, shots, number)
    with torch.no_grad():
        picture = drawer.draw_at((size[1], size[0]))
        return to_8_bit(Studio(plan, torch.device("cpu")).filters(plan.frames[number])(picture))


def animated(documents: Iterable[str], count: int, *, size: tuple[int, int], fps: Fraction) -> str:
    """Return one SVG that shows ``count`` SVG documents in turn, again and again.

    ``size`` is (width, height). Every document is shown for 1 / ``fps`` seconds, by CSS.
    """
    width, height = size
    seconds = float(count / fps)
    shown = f"0%{{visibility:visible}}{100 / count:.6g}%,100%{{visibility:hidden}}"
    frames = [
        f'<g class="f" style="animation-delay:{float(number / fps):.6g}s">{document}</g>'
        for number, document in enumerate(documents)
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">'
    )
    style = (
        f"<style>@keyframes f{{{shown}}}.f{{visibility:hidden;"
        f"animation:f {seconds:.6g}s step-end infinite}}</style>"
    )
    return "\n".join([head, style, *frames, "</svg>", ""])


def svg_paths(film: Path) -> tuple[Path, Path]:
    """Return where the SVG of ``film`` go: the animated one, and the folder of one a frame."""
    stem = film.stem if film.suffix else film.name
    return film.with_name(f"{stem}.svg"), film.with_name(f"{stem}-svg")


def write_svgs(
    piece: FilmPiece, shots: Path, *, on_event: OnEvent, stop: Callable[[], bool]
) -> None:
    """Write the SVG of every painted frame of ``piece``, numbered from 00001, and the animated one.

    Each appears when it is complete. Raises `Interrupted`.
    """
    plan, (whole, folder) = piece.plan, svg_paths(piece.path)
    part = folder.with_name(folder.name + ".part")
    count = piece.stop - piece.first

    def documents() -> Iterator[str]:
        for index, number in enumerate(range(piece.first, piece.stop), start=1):
            if stop():
                raise Interrupted("stopped while the SVG were written; all frames are there")
            document = drawer_at(plan, shots, number).svg()
            (part / f"{index:05d}.svg").write_text(document, encoding="utf-8")
            yield document

    with friendly_os_errors(folder):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            film = animated(documents(), count, size=(plan.width, plan.height), fps=plan.fps)
            write_whole(whole, film.encode())
            shutil.rmtree(folder, ignore_errors=True)
            part.replace(folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    on_event(Event("encode", done=count, of=count, file=str(folder)))
