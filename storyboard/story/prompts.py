"""Prompts of a story: the ``text:weight:stop`` shorthand, and the shapes of a fade.

::

    parse_prompt(text) -> WeightedText                  one prompt; raises BadValue
    parse_prompts(text) -> tuple[WeightedText, ...]     several, separated by |
    with_suffix(text, suffix) -> str                    the text with what the film adds to it
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from storyboard.errors import BadValue

FADE_SHAPES = {
    "linear": "weights change evenly",
    "smooth": "weights change slowly at both ends",
    "slerp": "each prompt turns into its successor along the great circle",
    "cut": "at once",
}
"""How prompts of neighbouring shots cross over, with one line on each."""


class WeightedText(NamedTuple):
    """A prompt as its short form has it."""

    text: str
    weight: float = 1.0
    stop: float = float("-inf")


def parse_prompt(text: str) -> WeightedText:
    """Read ``text``, ``text:weight`` or ``text:weight:stop``.

    Up to two numbers are taken from the right; what is no number stays in the text, so
    ``ratio 16:9 art`` is all text. Weight 1 and no stop where they are not given. Raises
    `BadValue` for an empty text, or a weight that is not finite.
    """
    rest, numbers = text, list[float]()
    while len(numbers) < 2 and ":" in rest:
        head, _, tail = rest.rpartition(":")
        try:
            numbers.insert(0, float(tail))
        except ValueError:
            break
        rest = head
    weight, stop = (*numbers, *(1.0, float("-inf"))[len(numbers) :])
    if not rest.strip():
        raise BadValue("a prompt is empty", hint="write what the picture should show")
    if not math.isfinite(weight) or math.isnan(stop):
        raise BadValue(f"weight {weight} and stop {stop} of {rest.strip()!r} must be numbers")
    return WeightedText(rest.strip(), weight, stop)


def odd_prompt(written: Any) -> Iterator[tuple[str, str]]:
    """Yield message and hint for every part of a prompt that a person may read otherwise.

    ``written`` is a text, or a mapping whose ``text`` is taken as it stands.
    """
    if isinstance(written, Mapping):
        text = written.get("text")
        if isinstance(text, str) and _weighed(text) is not None:
            hint = "write {text: forest, weight: 1.5}"
            yield f"{text[-SHOWN:]!r} stays as it is: within text: there are no weights", hint
        pieces = [text] if isinstance(text, str) else []
    else:
        pieces = written.split("|") if isinstance(written, str) else []
        for piece in pieces:
            yield from _odd_weight(piece[-LONGEST:])
    for piece in pieces:
        yield from _odd_syntax(piece[:LONGEST])


SHOWN, LONGEST = 30, 2000
"""Characters of a prompt that a warning repeats, and that are looked at."""

_DIGITS = re.compile(r"\d\s*:\s*[\d.]+\s*\Z")
_OTHER_SIGNS = re.compile(r"[-\u2010-\u2015\u2212\ufe63\uff0d+]?\s*\d+(?:[.,/]\d+)?\s*[%x\u00d7]?")
_WITHIN = re.compile(r":\s*-?\d*\.?\d+\s*[,;)\]}]")
_SYNTAX = re.compile(
    r"<\w+:[^<>]*>|\(\(|\[\[|\([^()]*:\s*-?\d*\.?\d+\s*\)|\[[^\[\]]*:[^\[\]]*\]|"
    r"\bBREAK\b|\sAND\s|(?:^|\s)--?[a-z]+\b(?=\s+[\d.:]|\s*$)|\{[^{}]*\||__\w+__|\\[()\[\]]"
    r'|::|^\s*[{\[]\s*"'
)
LARGE_WEIGHT = 10
"""A weight from which on a number behind a colon is rather part of the sentence."""


def _weighed(piece: str) -> float | None:
    """Return the number behind the last colon, None where there is none."""
    _, colon, tail = piece.rpartition(":")
    try:
        return float(tail) if colon else None
    except ValueError:
        return None


def _odd_weight(piece: str) -> Iterator[tuple[str, str]]:
    """Yield message and hint for a weight that was hardly meant, or one that is not read."""
    weight, end = _weighed(piece), piece.strip()[-SHOWN:]
    if weight is not None:
        head = piece.rpartition(":")[0]
        before = _weighed(head)
        if _DIGITS.search(piece) and (before is None or head.rpartition(":")[0][-1:].isdigit()):
            hint = "in quotes and as {text: ...} it stays in the text"
            yield f"{end!r} is read as weight {weight:g}, not as part of the text", hint
        elif abs(weight) >= LARGE_WEIGHT and before is None:
            yield f"{end!r} is read as weight {weight:g}", "weights are numbers such as 1.5 or -0.3"
        return
    tail = piece.rpartition(":")[2].strip() if ":" in piece else ""
    if tail and _OTHER_SIGNS.fullmatch(tail):
        hint = "write a plain number such as forest:-0.5"
        yield f"{tail!r} is no weight and stays in the text", hint
    elif _WITHIN.search(piece) and not _SYNTAX.search(piece):
        found = _WITHIN.search(piece)
        shown = found[0] if found else ""
        yield f"{shown!r} stays in the text", "a weight ends a prompt: forest:1.5 | sea"


def _odd_syntax(piece: str) -> Iterator[tuple[str, str]]:
    """Yield message and hint for the syntax of other programs, which is read as plain words."""
    found = _SYNTAX.search(piece)
    if found:
        hint = "weights end a prompt, and | parts prompts: forest:1.5 | sea"
        shown = found[0].strip()[:SHOWN]
        yield f"{shown!r} is written as for another program and stays in the text", hint


def parse_prompts(text: str) -> tuple[WeightedText, ...]:
    """Read several prompts separated by ``|``, such as ``rain | film noir:0.5``."""
    return tuple(parse_prompt(part) for part in text.split("|"))


PROMPT = "{prompt}"
"""What stands for the prompt's own text in a suffix that is a template."""


def with_suffix(text: str, suffix: str) -> str:
    """Return ``text`` with ``suffix`` behind it, or within it where that has `PROMPT`.

    A suffix that begins with a letter or a digit is set off by a comma.

    >>> with_suffix("a harbour", "oil painting")
    'a harbour, oil painting'
    >>> with_suffix("a harbour", "an engraving of {prompt} at dusk")
    'an engraving of a harbour at dusk'
    """
    if PROMPT in suffix:
        return suffix.replace(PROMPT, text)
    return text + (", " if suffix[:1].isalnum() else "") + suffix


def check_suffix(suffix: str) -> str:
    """Return ``suffix`` itself. Raises `BadValue` where it has braces around anything but
    ``{prompt}``.
    """
    braces = re.findall(r"\{[^{}]*\}?|\}", suffix)
    wrong = next((one for one in braces if one != PROMPT), None)
    if wrong is not None:
        hint = "write ', oil painting', or 'an engraving of {prompt}'"
        raise BadValue(f"a suffix has {PROMPT} or no braces, not {wrong}", hint=hint)
    return suffix
