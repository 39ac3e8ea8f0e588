"""Parse Parseq's formulas.

::

    parse("if (f>=5) 1 else 2/2") -> Node          raises BadValue with the column

Operators of one rank group from the right (10-5-2 is 10-(5-2)), ``:`` and ``^`` rank with ``*``,
``&&`` and ``||`` with comparisons, and a minus binds tighter than all of them. What stands behind
``else``, or behind the condition where there is no ``else``, is one operand: the ``/2`` above
halves the whole. The condition of an ``if`` needs no brackets; a ``-`` behind it belongs to it,
unless nothing would be left to choose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from storyboard.errors import BadValue

MAX_TEXT, MAX_TOKENS, MAX_DEPTH = 4000, 600, 150
KEYWORDS = frozenset(("if", "else", "and", "or", "true", "false"))

_TOKEN = re.compile(
    r"(?P<blank>[ \t\r\n]+|#[^\n]*)"
    r"|(?P<sign><=|>=|==|!=|&&|\|\||[<>(),=+\-*^/%:])"
    r'|(?P<text>"(?:[^\n\\"]|\\["\\ntbfr])*")'
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)[fsb]?(?![A-Za-z_0-9.]))"
    r"|(?P<name>[a-zA-Z_][a-zA-Z_0-9]*)"
)
_RANKS = {
    **dict.fromkeys(("or", "and"), 1),
    **dict.fromkeys((">", ">=", "<", "<=", "==", "!=", "&&", "||"), 2),
    **dict.fromkeys("+-", 3),
    **dict.fromkeys("*/%:^", 4),
}
_BEGINS = frozenset(("number", "text", "true", "false", "name", "if", "("))


@dataclass(frozen=True)
class FormulaToken:
    """``kind`` is ``number``, ``text`` or ``name``; signs and keywords are their own kind."""

    kind: str
    text: str
    column: int


@dataclass(frozen=True, eq=False)
class Node:
    """A part of a formula: ``kind`` and what it needs of ``text``, ``value``, ``parts``.

    ``number``: the value, and its unit (f, s, b) or none as text. ``text``, ``name``: the text.
    ``minus``: one part. ``binary``: the sign as text, two parts. ``if``: condition, value, and the
    other value where there is one. ``call``: the function's name as text, its arguments as parts,
    and in ``names`` what each is called, "" for all where none has a name.
    """

    kind: str
    column: int
    text: str = ""
    value: float = 0.0
    parts: tuple[Node, ...] = ()
    names: tuple[str, ...] = ()

    def walk(self) -> Iterator[Node]:
        """Yield the node and all nodes below it."""
        todo = [self]
        while todo:
            node = todo.pop()
            yield node
            todo += node.parts

    def found(self, kind: str) -> set[str]:
        """Return the texts of all nodes of ``kind`` (``name``, ``call``)."""
        return {node.text for node in self.walk() if node.kind == kind}


def tokens(text: str) -> list[FormulaToken]:
    """Split a formula, without blanks and comments. Raises `BadValue` with the column."""
    if len(text) > MAX_TEXT:
        raise BadValue(f"the formula has more than {MAX_TEXT} characters", column=1)
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            bad = re.match(r"[A-Za-z_0-9.]+|\"[^\n]*|.", text[place:])
            raise BadValue(f"{bad and bad[0]!r} cannot be read", column=place + 1)
        kind, word = str(match.lastgroup), match[0]
        if kind != "blank":
            own = kind == "sign" or word in KEYWORDS
            found.append(FormulaToken(word if own else kind, word, place + 1))
        place = match.end()
    return found


def parse(text: str) -> Node:
    """Return the tree of a formula. Raises `BadValue` with the column of what cannot be read."""
    found = tokens(text)
    if not found:
        raise BadValue("the formula is empty", hint="L runs straight from key to key")
    if len(found) > MAX_TOKENS:
        raise BadValue(f"the formula has more than {MAX_TOKENS} parts", column=1)
    end = found[-1].column + len(found[-1].text)
    parser = _Parser([*found, FormulaToken("", "", end)])
    tree = parser.expression()
    if parser.token.kind:
        raise parser.unexpected()
    return tree


class _Parser:
    """Precedence climbing; operands are remembered, since an ``if`` may read them twice."""

    def __init__(self, found: list[FormulaToken]) -> None:
        self.tokens, self.place, self.depth = found, 0, 0
        self.operands: dict[int, tuple[Node, int]] = {}

    @property
    def token(self) -> FormulaToken:
        return self.tokens[self.place]

    def take(self) -> FormulaToken:
        self.place += 1
        return self.tokens[self.place - 1]

    def skip(self, kind: str) -> bool:
        """Take the next token if it is of ``kind``."""
        self.place += (same := self.token.kind == kind)
        return same

    def unexpected(self) -> BadValue:
        text = self.token.text
        what = f"{text!r} is not expected here" if text else "something is missing"
        return BadValue(what, column=self.token.column)

    def close(self, opening: FormulaToken) -> None:
        """Take the bracket that closes ``opening``. Raises `BadValue`."""
        if not self.token.kind:
            raise BadValue("this bracket is never closed", column=opening.column)
        if not self.skip(")"):
            raise self.unexpected()

    def expression(self, least: int = 1, *, minus: bool = True) -> Node:
        """Read operands and signs that rank as ``least`` or higher, ``-`` only with ``minus``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise BadValue(f"the formula nests more than {MAX_DEPTH} deep", column=1)
        left = self.signed()
        while (rank := _RANKS.get(self.token.kind, 0)) >= least:
            if self.token.kind == "-" and not minus:
                break
            sign = self.take()
            right = self.expression(rank, minus=minus)
            left = Node("binary", sign.column, sign.text, parts=(left, right))
        self.depth -= 1
        return left

    def signed(self) -> Node:
        if self.token.kind == "-":
            return Node("minus", self.take().column, parts=(self.operand(),))
        return self.operand()

    def operand(self) -> Node:
        start = self.place
        if start not in self.operands:
            node = self.new_operand()
            self.operands[start] = node, self.place
        node, self.place = self.operands[start]
        return node

    def new_operand(self) -> Node:
        if self.token.kind not in _BEGINS:
            raise self.unexpected()
        token = self.take()
        match token.kind:
            case "number":
                unit = token.text[-1] if token.text[-1] in "fsb" else ""
                return Node("number", token.column, unit, float(token.text.removesuffix(unit)))
            case "text":
                return Node("text", token.column, json.loads(token.text))
            case "true" | "false":
                return Node("number", token.column, value=float(token.kind == "true"))
            case "if":
                return self.choice(token)
            case "(":
                inner = self.expression()
                self.close(token)
                return inner
        if self.token.kind != "(":
            return Node("name", token.column, token.text)
        names, parts = self.arguments(self.take())
        return Node("call", token.column, token.text, parts=parts, names=names)

    def arguments(self, opening: FormulaToken) -> tuple[tuple[str, ...], tuple[Node, ...]]:
        """Read arguments up to the closing bracket: their names ("" for none) and trees."""
        names, parts = [], []
        more = not self.skip(")")
        while more:
            named = self.token.kind == "name" and self.tokens[self.place + 1].kind == "="
            names.append(self.token.text if named else "")
            self.place += 2 if named else 0
            parts.append(self.expression())
            more = self.skip(",")
            if not more:
                self.close(opening)
        if len(set(map(bool, names))) > 1:
            message = "all arguments have names, or none has one"
            hint = "saw(p=10, a=2) or saw(10, 0, 2)"
            raise BadValue(message, hint=hint, column=opening.column)
        return tuple(names), tuple(parts)

    def choice(self, token: FormulaToken) -> Node:
        start = self.place
        condition = self.expression()
        if self.token.kind not in _BEGINS:
            self.place = start
            condition = self.expression(minus=False)
        start = self.place
        then = self.expression()
        if self.skip("else"):
            return Node("if", token.column, parts=(condition, then, self.signed()))
        self.place = start
        return Node("if", token.column, parts=(condition, self.signed()))
