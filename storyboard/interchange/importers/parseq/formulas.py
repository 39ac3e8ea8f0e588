"""Parse Parseq's formulas into the trees of `foreign`, which `functions` evaluates.

::

    parse("if (f>=5) 1 else 2/2") -> Node          raises BadValue with the column

Operators of one rank group from the right (10-5-2 is 10-(5-2)), ``:`` and ``^`` rank with ``*``,
``&&`` and ``||`` with comparisons, and a minus binds tighter than all of them. What stands behind
``else``, or behind the condition where there is no ``else``, is one operand: the ``/2`` above
halves the whole. The condition of an ``if`` needs no brackets; a ``-`` behind it belongs to it,
unless nothing would be left to choose.

In a tree, calls have all their arguments, ``4b`` is ``4*@beat``, a text is a name with its opening
quote, and a condition is a comparison: what is above 0 holds.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from storyboard.errors import BadValue
from storyboard.interchange.importers.foreign import (
    Binary,
    ForeignCall,
    ForeignChoice,
    ForeignName,
    ForeignNumber,
    Node,
    Prefix,
)
from storyboard.interchange.importers.parseq.formula_values import FUNCTIONS

MAX_TEXT, MAX_TOKENS, MAX_DEPTH = 4000, 600, 150

_TOKEN = re.compile(
    r"(?P<blank>[ \t\r\n]+|#[^\n]*)"
    r"|(?P<sign><=|>=|==|!=|&&|\|\||[<>(),=+\-*^/%:]|(?:if|else|and|or)(?![A-Za-z_0-9]))"
    r'|(?P<text>"(?:[^\n\\"]|\\["\\ntbfr])*")'
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)[fsb]?(?![A-Za-z_0-9.]))"
    r"|(?P<name>[a-zA-Z_][a-zA-Z_0-9]*)|(?P<bad>[0-9.]\w*|\"[^\n]*|.)"
)
_RANKS = {
    **dict.fromkeys(("or", "and"), 1),
    **dict.fromkeys((">", ">=", "<", "<=", "==", "!=", "&&", "||"), 2),
    **dict.fromkeys("+-", 3),
    **dict.fromkeys("*/%:^", 4),
}
_LOGICAL = ("and", "or", "<", "<=", ">", ">=", "==", "!=")
_OURS = {"^": "**", "&&": "and", "||": "or"}
_UNITS = {"s": "fps", "b": "@beat"}


class _Token(NamedTuple):
    """``kind`` is ``number``, ``text`` or ``name``; signs and keywords are their own kind."""

    kind: str
    text: str
    column: int


def parse(text: str) -> Node:
    """Return the tree of a formula. Raises `BadValue` with the column of what cannot be read."""
    if len(text) > MAX_TEXT:
        raise BadValue(f"the formula has more than {MAX_TEXT} characters", column=1)
    found = [_Token(str(m.lastgroup), m[0], m.start() + 1) for m in _TOKEN.finditer(text)]
    found = [token for token in found if token.kind != "blank"]
    for token in found:
        if token.kind == "bad":
            raise BadValue(f"{token.text!r} cannot be read", column=token.column)
    if not found:
        raise BadValue("the formula is empty", hint="L runs straight from key to key")
    if len(found) > MAX_TOKENS:
        raise BadValue(f"the formula has more than {MAX_TOKENS} parts", column=1)
    end = _Token("", "", found[-1].column + len(found[-1].text))
    parser = _Parser([t._replace(kind=t.text) if t.kind == "sign" else t for t in [*found, end]])
    tree = parser.expression()
    if parser.token.kind:
        raise parser.unexpected()
    return tree


class _Parser:
    """Precedence climbing; operands are remembered, since an ``if`` may read them twice."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens, self.place, self.depth = tokens, 0, 0
        self.operands: dict[int, tuple[Node, int]] = {}

    @property
    def token(self) -> _Token:
        return self.tokens[self.place]

    def take(self) -> _Token:
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

    def close(self, opening: _Token) -> None:
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
            sign = self.take().kind
            sign, right = _OURS.get(sign, sign), self.expression(rank, minus=minus)
            sides = (_true(left), _true(right)) if sign in ("and", "or") else (left, right)
            left = Binary(sign, *sides)
        self.depth -= 1
        return left

    def signed(self) -> Node:
        return Prefix("-", self.operand()) if self.skip("-") else self.operand()

    def operand(self) -> Node:
        start = self.place
        if start not in self.operands:
            node = self.new_operand()
            self.operands[start] = node, self.place
        node, self.place = self.operands[start]
        return node

    def new_operand(self) -> Node:
        if self.token.kind not in ("number", "text", "name", "if", "("):
            raise self.unexpected()
        token = self.take()
        match token.kind:
            case "number":
                number = ForeignNumber(float(token.text.rstrip("fsb")))
                unit = _UNITS.get(token.text[-1])
                return Binary("*", number, ForeignName(unit, 0)) if unit else number
            case "text":
                return ForeignName('"' + json.loads(token.text), token.column)
            case "if":
                return self.choice()
            case "(":
                inner = self.expression()
                self.close(token)
                return inner
        if token.text in ("true", "false"):
            return ForeignNumber(float(token.text == "true"))
        return self.call(token) if self.token.kind == "(" else ForeignName(token.text, token.column)

    def call(self, name: _Token) -> Node:
        """Read arguments, which all have names, or none has one."""
        opening, names, given = self.take(), [], []
        more = not self.skip(")")
        while more:
            named = self.token.kind == "name" and self.tokens[self.place + 1].kind == "="
            names.append(self.token.text if named else "")
            self.place += 2 if named else 0
            given.append(self.expression())
            more = self.skip(",")
            if not more:
                self.close(opening)
        if len(set(map(bool, names))) > 1:
            message = "all arguments have names, or none has one"
            hint = "saw(p=10, a=2) or saw(10, 0, 2)"
            raise BadValue(message, hint=hint, column=opening.column)
        call = ForeignCall(name.text, tuple(given), name.column)
        return FUNCTIONS[name.text].bind(call, names) if name.text in FUNCTIONS else call

    def choice(self) -> Node:
        start = self.place
        condition = self.expression()
        if self.token.kind not in ("number", "text", "name", "if", "("):
            self.place = start
            condition = self.expression(minus=False)
        start = self.place
        then = self.expression()
        if self.skip("else"):
            return ForeignChoice(_true(condition), then, self.signed())
        self.place = start
        return ForeignChoice(_true(condition), self.signed(), ForeignNumber(0.0))


def _true(node: Node) -> Node:
    """Return a condition: in the source, what is above 0 holds."""
    logical = isinstance(node, Binary) and node.sign in _LOGICAL
    return node if logical else Binary(">", node, ForeignNumber(0.0))
