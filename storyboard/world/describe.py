"""Captions: from the facts of a picture to one of the many things a person would type.

A caption comes with the facts that it states. A picture matches a caption when it has all those
facts; the training uses this to share the target between equivalent captions instead of calling
them wrong.
"""

import random
import re
from collections.abc import Iterable, Iterator

from storyboard.world import terms, words
from storyboard.world.canvas import COLORS

Captioned = tuple[str, set[str]]
NEEDS_WHOLE = ("at:", "size:", "relation:")


def expand(facts: Iterable[str]) -> set[str]:
    """Return all facts that a picture has, those that follow from the others included."""
    found: set[str] = set()
    queue = list(facts)
    while queue:
        fact = queue.pop()
        if fact in found:
            continue
        found.add(fact)
        queue += terms.IMPLIED.get(fact, [])
        head, _, rest = fact.partition(":")
        if head == "moon" and rest:
            queue.append("moon")
        if head in ("shape", "shapes", "pattern") and ":" in rest:
            queue.append(f"{head}:{rest.rsplit(':', 1)[0]}")
    return found


def _color(name: str, dice: random.Random) -> str:
    return dice.choice(terms.COLOR_SYNONYMS.get(name, [name]))


def _phrase(options: list[str], thing: str, facts: list[str], dice: random.Random) -> Captioned:
    """Return one of the phrases, its ``{c}`` filled from the fact ``color-<thing>:...`` or left
    out.
    """
    own = [f for f in facts if f.startswith(f"color-{thing}:")]
    text, named = dice.choice(options), set()
    if "{c}" not in text and own and dice.random() < 0.6:
        text = dice.choice(options)
    if "{c}" in text:
        if own and dice.random() < 0.85:
            text, named = text.replace("{c}", _color(own[0].split(":")[1], dice)), {own[0]}
        else:
            text = text.replace("{c} ", "")
    return _article(text), named


def _article(text: str) -> str:
    return re.sub(r"\ba (?=[aeio])(?!one\b)", "a" + "n ", text)


def _nouns(table: dict[str, list[str]], facts: list[str], dice: random.Random) -> Captioned | None:
    """Return a phrase for one of the facts that the table knows."""
    known = [f for f in facts if f in table]
    if not known:
        return None
    fact = dice.choice(known)
    text, named = _phrase(table[fact], fact.split(":")[-1].split(" ")[-1], facts, dice)
    return text, {fact, *named}


def _sky(table: dict[str, list[str]], facts: list[str], dice: random.Random) -> Captioned | None:
    """Return a phrase for the sky; its most telling word comes first, its colour only sometimes."""
    if any(f.startswith("color-sky:") for f in facts) and dice.random() < 0.35:
        text, named = _phrase(table["color-sky"], "sky", facts, dice)
        if named:
            return text, named
    known = [f for f in facts if f in table]
    if not known:
        return None
    fact = known[0] if dice.random() < 0.7 else dice.choice(known)
    return dice.choice(table[fact]), {fact}


COLOR_KEY = {"sea": "water", "waves": "water", "flower field": "flowers"}


def _land(facts: list[str], dice: random.Random) -> Captioned | None:
    known = [f for f in facts if f in words.LANDS]
    if not known:
        return None
    fact = known[0] if dice.random() < 0.75 else dice.choice(known)
    name = fact.split(":")[-1]
    text, named = _phrase(words.LANDS[fact], COLOR_KEY.get(name, name), facts, dice)
    return text, {fact, *named}


PREPOSITION = {
    "land:sea": "on",
    "land:waves": "on",
    "land:beach": "on",
    "land:hills": "on",
    "land:lake": "on",
    "land:road": "by",
    "land:river": "by",
    "land:mountains": "in",
}


def _landscape(facts: list[str], dice: random.Random) -> Captioned:
    """Return a boat on the sea at sunset; a sunset over the sea; the sea at sunset; or one of them
    alone.
    """
    land, sky = _land(facts, dice), _sky(words.SKY_NOUNS, facts, dice)
    time, thing = _sky(words.SKY_TIMES, facts, dice), _nouns(words.THINGS, facts, dice)
    roll = dice.random()
    if thing and roll < 0.72:
        text, named = thing
        if land and dice.random() < 0.45:
            fact = next(f for f in land[1] if not f.startswith("color"))
            by = PREPOSITION.get(fact, dice.choice(["in", "and", "by"]))
            text, named = f"{text} {by} {land[0]}", named | land[1]
        if time and dice.random() < 0.4:
            text, named = f"{text} {time[0]}", named | time[1]
        return text, named
    if land and sky and roll < 0.36:
        over = dice.choice(["over", "over", "above", "and"])
        return f"{sky[0]} {over} {land[0]}", sky[1] | land[1]
    if land and time and roll < 0.75:
        return f"{land[0]} {time[0]}", land[1] | time[1]
    if land and (roll < 0.9 or not sky):
        return land
    return sky or ("the sky", set())


def _closeup(facts: list[str], dice: random.Random) -> Captioned:
    fact = next(f for f in facts if f.startswith("subject:"))
    name = fact.split(":")[1]
    text, named = _phrase(words.SUBJECTS[name], name, facts, dice)
    named.add(fact)
    extras = [f for f in facts if f in words.EXTRAS]
    if extras and dice.random() < 0.35:
        extra = dice.choice(extras)
        text, named = f"{text} {dice.choice(words.EXTRAS[extra])}", named | {extra}
    return text, named


def _one_shape(fact: str, dice: random.Random, size: str = "") -> Captioned:
    _, kind, color = fact.split(":")
    noun = dice.choice(terms.SHAPES[kind])
    if dice.random() < 0.85:
        return _article(f"a {size}{_color(color, dice)} {noun}"), {fact}
    return _article(f"a {size}{noun}"), {f"shape:{kind}"}


def _shape(facts: list[str], dice: random.Random) -> Captioned:
    """Return a small yellow star on purple in the top left corner, or less of it."""
    shapes = [f for f in facts if f.startswith("shape:")]
    ground = next(f for f in facts if f.startswith("ground:"))
    relation = [f for f in facts if f.startswith("relation:")]
    sizes = [f for f in facts if f.startswith("size:")]
    size = ""
    named: set[str] = set()
    if sizes and dice.random() < 0.3:
        size = dice.choice(
            ["small ", "little "] if sizes[0] == "size:small" else ["big ", "large "]
        )
        named.add(sizes[0])
    text, more = _one_shape(shapes[0], dice, size)
    named |= more
    if len(shapes) > 1:
        other, more = _one_shape(shapes[1], dice)
        joint = "and"
        if relation and dice.random() < 0.7:
            joint = (
                "above" if relation[0] == "relation:above" else dice.choice(["beside", "next to"])
            )
            joint = dice.choice([joint, joint, "over"]) if joint == "above" else joint
            named.add(relation[0])
        text, named = f"{text} {joint} {other}", named | more
    if dice.random() < 0.55:
        name = _color(ground.split(":")[1], dice)
        text += " " + _article(dice.choice([f"on {name}", f"on a {name} background"]))
        named.add(ground)
    places = [f for f in facts if f.startswith("at:")]
    if places and dice.random() < (0.35 if places[0] != "at:middle" else 0.1):
        text, named = f"{text} {dice.choice(terms.PLACES[places[0][3:]])}", named | {places[0]}
    return text, named


def _shapes(facts: list[str], dice: random.Random) -> Captioned:
    fact = next(f for f in facts if f.startswith("shapes:"))
    ground = next(f for f in facts if f.startswith("ground:"))
    _, kind, color = fact.split(":")
    noun = dice.choice(terms.SHAPES[kind])
    plural = {"cross": "crosses", "plus sign": "plus signs", "rhombus": "diamonds"}.get(
        noun, noun + "s"
    )
    text, named = f"{_color(color, dice)} {plural}", {fact}
    if dice.random() < 0.3:
        text = f"{dice.choice(['many', 'a pattern of', 'lots of'])} {text}"
    if dice.random() < 0.5:
        text, named = f"{text} on {_color(ground.split(':')[1], dice)}", named | {ground}
    return text, named


def _pattern(facts: list[str], dice: random.Random) -> Captioned:
    fact = next(f for f in facts if f.startswith("pattern:"))
    _, kind, *colors = fact.split(":")
    text = dice.choice(terms.PATTERNS[kind])
    named = {fact} if "{" in text else {f"pattern:{kind}"}
    for slot, color in zip("ab", colors, strict=False):
        text = text.replace("{" + slot + "}", _color(color, dice))
    return _article(text), named


def caption(facts: list[str], dice: random.Random, *, whole: bool = True) -> Captioned:
    """Return one caption of a picture and the facts that it states.

    ``whole`` is false when the viewer sees only a part: then places and sizes are left out.
    """
    if not whole:
        facts = [f for f in facts if not f.startswith(NEEDS_WHOLE)]
    heads = {f.split(":")[0] for f in facts}
    for head, say in (
        ("subject", _closeup),
        ("shape", _shape),
        ("shapes", _shapes),
        ("pattern", _pattern),
    ):
        if head in heads:
            text, named = say(facts, dice)
            break
    else:
        text, named = _landscape(facts, dice)
    style = [f for f in facts if f.startswith("style:")]
    if style and dice.random() < 0.75:
        frame = dice.choice(terms.STYLES[style[0][6:]])
        return frame.replace("{x}", text), named | {style[0]}
    if dice.random() < 0.22:
        bare = re.sub(r"^(an?|the) ", "", text)
        text = dice.choice(terms.FRAMES).replace("{x}", text).replace("{y}", bare)
    return text, named


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str) or ":" not in key:
                yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


GROUPS = {
    "sky": words.SKY_NOUNS,
    "time and light": words.SKY_TIMES,
    "land": words.LANDS,
    "thing": words.THINGS,
    "subject": words.SUBJECTS,
    "addition": words.EXTRAS,
    "shape": terms.SHAPES,
    "place": terms.PLACES,
    "pattern": terms.PATTERNS,
    "style": terms.STYLES,
}
PLACEHOLDERS = {"x": "...", "a": "red", "b": "white"}


def phrases() -> dict[str, list[list[str]]]:
    """Return by group what can be drawn: a list of the phrases that mean one thing, without
    articles and places of colours, each phrase once.
    """
    known = {g: [_spoken(table[key]) for key in table] for g, table in GROUPS.items()}
    known["color"] = [list(dict.fromkeys([c, *terms.COLOR_SYNONYMS.get(c, ())])) for c in COLORS]
    return known


def _spoken(ways: Iterable[str]) -> list[str]:
    filled = (re.sub(r"\{([xab])\}", lambda m: PLACEHOLDERS[m[1]], way) for way in ways)
    bare = (re.sub(r"^(an?|the) ", "", way.replace("{c} ", "")) for way in filled)
    return list(dict.fromkeys(bare))


def vocabulary() -> list[str]:
    """Return every word that a caption can hold, and common words beside them, sorted."""
    found = {"signs", "lots", "pattern", "crosses", "next", "over", "little", "large", *COLORS}
    everything = {**vars(words), **vars(terms)}
    tables = [v for k, v in everything.items() if k.isupper() and k != "IMPLIED"]
    for text in _texts(tables):
        found.update(re.findall(r"[a-z0-9]+", re.sub(r"\{.\}", " ", text.lower())))
    for nouns in terms.SHAPES.values():
        found.update(noun + "s" for noun in nouns if " " not in noun)
    return sorted(w for w in found if len(w) > 1 or w in ("a", "i", "8"))
