"""The prompts of a story: texts, pictures, clips, vectors and noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storyboard.errors import BadValue
from storyboard.plan import LABEL, SHAPES, VIEWS
from storyboard.story import fields as f
from storyboard.story.kinds import (
    INVALID,
    ListOf,
    ParseContext,
    RecordOf,
    Scalar,
    Schema,
    spec_field,
)
from storyboard.story.prompts import WeightedText, check_suffix, odd_prompt, parse_prompts
from storyboard.story.scalars import CURVE, FLAG, NUMBER, PROSE, TEXT, one_of
from storyboard.story.source import KeyPath
from storyboard.values import expected

SOURCES = ("text", "image", "labels", "vector", "more", "noise")
"""The keys of a prompt of which exactly one is written."""

NOISE = Scalar(f.whole(low=0, high=2**31 - 1), {"type": "integer", "minimum": 0})

AVOIDED = 0.3
"""How strongly what is in ``avoid`` pushes away where it has no weight."""


PLACES = ("mask", "box", "circle", "words")
"""The keys of a mask of which exactly one is written."""


def _curves(what: str, count: int) -> Scalar[tuple[Any, ...]]:
    """Return the kind of ``count`` curves in a list."""

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != count:
            raise expected(f"[{what}]", value)
        return tuple(map(f.check_curve, value))

    items = {"$ref": "#/$defs/Curve"}
    form = {"type": "array", "items": items, "minItems": count, "maxItems": count}
    return Scalar(read, form, writer=list)


BOX, CIRCLE = (_curves(", ".join(SHAPES[kind]), len(SHAPES[kind])) for kind in SHAPES)
SHARE = Scalar(f.number(low=0, high=1), {"type": "number", "minimum": 0, "maximum": 1})


@dataclass(frozen=True, kw_only=True)
class WhereSpec:
    """The part of the frame that a prompt is for."""

    mask: str | None = spec_field(
        TEXT,
        "left, top right, center, sky, ground ..., or a grey picture or clip, relative to the "
        "story: white is inside.",
        instead_of=PLACES,
    )
    box: tuple[Any, ...] | None = spec_field(
        BOX, "[left, top, right, bottom], shares of the frame that may move.", instead_of=PLACES
    )
    circle: tuple[Any, ...] | None = spec_field(
        CIRCLE,
        "[x, y, radius], which may move: shares of the frame, the radius of its height.",
        instead_of=PLACES,
    )
    words: str | None = spec_field(
        PROSE, "Where the perceptors find what these words say.", instead_of=PLACES
    )
    soft: float | None = spec_field(SHARE, "Width of its soft rim in heights of the frame; 0.05.")
    outside: bool | None = spec_field(FLAG, "All but this part is meant.")
    carried: bool | None = spec_field(
        FLAG, "The camera carries it along as it does the picture; fixed to the screen if not set."
    )


@dataclass(frozen=True)
class _WhereRecord(RecordOf[WhereSpec]):
    """A mask; numbers alone may stand for it."""

    def schema(self) -> Schema:
        """Return the JSON Schema, see `FieldType`."""
        record = {"$ref": f"#/$defs/{self.model.__name__}"}
        return {"anyOf": [TEXT.schema(), BOX.schema(), CIRCLE.schema(), record]}


def _where(value: Any) -> Any:
    """Read a mask; numbers alone are a box or a circle."""
    if not isinstance(value, list):
        return value
    return {"circle" if len(value) == len(SHAPES["circle"]) else "box": value}


def _template(value: Any) -> str:
    """Read a sentence around a label."""
    text = f.check_text(value)
    if LABEL not in text:
        raise BadValue(f"{text!r} has no place for the label", hint="write a photo of a {label}")
    return text


def _suffix(value: Any) -> str | bool:
    """Read a suffix, or false for none."""
    return False if value is False else check_suffix(f.check_text(value))


TEMPLATE = Scalar(_template, {"type": "string", "pattern": r"\{label\}"})
SUFFIX = Scalar(_suffix, {"anyOf": [{"type": "string", "minLength": 1}, {"const": False}]})

MOST_LABELS = 256
"""Labels of one prompt, and lines of a file of them."""


WHERE = _WhereRecord(WhereSpec, short="mask", shorten=_where)


@dataclass(frozen=True)
class LossOf:
    """A loss as a story writes it: a curve, or a mapping of options that may have a ``where``."""

    def read(self, value: Any, path: KeyPath, context: ParseContext) -> Any:
        """Read ``value``, see `FieldType`."""
        if not isinstance(value, dict) or value.get("where") is None:
            return CURVE.read(value, path, context)
        where = WHERE.read(value["where"], (*path, "where"), context)
        rest = {key: one for key, one in value.items() if key != "where"}
        read = CURVE.read(rest, path, context) if rest else {}
        return INVALID if INVALID in (read, where) else {**read, "where": where}

    def write(self, value: Any) -> Any:
        """Return plain data, see `FieldType`."""
        if not isinstance(value, dict) or "where" not in value:
            return CURVE.write(value)
        return {**value, "where": WHERE.write(value["where"])}

    def schema(self) -> Schema:
        """Return the JSON Schema, see `FieldType`."""
        return CURVE.schema()


@dataclass(frozen=True, kw_only=True)
class PromptSpec:
    """One thing that the picture should show."""

    text: str | None = spec_field(PROSE, "What to show, in words.", instead_of=SOURCES)
    image: tuple[str, ...] | None = spec_field(
        ListOf(TEXT, what="a file or a list of files", single=True, most=64),
        "A picture or a clip of what to show: a file, relative to the story; or several pictures "
        "that have it in common.",
        instead_of=SOURCES,
    )
    view: str | None = spec_field(
        one_of("view", VIEWS), "What of an image counts: both (default), whole, or crops of it."
    )
    labels: tuple[str, ...] | None = spec_field(
        ListOf(PROSE, what="a label or a list of labels", single=True, most=MOST_LABELS),
        "What to show, embedded in several sentences: nouns without article, or a .txt file of "
        "them, a line each; several have it in common.",
        instead_of=SOURCES,
    )
    templates: tuple[str, ...] | None = spec_field(
        ListOf(TEMPLATE, what="a template or a list of templates", single=True, most=16),
        "The sentences of labels, such as [a photo of a {label}, a {label} at night].",
    )
    vector: str | None = spec_field(
        TEXT,
        "An embedding to come close to: .json, .npy or .safetensors, relative to the story; "
        "or textoff, away from lettering.",
        instead_of=SOURCES,
    )
    more: str | None = spec_field(
        PROSE, "What there should be more of than of `than`, in words.", instead_of=SOURCES
    )
    than: str | None = spec_field(PROSE, "What there should be less of; stands beside more.")
    noise: int | None = spec_field(
        NOISE, "A direction drawn at random from this number.", instead_of=SOURCES
    )
    weight: Any = spec_field(CURVE, "How much it counts; a negative one pushes away. 1 if not set.")
    stop: float | None = spec_field(
        NUMBER, "The distance at which it is close enough and pulls no more."
    )
    where: WhereSpec | None = spec_field(
        WHERE,
        "The part of the frame that it is for: left, sky ..., a mask's file, [left, top, right, "
        "bottom], [x, y, radius], or {words: the moon}.",
    )


def _several_prompts(item: Any) -> list[Any]:
    """Split a text that holds weights and stops, and several prompts between ``|``."""
    return [_mapping(p) for p in parse_prompts(item)] if isinstance(item, str) else [item]


def _mapping(prompt: WeightedText) -> dict[str, Any]:
    weight = {} if prompt.weight == 1 else {"weight": prompt.weight}
    stop = {} if prompt.stop == float("-inf") else {"stop": prompt.stop}
    return {"text": prompt.text, **weight, **stop}


PROMPTS = ListOf(
    RecordOf(PromptSpec, short="text"),
    what="a text or a list of prompts",
    single=True,
    spread=_several_prompts,
    odd=odd_prompt,
)
