"""Other tools' expressions, read into a tree: numexpr's, Python's arithmetic, never run by either.

::

    parse(text) -> Node          raises BadValue (message, hint, column)
    names_in(node) -> set        every name that the tree reads

One grammar serves every source, with Python's precedence: ``a if c else b``, ``or``, ``and``,
``not``, comparisons, ``|``, ``&``, ``+ -``, ``* / // %``, signs and ``~``, ``**``; calls, numbers,
names, and lists in square brackets. What a name or a call means is up to the `Dialect`;
our own language is read by `storyboard.curves.expressions` alone. A source with another grammar
derives its own parser from `ForeignParser` (Parseq), and shares the trees and their values.

Values are one per frame, or one alone.

::

    value(node, NUMEXPR, {"t": frames}) -> Floats or float       raises BadValue

Everything is float64; a division by zero is infinite and a root of a negative number is no number,
as in numexpr, and the importer says so where such a value would reach the story.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from storyboard.curves.expressions.nodes import OPERATORS, PREFIXES
from storyboard.errors import BadValue, did_you_mean

MAX_TEXT = 4000
MAX_DEPTH = 40

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)"
    r"|(?P<sign>\*\*|//|<=|>=|==|!=|&&|\|\||[-+*/%<>&|~(),\[\]^])|(?P<end>$)|(?P<bad>.))"
)
_LEVELS = {
    "or": 1,
    "||": 1,
    "and": 2,
    "&&": 2,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), 4),
    "|": 5,
    "&": 6,
    **dict.fromkeys("+-", 7),
    **dict.fromkeys(("*", "/", "//", "%"), 8),
    "**": 10,
}
_NOT_LEVEL, _SIGN_LEVEL, _POWER_LEVEL = 3, 9, 10
_SAME = {"||": "or", "&&": "and"}
COMPARISONS = frozenset(("<", "<=", ">", ">=", "==", "!="))


@dataclass(frozen=True)
class ForeignNumber:
    """A number as written."""

    value: float


@dataclass(frozen=True)
class ForeignName:
    """A name whose value the dialect defines."""

    name: str
    column: int


@dataclass(frozen=True)
class ForeignText:
    """A text in quotes, without them."""

    text: str


@dataclass(frozen=True)
class Prefix:
    """``-``, ``+``, ``~`` or ``not`` before ``operand``."""

    sign: str
    operand: Node


@dataclass(frozen=True)
class Binary:
    """Two operands and the sign between them."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True)
class ForeignChoice:
    """``then if condition else other``."""

    condition: Node
    then: Node
    other: Node


@dataclass(frozen=True)
class ForeignCall:
    """A function of the dialect and its arguments."""

    name: str
    arguments: tuple[Node, ...]
    column: int


@dataclass(frozen=True)
class Items:
    """A list in square brackets."""

    items: tuple[Node, ...]


_Leaf = ForeignNumber | ForeignName | ForeignText
Node = _Leaf | Prefix | Binary | ForeignChoice | ForeignCall | Items


@dataclass(frozen=True)
class ForeignToken:
    """A part of a text; ``kind`` is the group of the pattern that it matched."""

    kind: str
    text: str
    column: int


def parse(text: str) -> Node:
    """Return the tree of an expression. Raises `BadValue` with the column of what cannot be
    read.
    """
    if len(text) > MAX_TEXT:
        raise BadValue(f"the expression has more than {MAX_TEXT} characters", column=1)
    parser = ForeignParser(list(tokens(text, _TOKEN)))
    node = parser.choice()
    parser.expect_end()
    return node


def names_in(node: Node) -> set[str]:
    """Return every name that ``node`` reads; functions are not among them."""
    if isinstance(node, ForeignName):
        return {node.name}
    return set().union(*(names_in(child) for child in _children(node)))


def calls_in(node: Node) -> set[str]:
    """Return every function that ``node`` calls."""
    own = {node.name} if isinstance(node, ForeignCall) else set()
    return own.union(*(calls_in(child) for child in _children(node)))


def _children(node: Node) -> tuple[Node, ...]:
    match node:
        case Prefix(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return left, right
        case ForeignChoice(condition, then, other):
            return condition, then, other
        case ForeignCall(_, arguments, _):
            return arguments
        case Items(items):
            return items
    return ()


def tokens(text: str, pattern: re.Pattern[str]) -> Iterator[ForeignToken]:
    """Yield the tokens of ``text``, whose groups ``end`` and ``bad`` end it. Raises `BadValue`."""
    for found in pattern.finditer(text):
        kind = found.lastgroup or "bad"
        column = found.start(kind) + 1
        if kind == "bad":
            raise BadValue(f"{found[kind]!r} has no meaning in an expression", column=column)
        yield ForeignToken(kind, found[kind], column)
        if kind == "end":
            return


class ForeignParser:
    """Precedence climbing over a list of tokens.

    Its methods raise `BadValue` with the column.
    """

    max_depth = MAX_DEPTH

    def __init__(self, tokens: list[ForeignToken]) -> None:
        self.tokens, self.place, self.depth = tokens, 0, 0

    @property
    def token(self) -> ForeignToken:
        """Return the next token."""
        return self.tokens[self.place]

    def take(self) -> ForeignToken:
        """Return the next token and go on."""
        token = self.token
        self.place += 1
        return token

    def skip(self, text: str) -> bool:
        """Go on if the next token is ``text``."""
        if self.token.text == text and self.token.kind != "number":
            self.place += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Go on past ``text``."""
        if not self.skip(text):
            raise self.complaint(f"{text!r} is missing")

    def expect_end(self) -> None:
        """Check that nothing follows."""
        if self.token.kind != "end":
            raise self.complaint("expected an operator or the end")

    def complaint(self, message: str) -> BadValue:
        """Return the error that says ``message`` and where."""
        here = f"before {self.token.text!r}" if self.token.text else "at the end"
        return BadValue(f"{message} {here}", column=self.token.column)

    def deeper(self) -> None:
        """Go one level down. Raises `BadValue` below the last."""
        self.depth += 1
        if self.depth > self.max_depth:
            message = f"nested deeper than {self.max_depth} levels"
            raise BadValue(message, column=self.token.column)

    def choice(self) -> Node:
        """Read a whole expression."""
        self.deeper()
        then = self.binary(1)
        if self.skip("if"):
            condition = self.binary(1)
            self.expect("else")
            then = ForeignChoice(condition, then, self.choice())
        self.depth -= 1
        return then

    def binary(self, least: int) -> Node:
        """Read operands joined by signs of at least level ``least``."""
        left = self.prefix()
        while (level := self.level()) >= least:
            sign = self.take().text
            right = self.binary(level if level == _POWER_LEVEL else level + 1)
            left = _joined(_SAME.get(sign, sign), left, right)
        return left

    def level(self) -> int:
        """Return the level of the next token, 0 for one that is no sign."""
        if self.token.text == "^":
            hint = "use **"
            raise BadValue("'^' is not supported as a power", hint=hint, column=self.token.column)
        return _LEVELS.get(self.token.text, 0) if self.token.kind in ("sign", "name") else 0

    def prefix(self) -> Node:
        """Read an operand and the signs before it."""
        for sign, level in (("not", _NOT_LEVEL), ("-", 9), ("+", 9), ("~", _SIGN_LEVEL)):
            if self.skip(sign):
                return Prefix(sign, self.nested(level))
        return self.operand()

    def nested(self, level: int) -> Node:
        """Read `binary` one level down."""
        self.deeper()
        node = self.binary(level)
        self.depth -= 1
        return node

    def operand(self) -> Node:
        """Read a number, name, call, bracket or list."""
        token = self.token
        if token.kind == "number":
            return ForeignNumber(float(self.take().text))
        if token.kind == "name" and token.text not in ("if", "else", "and", "or", "not"):
            self.take()
            if self.skip("("):
                return ForeignCall(token.text, self.items(")"), token.column)
            return ForeignName(token.text, token.column)
        if self.skip("("):
            node = self.choice()
            self.expect(")")
            return node
        if self.skip("["):
            return Items(self.items("]"))
        raise self.complaint("a value is missing")

    def items(self, closing: str) -> tuple[Node, ...]:
        """Read expressions up to ``closing``."""
        found: list[Node] = []
        while not self.skip(closing):
            if found:
                self.expect(",")
            found.append(self.choice())
        return tuple(found)


def _joined(sign: str, left: Node, right: Node) -> Node:
    """Join two operands; ``a < b < c`` holds where both comparisons do, as in Python."""
    chained = isinstance(left, Binary) and left.sign in COMPARISONS and sign in COMPARISONS
    if chained and isinstance(left, Binary):
        return Binary("and", left, Binary(sign, left.right, right))
    return Binary(sign, left, right)


Function = tuple[int, int, Callable[..., Any]]
"""Fewest and most arguments, and what it does."""

_ONE_ARGUMENT = (
    *("sin", "cos", "tan", "sinh", "cosh", "tanh", "log10", "log1p"),
    *("exp", "expm1", "sqrt", "abs", "floor", "ceil"),
)
"""Functions of one argument that numpy has under the same name."""


def _least(*values: Any) -> Any:
    return reduce(np.minimum, values)


def _most(*values: Any) -> Any:
    return reduce(np.maximum, values)


def _log(x: Any, base: Any = math.e) -> Any:
    return np.log(x) / np.log(base)


def _round(x: Any, digits: Any = 0) -> Any:
    return np.round(x, int(digits))


_SHARED: dict[str, Function] = {
    **{name: (1, 1, getattr(np, name)) for name in _ONE_ARGUMENT},
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

SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    **OPERATORS,
    "or": np.logical_or,
    "and": np.logical_and,
    "|": np.logical_or,
    "&": np.logical_and,
}
_PREFIX: dict[str, Callable[[Any], Any]] = {**PREFIXES, "~": np.logical_not}


@dataclass(frozen=True)
class Dialect:
    """One source's functions and constants, and the signs that differ, ``%`` in each."""

    name: str
    functions: Mapping[str, Function]
    constants: Mapping[str, float]
    signs: Mapping[str, Callable[[Any, Any], Any]]
    prefixes: tuple[str, ...] = ()

    def bare(self, name: str) -> str:
        """Return ``name`` without a module before it: ``math.sin`` and ``np.sin`` are ``sin``."""
        module, dot, rest = name.rpartition(".")
        return rest if dot and module in self.prefixes else name


NUMEXPR = Dialect("numexpr", _SHARED | _NUMEXPR_ONLY, {"pi": math.pi}, {"%": np.fmod})
"""Deforum's, with pi and functions of several arguments, which the webui cannot read."""

PYTHON = Dialect(
    "Python",
    _SHARED | _PYTHON_ONLY | {f"arc{n}": _NUMEXPR_ONLY[f"arc{n}"] for n in ("sin", "cos", "tan")},
    {"pi": math.pi, "e": math.e, "tau": math.tau},
    {"%": np.mod},
    ("math", "np", "numpy"),
)
"""PyTTI's: Python with ``math`` and what of numpy is arithmetic."""


def value(node: Node, dialect: Dialect, names: Mapping[str, Any]) -> Any:
    """Return the value of ``node``: a float, an array where a name is one, a list where it is a
    list.

    Raises `BadValue` with column and the nearest name for what the dialect does not know.

    >>> value(parse("2*t + (1 if t > 1 else 0)"), PYTHON, {"t": np.arange(3.0)}).tolist()
    [0.0, 2.0, 5.0]
    """
    with np.errstate(all="ignore"):
        return _value(node, dialect, {**dialect.constants, **names})


def _value(node: Node, dialect: Dialect, names: Mapping[str, Any]) -> Any:
    match node:
        case ForeignNumber(found) | ForeignText(found):
            return found
        case ForeignName():
            return _named(node, dialect, names)
        case Prefix(sign, operand):
            return _as_float(_PREFIX[sign](_value(operand, dialect, names)))
        case Binary(sign, left, right):
            apply = dialect.signs.get(sign) or SIGNS[sign]
            sides = (_as_float(_value(side, dialect, names)) for side in (left, right))
            return _as_float(apply(*sides))
        case ForeignChoice():
            condition, then, other = (
                _value(part, dialect, names) for part in (node.condition, node.then, node.other)
            )
            return _as_float(np.where(condition, then, other))
        case ForeignCall():
            return _called(node, dialect, names)
        case Items(items):
            return [_value(item, dialect, names) for item in items]


def _named(node: ForeignName, dialect: Dialect, names: Mapping[str, Any]) -> Any:
    name = dialect.bare(node.name)
    if name not in names:
        hint = did_you_mean(name, names) or "known: " + ", ".join(
            sorted(filter(str.isidentifier, names))
        )
        raise BadValue(f"unknown name {node.name!r}", hint=hint, column=node.column)
    return names[name]


def _called(node: ForeignCall, dialect: Dialect, names: Mapping[str, Any]) -> Any:
    name = dialect.bare(node.name)
    if name not in dialect.functions:
        hint = did_you_mean(name, dialect.functions)
        raise BadValue(f"unknown function {node.name!r}", hint=hint, column=node.column)
    fewest, most, function = dialect.functions[name]
    if not fewest <= len(node.arguments) <= most:
        many = f"{fewest}" if fewest == most else f"{fewest} or more"
        message = f"{name} takes {many} arguments, not {len(node.arguments)}"
        raise BadValue(message, column=node.column)
    given = [_value(argument, dialect, names) for argument in node.arguments]
    try:
        return _as_float(function(*given))
    except BadValue as error:
        raise BadValue(error.message, hint=error.hint, column=node.column) from None


def _as_float(result: Any) -> Any:
    """Convert to float64: a float for one number, an array for several; texts stay texts."""
    array = np.asarray(result)
    if array.dtype.kind != "U":
        array = array.astype(np.float64)
    return array.item() if array.ndim == 0 else array
