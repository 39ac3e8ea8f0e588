"""Parse a prompt for the drawn world: its sky, land, thing or subject, and their colours.

The phrases are those that the captions are made of (`words`, `terms`): prompts
and captions share one vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from storyboard.world import terms, words
from storyboard.world.canvas import COLORS
from storyboard.world.nouns import ABOVE, AIRBORNE, NUMBERS, nouns, plural_of
from storyboard.world.synonyms import SYNONYMS

Tokens = tuple[str, ...]

TABLES: dict[str, dict[str, list[str]]] = {
    "subject": words.SUBJECTS,
    "thing": words.THINGS,
    "land": words.LANDS,
    "sky": words.SKY_NOUNS,
    "time": words.SKY_TIMES,
    "extra": words.EXTRAS,
    "shape": terms.SHAPES,
    "pattern": terms.PATTERNS,
    "place": terms.PLACES,
    "style": terms.STYLES,
    "sprite": {f"sprite:{one.noun}": [one.noun, *one.words] for one in nouns().values()},
}
"""What can be asked for, by kind; of two phrases of one length the earlier kind is meant."""

PICTURED = ("subject", "thing", "land", "sky", "shape", "pattern", "sprite")
"""The kinds that make a picture of their own."""

COLOR_WORDS = {
    **{name: name for name in COLORS},
    **{word: name for name, ways in terms.COLOR_SYNONYMS.items() for word in ways},
}
IGNORED = {"a", "an", "the", "of", "very", "beautiful", "some", "many"}
MANY = 3
"""How many are drawn of what stands in the plural without a number."""

SPRITES = {"apple": "red apple", "flower": "blossom", "smiley": "smiling face", "face": "person"}
"""Sprites of subjects that have another name there."""

LIVING = {"cat", "owl", "butterfly"}
"""Subjects that go out of doors where a time or weather is named."""

EXTRA_LANDS = {"snow": "land:snow", "trees": "land:forest", "mountains": "land:mountains",
               "flowers": "land:flower field"}  # fmt: skip
"""Lands that are meant by what is with a sprite: "in the snow"."""

SIZES = {"small": "small", "little": "small", "tiny": "small", "big": "big", "large": "big"}


@dataclass(frozen=True)
class Found:
    """A phrase of a prompt: its kind, the facts it may mean, its colours, whether it stood in
    the plural, how many are asked for, and whether they fly or stand above something.
    """

    kind: str
    facts: tuple[str, ...]
    colors: tuple[str, ...] = ()
    plural: bool = False
    count: int = 1
    aloft: bool = False

    @property
    def name(self) -> str:
        """Return the first fact without its kind."""
        return self.facts[0].split(":")[-1]


SNOW = Found("land", ("land:snow",))
"""Where something stands "in the snow"."""


@dataclass(frozen=True)
class Asked:
    """Content of a prompt.

    Attributes:
        found: its phrases, in their order.
        ground: the colour behind shapes, where one is named.
        small: whether a shape is called small.
        known: how many of its words were understood, and ``words`` how many there are.
    """

    found: tuple[Found, ...] = ()
    ground: str | None = None
    small: bool = False
    known: int = 0
    words: int = 0

    def of(self, *kinds: str) -> list[Found]:
        """Return the phrases of some kinds."""
        return [one for one in self.found if one.kind in kinds]

    @property
    def kind(self) -> str | None:
        """Return what kind of picture it is: that of the first phrase, or ``sprite`` where any is
        asked for; None for nothing known.
        """
        if self.of("sprite"):
            return "sprite"
        first = next((one.kind for one in self.found if one.kind in PICTURED), None)
        if first == "shape" and self.of("land", "thing", "sky"):
            return "land"
        return "sky" if first is None and self.of("time") else first


@dataclass
class _QuestionReader:
    """Takes phrases from the tokens of a prompt, the longest first."""

    tokens: Tokens
    at: int = 0
    found: list[Found] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)  # colours that belong to no phrase yet
    ground: str | None = None
    small: bool = False
    number: int = 0  # a number that belongs to no phrase yet
    aloft: bool = False  # whether the next phrase flies
    known: int = 0

    def read(self) -> None:
        while self.at < len(self.tokens):
            length = self._phrase() or self._color() or self._word()
            self.at += length

    def _phrase(self) -> int:
        for end in range(min(len(self.tokens), self.at + LONGEST), self.at, -1):
            span = self.tokens[self.at : end]
            colors = tuple(COLOR_WORDS[t] for t in span if t in COLOR_WORDS)
            for phrase, inside in ((span, ()), (_uncolored(span), colors)):
                if phrase and (meant := phrases().get(phrase)):
                    kind, facts, plural = meant
                    self._add(kind, facts, (*self.loose, *inside), plural)
                    self.known += len(span)
                    return end - self.at
        return 0

    def _add(self, kind: str, facts: Tokens, colors: Tokens, plural: bool) -> None:
        if kind not in ("style", "place", "extra", "time"):
            self.loose.clear()
            count = self.number or (MANY if plural else 1)
            self.number = 0
            self.found.append(Found(kind, facts, colors, plural, count, self.aloft))
        else:
            self.found.append(Found(kind, facts, (), plural))
        self.aloft = False

    def _color(self) -> int:
        color = COLOR_WORDS.get(self.tokens[self.at])
        if color is None:
            return 0
        behind = self.tokens[self.at - 1 : self.at] == ("on",)
        if behind and any(one.kind == "shape" or one.facts == ("stars",) for one in self.found):
            self.ground = color
        else:
            self.loose.append(color)
        self.known += 1
        return 1

    def _word(self) -> int:
        token = self.tokens[self.at]
        self.small = self.small or SIZES.get(token) == "small"
        self.number = NUMBERS.get(token, self.number)
        self.aloft = self.aloft or token in AIRBORNE
        if token in ABOVE and self.found:
            self.found[-1] = replace(self.found[-1], aloft=True)
        return 1


def read(text: str) -> Asked:
    """Return what ``text`` asks for.

    >>> [(one.kind, one.name, one.colors) for one in read("a purple forest at dawn").found]
    [('land', 'forest', ('purple',)), ('time', 'sunrise', ())]
    """
    tokens = _tokens(text)
    reader = _QuestionReader(tokens)
    reader.read()
    found = _as_sprites([_as_shape(one) for one in reader.found])
    if any(one.kind == "shape" for one in found):
        behind = [one for one in found if one.facts == ("plain",)]
        found = [one for one in found if one not in behind]
        reader.ground = reader.ground or next((c for one in behind for c in one.colors), None)
    if reader.loose and not any(one.kind in PICTURED for one in found):
        found.append(Found("pattern", ("plain",), tuple(reader.loose)))
    return Asked(tuple(found), reader.ground, reader.small, reader.known, len(tokens))


def _as_shape(found: Found) -> Found:
    """Return stars of a colour as shapes: the sky's have none."""
    if found.facts != ("stars",) or not found.colors:
        return found
    return Found("shape", ("star",), found.colors, plural=True)


def _as_sprites(found: list[Found]) -> list[Found]:
    """Return subjects as sprites where they stand in a land or beside others."""
    among = any(
        one.kind in ("land", "thing", "sprite") or one.name == "space" or one.count > 1
        for one in found
    )
    living = any(one.name in LIVING for one in found) and any(one.kind == "time" for one in found)
    if not among and not living:
        return found
    every = [_as_sprite(one) for one in found]
    if any(one.kind == "sprite" for one in every):
        every = [_as_land(one) for one in every]
    stands = any(one.kind in ("sprite", "thing") for one in every)
    if stands and any(one.name == "snowfall" for one in every):
        every.extend([] if any(o.kind == "land" for o in every) else [SNOW])
    return every


def _as_land(found: Found) -> Found:
    """Return what is with a sprite as the land that is meant."""
    if found.kind != "extra" or found.name not in EXTRA_LANDS:
        return found
    return Found("land", (EXTRA_LANDS[found.name],))


def _as_sprite(found: Found) -> Found:
    name = SPRITES.get(found.name, found.name)
    if found.kind != "subject" or name not in nouns():
        return found
    return replace(found, kind="sprite", facts=(f"sprite:{name}",))


def joined(parts: Iterable[Asked]) -> Asked:
    """Return what several prompts ask for together, the weightiest first."""
    every = list(parts)
    return Asked(
        tuple(one for part in every for one in part.found),
        next((part.ground for part in every if part.ground), None),
        any(part.small for part in every),
        sum(part.known for part in every),
        sum(part.words for part in every),
    )


def _tokens(text: str) -> Tokens:
    return tuple(t for t in re.findall(r"[a-z0-9]+", text.casefold()) if t not in IGNORED)


def _uncolored(tokens: Sequence[str]) -> Tokens:
    return tuple(t for t in tokens if t not in COLOR_WORDS)


@cache
def phrases() -> dict[Tokens, tuple[str, Tokens, bool]]:
    """Return every phrase as tokens: its kind, the facts that it may mean, whether it is plural."""
    found: dict[Tokens, tuple[str, list[str], bool]] = {}
    for kind, table in (*TABLES.items(), *SYNONYMS.items()):
        for fact, ways in table.items():
            for tokens, plural in _spoken(kind, ways):
                known = found.setdefault(tokens, (kind, [], plural))
                if known[0] == kind and fact not in known[1]:
                    known[1].append(fact)
    return {tokens: (kind, tuple(facts), plural) for tokens, (kind, facts, plural) in found.items()}


def _spoken(kind: str, ways: Iterable[str]) -> Iterator[tuple[Tokens, bool]]:
    for way in ways:
        tokens = _tokens(re.sub(r"\{.\}", " ", way))
        if not tokens or tokens in (("and",), ("on",), ("above", "below"), ("color",)):
            continue
        yield tokens, False
        if kind == "pattern":
            yield tuple(t for t in tokens if t != "and"), False
        if kind == "shape":
            yield (*tokens[:-1], f"{tokens[-1]}s"), True
        if kind == "sprite":
            yield (*tokens[:-1], plural_of(tokens[-1])), True


LONGEST = 8
"""Tokens of the longest phrase, colours included."""
