"""Unintended characters in typed text: blanks and quotes of word processors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_BLANK = re.compile("[\u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]")
_QUOTED = re.compile(
    "[\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb].*[\u201c\u201d\u2018\u2019\u00ab\u00bb]"
)


def odd_blank(text: str) -> str | None:
    """Return what the first blank of ``text`` is that is no plain one: ``a no-break space
    (U+00A0)``; None where there is none.
    """
    found = _BLANK.search(text)
    if found is None:
        return None
    name = unicodedata.name(found[0], "blank").lower()
    return f"a {name} (U+{ord(found[0]):04X})"


def odd_quotes(text: object) -> Iterator[tuple[str, str]]:
    """Yield message and hint for a text within quotes that YAML does not take for quotes."""
    if isinstance(text, str) and _QUOTED.fullmatch(text.strip()):
        message = f"the quotes {text.strip()[0]} and {text.strip()[-1]} are part of the text"
        yield message, 'straight quotes are left out: "..."'
