"""A foreign expression in our own language.

::

    in_our_words(node, {"t": "12*t"}) -> str        raises Untranslatable

What has a counterpart is written as it; what has none (or a name that only the source knows) makes
the importer write keys instead, and report it. `knots` finds few keys for many values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from storyboard.interchange.importers.foreign import (
    Binary,
    ForeignCall,
    ForeignChoice,
    ForeignName,
    ForeignNumber,
    Node,
    Prefix,
)
from storyboard.plan import Floats

_LEVELS = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), 4),
    **dict.fromkeys("+-", 5),
    **dict.fromkeys(("*", "/", "//", "%"), 6),
    "**": 8,
}
_SIGN_LEVEL, _ATOM = 7, 9
_SAME_SIGN = {"|": "or", "&": "and"}
_RENAMED = {
    **{name: name for name in ("sin", "cos", "tan", "exp", "sqrt", "abs", "floor", "ceil", "pow")},
    **{name: name for name in ("asin", "acos", "atan", "atan2", "min", "max", "sign")},
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "fabs": "abs",
}
_WRITTEN_OUT = {
    "log10": "log({0})/log(10)",
    "log2": "log({0})/log(2)",
    "log1p": "log(1 + {0})",
    "expm1": "exp({0}) - 1",
    "sinh": "(exp({0}) - exp(-({0})))/2",
    "cosh": "(exp({0}) + exp(-({0})))/2",
    "tanh": "1 - 2/(exp(2*({0})) + 1)",
    "radians": "({0})*pi/180",
    "degrees": "({0})*180/pi",
    "hypot": "sqrt(({0})**2 + ({1})**2)",
    "clip": "clamp({0}, {1}, {2})",
    "where": "{1} if {0} else {2}",
}
_CONSTANTS = {"pi": "pi", "e": "e", "tau": "tau"}


class Untranslatable(Exception):
    """A part of an expression has no counterpart in our language."""


Names = Mapping[str, Any]
"""What the source's names become here. ``"name()"`` writes a call: its text, and how tightly that
holds together.
"""


def in_our_words(node: Node, names: Names) -> str:
    """Return the text of ``node`` in our language; ``names`` says what the source's names
    become.

    >>> from storyboard.interchange.importers.foreign import parse
    >>> in_our_words(parse("1.5*sin(t/10)"), {"t": "12*t"})
    '1.5*sin(12*t/10)'
    """
    return _text(node, names)[0]


def within(node: Node, names: Names, level: int) -> str:
    """Return the text of ``node``, in brackets where it binds looser than ``level``."""
    text, own = _text(node, names)
    return text if own >= level else f"({text})"


def written(number: float) -> str:
    """Return a number as a person would write it."""
    value = short(number)
    return str(int(value)) if value.is_integer() and abs(value) < 1e12 else repr(value)


def _text(node: Node, names: Names) -> tuple[str, int]:
    """Return the text and how tightly it holds together."""
    match node:
        case ForeignNumber(value):
            return written(value), _ATOM
        case ForeignName(name, _):
            return _name(name.rpartition(".")[2], names)
        case Prefix(sign, operand):
            negated = sign in ("not", "~")
            level = 3 if negated else _SIGN_LEVEL
            return ("not " if negated else sign) + within(operand, names, level), level
        case Binary(sign, left, right):
            return _binary(_SAME_SIGN.get(sign, sign), left, right, names=names)
        case ForeignChoice(condition, then, other):
            parts = within(then, names, 1), within(condition, names, 1), within(other, names, 1)
            return "{} if {} else {}".format(*parts), 0
        case ForeignCall():
            return _call(node, names)
    raise Untranslatable("a list or a text")


def _name(name: str, names: Names) -> tuple[str, int]:
    text = names.get(name, _CONSTANTS.get(name))
    if text is None:
        raise Untranslatable(name)
    alone = re.fullmatch(r"\w+\([^()]*\)", text) is not None
    loosest = (
        _ATOM
        if alone
        else 5
        if " " in text
        else 6
        if "*" in text
        else _SIGN_LEVEL
        if text[0] == "-"
        else _ATOM
    )
    return str(text), loosest


def _binary(sign: str, left: Node, right: Node, *, names: Names) -> tuple[str, int]:
    level = _LEVELS[sign]
    power = sign == "**"
    before = within(left, names, level + 1 if power else level)
    after = within(right, names, _SIGN_LEVEL if power else level + 1)
    blank = " " if level <= 5 else ""
    return f"{before}{blank}{sign}{blank}{after}", level


def _call(node: ForeignCall, names: Names) -> tuple[str, int]:
    name = node.name.rpartition(".")[2]
    if f"{name}()" in names:
        text, level = names[f"{name}()"](node)
        return str(text), int(level)
    arguments = [in_our_words(argument, names) for argument in node.arguments]
    if name in _WRITTEN_OUT:
        parts = [within(a, names, 1) for a in node.arguments] if name == "where" else arguments
        return _WRITTEN_OUT[name].format(*parts), 0
    if name == "log" and len(arguments) == 2:
        return f"log({arguments[0]})/log({arguments[1]})", 6
    if name == "round" and len(arguments) == 1:
        return f"round({arguments[0]})", _ATOM
    if name in ("min", "max") and len(arguments) == 1:
        return f"({arguments[0]})", _ATOM
    if name not in _RENAMED and name != "log":
        raise Untranslatable(name)
    return f"{_RENAMED.get(name, name)}({', '.join(arguments)})", _ATOM


def knots(values: Floats, tolerance: float, weights: Floats | None = None) -> list[int]:
    """Return places of ``values`` (n,) that straight lines may join, first and last included.

    No value lies further from its line than ``tolerance`` over its weight (Ramer, 1972; Douglas
    and Peucker, 1973, with distances taken upwards).

    >>> knots(np.array([0.0, 1.0, 2.0, 1.0, 0.0]), 0.1)
    [0, 2, 4]
    """
    last = len(values) - 1
    if last <= 0:
        return [0]
    heavy = np.ones(len(values)) if weights is None else weights
    kept, todo = {0, last}, [(0, last)]
    while todo:
        start, stop = todo.pop()
        if stop - start < 2:
            continue
        inner = np.arange(start + 1, stop)
        line = np.interp(inner, [start, stop], [values[start], values[stop]])
        off = np.abs(values[inner] - line) * heavy[inner]
        worst = int(np.argmax(off))
        if off[worst] > tolerance:
            middle = int(inner[worst])
            kept.add(middle)
            todo += [(start, middle), (middle, stop)]
    return sorted(kept)


def short(number: float, digits: int = 7) -> float:
    """Round ``number`` to so many significant digits: 0.1 + 0.2 is 0.3."""
    return float(f"{number:.{digits}g}") + 0.0
