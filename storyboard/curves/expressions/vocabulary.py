"""What the expressions of a story may read and call beside what is built in.

::

    Vocabulary(names, events, defined)
    definitions({"kick": "decay(beat, 6)", "ride(x)": "x*rms"}) -> {name: Definition}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storyboard.curves.expressions.names import TIME_NAMES

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
        """How it is called."""
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
    """What is under ``define``, by name; a key that is no name is left out."""
    found: dict[str, Definition] = {}
    for key, body in written.items():
        one = definition(str(key), body)
        if one is not None:
            found.setdefault(one.name, one)
    return found


def definition(key: str, body: Any) -> Definition | None:
    """The definition that is written ``key: body``; None where the key is no name."""
    match = _HEAD.fullmatch(key)
    if match is None:
        return None
    listed = match[2] and tuple(re.split(r"\s*,\s*", match[2]))
    return Definition(key, match[1], listed or None, body)
