"""Plain values as YAML and Python give them: what is a number, and how a message shows a value."""

from __future__ import annotations

import math
from typing import Any

from storyboard.errors import BadValue, visible

LARGEST = 1e300
"""No number of a story is larger."""

SHOWN = 40
"""Characters of a value that a message repeats."""


def is_number(value: Any) -> bool:
    """Return whether ``value`` is an int or float that a story may hold: finite, of at most
    `LARGEST`, and no bool.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -LARGEST < value < LARGEST


def is_excessive(value: Any) -> bool:
    """Return whether ``value`` is a number beyond `LARGEST`, or infinite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return not is_number(value) and not (isinstance(value, float) and math.isnan(value))


def shown(value: Any) -> str:
    """Return ``value`` as a sentence names it: ``nothing``, ``a list``, ``the text 'big'``."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if is_excessive(value):
        return "a number that large"
    kind = "the text " if isinstance(value, str) else ""
    text = repr(value)
    return kind + (text if len(text) <= SHOWN else text[: SHOWN - 3] + "...'")


def brief(value: Any) -> str:
    """Return ``value`` as it is written, shortened, also where its digits cannot be printed."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except (ValueError, RecursionError):
        return shown(value)
    return text if len(text) <= 2 * SHOWN else text[: 2 * SHOWN] + "..."


def unfit(what: str, value: Any, hint: str | None = None) -> BadValue:
    """Return the error of an option's ``value`` that is not ``what`` it should be."""
    text = brief(value)
    return BadValue(
        f"expected {what}, got {text!r}"
        if isinstance(value, str)
        else f"expected {what}, got {text}",
        hint=hint,
    )


def expected(what: str, value: Any, hint: str | None = None) -> BadValue:
    """Return the error of a value that is not ``what`` it should be."""
    if value is None:
        message = f"missing value; expected {what}"
        return BadValue(message, hint="write a value, or leave the key out")
    if is_excessive(value):
        return BadValue(f"expected {what}; this number is too large")
    return BadValue(f"expected {what}, got {visible(shown(value))}", hint=hint)
