"""Parse Parseq's formulas into the trees of `foreign`, which `formula_values` evaluates.

::

    parse("if (f>=5) 1 else 2/2") -> Node          raises BadValue with the column

Operators of one rank group from the right (10-5-2 is 10-(5-2)), ``:`` and ``^`` rank with ``*``,
``&&`` and ``||`` with comparisons, and a minus binds tighter than all of them. What stands behind
``else``, or behind the condition where there is no ``else``, is one operand: the ``/2`` above
halves the whole. The condition of an ``if`` needs no brackets; a ``-`` behind it belongs to it,
unless nothing would be left to choose.

In a tree, calls have all their arguments, ``4b`` is ``4*@beat``, and a condition is a comparison:
what is above 0 holds.
"""

from __future__ import annotations

import json
import re

from storyboard.errors import BadValue
from storyboard.interchange.importers.foreign import (
    Binary,
    ForeignCall,
    ForeignChoice,
    ForeignName,
    ForeignNumber,
    ForeignParser,
    ForeignText,
    ForeignToken,
    Node,
    Prefix,
    tokens,
)
from storyboard.interchange.importers.parseq.formula_values import FUNCTIONS

MAX_TEXT, MAX_TOKENS = 4000, 600

_TOKEN = re.compile(
    r"(?:[ \t\r\n]|#[^\n]*)*(?:(?P<sign><=|>=|==|!=|&&|\|\||[<>(),=+\-*^/%:])"
    r'|(?P<text>"(?:[^\n\\"]|\\["\\ntbfr])*")'
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)[fsb]?(?![A-Za-z_0-9.]))"
    r"|(?P<name>[a-zA-Z_][a-zA-Z_0-9]*)|(?P<end>\Z)|(?P<bad>[0-9.]\w*|\"[^\n]*|.))"
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


def parse(text: str) -> Node:
    """Return the tree of a formula. Raises `BadValue` with the column of what cannot be read."""
    if len(text) > MAX_TEXT:
        raise BadValue(f"the formula has more than {MAX_TEXT} characters", column=1)
    found = list(tokens(text, _TOKEN))
    if len(found) == 1:
        raise BadValue("the formula is empty", hint="L runs straight from key to key")
    if len(found) > MAX_TOKENS:
        raise BadValue(f"the formula has more than {MAX_TOKENS} parts", column=1)
    parser = _FormulaParser(found)
    tree = parser.choice()
    parser.expect_end()
    return tree


class _FormulaParser(ForeignParser):
    """Precedence climbing; operands are remembered, since an ``if`` may read them twice."""

    max_depth = 150

    def __init__(self, found: list[ForeignToken]) -> None:
        super().__init__(found)
        self.operands: dict[int, tuple[Node, int]] = {}

    def choice(self) -> Node:
        """Read a whole expression."""
        return self.ranked()

    def ranked(self, least: int = 1, *, minus: bool = True) -> Node:
        """Read operands and signs that rank as ``least`` or higher, ``-`` only with ``minus``."""
        self.deeper()
        left = self.prefix()
        while (rank := _RANKS.get(self.token.text, 0)) >= least:
            if self.token.text == "-" and not minus:
                break
            sign = self.take().text
            sign, right = _OURS.get(sign, sign), self.ranked(rank, minus=minus)
            sides = (_true(left), _true(right)) if sign in ("and", "or") else (left, right)
            left = Binary(sign, *sides)
        self.depth -= 1
        return left

    def prefix(self) -> Node:
        """Read an operand, with at most one minus before it."""
        return Prefix("-", self.operand()) if self.skip("-") else self.operand()

    def operand(self) -> Node:
        """Read a number, text, name, call, bracket or ``if``, each place of the text once."""
        start = self.place
        if start not in self.operands:
            self.operands[start] = self.new_operand(), self.place
        node, self.place = self.operands[start]
        return node

    def new_operand(self) -> Node:
        if not self.begins_operand():
            raise self.complaint("a value is missing")
        token = self.take()
        match token.kind, token.text:
            case "number", _:
                number = ForeignNumber(float(token.text.rstrip("fsb")))
                unit = _UNITS.get(token.text[-1])
                return Binary("*", number, ForeignName(unit, 0)) if unit else number
            case "text", _:
                return ForeignText(json.loads(token.text))
            case _, "if":
                return self.conditional()
            case "sign", _:
                inner = self.ranked()
                self.expect(")")
                return inner
            case _, "true" | "false":
                return ForeignNumber(float(token.text == "true"))
        return self.call(token) if self.skip("(") else ForeignName(token.text, token.column)

    def begins_operand(self) -> bool:
        token = self.token
        if token.kind == "name":
            return token.text not in ("else", "and", "or")
        return token.kind in ("number", "text") or token.text == "("

    def call(self, name: ForeignToken) -> Node:
        """Read arguments, which all have names, or none has one."""
        names, given = [], list[Node]()
        while not self.skip(")"):
            if given:
                self.expect(",")
            named = self.token.kind == "name" and self.tokens[self.place + 1].text == "="
            names.append(self.take().text if named else "")
            self.place += named
            given.append(self.ranked())
        if len(set(map(bool, names))) > 1:
            hint = "saw(p=10, a=2) or saw(10, 0, 2)"
            message = "arguments with and without names in one call"
            raise BadValue(message, hint=hint, column=name.column)
        call = ForeignCall(name.text, tuple(given), name.column)
        return FUNCTIONS[name.text].bind(call, names) if name.text in FUNCTIONS else call

    def conditional(self) -> Node:
        start = self.place
        condition = self.ranked()
        if not self.begins_operand():
            self.place = start
            condition = self.ranked(minus=False)
        start = self.place
        then = self.ranked()
        if self.skip("else"):
            return ForeignChoice(_true(condition), then, self.prefix())
        self.place = start
        return ForeignChoice(_true(condition), self.prefix(), ForeignNumber(0.0))


def _true(node: Node) -> Node:
    """Return a condition: in the source, what is above 0 holds."""
    logical = isinstance(node, Binary) and node.sign in _LOGICAL
    return node if logical else Binary(">", node, ForeignNumber(0.0))
