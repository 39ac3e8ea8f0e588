"""The first step of reading an expression: its text in pieces, each with its place.

`tokens_of` splits the text, a `Stream` is what a parser reads from, and a `Context` bounds how
large an expression may get with all that it takes from ``define``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from storyboard.curves.expressions.errors import ExpressionError, TooMuchError
from storyboard.curves.expressions.scope import Vocabulary

_KEYWORDS = ("if", "else", "and", "or", "not")

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<text>\"[^\"\n]*\"|'[^'\n]*')"
    r"|(?P<sign>\*\*|//|<=|>=|==|!=|[-+*/%<>(),=])"
    r"|(?P<space>\s+)"
)

ADVICE = {
    "^": "write ** for powers",
    ".": "there is no attribute access: write sin(x), not math.sin(x)",
    "=": "write == to compare",
    "&": "write and",
    "|": "write or",
    "!": "write not, or !=",
    "÷": "write /",
    "−": "write -",
    "π": "write pi",
    "?": "write a if condition else b",
    **dict.fromkeys("×·", "write *"),
    **dict.fromkeys("[]{}", "use round brackets"),
    **dict.fromkeys("'\"", "a text ends with the sign that it begins with"),
}
"""What to write in place of a sign that has no meaning where it stands."""


class Token(NamedTuple):
    """A piece of an expression; ``kind`` is number, name, text, sign or end."""

    kind: str
    text: str
    column: int


def tokens_of(text: str) -> list[Token]:
    """Return ``text`` in pieces, an ``end`` token last. Raises `ExpressionError`."""
    tokens, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            sign = text[place]
            raise ExpressionError(f"unexpected {sign!r}", column=place + 1, hint=ADVICE.get(sign))
        kind = "sign" if match[0] in _KEYWORDS else str(match.lastgroup)
        if kind != "space":
            tokens.append(Token(kind, match[0], place + 1))
        place = match.end()
    return [*tokens, Token("end", "", len(text) + 1)]


MAX_TEXT = 2000
"""The longest expression, in characters."""

MAX_DEPTH = 32
"""How deep brackets, signs, powers, else-branches and definitions may nest."""

MAX_PARTS = 5000
"""How many parts an expression may have, with what it takes from ``define``."""


@dataclass
class Context:
    """State shared by the parsers of one expression.

    ``stack`` are the definitions that are being read, ``written_out`` says that the innermost of
    them is read where it is used; ``depth`` is how deep the place of the text is, ``parts`` how
    many there are so far.
    """

    words: Vocabulary
    stack: tuple[str, ...] = ()
    written_out: bool = False
    depth: int = 0
    parts: list[int] = field(default_factory=lambda: [0])

    def count(self, parts: int, column: int) -> None:
        """Count ``more`` parts. Raises `TooMuchError`."""
        self.parts[0] += parts
        if self.parts[0] > MAX_PARTS:
            message = f"with what it takes from define, this has more than {MAX_PARTS} parts"
            raise TooMuchError(message, column=column)


class Stream:
    """The tokens of one text, and how deep the one is that is read."""

    def __init__(self, tokens: list[Token], depth: int) -> None:
        self.tokens, self.depth, self.place = tokens, depth, 0

    @property
    def token(self) -> Token:
        """Return the next token."""
        return self.tokens[self.place]

    def peek(self) -> Token:
        """Return the token after the next one."""
        return self.tokens[min(self.place + 1, len(self.tokens) - 1)]

    def next(self) -> Token:
        """Take the next token."""
        self.place += 1
        return self.tokens[self.place - 1]

    def accept(self, text: str) -> bool:
        """Take the next token where it is this sign."""
        found = self.token.kind == "sign" and self.token.text == text
        self.place += found
        return found

    def expect(self, text: str, why: str) -> None:
        """Take the next token where it is this sign, else complain."""
        if self.accept(text):
            return
        if self.token.text == "=":
            raise self.unexpected()
        message = f"expected {text!r} {why}"
        raise self.trailing() or ExpressionError(message, column=self.token.column)

    def unexpected(self) -> ExpressionError:
        """Return the complaint about the next token."""
        token = self.token
        hint = ADVICE.get(token.text)
        return ExpressionError(f"unexpected {token.text!r}", column=token.column, hint=hint)

    def trailing(self) -> ExpressionError | None:
        """Return the complaint about a value that follows another one without an operator."""
        before, token = self.tokens[self.place - 1], self.token
        if token.kind not in ("number", "name") and token.text != "(":
            return None
        factor = "..." if before.kind == "sign" else before.text
        hint = f"to multiply, write {factor} * {token.text}"
        message = f"an operator is missing before {token.text!r}"
        return ExpressionError(message, column=token.column, hint=hint)

    def deeper(self) -> None:
        """Go one level deeper. Raises `TooMuchError`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = f"the expression nests deeper than {MAX_DEPTH} levels"
            raise TooMuchError(message, column=self.token.column)
