"""Values that are made of numbers and may change with time: numbers, grids, colours.

Every number in such a value is a *channel* with a curve of its own: ``[bass, 0.2, 0.1]`` has three,
and so has ``{0s: red, 2s: [blue, smooth]}``, whose channels go from key to key by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from storyboard.colors import is_triple, read_color
from storyboard.curves.curves import read_curve, read_value
from storyboard.curves.expressions.scope import Vocabulary
from storyboard.curves.instants import SampleTimes
from storyboard.curves.keys import Curve, read_keys, under
from storyboard.errors import BadValue
from storyboard.options import MOVING, Option
from storyboard.timeline.settings import NumberSetting, bounded

Names = Vocabulary | Collection[str]
Split = Callable[[Any], Sequence[Any]]
"""From a value of a kind to its channels as they are written. Raises `BadValue`."""


@dataclass(frozen=True)
class Channel:
    """One number of a value; ``path`` leads to it from the value as written."""

    curve: Curve
    path: tuple[str | int, ...] = ()


def read_moving(option: Option, written: Any, at: SampleTimes) -> Any:
    """Return what ``written`` is: one value, or an array where it changes with time.

    Args:
        option: any option; of other kinds than `MOVING` the value is `Option.read`.
        written: as in a story.
        at: the frames of the shot, n of them.

    Returns:
        As `Option.read` for a value that is the same at all times, an expression such as ``3/2``
        included. Else (n,) for a number, (n, 2) for a grid, (n, 3) for a color, (n, count, 3) for
        colors; whole numbers are rounded half up, and integers.

    Raises:
        BadValue: it cannot be read, is out of bounds at some frame, or may not change;
            ``path`` leads to the part at fault.
    """
    if option.kind not in MOVING or not has_curve(option.kind, written):
        return option.read(written)
    channels = _CHANNELS[option.kind](written, at.scope.names)
    still = all(channel.curve.constant is not None for channel in channels)
    if option.still and not still:
        raise BadValue("this does not change with time", hint="write one value")
    number = _bounds(option)
    columns = []
    for channel in channels:
        with under(*channel.path):
            frames = at.scope.exact([at.scope.start]) if still else at
            columns.append(bounded(channel.curve.sample(frames), number, frames))
    values = np.stack(columns, axis=1)
    if number.whole:
        values = values.astype(np.int64)
    if option.kind == "colors":
        values = values.reshape(len(values), -1, 3)
    if option.kind in ("number", "whole"):
        values = values[:, 0]
    return option.read(values[0].tolist()) if still else values


def has_curve(kind: str, written: Any) -> bool:
    """Return whether a value of ``kind`` is written with keys or expressions in it."""
    if isinstance(written, list | tuple):
        if kind == "colors":
            return any(has_curve("color", color) for color in written)
        return any(isinstance(part, str | Mapping) for part in written)
    if kind in ("number", "whole"):
        return isinstance(written, str | Mapping)
    return isinstance(written, Mapping) and kind != "colors"


def _bounds(option: Option) -> NumberSetting:
    """Return the bounds of every channel, and whether it counts something."""
    if option.kind in ("color", "colors"):
        return NumberSetting(None, 0, 1)
    return NumberSetting(None, option.low, option.high, whole=option.kind != "number")


def _of_number(written: Any, names: Names) -> list[Channel]:
    return [Channel(read_curve(written, names=names))]


def _of_grid(written: Any, names: Names) -> list[Channel]:
    return _channels(written, _grid_parts, 2, names)


def _of_color(written: Any, names: Names) -> list[Channel]:
    return _channels(written, _color_parts, 3, names)


def _of_colors(written: Any, names: Names) -> list[Channel]:
    found, wrong = [], list[BadValue]()
    for index, color in enumerate(written):
        try:
            with under(index):
                channels = _of_color(color, names)
        except BadValue as error:
            wrong.append(error)
            continue
        found += [replace(channel, path=(index, *channel.path)) for channel in channels]
    if wrong:
        wrong[0].also = tuple(wrong[1:])
        raise wrong[0]
    return found


_CHANNELS: dict[str, Callable[[Any, Names], list[Channel]]] = {
    "number": _of_number,
    "whole": _of_number,
    "grid": _of_grid,
    "color": _of_color,
    "colors": _of_colors,
}


def _grid_parts(written: Any) -> Sequence[Any]:
    if not isinstance(written, list | tuple) or len(written) != 2:
        raise BadValue(f"expected [columns, rows], got {written!r}")
    return written


def _color_parts(written: Any) -> Sequence[Any]:
    return written if is_triple(written) else read_color(written)


def _channels(written: Any, split: Split, count: int, names: Names) -> list[Channel]:
    """Return the channels of keyed values, or of a list of curves."""
    if isinstance(written, Mapping):
        return [Channel(_keyed(written, split, place, names)) for place in range(count)]
    parts, found = split(written), []
    for place, part in enumerate(parts):
        path = () if parts is not written else (place,)
        with under(*path):
            found.append(Channel(read_curve(part, names=names), path))
    return found


def _keyed(written: Mapping[Any, Any], split: Split, place: int, names: Names) -> Curve:
    """Return the curve of channel ``place`` of keyed values. Raises `BadValue`.

    A key's value may be a list, as in ``{0s: [16, 9]}``, where other curves have ``[value, ease]``:
    it is a value unless its first item is a list or a text that a text follows.
    """
    wrapped = {time: {"value": v} if _is_value(v) else v for time, v in written.items()}

    def value(text: Any) -> Any:
        parts = split(text)
        with under(*([place] if parts is text else [])):
            return read_value(parts[place], names)

    def as_written(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        bare = wrapped.get(path[0]) is not written.get(path[0]) if path else False
        return (path[0], *path[2:]) if bare and path[1:2] == ("value",) else path

    try:
        curve = read_keys(wrapped, value, ease="linear")
    except BadValue as error:
        error.path = as_written(error.path)
        raise
    keys = (replace(key, path=as_written(key.path)) for key in curve.keys)
    return replace(curve, keys=tuple(keys))


def _is_value(written: Any) -> bool:
    """Return whether what a key has is a list that is its value, not ``[value, ease]``."""
    if not isinstance(written, list | tuple) or len(written) < 2:
        return False
    if len(written) > 2:
        return True
    return not isinstance(written[0], list | tuple) and not isinstance(written[1], str)
