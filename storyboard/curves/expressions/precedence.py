"""Operators and what they bind: the part of the parser that knows precedence.

Precedence climbing (Richards and Whitby-Strevens, BCPL, 1979).
"""

from __future__ import annotations

from abc import abstractmethod

from storyboard.curves.expressions.calls import Call
from storyboard.curves.expressions.errors import ExpressionError
from storyboard.curves.expressions.operators import PREFIXES
from storyboard.curves.expressions.stream import Stream
from storyboard.curves.expressions.tree import Chain, Choice, Comparison, Logic, Node, Step

_SIGN_LEVEL = 6
_LEVELS: dict[str, int] = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), 3),
    **dict.fromkeys("+-", 4),
    **dict.fromkeys(("*", "/", "//", "%"), 5),
    "**": 7,
}
_GROUPS: dict[int, type[Logic | Comparison | Chain]] = {1: Logic, 2: Logic, 3: Comparison}


class Precedence(Stream):
    """Reads operators; what stands between them is for `atom`."""

    @abstractmethod
    def atom(self) -> Node:
        """A number, a name, a call, or an expression in brackets."""

    def choice(self) -> Node:
        """One value, or one of two: what an argument or a pair of brackets holds."""
        self.deeper()
        tree = self.climb(1)
        if self.accept("if"):
            condition = self.climb(1)
            self.expect("else", "after the condition: a if condition else b")
            tree = Choice(tree, condition, self.choice())
        self.depth -= 1
        return tree

    def climb(self, least: int) -> Node:
        """Operands joined by operators of at least that level."""
        left = self.prefixed(least)
        while (level := self.level()) >= least:
            steps = []
            while self.level() == level:
                sign = self.next()
                operand = self.under() if sign.text == "**" else self.climb(level + 1)
                steps.append(Step(sign.column, sign.text, operand))
            left = _GROUPS.get(level, Chain)(left, tuple(steps))
        return left

    def level(self) -> int:
        """How tightly the next token binds, where it is an operator; else 0."""
        return _LEVELS.get(self.token.text, 0) if self.token.kind == "sign" else 0

    def under(self, level: int = _SIGN_LEVEL) -> Node:
        """The operand of a sign or a power, one level deeper."""
        self.deeper()
        operand = self.climb(level)
        self.depth -= 1
        return operand

    def prefixed(self, least: int) -> Node:
        """An atom, or one with a sign before it."""
        token = self.token
        if token.kind != "sign" or token.text not in PREFIXES:
            return self.atom()
        if token.text == "not" and least > _LEVELS["=="]:
            hint = "write (not x)"
            raise ExpressionError("'not' needs brackets here", column=token.column, hint=hint)
        self.next()
        operand = self.under(_LEVELS["=="] if token.text == "not" else _SIGN_LEVEL)
        return Call(token.column, token.text, PREFIXES[token.text], (operand,))
