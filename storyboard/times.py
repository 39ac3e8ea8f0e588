"""Times as people write them: ``1:23.5``, ``2.5s``, ``24f``, ``4b``, ``2 bars``, ``50%``, ``drop``.

::

    parse_time(text) -> TimeSpec          raises TimeError (message, hint)
    str(spec)                             the shortest text that parses to the same spec
    check_mark_name(name)                 raises TimeError where a mark cannot be called so
    TIME_PATTERN                          the same grammar as a JSON Schema pattern

Numbers are read digit by digit into `Fraction`, never through a float. What a time *means* (is
``4b`` a length or the fourth beat?) is for `storyboard.curves.clock.Clock` to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from storyboard.errors import BadValue, did_you_mean

Unit = Literal["s", "frame", "beat", "bar", "percent"]

UNITS: dict[str, tuple[Unit, Fraction]] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("s", Fraction(1))),
    "ms": ("s", Fraction(1, 1000)),
    **dict.fromkeys(("m", "min", "minute", "minutes"), ("s", Fraction(60))),
    **dict.fromkeys(("h", "hour", "hours"), ("s", Fraction(3600))),
    **dict.fromkeys(("f", "frame", "frames"), ("frame", Fraction(1))),
    **dict.fromkeys(("b", "beat", "beats"), ("beat", Fraction(1))),
    **dict.fromkeys(("bar", "bars"), ("bar", Fraction(1))),
    "%": ("percent", Fraction(1)),
}
"""Every unit that may follow a number, what it counts, and how many of these."""

RESERVED_NAMES = frozenset({"end", "ease", "value"}) | (UNITS.keys() - {"%"})
"""What no mark can be called."""

_EXAMPLES = "write 2.5s, 1:23.5, 250ms, 24f (frames), 4b (beats), 2 bars, 50%, a mark, or end"
_MAX_TEXT = 100

_NUMBER = r"(?:[0-9]+/[1-9][0-9]*|[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_LENGTH_UNIT = "(?:" + "|".join(sorted(UNITS.keys() - {"%"}, key=len, reverse=True)) + ")"
_CLOCK = r"(?:[0-9]+:[0-5][0-9]:[0-5][0-9]|[0-9]+:[0-5][0-9])(?:\.[0-9]+)?"
_MIXED = (
    r"(?:[0-9]+h ?[0-5]?[0-9]m(?: ?[0-5]?[0-9](?:\.[0-9]+)?s)?"
    r"|[0-9]+[hm] ?[0-5]?[0-9](?:\.[0-9]+)?s)"
)
_LENGTH = rf"(?:{_CLOCK}|{_MIXED}|{_NUMBER}(?: ?{_LENGTH_UNIT})?)"
_NAME = r"[A-Za-z_][A-Za-z0-9_]*"

TIME_PATTERN = rf"^(?:{_LENGTH}|{_NUMBER} ?%|{_NAME}(?: ?[+-] ?{_LENGTH})?)$"
"""The grammar of `parse_time` as one pattern, for the JSON Schema of a story."""

_ONE = re.compile(rf"({_NUMBER}) ?([a-z%]*)")
_PART = re.compile(r"([0-9.]+)([hms])")
_OFFSET = re.compile(rf"({_NAME})(?: ?([+-]) ?(.+))?")


class TimeError(BadValue):
    """A time cannot be read, or cannot be used where it stands."""


@dataclass(frozen=True)
class TimeSpec:
    """A time as written: ``value`` times ``unit``, counted from ``anchor`` where there is one.

    ``anchor`` is the name of a mark, or ``end``; only with an anchor can ``value`` be negative
    (``drop - 0.5s``). ``percent`` has 100 for the whole.
    """

    value: Fraction
    unit: Unit = "s"
    anchor: str | None = None

    def __str__(self) -> str:
        """Return the shortest text that `parse_time` reads as this spec."""
        symbol = {"s": "s", "frame": "f", "beat": "b", "bar": " bar", "percent": "%"}[self.unit]
        amount = f"{_number_text(abs(self.value))}{symbol}"
        if self.anchor is None:
            return amount
        if not self.value:
            return self.anchor
        return f"{self.anchor} {'-' if self.value < 0 else '+'} {amount}"


def parse_time(written: str | int | float | Fraction) -> TimeSpec:
    """Read a time. A bare number counts seconds; a float stands for the decimal that it prints.

    Raises `TimeError` with a hint that shows how to write it.

    >>> parse_time("1:23.5").value
    Fraction(167, 2)
    >>> spec = parse_time("drop - 0.5s")
    >>> spec.anchor, spec.value
    ('drop', Fraction(-1, 2))
    """
    if isinstance(written, str):
        return _parse_text(written.strip(" "))
    if isinstance(written, bool) or not isinstance(written, int | float | Fraction):
        raise TimeError(f"invalid time {str(written)[:40]!r}", hint=_EXAMPLES)
    if not 0 <= written < 10**_MAX_TEXT:
        raise TimeError("invalid time: must be a number of at least 0", hint=_EXAMPLES)
    return TimeSpec(Fraction(repr(written) if isinstance(written, float) else written))


def check_mark_name(name: str, *, what: str = "mark") -> None:
    """Raise `TimeError` unless ``name`` can be the name of ``what``, in the manner of a mark."""
    if not re.fullmatch(_NAME, name):
        hint = f"a {what}'s name has ASCII letters, digits and _, and starts with no digit"
        raise TimeError(f"{name!r} cannot be the name of a {what}", hint=hint)
    if name in RESERVED_NAMES:
        raise TimeError(f"{name!r} has a meaning of its own and cannot be the name of a {what}")


@lru_cache(maxsize=4096)
def _parse_text(text: str) -> TimeSpec:
    """Read one stripped text."""
    if len(text) > _MAX_TEXT or not re.fullmatch(TIME_PATTERN, text):
        raise _complaint(text)
    if text[0] in ".0123456789":
        return _amount(text)
    name, sign, amount = _OFFSET.fullmatch(text).groups()  # type: ignore[union-attr]
    if amount is None:
        return TimeSpec(Fraction(0), anchor=name)
    offset = _amount(amount)
    return TimeSpec(-offset.value if sign == "-" else offset.value, offset.unit, name)


def _amount(text: str) -> TimeSpec:
    """Read a number with its unit, or minutes and seconds. ``text`` fits the pattern."""
    if ":" in text:
        value = Fraction(0)
        for part in text.split(":"):
            value = value * 60 + Fraction(part)
        return TimeSpec(value)
    one = _ONE.fullmatch(text)
    if one is None:
        parts = _PART.findall(text)
        return TimeSpec(sum((Fraction(n) * UNITS[u][1] for n, u in parts), Fraction(0)))
    unit, factor = UNITS[one[2] or "s"]
    return TimeSpec(Fraction(one[1]) * factor, unit)


def _complaint(text: str) -> TimeError:
    """Return the error for a text that is not a time, as specific as possible."""
    if not text:
        return TimeError("a time is missing", hint=_EXAMPLES)
    shown = text if len(text) <= 40 else text[:37] + "..."
    if text.startswith(("-", "−")):
        return TimeError(f"{shown!r}: a time cannot be before zero", hint=_EXAMPLES)
    if re.fullmatch(r"[0-9:.]+", text) and ":" in text:
        hint = "minutes:seconds or hours:minutes:seconds, two digits each, up to 59: 1:05.5"
        return TimeError(f"invalid time {shown!r}", hint=hint)
    unit = re.fullmatch(rf"{_NUMBER} ?([A-Za-z%]+)", text)
    if unit and unit[1] not in UNITS:
        hint = did_you_mean(unit[1], UNITS) or _EXAMPLES
        return TimeError(f"{shown!r}: unknown unit {unit[1]!r}", hint=hint)
    return TimeError(f"invalid time {shown!r}", hint=_EXAMPLES)


def _number_text(value: Fraction) -> str:
    """Return ``value`` as a decimal where it has an end, else as ``n/d``."""
    decimal = Context(prec=60).divide(Decimal(value.numerator), Decimal(value.denominator))
    if Fraction(decimal) != value:
        return f"{value.numerator}/{value.denominator}"
    return format(decimal.normalize(Context(prec=60)), "f")


def minutes(seconds: Fraction | float, digits: int) -> str:
    """Return ``m:ss.d...`` with so many ``digits`` of the second, as a story may have it.

    >>> minutes(83.456, 2)
    '1:23.46'
    """
    whole, rest = divmod(round(seconds * 10**digits), 60 * 10**digits)
    return f"{whole}:{rest // 10**digits:02d}.{rest % 10**digits:0{digits}d}"


def hours(seconds: Fraction | float) -> str:
    """Return ``m:ss``, or ``h:mm:ss`` from an hour on.

    >>> hours(83.4), hours(7300)
    ('1:23', '2:01:40')
    """
    minute, rest = divmod(round(seconds), 60)
    hour, minute = divmod(minute, 60)
    return f"{hour}:{minute:02d}:{rest:02d}" if hour else f"{minute}:{rest:02d}"
