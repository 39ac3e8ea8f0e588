"""Options that drawers, losses and filters declare as data, so that a story can be checked
without importing torch.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from storyboard.errors import BadValue, did_you_mean

Kind = Literal["number", "whole", "grid", "colors", "curve"]


@dataclass(frozen=True)
class Option:
    """One option: its default, what it takes, and one line that says what it does.

    ``kind`` is ``number``, ``whole`` (number), ``grid`` (``[columns, rows]``), ``colors`` (a list
    of ``#rrggbb`` or ``[r, g, b]`` in 0..1, read as triples of floats) or ``curve`` (a number, an
    expression or keys, read as the text of an expression in brackets, which is read by whoever
    knows the names in it). ``low`` and ``high`` bound every number in it. A default of None means
    "not said", and None may be written. ``instead_of`` names an option that says the same in
    another way: only one of the two may be given.
    """

    default: Any
    kind: Kind
    doc: str
    low: float = -math.inf
    high: float = math.inf
    instead_of: str | None = None

    def read(self, value: Any) -> Any:
        """The value as the code wants it. Raises `BadValue`, in the words of who wrote it."""
        if value is None and self.default is None:
            return None
        return _READERS[self.kind](value, self)


Options = Mapping[str, Option]


def mistakes(given: Mapping[str, Any], declared: Options, *, owner: str) -> Iterator[BadValue]:
    """Every mistake in the options given to ``owner`` (such as ``drawer 'fft'``); its ``path``
    holds the option's name.
    """
    for name, value in given.items():
        if name not in declared:
            known = "known: " + ", ".join(sorted(declared)) if declared else "it has no options"
            hint = did_you_mean(name, declared) or known
            yield BadValue(f"{owner} has no option {name!r}", hint=hint, path=(name,))
            continue
        try:
            declared[name].read(value)
        except BadValue as error:
            yield BadValue(f"{name}: {error.message}", hint=error.hint, path=(name,))
        other = declared[name].instead_of
        if value is not None and given.get(other or "") is not None:
            yield BadValue(f"{other} and {name} say the same", hint="write only one", path=(name,))


def resolve(given: Mapping[str, Any], declared: Options, *, owner: str) -> dict[str, Any]:
    """Every declared option with its value: the one given, or the default.

    Raises `BadValue` for the first mistake.
    """
    for mistake in mistakes(given, declared, owner=owner):
        raise mistake
    return {name: option.read(given.get(name, option.default)) for name, option in declared.items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _bounded(value: float, option: Option) -> float:
    if not option.low <= value <= option.high:
        bounds = f"between {option.low:g} and {option.high:g}"
        bounds = f"{option.low:g} or more" if math.isinf(option.high) else bounds
        raise BadValue(f"{value} must be {bounds}")
    return value


def _number(value: Any, option: Option) -> float:
    if not _is_number(value):
        raise BadValue(f"a number is expected, not {value!r}")
    return float(_bounded(value, option))


def _whole(value: Any, option: Option) -> int:
    if not _is_number(value) or value != int(value):
        raise BadValue(f"a whole number is expected, not {value!r}")
    return int(_bounded(value, option))


def _grid(value: Any, option: Option) -> tuple[int, int]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise BadValue(f"[columns, rows] is expected, not {value!r}")
    columns, rows = (_whole(number, option) for number in value)
    return columns, rows


def _colors(value: Any, option: Option) -> tuple[tuple[float, float, float], ...]:
    if not isinstance(value, list | tuple) or not value:
        raise BadValue(f'a list of colours such as ["#20304f"] is expected, not {value!r}')
    return tuple(_color(color) for color in value)


def hex_color(value: Any) -> tuple[float, float, float] | None:
    """``#rrggbb`` as red, green, blue from 0 to 1; None for anything else."""
    found = re.fullmatch(r"#([0-9a-fA-F]{6})", value) if isinstance(value, str) else None
    if found is None:
        return None
    red, green, blue = bytes.fromhex(found[1])
    return red / 255, green / 255, blue / 255


def _color(value: Any) -> tuple[float, float, float]:
    written = hex_color(value)
    if written is not None:
        return written
    is_triple = isinstance(value, list | tuple) and len(value) == 3
    if not is_triple or not all(_is_number(part) and 0 <= part <= 1 for part in value):
        raise BadValue(f'{value!r} is no colour; write "#rrggbb" or [r, g, b] from 0 to 1')
    return float(value[0]), float(value[1]), float(value[2])


def _curve(value: Any, option: Option) -> str:
    if isinstance(value, str) and value.strip():
        return f"({value})"
    if isinstance(value, Mapping) and value:
        return f"({_keys(value)})"
    if not _is_number(value):
        raise BadValue(f"a number, an expression or keys are expected, not {value!r}")
    return f"({_bounded(value, option)!r})"


def _keys(written: Mapping[str, Any]) -> str:
    """``{0s: 0, 2s: [1, bounce]}`` as a call of ``keys``."""
    ease = written.get("ease", "")
    parts = []
    for time, value in written.items():
        pair = value.values() if isinstance(value, Mapping) else value
        if time != "ease":
            words = pair if not isinstance(pair, str | int | float) else [pair, ease]
            parts.append(f"{time}: " + " ".join(str(word) for word in words if word != ""))
    return 'keys("' + ", ".join(parts) + '")'


_READERS = {"number": _number, "whole": _whole, "grid": _grid, "colors": _colors, "curve": _curve}
