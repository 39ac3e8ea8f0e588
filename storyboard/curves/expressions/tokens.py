"""The first step of reading an expression: its text in pieces, each with its place."""

from __future__ import annotations

import re
from typing import NamedTuple

from storyboard.curves.expressions.errors import ExpressionError

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
    """``text`` in pieces, an ``end`` token last. Raises `ExpressionError`."""
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
