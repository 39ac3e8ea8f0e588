"""Names that a story's expressions may read and call, and a cache of their values."""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

TIME_NAMES = {
    "t": "seconds since the film began",
    "s": "the same as t",
    "f": "number of the frame, from 0 at the film's start",
    "b": "beats since the first beat; whole numbers fall on beats",
    "beat": "the same as b",
    "beat_phase": "0 on a beat, towards 1 until the next",
    "bar": "bars since the first beat",
    "bar_phase": "0 at the start of a bar, towards 1 until the next",
    "beats_per_bar": "beats in a bar",
    "u": "0 at the shot's start, 1 at its end",
    "shot_t": "seconds since the shot began",
    "duration": "seconds that the shot lasts",
    "fps": "frames a second",
    "bpm": "beats a minute",
    "seed": "the story's seed",
}
"""The names that every curve may read, with one line on each."""

BEAT_NAMES = frozenset({"b", "beat", "beat_phase", "bar", "bar_phase", "bpm"})
"""Those that need a bpm."""

SHOT_NAMES = frozenset({"u", "shot_t", "duration", "seed"})
"""Those that differ from shot to shot at one moment of the film."""

CONSTANTS = {"pi": math.pi, "tau": math.tau, "e": math.e}
"""Names with a fixed value."""


_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_HEAD = re.compile(rf"\s*({_NAME})\s*(?:\(\s*({_NAME}(?:\s*,\s*{_NAME})*)\s*\))?\s*")


@dataclass(frozen=True)
class Definition:
    """A constant or a function of the story: ``ride(x): x*rms``.

    ``key`` is how it is written under ``define``; ``parameters`` is None for a constant.
    """

    key: str
    name: str
    parameters: tuple[str, ...] | None
    body: Any

    @property
    def signature(self) -> str:
        """Return the call as text, with its parameters."""
        return (
            self.name if self.parameters is None else f"{self.name}({', '.join(self.parameters)})"
        )


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """``names`` are what may be read as a number, ``events`` what has moments (a name may be both),
    ``defined`` the story's own constants and functions.
    """

    names: tuple[str, ...] = tuple(TIME_NAMES)
    events: frozenset[str] = frozenset()
    defined: Mapping[str, Definition] = field(default_factory=dict)


def definitions(written: Mapping[str, Any]) -> dict[str, Definition]:
    """Return the definitions under ``define``, by name; invalid names are left out."""
    found: dict[str, Definition] = {}
    for key, body in written.items():
        one = definition(str(key), body)
        if one is not None:
            found.setdefault(one.name, one)
    return found


def definition(key: str, body: Any) -> Definition | None:
    """Return the definition that is written ``key: body``; None where the key is no name."""
    match = _HEAD.fullmatch(key)
    if match is None:
        return None
    listed = match[2] and tuple(re.split(r"\s*,\s*", match[2]))
    return Definition(key, match[1], listed or None, body)


T = TypeVar("T")


class Cache:
    """Values by key. It holds the ``size`` that were asked for last, so it cannot grow for ever."""

    def __init__(self, size: int = 128) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def recall(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value cached under ``key``, or the one that ``make`` returns, which is then
        cached.
        """
        if key not in self._kept:
            self._kept[key] = make()
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        value: T = self._kept[key]
        return value
