"""Filters: changes made to a picture before it is seen and before it is saved.

``filters.get(name)(options)`` gives a function from picture to picture, (B, 3, H, W) in [0, 1],
through which the gradient reaches the drawer. Every filter has the option ``amount``, which the
story writes as a curve: 0 leaves the picture as it is, 1 is the whole effect. The canvas that flows
on to the next frame is the one *before* the filters: a vignette does not grow darker by the frame.
A filter whose factory has ``SEEN = False`` changes only the film, after painting: see `is_seen`;
one that also has ``REMEMBERS = True`` knows its last picture: see `remembers`. One that has
``TIMED = True`` is given the `Moment` of its frame: see `made`.

Importing this package does not import torch; `option_table` lets a story be checked without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from storyboard.catalogue import Catalogue
from storyboard.filters.catalogue import FILM_ONLY, RECORDS, TIMED, WITH_MEMORY
from storyboard.options import Options

if TYPE_CHECKING:
    from torch import Tensor

    Filter = Callable[[Tensor], Tensor]

FilterFactory = Callable[[Mapping[str, Any]], "Filter"]


@dataclass(frozen=True)
class Moment:
    """The frame that a filter is made for: what noise may depend on.

    Attributes: seed: the same for all frames of a shot. frame_seed: of this frame. time_s: seconds
    since the film began.
    """

    seed: int
    frame_seed: int
    time_s: float


filters: Catalogue[FilterFactory] = Catalogue("filter", "storyboard.filters", RECORDS)


def option_table(name: str) -> Options:
    """Return the options of a filter, without torch where it is built in. Raises `UnknownName`."""
    return filters.record(name).options


def is_seen(name: str) -> bool:
    """Return whether the picture is painted as it looks through this filter.

    What comes and goes in a few frames must not be: a perceptor that sees a flash paints the
    picture dark against it, and it stays dark when the flash is over. A filter that is not seen is
    applied when the film is made (`storyboard.render.finish`), so changing it repaints nothing.
    Built-in filters are answered without torch. Raises `UnknownName`.
    """
    if name in RECORDS:
        return name not in FILM_ONLY
    return bool(getattr(filters.get(name), "SEEN", True))


def remembers(name: str) -> bool:
    """Return whether this filter depends on the picture before.

    Such a filter is not seen, and its factory gives
    ``(picture, kept, passed_s) -> (shown, kept)`` instead of ``picture -> shown``: ``kept`` is what
    it returned ``passed_s`` seconds ago, None for the first picture after a cut. Raises
    `UnknownName`.
    """
    if name in RECORDS:
        return name in WITH_MEMORY
    return bool(getattr(filters.get(name), "REMEMBERS", False))


def is_timed(name: str) -> bool:
    """Return whether the factory of this filter takes a `Moment` after the options. Raises
    `UnknownName`.
    """
    if name in RECORDS:
        return name in TIMED
    return bool(getattr(filters.get(name), "TIMED", False))


def made(name: str, options: Mapping[str, Any], moment: Moment) -> Filter:
    """Return the filter ``name`` for the frame at ``moment``. Raises `UnknownName`, `BadValue`."""
    factory = filters.get(name)
    if not is_timed(name):
        return factory(options)
    return cast("Callable[[Mapping[str, Any], Moment], Filter]", factory)(options, moment)
