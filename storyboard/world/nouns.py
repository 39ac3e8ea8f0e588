"""The names of the things that `storyboard.world.sprites` has drawings of; imports no torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "models" / "sprites"


AIRBORNE = {"flying", "under", "beneath", "below"}
"""Words before a thing that say it is in the air."""

ABOVE = {"over", "above", "flying", "hovering", "floating"}
"""Words after a thing that say it is in the air."""

NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "2": 2, "3": 3, "4": 4,
    "5": 5, "6": 6, "7": 7, "several": 4, "flock": 5, "herd": 5, "group": 4, "pair": 2,
    "couple": 2,
}  # fmt: skip
"""Words that say how many of the next thing are meant."""


@dataclass(frozen=True)
class Noun:
    """Describe a thing that can be drawn.

    Attributes:
        noun: its name.
        group: the subgroup of Unicode's emoji that it belongs to, such as ``animal-bird``.
        view: ``head`` or ``bust`` where only that is drawn, else empty.
        words: other names.
    """

    noun: str
    group: str
    view: str = ""
    words: tuple[str, ...] = ()


@cache
def nouns() -> dict[str, Noun]:
    """Return what can be drawn, by name."""
    rows = json.loads((FOLDER / "nouns.json").read_text(encoding="utf-8"))
    return {row["noun"]: Noun(**{**row, "words": tuple(row.get("words", ()))}) for row in rows}


def phrases() -> dict[str, list[list[str]]]:
    """Return by group the phrases of one thing together, singular and plural; and the numbers and
    places that scenes know.
    """
    groups: dict[str, list[list[str]]] = {}
    for one in nouns().values():
        names = [one.noun, *one.words]
        plurals = [" ".join([*n.split()[:-1], plural_of(n.split()[-1])]) for n in names]
        rows = groups.setdefault(one.group.split("-")[0], [])
        rows.append(list(dict.fromkeys([*names, *plurals])))
    groups["number"] = [[word] for word in NUMBERS if not word.isdigit()]
    groups["in the air"] = [sorted(ABOVE | AIRBORNE)]
    return groups


PLURALS = {
    "wolf": "wolves", "mouse": "mice", "goose": "geese", "knife": "knives", "child": "children",
    "man": "men", "woman": "women", "person": "people", "tooth": "teeth", "foot": "feet",
    "leaf": "leaves", "ox": "oxen", "fish": "fish", "sheep": "sheep", "deer": "deer",
    "tomato": "tomatoes", "potato": "potatoes", "mango": "mangoes", "buffalo": "buffaloes",
}  # fmt: skip


def plural_of(word: str) -> str:
    """Return the plural of an English noun.

    >>> plural_of("wolf"), plural_of("fairy"), plural_of("fox"), plural_of("robot")
    ('wolves', 'fairies', 'foxes', 'robots')
    """
    if word in PLURALS:
        return PLURALS[word]
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"
