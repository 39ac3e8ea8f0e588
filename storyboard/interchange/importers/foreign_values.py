"""What other tools' expressions come to: values of a `foreign` tree, one per frame or one alone.

::

    value(node, NUMEXPR, {"t": frames}) -> Floats or float       raises BadValue

Everything is float64; a division by zero is infinite and a root of a negative number is no number,
as in numexpr, and the importer says so where such a value would reach the story.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from storyboard.curves.expressions.nodes import OPERATORS, PREFIXES
from storyboard.errors import BadValue, did_you_mean
from storyboard.interchange.importers.foreign import (
    Binary,
    Call,
    Choice,
    Items,
    Name,
    Node,
    Number,
    Prefix,
)

Function = tuple[int, int, Callable[..., Any]]
"""Fewest and most arguments, and what it does."""

_ONE_ARGUMENT: dict[str, Callable[..., Any]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
}


def _least(*values: Any) -> Any:
    return reduce(np.minimum, values)


def _most(*values: Any) -> Any:
    return reduce(np.maximum, values)


def _log(x: Any, base: Any = math.e) -> Any:
    return np.log(x) / np.log(base)


def _round(x: Any, digits: Any = 0) -> Any:
    return np.round(x, int(digits))


_SHARED: dict[str, Function] = {
    **{name: (1, 1, function) for name, function in _ONE_ARGUMENT.items()},
    "where": (3, 3, np.where),
    "min": (1, 99, _least),
    "max": (1, 99, _most),
    "round": (1, 2, _round),
    "pow": (2, 2, np.power),
}
_NUMEXPR_ONLY: dict[str, Function] = {
    "arcsin": (1, 1, np.arcsin),
    "arccos": (1, 1, np.arccos),
    "arctan": (1, 1, np.arctan),
    "arctan2": (2, 2, np.arctan2),
    "arcsinh": (1, 1, np.arcsinh),
    "arccosh": (1, 1, np.arccosh),
    "arctanh": (1, 1, np.arctanh),
    "fmod": (2, 2, np.fmod),
    "log": (1, 1, np.log),
}
_PYTHON_ONLY: dict[str, Function] = {
    "asin": (1, 1, np.arcsin),
    "acos": (1, 1, np.arccos),
    "atan": (1, 1, np.arctan),
    "atan2": (2, 2, np.arctan2),
    "radians": (1, 1, np.radians),
    "degrees": (1, 1, np.degrees),
    "hypot": (2, 2, np.hypot),
    "fabs": (1, 1, np.abs),
    "fmod": (2, 2, np.fmod),
    "log": (1, 2, _log),
    "log2": (1, 1, np.log2),
    "trunc": (1, 1, np.trunc),
    "int": (1, 1, np.trunc),
    "float": (1, 1, np.positive),
    "copysign": (2, 2, np.copysign),
    "clip": (3, 3, np.clip),
    "sign": (1, 1, np.sign),
}

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    **OPERATORS,
    "or": np.logical_or,
    "and": np.logical_and,
    "|": np.logical_or,
    "&": np.logical_and,
}
_PREFIX: dict[str, Callable[[Any], Any]] = {**PREFIXES, "~": np.logical_not}


@dataclass(frozen=True)
class Dialect:
    """One source's functions, constants, and what its ``%`` does to negative numbers."""

    name: str
    functions: Mapping[str, Function]
    constants: Mapping[str, float]
    remainder: Callable[[Any, Any], Any]
    prefixes: tuple[str, ...] = ()

    def bare(self, name: str) -> str:
        """``name`` without a module before it: ``math.sin`` and ``np.sin`` are ``sin``."""
        module, dot, rest = name.rpartition(".")
        return rest if dot and module in self.prefixes else name


NUMEXPR = Dialect("numexpr", _SHARED | _NUMEXPR_ONLY, {"pi": math.pi}, np.fmod)
"""Deforum's, with pi and functions of several arguments, which the webui cannot read."""

PYTHON = Dialect(
    "Python",
    _SHARED | _PYTHON_ONLY | {f"arc{n}": _NUMEXPR_ONLY[f"arc{n}"] for n in ("sin", "cos", "tan")},
    {"pi": math.pi, "e": math.e, "tau": math.tau},
    np.mod,
    ("math", "np", "numpy"),
)
"""PyTTI's: Python with ``math`` and what of numpy is arithmetic."""


def value(node: Node, dialect: Dialect, names: Mapping[str, Any]) -> Any:
    """The value of ``node``: a float, an array where a name is one, a list where it is a list.

    Raises `BadValue` with column and the nearest name for what the dialect does not know.
    """
    with np.errstate(all="ignore"):
        return _value(node, dialect, {**dialect.constants, **names})


def _value(node: Node, dialect: Dialect, names: Mapping[str, Any]) -> Any:
    match node:
        case Number(number):
            return number
        case Name():
            return _named(node, dialect, names)
        case Prefix(sign, operand):
            return _as_float(_PREFIX[sign](_value(operand, dialect, names)))
        case Binary(sign, left, right):
            apply = dialect.remainder if sign == "%" else _BINARY[sign]
            sides = (_as_float(_value(side, dialect, names)) for side in (left, right))
            return _as_float(apply(*sides))
        case Choice():
            condition, then, other = (
                _value(part, dialect, names) for part in (node.condition, node.then, node.other)
            )
            return _as_float(np.where(condition, then, other))
        case Call():
            return _called(node, dialect, names)
        case Items(items):
            return [_value(item, dialect, names) for item in items]


def _named(node: Name, dialect: Dialect, names: Mapping[str, Any]) -> Any:
    name = dialect.bare(node.name)
    if name not in names:
        hint = did_you_mean(name, names) or "known: " + ", ".join(sorted(names))
        raise BadValue(f"unknown name {node.name!r}", hint=hint, column=node.column)
    return names[name]


def _called(node: Call, dialect: Dialect, names: Mapping[str, Any]) -> Any:
    name = dialect.bare(node.name)
    if name not in dialect.functions:
        hint = did_you_mean(name, dialect.functions)
        raise BadValue(f"unknown function {node.name!r}", hint=hint, column=node.column)
    fewest, most, function = dialect.functions[name]
    if not fewest <= len(node.arguments) <= most:
        many = f"{fewest}" if fewest == most else f"{fewest} or more"
        message = f"{name} takes {many} arguments, not {len(node.arguments)}"
        raise BadValue(message, column=node.column)
    return _as_float(function(*(_value(a, dialect, names) for a in node.arguments)))


def _as_float(result: Any) -> Any:
    """Numbers as float64: a float where it is one number, an array where there are several."""
    array = np.asarray(result, dtype=np.float64)
    return float(array) if array.ndim == 0 else array
