"""Parseq's formulas cut into tokens: numbers with units, texts in quotes, names, signs."""

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
class Token:
    """``kind`` is ``number``, ``text``, ``name``, or, of signs and keywords, what it says."""

    kind: str
    text: str
    column: int

    @property
    def said(self) -> str:
        """A text's content without its quotes."""
        return str(json.loads(self.text)) if self.kind == "text" else self.text


def tokens(text: str) -> list[Token]:
    """The tokens of a formula, without blanks and comments. Raises `BadValue` with the column."""
    if len(text) > MAX_TEXT:
        raise BadValue(f"the formula has more than {MAX_TEXT} characters", column=1)
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise BadValue(f"{_word(text[place:])!r} cannot be read", column=place + 1)
        kind, found = str(match.lastgroup), match[0]
        if kind != "blank":
            is_own = kind == "sign" or found in KEYWORDS
            yield Token(found if is_own else kind, found, place + 1)
        place = match.end()


def _word(rest: str) -> str:
    """What a person would call the thing that ``rest`` begins with."""
    match = re.match(r"[A-Za-z_0-9.]+|\"[^\n]*|.", rest)
    return match[0] if match else rest
