"""Parseq's ``info_match`` functions: which keyframes are called what."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from storyboard.errors import BadValue
from storyboard.interchange.importers.parseq.arithmetic import Value
from storyboard.interchange.importers.parseq.moment import Moment
from storyboard.interchange.importers.parseq.signatures import Function, Memory, signature

Answer = Callable[[Moment, "Matches"], float]


class Matches:
    """The keyframes whose label a pattern is found in, around a frame."""

    def __init__(self, at: Moment, pattern: str) -> None:
        found = _found(at.film.labels, pattern)
        self.past: list[int] = [frame for frame in found if frame <= at.frame]
        self.coming: list[int] = [frame for frame in found if frame > at.frame]

    @property
    def gap(self) -> float:
        """Frames from the last match to the next, or -1 where one of them is not there."""
        return float(self.coming[0] - self.past[-1]) if self.past and self.coming else -1.0


@lru_cache(maxsize=256)
def _found(labels: tuple[tuple[int, str | None], ...], pattern: str) -> tuple[int, ...]:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise BadValue(f"{pattern!r} is no pattern: {error}") from None
    return tuple(frame for frame, info in labels if info and expression.search(info))


def _matched(at: Moment, matches: Matches) -> float:
    rows = [frame for frame, _ in at.film.labels if frame <= at.frame]
    return float(bool(rows and matches.past and matches.past[-1] == rows[-1]))


def _progress(at: Moment, matches: Matches) -> float:
    gap = matches.gap
    return -1.0 if gap < 0 else (at.frame - matches.past[-1]) / gap


def _function(answer: Answer) -> Function:
    def apply(at: Moment, given: list[Value], _: Memory) -> Value:
        return answer(at, Matches(at, str(given[0])))

    return Function(signature("regex/r:text"), apply)


def _distance(answer: Callable[[Moment, Matches], float | None]) -> Function:
    """Frames to a match, or what is given for where there is none, -1 if nothing is."""

    def apply(at: Moment, given: list[Value], _: Memory) -> Value:
        found = answer(at, Matches(at, str(given[0])))
        return given[1] if found is None else found

    return Function(signature("regex/r:text, default/d=-1"), apply)


_LAST = _function(lambda _, found: float(found.past[-1]) if found.past else -1.0)

LABELS: dict[str, Function] = {
    "info_match": _function(_matched),
    "info_match_count": _function(lambda _, found: float(len(found.past))),
    "info_match_prev": _LAST,
    "info_match_last": _LAST,
    "info_match_next": _function(lambda _, found: float(found.coming[0]) if found.coming else -1.0),
    "info_match_gap": _function(lambda _, found: found.gap),
    "info_match_progress": _function(_progress),
    "info_match_since": _distance(
        lambda at, found: float(at.frame - found.past[-1]) if found.past else None
    ),
    "info_match_until": _distance(
        lambda at, found: float(found.coming[0] - at.frame) if found.coming else None
    ),
}
