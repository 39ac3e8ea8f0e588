"""Rendering: a plan becomes frames, and the frames a film.

>>> film = render(plan, on_event=print)
>>> picture = still(plan, Fraction(4))

Importing this room imports no torch.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

from storyboard.errors import StoryboardError, UsageError
from storyboard.plan import Plan
from storyboard.render.events import Event, OnEvent, ignore_event
from storyboard.render.finish import finished, finishing_device, needed, require_networks
from storyboard.render.in_notebooks import Still
from storyboard.render.looping import with_loop
from storyboard.render.options import RenderOptions, options_of
from storyboard.render.output.film_writer import stored
from storyboard.render.output.svg_frames import (
    drawer_at,
    picture_at,
    require_shape,
    require_vectors,
)
from storyboard.render.pace_meter import PaceMeter
from storyboard.render.run import Film, Run, pieces_of
from storyboard.render.store.folder import EventLog, OutputPaths, output_paths
from storyboard.render.store.locks import locked
from storyboard.render.store.status import status

__all__ = ["Event", "Film", "RenderOptions", "render", "status", "still", "still_svg"]

Changes = dict[str, Any]
"""Single fields of `RenderOptions`, by name."""


def render(
    plan: Plan,
    *,
    out: str | Path | None = None,
    on_event: OnEvent | None = None,
    options: RenderOptions | None = None,
    **changes: Any,
) -> Film:
    """Render ``plan``; what is there already and whole is kept, down to the single frame.

    Args:
        plan: as `storyboard.make_plan` gives it.
        out: the film; its suffix says the format, none means a folder of PNGs. Frames and all else
            lie beside it, or in the folder ``work``. By default ``out/NAME/NAME.mp4``.
        on_event: called with every event as it happens.
        options: how to render.
        changes: single fields of `RenderOptions`, by name.

    Raises:
        UsageError: an option that cannot be, or a film of another maker at that place.
        FolderBusy: another process makes the same film or shot there.
        RenderFailed: a frame could not be made.
        EncodeFailed: the film could not be written.
        Interrupted: ``stop`` returned True; everything finished is saved.
    """
    options = options_of(options, changes)
    place = output_paths(plan, out, work=options.work)
    pieces = pieces_of(plan, place, options)
    if options.svg:
        require_vectors(plan, (n for piece in pieces for n in range(piece.first, piece.stop)))
    films = [place.name_of(piece.path) for piece in pieces]
    with locked(place.folder, films, wait=options.wait, stop=options.stop):
        log, pace = EventLog(place.folder), PaceMeter(plan, options.device)

        def emit(event: Event) -> None:
            log(event)
            pace(event)
            (on_event or ignore_event)(event)

        try:
            return Run(plan, place, options, emit).films(pieces)
        except StoryboardError as error:
            with suppress(StoryboardError):  # a full disk cannot take the line that says so
                emit(Event("error", message=str(error)))
            raise
        finally:
            if options.workers is None and options.executor == "local":
                pace.save()  # workers side by side slow one another down


def still(
    plan: Plan,
    at: Fraction,
    *,
    out: str | Path | None = None,
    on_event: OnEvent | None = None,
    size: tuple[int, int] | None = None,
    **changes: Any,
) -> Still:
    """Return the picture of the film at second ``at``, (H, W, 3) uint8 RGB, exactly as the film has
    it; a notebook shows it.

    Every frame flows from the one before, so those since the last cut are rendered too where they
    are not there yet; a render goes on from them. With ``size``, (width, height), the painted
    picture is drawn anew at that size, without finishing; its drawer must draw shapes
    (`storyboard.drawers.DrawsVectors`). Arguments and errors as `render`.
    """
    number = _frame_at(plan, plan.film, at)
    if size is not None:
        require_shape(plan, size)
        number = _frame_at(plan, plan, at)
        place = _drawn_of_shapes(plan, number, out, on_event, changes)
        return picture_at(plan, place.shots, number, size).view(Still)
    wanted = with_loop(plan, needed(plan, number, number + 1))
    shot = plan.shots[plan.film.shot_at(number).index]
    own = wanted.intersection(range(shot.first, shot.stop))
    place = _paint(plan, (wanted, own), out, on_event, changes)
    device = finishing_device(plan, options_of(None, changes).device)
    read, kept = stored(plan, place.shots), place.kept
    made = finished(plan, read, first=number, stop=number + 1, keep=kept, device=device)
    return next(made).view(Still)


def still_svg(
    plan: Plan,
    at: Fraction,
    *,
    out: str | Path | None = None,
    on_event: OnEvent | None = None,
    **changes: Any,
) -> str:
    """Return the painted picture at second ``at`` as an SVG document, without filters and
    finishing.

    Raises `UsageError` where its drawer draws no shapes. Arguments and errors as `still`.
    """
    number = _frame_at(plan, plan, at)
    place = _drawn_of_shapes(plan, number, out, on_event, changes)
    return drawer_at(plan, place.shots, number).svg()


def _frame_at(plan: Plan, frames: Plan, at: Fraction) -> int:
    """Return the number of the frame at second ``at``. Raises `UsageError` past the end."""
    number = int(at * frames.fps)
    if not 0 <= number < frames.frame_count:
        raise UsageError(
            f"the film ends at {float(plan.duration):g} s; there is no {float(at):g} s"
        )
    return number


def _drawn_of_shapes(
    plan: Plan, number: int, out: str | Path | None, on_event: OnEvent | None, changes: Changes
) -> OutputPaths:
    """Paint frame ``number`` and keep what it was drawn of; return where."""
    require_vectors(plan, [number])
    wanted = frozenset([number])
    return _paint(plan, (wanted, wanted), out, on_event, {**changes, "svg": True})


def _paint(
    plan: Plan,
    numbers: tuple[frozenset[int], frozenset[int]],
    out: str | Path | None,
    on_event: OnEvent | None,
    changes: Changes,
) -> OutputPaths:
    """Paint frames, those needed and of them those that were asked for; return where."""
    needs, own = numbers
    options = options_of(None, {**changes, "first": min(needs), "last": max(needs) + 1})
    place = output_paths(plan, out, work=options.work)
    require_networks(plan)
    Run(plan, place, options, on_event or ignore_event).paint(needs, own)
    return place


class _Room(ModuleType):
    """The room and its function share a name, and an import binds ``storyboard.render`` to the
    room: so the room can be called, and is the function to whoever calls it.
    """

    __call__ = staticmethod(render)


sys.modules[__name__].__class__ = _Room
