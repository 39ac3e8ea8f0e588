"""The filters that only the film shows, at the film's own frames, size and times.

They come after upscaling and after the frames in between: so a flash is on the very frame of its
beat however few frames are painted, and grain would be as fine as the film.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from torch import Tensor

from storyboard.filters import filters, made, remembers
from storyboard.plan import Frame, Plan
from storyboard.render.chain_session import moment_of
from storyboard.render.finish.shown import Pictures, Shown
from storyboard.timeline.effects import unseen_filters


def filtered(pictures: Pictures, film: Plan) -> Pictures:
    """Return the pictures through the filters that need no memory, in the story's order."""
    names = _names(film, lambda name: not remembers(name))
    return _each_filtered(pictures, film, names) if names else pictures


def _each_filtered(pictures: Pictures, film: Plan, names: set[str]) -> Pictures:
    for one in pictures:
        frame, picture = film.frames[one.number], one.picture
        for name in _of_shot(frame, names):
            if frame.values[f"filters.{name}"]:
                picture = made(name, _options(frame, name), moment_of(frame))(picture)
        yield Shown(one.number, picture)


def remembered(pictures: Pictures, film: Plan) -> Pictures:
    """Return the pictures through the filters that know their last picture, in the story's order.

    A memory begins with the first picture given, and with the first of each shot that has the
    filter after one that has not. It goes on where the amount is 0. In a film that loops the last
    pictures are given before the first ones.
    """
    names = _names(film, remembers)
    return _each_remembered(pictures, film, names) if names else pictures


def _each_remembered(pictures: Pictures, film: Plan, names: set[str]) -> Pictures:
    kept: dict[str, Any] = {}
    passed_s = float(1 / film.fps)
    for one in pictures:
        frame, picture = film.frames[one.number], one.picture
        now: dict[str, Tensor] = {}
        for name in _of_shot(frame, names):
            show: Any = filters.get(name)(_options(frame, name))
            picture, now[name] = show(picture, kept.get(name), passed_s)
        kept = now
        yield Shown(one.number, picture)


def _names(film: Plan, chosen: Callable[[str], bool]) -> set[str]:
    """Return the ``chosen`` ones of the filters that only the film shows."""
    return {name for shot in film.shots for name in unseen_filters(shot) if chosen(name)}


def _of_shot(frame: Frame, names: set[str]) -> Iterable[str]:
    return (name for name in unseen_filters(frame.shot) if name in names)


def _options(frame: Frame, name: str) -> dict[str, Any]:
    amount = frame.values[f"filters.{name}"]
    return {**frame.options("filters", name), "amount": amount}
