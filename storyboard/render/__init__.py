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
from storyboard.media.ffmpeg import Picture
from storyboard.plan import Plan
from storyboard.render.events import Event, OnEvent, unheard
from storyboard.render.finish import finished, needed
from storyboard.render.output.film import stored
from storyboard.render.run import Film, RenderOptions, Run, options_of, pieces_of
from storyboard.render.store.folder import EventLog, locked, place_of
from storyboard.render.store.status import status

__all__ = ["Event", "Film", "RenderOptions", "render", "status", "still"]


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
            lie beside it. By default ``out/NAME/NAME.mp4``.
        on_event: is told everything that happens, as it happens.
        options: how to render.
        changes: single fields of `RenderOptions`, by name.

    Raises:
        UsageError: an option that cannot be, or a film of another maker at that place.
        FolderBusy: another process renders there.
        RenderFailed: a frame could not be made.
        EncodeFailed: the film could not be written.
        Interrupted: ``stop`` said so; everything finished is saved.
    """
    options = options_of(options, changes)
    place = place_of(plan, out)
    pieces = pieces_of(plan, place, options)
    with locked(place.folder, wait=options.wait, stop=options.stop):
        log = EventLog(place.folder)

        def tell(event: Event) -> None:
            log(event)
            (on_event or unheard)(event)

        try:
            return Run(plan, place, options, tell).films(pieces)
        except StoryboardError as error:
            with suppress(StoryboardError):  # a full disk cannot take the line that says so
                tell(Event("error", message=str(error)))
            raise


def still(
    plan: Plan,
    at: Fraction,
    *,
    out: str | Path | None = None,
    on_event: OnEvent | None = None,
    **changes: Any,
) -> Picture:
    """The picture of the film at second ``at``, (H, W, 3) uint8 RGB, exactly as the film has it.

    Every frame flows from the one before, so those since the last cut are rendered too where they
    are not there yet; a render goes on from them. Arguments and errors as `render`.
    """
    film = plan.film
    number = int(at * film.fps)
    if not 0 <= number < film.frame_count:
        raise UsageError(
            f"the film ends at {float(plan.duration):g} s; there is no {float(at):g} s"
        )
    wanted = needed(plan, number, number + 1)
    options = options_of(None, {**changes, "first": min(wanted), "last": max(wanted) + 1})
    place = place_of(plan, out)
    with locked(place.folder, wait=options.wait, stop=options.stop):
        shot = plan.shots[film.shot_at(number).index]
        own = wanted.intersection(range(shot.first, shot.stop))
        Run(plan, place, options, on_event or unheard).paint(wanted, own)
    return next(finished(plan, stored(plan, place.shots), first=number, stop=number + 1))


class _Room(ModuleType):
    """The room and its function share a name, and an import binds ``storyboard.render`` to the
    room: so the room can be called, and is the function to whoever calls it.
    """

    __call__ = staticmethod(render)


sys.modules[__name__].__class__ = _Room
