"""The arguments of a call: by place, then by name, each checked against the signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from storyboard.curves.expressions.errors import ExpressionError
from storyboard.curves.expressions.function import Parameter
from storyboard.curves.expressions.tokens import Token
from storyboard.curves.expressions.tree import Node
from storyboard.errors import did_you_mean


@dataclass(frozen=True)
class Callee:
    """What is called: a function, or one that the story defines. ``events`` are the parameters
    that take an event, ``more`` says that any number of arguments may follow.
    """

    name: str
    signature: str
    parameters: Sequence[Parameter]
    events: Sequence[str] = ()
    more: bool = False
    ways: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


class Reader(Protocol):
    """What reads the arguments: the parser."""

    @property
    def token(self) -> Token:
        """The next token."""

    def next(self) -> Token:
        """Take it."""

    def peek(self) -> Token:
        """The one after it."""

    def accept(self, text: str) -> bool:
        """Take it where it is this sign."""

    def expect(self, text: str, why: str) -> None:
        """Take it, or complain."""

    def argument(self, *, event: bool) -> Node:
        """Read one argument."""


class Arguments:
    """Reads the arguments of one call, behind its opening bracket."""

    def __init__(self, reader: Reader, callee: Callee, column: int) -> None:
        self.reader, self.callee, self.column = reader, callee, column
        self.named: dict[str, Node] = {}
        self.placed: list[Node] = []

    def read(self) -> tuple[list[Node | None], list[Node]]:
        """The argument of every parameter, None where it was left out, and those of ``...``."""
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
            message = f"{one[0]} and {other[0]} say the same in two ways"
            raise ExpressionError(message, column=self.column, hint="leave one out")

    def _wrong_number(self) -> ExpressionError:
        count = len(self.placed) + len(self.named)
        message = f"{self.callee.name} takes other arguments than these {count}"
        hint = f"write {self.callee.signature}"
        return ExpressionError(message, column=self.column, hint=hint)

    def _error(self, message: str, token: Token) -> ExpressionError:
        hint = f"write {self.callee.signature}"
        return ExpressionError(message, column=token.column, hint=hint)
