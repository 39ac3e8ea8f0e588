"""The kinds of value that a story holds, each with its own words for what is wrong.

Every reader takes what the YAML loader gives (text, int, float, bool, list, dict) and gives what
the story means by it, or raises `BadValue` that says in plain words what it wanted. What needs the
clock (times, curves) is only checked for its shape here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Literal

from storyboard.errors import BadValue, did_you_mean
from storyboard.media.frame_rates import parse_fps
from storyboard.options import bounds_of
from storyboard.times import parse_time
from storyboard.values import brief, expected, is_number, shown

VERSION = 1
MIN_SIZE, MAX_SIZE = 16, 8192
_SIZE = re.compile(r"\s*([0-9]{1,9})\s*[x×X*]\s*([0-9]{1,9})\s*\Z")


def check_text(value: Any) -> str:
    """Return a text that is not empty."""
    if isinstance(value, bool | int | float):
        raise expected("a text", value, f'to mean the text, write it in quotes: "{shown(value)}"')
    if not isinstance(value, str):
        hint = "a text that starts with [ or { needs quotes" if value is not None else None
        raise expected("a text", value, hint)
    if not value.strip():
        raise BadValue("this text is empty")
    if "\0" in value:
        raise BadValue("this text holds a NUL character", hint="take the \\0 out of it")
    return value


def check_file_name(name: str, *, what: str) -> None:
    """Raise `BadValue` for a name that no file can have."""
    legal = all(sign.isalnum() or sign in " -_." for sign in name)
    if not (legal and 0 < len(name) <= 60 and name[0].isalnum() and name[-1] not in " ."):
        hint = "letters, digits, spaces, - and _, at most 60"
        raise BadValue(f"{name!r} cannot name a {what}", hint=hint)


def check_clip(value: Any) -> str | bool:
    """Return the name of a file, or false for none."""
    return False if value is False else check_text(value)


def number(
    *, low: float = -math.inf, high: float = math.inf, above: float = -math.inf
) -> Callable[[Any], float]:
    """Return a validator of numbers within ``low`` and ``high``, and greater than ``above``."""

    def check(value: Any) -> float:
        if not is_number(value):
            raise expected("a number", value, _unquoted(value))
        if value <= above:
            raise BadValue(f"{brief(value)} must be greater than {above:g}")
        if not low <= value <= high:
            raise BadValue(f"{brief(value)} must be {bounds_of(low, high)}")
        return float(value)

    return check


def whole(*, low: int, high: int) -> Callable[[Any], int]:
    """Return a validator of whole numbers within ``low`` and ``high``."""

    def check(value: Any) -> int:
        if not is_number(value) or value != int(value):
            raise expected("a whole number", value, _unquoted(value))
        if not low <= value <= high:
            raise BadValue(f"{brief(value)} must be {bounds_of(low, high)}")
        return int(value)

    return check


def _unquoted(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        float(value)
    except ValueError:
        return None
    return "write the number without quotes"


def check_flag(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        said_so = str(value).lower() in ("yes", "on", "no", "off")
        raise expected("true or false", value, "write true or false" if said_so else None)
    return value


def choice(kind: str, names: Sequence[str]) -> Callable[[Any], str]:
    """Return a validator of one of ``names``; ``kind`` is what they are, for the message."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise expected(f"a {kind}", value, "known: " + ", ".join(names))
        if value not in names:
            hint = did_you_mean(value, names) or "known: " + ", ".join(names)
            raise BadValue(f"unknown {kind} {value!r}", hint=hint)
        return value

    return check


def check_size(value: Any) -> tuple[int, int]:
    """Return ``512x288`` or ``[512, 288]``: even numbers of pixels that every player shows."""
    found = _SIZE.match(value) if isinstance(value, str) else None
    pair = list(map(int, found.groups())) if found else value
    if not (isinstance(pair, list) and len(pair) == 2 and all(map(_is_count, pair))):
        raise expected("a size such as 512x288", value, _size_hint(value))
    width, height = pair
    legal = "x".join(str(_legal(n)) for n in pair)
    if not all(MIN_SIZE <= n <= MAX_SIZE for n in pair):
        message = f"{width}x{height}: width and height must be {bounds_of(MIN_SIZE, MAX_SIZE)}"
        raise BadValue(message, hint=f"the nearest legal size is {legal}")
    if width % 2 or height % 2:
        message = f"{width}x{height}: video needs an even width and height"
        raise BadValue(message, hint=f"the nearest legal size is {legal}")
    return width, height


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and is_number(value)


_RATIO = re.compile(r"\s*([0-9]{1,3}(?:\.[0-9]+)?)\s*[:/]\s*([0-9]{1,3}(?:\.[0-9]+)?)\s*\Z")
_SHAPES = {
    **dict.fromkeys(("widescreen", "wide", "landscape"), 16 / 9),
    **dict.fromkeys(("portrait", "vertical", "tall"), 9 / 16),
    "square": 1.0,
    **{"720p": 16 / 9, "1080p": 16 / 9, "hd": 16 / 9, "4k": 16 / 9},
}


def _size_hint(value: Any) -> str | None:
    """Return the size to write for an aspect ratio, or for the name of a shape."""
    found = _RATIO.match(value) if isinstance(value, str) else None
    ratio = _SHAPES.get(value.strip().lower()) if isinstance(value, str) else None
    if found and float(found[1]) and float(found[2]):
        ratio = float(found[1]) / float(found[2])
    if ratio is None or not 1 / 10 <= ratio <= 10:
        return None
    width, height = (2 * round(256 * side) for side in (max(1.0, ratio), max(1.0, 1 / ratio)))
    return f"write size: {width}x{height}"


def _legal(pixels: int) -> int:
    return min(max(pixels + pixels % 2, MIN_SIZE), MAX_SIZE)


def check_fps(value: Any) -> Fraction:
    """Return frames a second, exact: ``24``, ``23.976`` (means 24000/1001), ``30000/1001``."""
    if not is_number(value) and not isinstance(value, str):
        raise expected("frames a second, such as 24 or 30000/1001", value)
    return parse_fps(value)


def check_curve(value: Any) -> Any:
    """Return the outer shape of a curve: a number, an expression, or a mapping of keys."""
    if is_number(value) or (isinstance(value, str) and value.strip()) or isinstance(value, dict):
        return value
    what = "a number, an expression in t, or keys such as {0s: 0, 2s: 1}"
    raise expected(what, value)


def check_time(value: Any) -> Any:
    """Return a time that `parse_time` reads; kept as written, for the clock to resolve."""
    if not is_number(value) and not isinstance(value, str):
        raise expected("a time such as 2.5s, 1:23.5, 24f, 4b or a mark", value)
    parse_time(value)
    return value


def check_shift(value: Any) -> Any:
    """Return a length that may be negative, as written: ``-0.2s``, ``0.2s``, ``250ms``."""
    if is_number(value):
        check_time(abs(value))
    else:
        check_time(value.lstrip("+-") if isinstance(value, str) else value)
    return value


def check_bpm(value: Any) -> float | Literal["auto"]:
    """Return beats a minute, or ``auto``."""
    if isinstance(value, str):
        choice("tempo", ("auto",))(value)
        return "auto"
    return number(low=1, high=1000)(value)


_SEED_HINT = "write any whole number from 0 on, or a word: seed: 7, seed: harbour"


def check_seed(value: Any) -> int | str:
    """Return a whole number from 0 on, or a word."""
    if isinstance(value, str):
        return check_text(value)
    if is_number(value) and value != int(value):
        raise BadValue(f"{value} is not a seed", hint=_SEED_HINT)
    try:
        return whole(low=0, high=2**63 - 1)(value)
    except BadValue as error:
        error.hint = error.hint or _SEED_HINT
        raise


def check_pivot(value: Any) -> tuple[Any, Any]:
    """Return two curves, x and y."""
    if not isinstance(value, list) or len(value) != 2:
        raise expected("a pivot such as [0.5, 0.5]", value)
    return check_curve(value[0]), check_curve(value[1])


def check_version(value: Any) -> int:
    """Return the version of the story format."""
    if value != VERSION or isinstance(value, bool):
        hint = f"this Storyboard reads version {VERSION}; a newer one may read this story"
        raise BadValue(f"unsupported story version {shown(value)}", hint=hint)
    return VERSION
