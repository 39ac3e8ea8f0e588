"""Parsing of prompts for the drawn world."""

import pytest

from storyboard.world.ask import TABLES, Asked, joined, read
from storyboard.world.describe import phrases
from storyboard.world.synonyms import SYNONYMS

CASES = [
    ("a sunset over the sea", "sky", [("sky", "sunset", ()), ("land", "sea", ())]),
    ("green hills and a rainbow", "land", [("land", "hills", ("green",)), ("sky", "rainbow", ())]),
    ("A RED rose!", "subject", [("subject", "rose", ("red",))]),
    ("a violet forest at dawn", "land", [("land", "forest", ("purple",)), ("time", "sunrise", ())]),
    ("neon city", "land", [("style", "neon", ()), ("land", "city", ())]),
    ("blue and white stripes", "pattern", [("pattern", "vertical stripes", ("blue", "white"))]),
    ("a dragon over the castle", "sprite", [("sprite", "dragon", ()), ("thing", "castle", ())]),
    ("a pink elephant", "sprite", [("sprite", "elephant", ("pink",))]),
    (
        "a puppy in the snow",
        "sprite",
        [("sprite", "dog", ()), ("time", "snowfall", ()), ("land", "snow", ())],
    ),
    ("a cat", "subject", [("subject", "cat", ())]),
    ("a cat in a forest", "sprite", [("sprite", "cat", ()), ("land", "forest", ())]),
    ("a rose at night", "subject", [("subject", "rose", ()), ("time", "night", ())]),
    ("the color blue", "pattern", [("pattern", "plain", ("blue",))]),
    ("yellow stars on purple", "shape", [("shape", "star", ("yellow",))]),
    ("at night", "sky", [("time", "night", ())]),
    ("a zyzzyva", None, []),
    ("", None, []),
]


@pytest.mark.parametrize(("text", "kind", "found"), CASES, ids=[c[0] or "nothing" for c in CASES])
def test_phrases_are_found(
    text: str, kind: str | None, found: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    asked = read(text)
    assert asked.kind == kind
    assert [(one.kind, one.name, one.colors) for one in asked.found] == found


@pytest.mark.parametrize(
    ("text", "ground", "small"),
    [
        ("a red circle on blue", "blue", False),
        ("a little star on a green background", "green", True),
        ("yellow stars on purple", "purple", False),
        ("a purple sky", None, False),
    ],
)
def test_the_ground_of_shapes(text: str, ground: str | None, small: bool) -> None:
    asked = read(text)
    assert (asked.ground, asked.small) == (ground, small)


def test_what_the_list_of_words_shows_can_be_asked_for() -> None:
    """Every first phrase of `storyboard list words` means something here."""
    known = phrases()
    lost = [ways[0] for ways in (w for entries in known.values() for w in entries)
            if not read(ways[0]).found and read(ways[0]).ground is None]  # fmt: skip
    assert [phrase for phrase in lost if phrase not in ("white", "black")] == []


def test_several_prompts_are_joined_in_their_order() -> None:
    both = joined([read("a boat"), read("the sea at sunset")])
    assert [one.name for one in both.found] == ["boat", "sea", "sunset"]
    assert both.kind == "thing" and joined([]) == Asked()


@pytest.mark.parametrize(
    ("text", "count", "aloft"),
    [
        ("a fox", 1, False),
        ("foxes", 3, False),
        ("two wolves in a forest", 2, False),
        ("5 penguins", 5, False),
        ("a flock of geese", 5, False),
        ("a whale flying over the city", 1, True),
        ("a flying elephant", 1, True),
        ("under a disco ball", 1, True),
        ("an elephant under a full moon", 1, False),
    ],
)
def test_how_many_and_whether_they_fly(text: str, count: int, aloft: bool) -> None:
    thing = read(text).of("sprite")[0]
    assert (thing.count, thing.aloft) == (count, aloft)


@pytest.mark.parametrize("kind", SYNONYMS)
def test_synonyms_name_what_can_be_drawn(kind: str) -> None:
    assert set(SYNONYMS[kind]) <= set(TABLES[kind])
    for fact, ways in SYNONYMS[kind].items():
        for way in ways:
            assert fact in [f for one in read(way).found for f in one.facts], way


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("a house in the snow", {"thing:house", "snowfall", "land:snow"}),
        ("a cat in space", {"sprite:cat", "space"}),
        ("a dancer on the beach at golden hour", {"sprite:dancer", "land:beach", "sky:sunset"}),
    ],
)
def test_what_stands_somewhere_is_placed_there(text: str, facts: set[str]) -> None:
    assert facts == {one.facts[0] for one in read(text).found}
