"""What a story may say of prompts: the ``text:weight:stop`` shorthand, and the shapes of a fade.

::

    parse_prompt(text) -> WeightedText                  one prompt; raises BadValue
    parse_prompts(text) -> tuple[WeightedText, ...]     several, separated by |
"""

from __future__ import annotations

import math
from typing import NamedTuple

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


def parse_prompts(text: str) -> tuple[WeightedText, ...]:
    """Read several prompts separated by ``|``, such as ``rain | film noir:0.5``."""
    return tuple(parse_prompt(part) for part in text.split("|"))
