"""Options that drawers, losses and filters declare as data, so that a story can be checked
without importing torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, Literal

from storyboard.color_lists import read_colors
from storyboard.colors import Color, read_color
from storyboard.errors import BadValue, did_you_mean
from storyboard.foreign_words import hint_for
from storyboard.values import brief, is_number, unfit

Kind = Literal[
    "number",
    "whole",
    "grid",
    "color",
    "colors",
    "choice",
    "flag",
    "text",
    "file",
    "image",
    "film",
    "cube",
    "model",
    "curve",
]

KINDS: dict[str, str] = {
    "number": "a number",
    "whole": "a whole number",
    "grid": "[columns, rows]",
    "color": "a colour",
    "colors": "a list of colours",
    "choice": "one of a few words",
    "flag": "true or false",
    "text": "a text",
    "file": "a file, relative to the story",
    "image": "a picture file, relative to the story",
    "film": "a picture or a clip, relative to the story",
    "cube": "a .cube file, relative to the story",
    "model": "a name, or a path relative to the story",
    "curve": "a number, an expression or keys",
}
"""What an option may be, each with what a story writes for it."""

MOVING = frozenset({"number", "whole", "grid", "color", "colors"})
"""Kinds that are numbers, or made of numbers: a story may let them change with time."""

FILES = frozenset({"file", "image", "film", "cube"})
"""Kinds that name a file."""


@dataclass(frozen=True)
class Option:
    """One option: its default, what it takes, and one line that says what it does.

    Values are read as the code wants them: ``grid`` as (columns, rows), ``color`` as a triple of
    floats in 0..1, ``colors`` as a tuple of these, ``file``, ``image``, ``film`` and ``cube`` as a
    `Path`,
    ``curve`` as the text of an expression in brackets, for whoever knows the names in it.

    Attributes:
        default: None means "not set", and None may be written.
        kind: one of `KINDS`.
        doc: one line.
        low: the least value of every number in it.
        high: the greatest.
        instead_of: an option that sets the same in another way; only one of the two may be given.
        words: what a ``choice`` is one of.
        unit: of the numbers, for people: ``seconds``, ``degrees``.
        only_with: another option and the value it must have for this one to be accepted, unless it
            is the default; None for always.
        still: True where the value cannot change with time although its kind could, such as one
            that only a fresh picture depends on.
    """

    default: Any
    kind: Kind
    doc: str
    low: float = -math.inf
    high: float = math.inf
    instead_of: str | None = None
    _: KW_ONLY
    words: tuple[str, ...] = ()
    unit: str = ""
    only_with: tuple[str, Any] | None = None
    still: bool = False

    @property
    def moves(self) -> bool:
        """Return whether a story may let the value change with time."""
        return self.kind == "curve" or (self.kind in MOVING and not self.still)

    @property
    def bounds(self) -> str:
        """Return the bounds in words, see `bounds_of`."""
        return bounds_of(self.low, self.high)

    def read(self, value: Any) -> Any:
        """Return the value as the code wants it. Raises `BadValue`, in the words of who wrote it.

        A value that was read reads as itself.
        """
        if value is None and self.default is None:
            return None
        return _READERS[self.kind](value, self)


def bounds_of(low: float, high: float) -> str:
    """Return bounds in words: ``between 0 and 1``, ``1 or more``, ``9 or less``; empty for none."""
    if math.isinf(low):
        return "" if math.isinf(high) else f"{high:g} or less"
    return f"{low:g} or more" if math.isinf(high) else f"between {low:g} and {high:g}"


Options = Mapping[str, Option]

Read = Callable[[str, Any], Any]
"""From an option's name and the value given for it to the value as the code wants it."""


def option_errors(
    given: Mapping[str, Any],
    declared: Options,
    *,
    owner: str,
    read: Read | None = None,
    beside: tuple[str, ...] = (),
) -> Iterator[BadValue]:
    """Yield every error in the options given to ``owner`` (such as ``drawer 'fft'``).

    The ``path`` of each begins with the option's name. ``read`` replaces `Option.read`, for callers
    that accept more, such as values that change with time; ``beside`` are names that may stand
    beside the options, for hints.
    """
    for name, value in given.items():
        if name not in declared:
            hint = _known_options(name, [*beside, *declared])
            yield BadValue(f"{owner} has no option {name!r}", hint=hint, path=(name,))
            continue
        try:
            declared[name].read(value) if read is None else read(name, value)
        except BadValue as error:
            yield from (_of_option(name, one) for one in (error, *error.also))
        other = declared[name].instead_of
        if value is not None and given.get(other or "") is not None:
            message = f"{other} and {name} are mutually exclusive"
            yield BadValue(message, hint="remove one", path=(name,))
        if value not in (None, declared[name].default) and declared[name].only_with is not None:
            yield from _out_of_place(name, given, declared)


def _out_of_place(name: str, given: Mapping[str, Any], declared: Options) -> Iterator[BadValue]:
    """Yield an error where the option that ``name`` depends on has another value."""
    other, needed = declared[name].only_with or ("", None)
    value = given.get(other, declared[other].default)
    if value != needed:
        message = f"{name} has no effect with {other}: {value}"
        yield BadValue(message, hint=f"remove it, or set {other}: {needed}", path=(name,))


def _known_options(name: str, names: list[str]) -> str:
    """Return the hint for the option ``name``, which is none of the known ``names``."""
    if near := did_you_mean(name, names):
        return near
    known = "known: " + ", ".join(sorted({*names})) if names else "it has no options"
    return f"{instead}; {known}" if (instead := hint_for(name)) else known


def _of_option(name: str, error: BadValue) -> BadValue:
    """Return ``error`` with the option's name before its message and its path."""
    message, path = f"{name}: {error.message}", (name, *error.path)
    return BadValue(message, hint=error.hint, column=error.column, path=path)


def resolve(given: Mapping[str, Any], declared: Options, *, owner: str) -> dict[str, Any]:
    """Return every declared option with its value: the one given, or the default.

    Raises `BadValue` for the first error.
    """
    for error in option_errors(given, declared, owner=owner):
        raise error
    return {name: option.read(given.get(name, option.default)) for name, option in declared.items()}


def _bounded(value: float, option: Option) -> float:
    if not option.low <= value <= option.high:
        raise BadValue(f"{brief(value)} must be {option.bounds}")
    return value


def _number(value: Any, option: Option) -> float:
    if not is_number(value):
        raise unfit("a number", value)
    return float(_bounded(value, option))


def _whole(value: Any, option: Option) -> int:
    if not is_number(value) or value != int(value):
        raise unfit("a whole number", value)
    return int(_bounded(value, option))


def _grid(value: Any, option: Option) -> tuple[int, int]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise unfit("[columns, rows]", value)
    columns, rows = (_whole(number, option) for number in value)
    return columns, rows


def _color(value: Any, _option: Option) -> Color:
    return read_color(value)


def _colors(value: Any, _option: Option) -> tuple[Color, ...]:
    read, wrong = [], list[BadValue]()
    for index, color in enumerate(read_colors(value, Path())):
        try:
            read.append(read_color(color))
        except BadValue as error:
            error.path = (index, *error.path)
            wrong.append(error)
    if wrong:
        wrong[0].also = tuple(wrong[1:])
        raise wrong[0]
    return tuple(read)


def _choice(value: Any, option: Option) -> str:
    known = "known: " + ", ".join(option.words)
    if not isinstance(value, str):
        raise unfit("one of a few words", value, known)
    if value not in option.words:
        raise BadValue(
            f"unknown word {brief(value)!r}", hint=did_you_mean(value, option.words) or known
        )
    return value


def _flag(value: Any, _option: Option) -> bool:
    if not isinstance(value, bool):
        raise unfit("true or false", value)
    return value


def _text(value: Any, _option: Option) -> str:
    if not isinstance(value, str):
        raise unfit("a text", value, "write it in quotes")
    if not value.strip() or "\0" in value:
        raise BadValue("this text is empty" if not value.strip() else "this text holds a NUL")
    return value


def _file(value: Any, option: Option) -> Path:
    return value if isinstance(value, Path) else Path(_text(value, option))


def _curve(value: Any, option: Option) -> str:
    if isinstance(value, str) and value.strip():
        return f"({value})"
    if isinstance(value, Mapping) and value:
        return f"({_keys(value)})"
    if not is_number(value):
        raise BadValue(f"a number, an expression or keys are expected, not {brief(value)}")
    return f"({_bounded(value, option)!r})"


def _keys(written: Mapping[str, Any]) -> str:
    """Return ``{0s: 0, 2s: [1, bounce]}`` as a call of ``keys``."""
    ease = written.get("ease", "")
    parts = []
    for time, value in written.items():
        pair = value.values() if isinstance(value, Mapping) else value
        if time != "ease":
            words = pair if not isinstance(pair, str | int | float) else [pair, ease]
            parts.append(f"{time}: " + " ".join(str(word) for word in words if word != ""))
    return 'keys("' + ", ".join(parts) + '")'


_READERS: dict[str, Callable[[Any, Option], Any]] = {
    "number": _number,
    "whole": _whole,
    "grid": _grid,
    "color": _color,
    "colors": _colors,
    "choice": _choice,
    "flag": _flag,
    "text": _text,
    "file": _file,
    "image": _file,
    "film": _file,
    "cube": _file,
    "model": _text,
    "curve": _curve,
}
