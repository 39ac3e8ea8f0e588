"""The expression language: text to a whitelisted tree, evaluated for all frames at once.

::

    compile_expression(text, names) -> Expression      raises ExpressionError
    Expression.evaluate(env, count) -> Floats          one value per instant, all finite
    Expression.names_used                              the names that env has to hold
    FUNCTIONS[name].signature, .doc                    what may be called
    TIME_NAMES, CONSTANTS                              what may be read: name -> one line

Precedence is Python's: ``if else``, ``or``, ``and``, ``not``, comparisons, ``+ -``, ``* / // %``,
signs, ``**``. There is no attribute, index, text, assignment or loop, and nothing here calls
``eval``. All arithmetic is float64, so no expression takes long: length and depth are bounded.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from storyboard.errors import did_you_mean
from storyboard.timeline.functions import (
    CONSTANTS,
    ELSEWHERE,
    FUNCTIONS,
    PREFIXES,
    TIME_NAMES,
    Function,
)
from storyboard.timeline.plan import Floats
from storyboard.timeline.tokens import ADVICE, Token, tokens_of
from storyboard.timeline.tree import (
    Call,
    Chain,
    Choice,
    Comparison,
    ExpressionError,
    Logic,
    Moments,
    Node,
    Number,
    Step,
    Variable,
)

__all__ = [
    "CONSTANTS",
    "FUNCTIONS",
    "TIME_NAMES",
    "Expression",
    "ExpressionError",
    "compile_expression",
]

MAX_TEXT = 2000
"""The longest expression, in characters."""

MAX_DEPTH = 32
"""How deep brackets, signs, powers and else-branches may nest."""

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


@dataclass(frozen=True)
class Expression:
    """A compiled expression. ``names_used`` are the names whose values `evaluate` needs."""

    text: str
    tree: Node
    names_used: frozenset[str]

    def evaluate(self, env: Mapping[str, Floats | float], count: int) -> Floats:
        """The value at each of ``count`` instants, as float64 of shape (count,), all finite.

        ``env`` has a number, or an array of shape (count,), for each of ``names_used``. Raises
        `ExpressionError` that tells the first instant where some part is not finite, from ``t``
        and ``f`` of ``env`` where it has them.
        """
        return self.tree.value(Moments(env, np.arange(count)))


def compile_expression(text: str, names: Collection[str] = TIME_NAMES.keys()) -> Expression:
    """Compile ``text``, which may read ``names`` beside the constants.

    Raises `ExpressionError` with column and hint. A text without names is evaluated once here, so
    that ``9**9**9`` is an error at once.
    """
    if len(text) > MAX_TEXT:
        message = f"the expression has {len(text)} characters, more than {MAX_TEXT}"
        raise ExpressionError(message, column=1)
    parser = _Parser(tokens_of(text), names)
    tree = parser.whole()
    expression = Expression(text, tree, frozenset(parser.used))
    if not expression.names_used:
        expression.evaluate({}, 1)
    return expression


class _Parser:
    """Precedence climbing (Richards and Whitby-Strevens, BCPL, 1979) over a list of tokens."""

    def __init__(self, tokens: list[Token], names: Collection[str]) -> None:
        self.tokens, self.names, self.used = tokens, names, set[str]()
        self.place = self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def next(self) -> Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def accept(self, text: str) -> bool:
        found = self.token.kind == "sign" and self.token.text == text
        self.place += found
        return found

    def expect(self, text: str, why: str) -> None:
        if self.accept(text):
            return
        if self.token.text == "=":
            raise self.unexpected()
        message = f"expected {text!r} {why}"
        raise self.trailing() or ExpressionError(message, column=self.token.column)

    def whole(self) -> Node:
        tree = self.choice()
        if self.token.kind == "end":
            return tree
        raise self.trailing() or self.unexpected()

    def unexpected(self) -> ExpressionError:
        token = self.token
        hint = ADVICE.get(token.text)
        return ExpressionError(f"unexpected {token.text!r}", column=token.column, hint=hint)

    def trailing(self) -> ExpressionError | None:
        """The complaint about a value that follows another one without an operator."""
        before, token = self.tokens[self.place - 1], self.token
        if token.kind not in ("number", "name") and token.text != "(":
            return None
        factor = "..." if before.kind == "sign" else before.text
        hint = f"to multiply, write {factor} * {token.text}"
        if before.kind == "number" and token.text in ("s", "ms", "f", "b", "frames", "beats"):
            hint = "numbers have no units here: t and shot_t count seconds, b beats, f frames"
        message = f"an operator is missing before {token.text!r}"
        return ExpressionError(message, column=token.column, hint=hint)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = f"the expression nests deeper than {MAX_DEPTH} levels"
            raise ExpressionError(message, column=self.token.column)

    def choice(self) -> Node:
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
        while (level := _LEVELS.get(self.token.text, 0)) >= least:
            steps = []
            while _LEVELS.get(self.token.text) == level:
                sign = self.next()
                operand = self.under() if sign.text == "**" else self.climb(level + 1)
                steps.append(Step(sign.column, sign.text, operand))
            left = _GROUPS.get(level, Chain)(left, tuple(steps))
        return left

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

    def atom(self) -> Node:
        """A number, a name, a call, or an expression in brackets."""
        if self.accept("("):
            tree = self.choice()
            self.expect(")", "to close the bracket")
            return tree
        token = self.next()
        if token.kind == "number":
            return _number(token)
        if token.kind == "name":
            return self.call(token) if self.accept("(") else self.name(token)
        what = f"before {token.text!r}" if token.text else "at the end"
        raise ExpressionError(f"a value is missing {what}", column=token.column)

    def name(self, token: Token) -> Node:
        if token.text in self.names:
            self.used.add(token.text)
            return Variable(token.column, token.text)
        if token.text in CONSTANTS:
            return Number(token.column, CONSTANTS[token.text])
        if token.text in FUNCTIONS:
            hint = f"write {FUNCTIONS[token.text].signature}"
            raise ExpressionError(f"{token.text} is a function", column=token.column, hint=hint)
        raise self.unknown("name", token, [*self.names, *CONSTANTS])

    def call(self, token: Token) -> Node:
        if token.text not in FUNCTIONS:
            if token.text in self.names or token.text in CONSTANTS:
                hint = f"to multiply, write {token.text} * (...)"
                message = f"{token.text} is no function"
                raise ExpressionError(message, column=token.column, hint=hint)
            raise self.unknown("function", token, FUNCTIONS)
        function, arguments = FUNCTIONS[token.text], list[Node]()
        while not self.accept(")"):
            if arguments:
                self.expect(",", f"or ')' in {function.signature}")
            arguments.append(self.argument(function, len(arguments)))
        if not function.least <= len(arguments) <= (function.most or len(arguments)):
            message = f"{token.text} takes other arguments than these {len(arguments)}"
            raise ExpressionError(message, column=token.column, hint=f"write {function.signature}")
        return Call(token.column, token.text, function.apply, tuple(arguments))

    def argument(self, function: Function, place: int) -> Node:
        """One argument, with its name before it or without: ``noise(t, seed=3)``."""
        name = self.token
        if name.kind == "name" and self.tokens[self.place + 1].text == "=":
            if name.text not in [p.partition("=")[0] for p in function.parameters[place:][:1]]:
                message = f"{function.name} takes no {name.text!r} here"
                hint = f"write {function.signature}"
                raise ExpressionError(message, column=name.column, hint=hint)
            self.place += 2
        return self.choice()

    def unknown(self, kind: str, token: Token, known: Collection[str]) -> ExpressionError:
        prefix, _, last = token.text.rpartition(".")
        hint = ELSEWHERE.get(token.text.lower()) or did_you_mean(token.text, known)
        if prefix and last in FUNCTIONS:
            hint = f"functions need no prefix: write {last}"
        elif prefix in known:
            hint = "there is no attribute access"
        hint = hint or f"known: {', '.join(known)}"
        return ExpressionError(f"unknown {kind} {token.text!r}", column=token.column, hint=hint)


def _number(token: Token) -> Number:
    number = float(token.text)
    if not math.isfinite(number):
        raise ExpressionError(f"{token.text[:20]} is too large", column=token.column)
    return Number(token.column, number)
