"""Parseq's formulas, read into a tree.

::

    parse("if (f>=5) 1 else 2/2") -> Node          raises BadValue with the column

Operators of one rank group from the right (10-5-2 is 10-(5-2)), ``:`` and ``^`` rank with ``*``,
``&&`` and ``||`` with comparisons, and a minus binds tighter than all of them. What stands behind
``else``, or behind the condition where there is no ``else``, is as short as can be: the ``/2``
above halves the whole. An ``if`` has no brackets of its own, so where its condition ends only the
rest of the formula tells; a chart is filled from the last token to the first, with every place
where a part that begins at a token may end.

"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from storyboard.errors import BadValue

MAX_TEXT = 4000
KEYWORDS = frozenset(("if", "else", "and", "or", "true", "false"))

_TOKEN = re.compile(
    r"(?P<blank>[ \t\r\n]+|#[^\n]*)"
    r"|(?P<sign><=|>=|==|!=|&&|\|\||[<>(),=+\-*^/%:])"
    r'|(?P<text>"(?:[^\n\\"]|\\["\\ntbfr])*")'
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)[fsb]?(?![A-Za-z_0-9.]))"
    r"|(?P<name>[a-zA-Z_][a-zA-Z_0-9]*)"
)


@dataclass(frozen=True)
class FormulaToken:
    """``kind`` is ``number``, ``text``, ``name``, or, of signs and keywords, what it says."""

    kind: str
    text: str
    column: int

    @property
    def said(self) -> str:
        """A text's content without its quotes."""
        return str(json.loads(self.text)) if self.kind == "text" else self.text


def tokens(text: str) -> list[FormulaToken]:
    """The tokens of a formula, without blanks and comments. Raises `BadValue` with the column."""
    if len(text) > MAX_TEXT:
        raise BadValue(f"the formula has more than {MAX_TEXT} characters", column=1)
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[FormulaToken]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise BadValue(f"{_word(text[place:])!r} cannot be read", column=place + 1)
        kind, found = str(match.lastgroup), match[0]
        if kind != "blank":
            is_own = kind == "sign" or found in KEYWORDS
            yield FormulaToken(found if is_own else kind, found, place + 1)
        place = match.end()


def _word(rest: str) -> str:
    """Return a plain name of the thing that ``rest`` begins with."""
    match = re.match(r"[A-Za-z_0-9.]+|\"[^\n]*|.", rest)
    return match[0] if match else rest


@dataclass(frozen=True, eq=False)
class FormulaNumber:
    """A number, and its unit: ``f``, ``s`` or ``b``, or none."""

    value: float
    unit: str
    column: int


@dataclass(frozen=True, eq=False)
class FormulaText:
    """A text in quotes."""

    value: str
    column: int


@dataclass(frozen=True, eq=False)
class FormulaName:
    """Something that the moment gives a value."""

    name: str
    column: int


@dataclass(frozen=True, eq=False)
class FormulaMinus:
    """A sign before one operand, which binds tighter than any operator."""

    operand: Node
    column: int


@dataclass(frozen=True, eq=False)
class FormulaBinary:
    """Two operands and the sign between them."""

    sign: str
    left: Node
    right: Node
    column: int


@dataclass(frozen=True, eq=False)
class FormulaChoice:
    """``if condition then else other``; without ``else`` it is 0."""

    condition: Node
    then: Node
    other: Node | None
    column: int


@dataclass(frozen=True, eq=False)
class FormulaCall:
    """A function and its arguments, all of which have names, or none has one."""

    name: str
    arguments: tuple[tuple[str, Node], ...]
    column: int


Node = (
    FormulaNumber
    | FormulaText
    | FormulaName
    | FormulaMinus
    | FormulaBinary
    | FormulaChoice
    | FormulaCall
)


def children(node: Node) -> tuple[Node, ...]:
    """The parts right below ``node``."""
    match node:
        case FormulaMinus(operand):
            return (operand,)
        case FormulaBinary(_, left, right):
            return left, right
        case FormulaChoice(condition, then, other):
            return (condition, then) if other is None else (condition, then, other)
        case FormulaCall(_, arguments):
            return tuple(argument for _, argument in arguments)
    return ()


def parts(node: Node) -> Iterator[Node]:
    """``node`` and all below it."""
    todo = [node]
    while todo:
        here = todo.pop()
        yield here
        todo += children(here)


def names_in(node: Node) -> set[str]:
    """Every name that ``node`` reads; functions are not among them."""
    return {part.name for part in parts(node) if isinstance(part, FormulaName)}


def calls_in(node: Node) -> set[str]:
    """Every function that ``node`` calls."""
    return {part.name for part in parts(node) if isinstance(part, FormulaCall)}


MAX_TOKENS = 600
MAX_DEPTH = 150

_RANKS = (
    frozenset("*/%:^"),
    frozenset("+-"),
    frozenset((">", ">=", "<", "<=", "==", "!=", "&&", "||")),
    frozenset(("and", "or")),
)
Ends = dict[int, Node]
"""Where a part may end, behind its last token, and what it then is."""


def parse(text: str) -> Node:
    """The tree of a formula. Raises `BadValue` with the column of what cannot be read."""
    found = tokens(text)
    if not found:
        raise BadValue("the formula is empty", hint="L runs straight from key to key")
    if len(found) > MAX_TOKENS:
        raise BadValue(f"the formula has more than {MAX_TOKENS} parts", column=1)
    chart = _Chart(found)
    tree = chart.ends[0].get(len(found))
    if tree is None:
        raise chart.mistake()
    _check_depth(tree)
    return tree


def _check_depth(tree: Node) -> None:
    level, depth = [tree], 0
    while level:
        level, depth = [child for node in level for child in children(node)], depth + 1
    if depth > MAX_DEPTH:
        raise BadValue(f"the formula nests more than {MAX_DEPTH} deep", column=1)


class _Chart:
    """All parts of a formula. ``ends[n]`` are the expressions that begin at token n."""

    def __init__(self, found: list[FormulaToken]) -> None:
        self.tokens = [*found, FormulaToken("", "", found[-1].column + len(found[-1].text))]
        self.closing = _closing(self.tokens)
        count = len(self.tokens)
        self.signed: list[Ends] = [{} for _ in range(count)]
        self.ranks: list[list[Ends]] = [[{} for _ in range(count)] for _ in _RANKS]
        self.ends = self.ranks[-1]
        for place in reversed(range(len(found))):
            self._fill(place)

    def _fill(self, place: int) -> None:
        token = self.tokens[place]
        self.signed[place] = ends = dict(self._operand(place))
        if token.kind == "-":
            ends |= {
                end: FormulaMinus(node, token.column)
                for end, node in self._operand(place + 1).items()
            }
        for rank, signs in enumerate(_RANKS):
            self.ranks[rank][place] = ends = self._chain(ends, rank, signs)

    def _chain(self, operands: Ends, rank: int, signs: frozenset[str]) -> Ends:
        """The operands alone, and with a sign and what follows it, the shortest operand first."""
        found: Ends = {}
        for end in sorted(operands):
            found.setdefault(end, operands[end])
            sign = self.tokens[end]
            if sign.kind in signs:
                for stop, right in self.ranks[rank][end + 1].items():
                    made = FormulaBinary(sign.kind, operands[end], right, sign.column)
                    found.setdefault(stop, made)
        return found

    def _operand(self, place: int) -> Ends:
        token = self.tokens[place]
        match token.kind:
            case "number":
                unit = token.text[-1] if token.text[-1] in "fsb" else ""
                value = float(token.text.removesuffix(unit))
                return {place + 1: FormulaNumber(value, unit, token.column)}
            case "text":
                return {place + 1: FormulaText(token.said, token.column)}
            case "true" | "false":
                return {place + 1: FormulaNumber(float(token.kind == "true"), "", token.column)}
            case "name":
                return self._named(place)
            case "if":
                return self._choice(place)
            case "(":
                stop = self.closing.get(place, 0)
                inner = self.ends[place + 1].get(stop)
                return {} if inner is None else {stop + 1: inner}
        return {}

    def _named(self, place: int) -> Ends:
        token = self.tokens[place]
        ends: Ends = {place + 1: FormulaName(token.text, token.column)}
        stop = self.closing.get(place + 1)
        if stop is not None:
            arguments = self._arguments(place + 2, stop)
            if arguments is not None:
                ends[stop + 1] = FormulaCall(token.text, arguments, token.column)
        return ends

    def _arguments(self, start: int, stop: int) -> tuple[tuple[str, Node], ...] | None:
        """Names ("" where there is none) and values, or None where they cannot be read."""
        found = []
        for first, last in self._spans(start, stop):
            named = self._has_name(first)
            node = self.ends[first + 2 if named else first].get(last)
            if node is None:
                return None
            found.append((self.tokens[first].text if named else "", node))
        mixed = len({bool(name) for name, _ in found}) > 1
        return None if mixed else tuple(found)

    def _has_name(self, place: int) -> bool:
        return self.tokens[place].kind == "name" and self.tokens[place + 1].kind == "="

    def _spans(self, start: int, stop: int) -> list[tuple[int, int]]:
        """First token and end of every argument between two brackets."""
        if start == stop:
            return []
        commas, place = [], start
        while place < stop:
            if self.tokens[place].kind == ",":
                commas.append(place)
            place = self.closing.get(place, place) + 1
        return list(zip([start, *(c + 1 for c in commas)], [*commas, stop], strict=True))

    def _choice(self, place: int) -> Ends:
        """Every way to read an ``if``; the one with an ``else`` counts where both end alike."""
        found: Ends = {}
        column = self.tokens[place].column
        for then_at, condition in sorted(self.ends[place + 1].items()):
            for end, then in sorted(self.ends[then_at].items()):
                found.setdefault(end, FormulaChoice(condition, then, None, column))
                if self.tokens[end].kind == "else":
                    for stop, other in sorted(self.ends[end + 1].items()):
                        found.setdefault(stop, FormulaChoice(condition, then, other, column))
        return found

    def mistake(self) -> BadValue:
        """Return the error of a formula that cannot be read, where the reading stops."""
        for place, token in enumerate(self.tokens):
            if token.kind == "(" and place not in self.closing:
                return BadValue("this bracket is never closed", column=token.column)
        place = self._stop(0)
        token = self.tokens[place]
        if token.kind == "(" and any(self._has_name(n) for n in range(place, len(self.tokens))):
            hint = "saw(p=10, a=2) or saw(10, 0, 2)"
            message = "all arguments have names, or none has one"
            return BadValue(message, hint=hint, column=token.column)
        what = f"{token.text!r} is not expected here" if token.text else "something is missing"
        return BadValue(what, column=token.column)

    def _stop(self, start: int) -> int:
        """The token at which what begins at ``start`` cannot go on."""
        stop = max(self.ends[start], default=start)
        token, before = self.tokens[stop], self.tokens[stop - 1]
        if token.kind == "(" and (stop == start or before.kind == "name"):
            for first, last in self._spans(stop + 1, self.closing[stop]):
                inner = first + 2 if self._has_name(first) else first
                if last not in self.ends[inner]:
                    return self._stop(inner)
        again = stop + 1 if stop == start and token.kind in ("-", "if") else None
        known = any(token.kind in signs for signs in _RANKS)
        if again is None and stop > start and known:
            again = stop + 1
        return stop if again is None else self._stop(again)


def _closing(found: list[FormulaToken]) -> dict[int, int]:
    """The closing bracket of every opening one that has one."""
    pairs, opened = {}, []
    for place, token in enumerate(found):
        if token.kind == "(":
            opened.append(place)
        elif token.kind == ")" and opened:
            pairs[opened.pop()] = place
    return pairs
