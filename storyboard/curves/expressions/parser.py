"""The second step of reading an expression: its tokens to a tree.

Precedence climbing (Richards and Whitby-Strevens, BCPL, 1979). What a story defines is written out
where it is used, so a tree needs nothing else to be evaluated; `Context` bounds how large it gets.
Arguments of a call are read by place, then by name, and checked against the signature.

"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from storyboard.curves.expressions.errors import (
    CycleError,
    ExpressionError,
    ReportedElsewhere,
    TooMuchError,
)
from storyboard.curves.expressions.functions import (
    Call,
    Function,
    Functional,
    Inlined,
    Keyed,
    Parameter,
)
from storyboard.curves.expressions.library import FUNCTIONS, unknown
from storyboard.curves.expressions.nodes import (
    PREFIXES,
    Chain,
    Choice,
    Comparison,
    Expression,
    Length,
    Logic,
    Node,
    Number,
    OperatorStep,
    Variable,
    names_in,
    walk,
)
from storyboard.curves.expressions.scope import CONSTANTS, Definition
from storyboard.curves.expressions.tokens import MAX_TEXT, Context, Stream, Token, tokens_of
from storyboard.curves.keys import Curve, plain_number, read_key, read_keys
from storyboard.errors import BadValue, did_you_mean
from storyboard.times import UNITS


@dataclass(frozen=True)
class Callee:
    """Target of a call: a function of the language or of the story. ``events`` are the parameters
    that take an event, ``more`` is True if any number of arguments may follow.
    """

    name: str
    signature: str
    parameters: Sequence[Parameter]
    events: Sequence[str] = ()
    more: bool = False
    ways: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


class Arguments:
    """Reads the arguments of one call, behind its opening bracket."""

    def __init__(self, reader: Parser, callee: Callee, column: int) -> None:
        self.reader, self.callee, self.column = reader, callee, column
        self.named: dict[str, Node] = {}
        self.placed: list[Node] = []

    def read(self) -> tuple[list[Node | None], list[Node]]:
        """Return the argument of every parameter, None where it was left out, and those of
        ``...``.
        """
        while not self.reader.accept(")"):
            if self.placed or self.named:
                self.reader.expect(",", f"or ')' in {self.callee.signature}")
            self._one()
        known = len(self.callee.parameters)
        if len(self.placed) > known and not self.callee.more:
            raise self._wrong_number()
        names = [parameter.name for parameter in self.callee.parameters]
        given = dict(zip(names, self.placed, strict=False)) | self.named
        if any(p.needed and p.name not in given for p in self.callee.parameters):
            raise self._wrong_number()
        self._check_ways(set(given))
        return [given.get(name) for name in names], self.placed[known:]

    def _one(self) -> None:
        token, names = self.reader.token, [p.name for p in self.callee.parameters]
        if token.kind != "name" or self.reader.peek().text != "=":
            if self.named:
                message = "an argument without a name follows one with a name"
                raise self._error(message, token)
            place = len(self.placed)
            event = place < len(names) and names[place] in self.callee.events
            self.placed.append(self.reader.argument(event=event))
            return
        if token.text not in names:
            hint = did_you_mean(token.text, names) or f"write {self.callee.signature}"
            message = f"{self.callee.name} has no argument {token.text!r}"
            raise ExpressionError(message, column=token.column, hint=hint)
        if token.text in self.named or token.text in names[: len(self.placed)]:
            raise self._error(f"{self.callee.name} is given {token.text!r} twice", token)
        self.reader.next()
        self.reader.next()
        self.named[token.text] = self.reader.argument(event=token.text in self.callee.events)

    def _check_ways(self, given: set[str]) -> None:
        one, other = (sorted(given & set(way)) for way in self.callee.ways)
        if one and other:
            message = f"pass either {one[0]} or {other[0]}, not both"
            raise ExpressionError(message, column=self.column, hint="leave one out")

    def _wrong_number(self) -> ExpressionError:
        count = len(self.placed) + len(self.named)
        message = f"{self.callee.name} takes other arguments than these {count}"
        hint = f"write {self.callee.signature}"
        return ExpressionError(message, column=self.column, hint=hint)

    def _error(self, message: str, token: Token) -> ExpressionError:
        hint = f"write {self.callee.signature}"
        return ExpressionError(message, column=token.column, hint=hint)


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
        """Return a number, a name, a call, or an expression in brackets."""

    def choice(self) -> Node:
        """Return one value, or one of two: what an argument or a pair of brackets holds."""
        self.deeper()
        tree = self.climb(1)
        if self.accept("if"):
            condition = self.climb(1)
            self.expect("else", "after the condition: a if condition else b")
            tree = Choice(tree, condition, self.choice())
        self.depth -= 1
        return tree

    def climb(self, least: int) -> Node:
        """Return operands joined by operators of at least that level."""
        left = self.prefixed(least)
        while (level := self.level()) >= least:
            steps = []
            while self.level() == level:
                sign = self.next()
                operand = self.under() if sign.text == "**" else self.climb(level + 1)
                steps.append(OperatorStep(sign.column, sign.text, operand))
            left = _GROUPS.get(level, Chain)(left, tuple(steps))
        return left

    def level(self) -> int:
        """Return the precedence of the next token if it is an operator, else 0."""
        return _LEVELS.get(self.token.text, 0) if self.token.kind == "sign" else 0

    def under(self, level: int = _SIGN_LEVEL) -> Node:
        """Return the operand of a sign or a power, one level deeper."""
        self.deeper()
        operand = self.climb(level)
        self.depth -= 1
        return operand

    def prefixed(self, least: int) -> Node:
        """Return an atom, or one with a sign before it."""
        token = self.token
        if token.kind != "sign" or token.text not in PREFIXES:
            return self.atom()
        if token.text == "not" and least > _LEVELS["=="]:
            hint = "write (not x)"
            raise ExpressionError("'not' needs brackets here", column=token.column, hint=hint)
        self.next()
        operand = self.under(_LEVELS["=="] if token.text == "not" else _SIGN_LEVEL)
        return Call(token.column, token.text, PREFIXES[token.text], (operand,))


_TEXTS = {"keys": 'keys("0:0, 2s:1")', "easing": 'ease("bounce-out", u)'}


def parse(text: str, context: Context) -> Node:
    """Return the tree of ``text``. Raises `ExpressionError` with column and hint."""
    if len(text) > MAX_TEXT:
        message = f"the expression has {len(text)} characters, more than {MAX_TEXT}"
        raise TooMuchError(message, column=1)
    return Parser(tokens_of(text), context, {}).whole()


def parse_body(
    one: Definition,
    context: Context,
    bindings: Mapping[str, Node],
    *,
    column: int | None = None,
) -> Node:
    """Return the tree of a definition, with ``bindings`` in place of its parameters.

    Where it is written out at a ``column`` of another text, all its nodes get that column.
    """
    body = one.body
    if isinstance(body, Mapping):
        parser = Parser([], context, bindings)
        return keyed(read_keys(body, parser.key_value, ease="linear"), column or 1)
    if not isinstance(body, str):
        return Number(column or 1, plain_number(body))
    if len(body) > MAX_TEXT:
        raise TooMuchError(f"the expression has more than {MAX_TEXT} characters", column=1)
    tokens = tokens_of(body)
    if column is not None:
        tokens = [token._replace(column=column) for token in tokens]
    return Parser(tokens, context, bindings).whole()


def keyed(curve: Curve, column: int) -> Keyed:
    """Return the node of a curve."""
    trees = (key.value.tree for key in curve.keys if isinstance(key.value, Expression))
    return Keyed(column, curve, tuple(trees))


class Parser(Precedence):
    """One text. ``bindings`` are the arguments of the definition whose body it is."""

    def __init__(self, tokens: list[Token], context: Context, bindings: Mapping[str, Node]) -> None:
        super().__init__(tokens, context.depth)
        self.context, self.bindings, self.words = context, bindings, context.words

    def whole(self) -> Node:
        """Return all of the text."""
        tree = self.choice()
        if self.token.kind == "end":
            return tree
        raise self.trailing() or self.unexpected()

    def atom(self) -> Node:
        """Return a number, a name, a call, or an expression in brackets."""
        if self.accept("("):
            tree = self.choice()
            self.expect(")", "to close the bracket")
            return tree
        token = self.next()
        self.context.count(1, token.column)
        if token.kind == "number":
            return self.number(token)
        if token.kind == "name":
            return self.call(token) if self.accept("(") else self.name(token)
        if token.kind == "text":
            hint = 'only keys("0:0, 2s:1") and ease("bounce-out", u) take one'
            raise ExpressionError("a text is not a number", column=token.column, hint=hint)
        what = f"before {token.text!r}" if token.text else "at the end"
        raise ExpressionError(f"a value is missing {what}", column=token.column)

    def number(self, token: Token) -> Node:
        """Return a number, with the unit behind it where there is one."""
        number = float(token.text)
        if not math.isfinite(number):
            raise ExpressionError(f"{token.text[:20]} is too large", column=token.column)
        if self.token.kind != "name" or self.token.text not in UNITS:
            return Number(token.column, number)
        unit, factor = UNITS[self.next().text]
        return Length(token.column, Fraction(token.text) * factor, unit)

    def name(self, token: Token) -> Node:
        """Return the node for a name."""
        name, words = token.text, self.words
        if name in self.bindings:
            self.context.count(len(list(walk(self.bindings[name]))), token.column)
            return self.bindings[name]
        if name in words.defined and words.defined[name].parameters is None:
            return self.written_out(token, words.defined[name], {})
        if name in words.names:
            return Variable(token.column, name)
        if name in CONSTANTS:
            return Number(token.column, CONSTANTS[name])
        if name in FUNCTIONS or name in words.defined:
            called = words.defined[name] if name in words.defined else FUNCTIONS[name]
            hint = f"write {called.signature}"
            raise ExpressionError(f"{name} is a function", column=token.column, hint=hint)
        if name in words.events:
            hint = f"write since({name}), until({name}) or count({name})"
            message = f"{name!r} is a moment, not a number"
            raise ExpressionError(message, column=token.column, hint=hint)
        known = [*words.names, *CONSTANTS, *words.defined, *words.events, *self.bindings]
        raise unknown("name", token, known)

    def call(self, token: Token) -> Node:
        """Return a call, behind its opening bracket."""
        name, words = token.text, self.words
        one = words.defined.get(name)
        if one is not None and one.parameters is not None:
            parameters = [Parameter(text) for text in one.parameters]
            callee = Callee(name, one.signature, parameters, events=one.parameters)
            given, _ = Arguments(self, callee, token.column).read()
            bindings = {p: node for p, node in zip(one.parameters, given, strict=True) if node}
            return self.written_out(token, one, bindings)
        if name in FUNCTIONS:
            return self.function(token, FUNCTIONS[name])
        if name in (*self.bindings, *words.names, *words.defined, *CONSTANTS):
            hint = f"to multiply, write {name} * (...)"
            raise ExpressionError(f"{name} is not callable", column=token.column, hint=hint)
        known = [*FUNCTIONS, *(one.name for one in words.defined.values() if one.parameters)]
        raise unknown("function", token, known)

    def function(self, token: Token, function: Function) -> Node:
        """Return the call of a built-in function."""
        parameters, apply = function.parameters, function.apply
        if function.text is not None:
            text = self.text(function)
            if function.text == "keys":
                self.expect(")", "behind the keys")
                return self.keys(text, function)
            apply, parameters = self.of_text(text, function), parameters[1:]
            self.expect(",", f"in {function.signature}")
        callee = Callee(
            name=function.name,
            signature=function.signature,
            parameters=parameters,
            events=function.events,
            more=function.more,
            ways=function.ways,
        )
        given, more = Arguments(self, callee, token.column).read()
        filled = [
            Number(token.column, parameter.default)
            if one is None and parameter.default is not None
            else one
            for one, parameter in zip(given, parameters, strict=True)
        ]
        if function.over_time:
            return Functional(token.column, token.text, apply, tuple(filled), function.reads)
        values = tuple(one for one in (*filled, *more) if one is not None)
        return Call(token.column, token.text, apply, values, function.reads)

    def argument(self, *, event: bool) -> Node:
        """Return one argument; the name of an event is one where an ``event`` is expected."""
        token, after = self.token, self.peek().text
        is_event = token.text in self.words.events and token.text not in self.bindings
        if event and is_event and after in (",", ")"):
            self.next()
            return Variable(token.column, token.text)
        return self.choice()

    def text(self, function: Function) -> Token:
        """Return the text that is the function's first argument."""
        token = self.next()
        if token.kind != "text":
            hint = f"write {_TEXTS[function.text or 'keys']}"
            message = f"{function.name} takes a text in quotes first"
            raise ExpressionError(message, column=token.column, hint=hint)
        return token

    def of_text(self, token: Token, function: Function) -> Any:
        """Return the node that the function makes of a text; errors are located within the
        quotes.
        """
        try:
            return function.apply(token.text[1:-1])
        except BadValue as error:
            column = token.column + (error.column or 1)
            raise ExpressionError(error.message, hint=error.hint, column=column) from None

    def keys(self, token: Token, function: Function) -> Node:
        """Return the curve of keys in a text. Their values are expressions of their own."""
        keys, column = [], token.column
        for one in self.of_text(token, function):
            try:
                keys.append(read_key(one.time, one.written, self.key_value))
            except BadValue as error:
                place = one.place + 1 if error.column is None else one.value_place + error.column
                column += 0 if self.context.written_out else place
                raise ExpressionError(error.message, hint=error.hint, column=column) from None
        return keyed(Curve(tuple(keys)), column)

    def key_value(self, written: Any) -> float | Expression:
        """Return the value of one key."""
        if not isinstance(written, str):
            return plain_number(written)
        context = replace(self.context, depth=self.depth)
        tree = Parser(tokens_of(written), context, self.bindings).whole()
        return Expression(written, tree, names_in(tree))

    def written_out(self, token: Token, one: Definition, bindings: Mapping[str, Node]) -> Node:
        """Return the node of a definition. An invalid one is reported where it is defined."""
        stack, column = self.context.stack, token.column
        inner = replace(self.context, stack=(*stack, one.name), written_out=True, depth=self.depth)
        try:
            if one.name in stack:
                way = inner.stack[stack.index(one.name) :]
                raise CycleError(one.name, way, column=column)
            return Inlined(column, one.name, parse_body(one, inner, bindings, column=column))
        except TooMuchError:
            raise
        except BadValue as error:
            if isinstance(error, CycleError) and error.name in stack[:1]:
                raise
            if stack and not self.context.written_out:
                return Number(column, 1.0)
            raise ReportedElsewhere(f"{one.name} cannot be read", column=column) from None
