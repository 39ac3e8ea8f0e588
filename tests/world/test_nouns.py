"""Names of the things that have drawings."""

from storyboard.world.ask import TABLES, read
from storyboard.world.nouns import nouns, phrases


def test_names_are_unique_and_groups_are_of_unicode() -> None:
    assert len(nouns()) > 700
    words = [word for one in nouns().values() for word in (one.noun, *one.words)]
    assert len(words) == len(set(words))
    assert {"animal", "food", "person", "transport"} < {g.split(" ")[0] for g in phrases()}


def test_every_name_is_read_as_the_thing_unless_an_older_drawing_has_it() -> None:
    tables = [table for kind, table in TABLES.items() if kind != "sprite"]
    older = {way.split()[-1] for table in tables for ways in table.values() for way in ways}
    names = [one.noun for one in nouns().values() if one.noun.split()[-1] not in older]
    assert [name for name in names if not read(name).of("sprite")] == []
