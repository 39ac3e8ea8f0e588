"""The JSON Schema of a story, for editors: made from the model, so it cannot drift from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING
from math import isfinite
from typing import Any

from storyboard.catalogue import Catalogue, Record
from storyboard.colors import NAMES, surveyed
from storyboard.options import Option
from storyboard.story.finish import BurnSpec
from storyboard.story.growth import GrowthSpec
from storyboard.story.guidance import WHERE, PromptSpec, WhereSpec
from storyboard.story.kinds import Schema, alternatives, declared
from storyboard.story.looping import LoopSpec
from storyboard.story.model import (
    Defaults,
    DrawerSpec,
    KeyedShot,
    LyricsSpec,
    PerceptorSpec,
    ShotSpec,
    StorySpec,
)
from storyboard.story.motion import MotionSpec
from storyboard.story.music import AudioSpec, BandSpec, MarkSet, MidiSpec, SnapSpec
from storyboard.story.opening import InitSpec
from storyboard.story.output import OutputSpec
from storyboard.story.scalars import CURVE_SCHEMA, TIME_SCHEMA
from storyboard.story.space import DepthSpec, StereoSpec

DIALECT = "http://json-schema.org/draft-07/schema#"
_MODELS = (
    OutputSpec,
    AudioSpec,
    BandSpec,
    MarkSet,
    MidiSpec,
    SnapSpec,
    LyricsSpec,
    GrowthSpec,
    LoopSpec,
    BurnSpec,
    PerceptorSpec,
    PromptSpec,
    WhereSpec,
    InitSpec,
    MotionSpec,
    DepthSpec,
    StereoSpec,
    Defaults,
    ShotSpec,
    KeyedShot,
)


def story_schema() -> Schema:
    """Return the schema as data: draft 7, which every editor understands."""
    from storyboard.curves.easings import easings
    from storyboard.filters import filters
    from storyboard.losses import losses
    from storyboard.motion.movements import movements

    definitions = {model.__name__: _object(model) for model in _MODELS}
    definitions["DrawerSpec"] = _drawer()
    definitions["Losses"] = _effects(losses, "weight", beside={"where": WHERE.schema()})
    definitions["Filters"] = _effects(filters, "amount")
    definitions["DrawerName"] = definitions["DrawerSpec"]["properties"]["name"]
    definitions |= {"Time": TIME_SCHEMA, "Curve": CURVE_SCHEMA, "Color": _color()}
    definitions["MovementName"] = {"type": "string", "examples": movements.names()}
    definitions["MotionSpec"]["properties"]["ease"]["examples"] = easings.names()
    definitions["KeyedShot"] = {"anyOf": [{"$ref": "#/$defs/Prompt"}, definitions["KeyedShot"]]}
    definitions["Prompt"] = declared(StorySpec)["prompt"].metadata["kind"].schema()
    story = _object(StorySpec)
    return {"$schema": DIALECT, "title": "Storyboard story", **story, "$defs": definitions}


def schema_json() -> str:
    """Return the schema as JSON text."""
    return json.dumps(story_schema(), indent=2, ensure_ascii=False)


def _object(model: type) -> Schema:
    """Return the schema of one part: its keys, each with its description."""
    fields = declared(model)
    properties = {
        name: {"description": one.metadata["doc"], **_field(name, one.metadata["kind"].schema())}
        for name, one in fields.items()
    }
    required = [name for name, one in fields.items() if one.default is MISSING]
    groups = alternatives(model)
    return {
        "type": "object",
        "description": (model.__doc__ or "").strip().splitlines()[0],
        "properties": {**properties, "notes": {}},
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
        **({"required": required} if required else {}),
        **({"allOf": [_one_of(keys) for keys in groups]} if groups else {}),
    }


def _one_of(keys: tuple[str, ...]) -> Schema:
    """Return the schema of a mapping with exactly one of ``keys``."""
    return {"oneOf": [{"required": [key]} for key in keys]}


def _field(name: str, schema: Schema) -> Schema:
    """Return the schema of a field; a reference cannot have a description beside it in draft 7, so
    it is wrapped.

    A drawer's short form is one of the drawers' names, which the model does not know, nor does it
    know the losses and filters.
    """
    if name in ("losses", "filters"):
        schema = {"$ref": f"#/$defs/{name.title()}"}
    if schema.get("anyOf", [None])[-1] == {"$ref": "#/$defs/DrawerSpec"}:
        schema = {"anyOf": [{"$ref": "#/$defs/DrawerName"}, schema["anyOf"][-1]]}
    return {"allOf": [schema]} if "$ref" in schema else schema


def _drawer() -> Schema:
    """Return the drawers by name, and the options of all of them."""
    from storyboard.drawers import drawers

    schema, found = _object(DrawerSpec), dict[str, dict[str, Option]]()
    for drawer, record in drawers.records().items():
        for name, option in record.options.items():
            found.setdefault(name, {})[drawer] = option
    schema["properties"] |= {name: _shared(options) for name, options in found.items()}
    schema["properties"]["name"] |= {"enum": drawers.names()}
    return schema


def _shared(options: Mapping[str, Option]) -> Schema:
    """Return the schema of an option that drawers have in common; ``options`` is by drawer."""
    forms = [form for option in options.values() for form in option_forms(option)]
    unique = [form for place, form in enumerate(forms) if form not in forms[:place]]
    description = "; ".join(f"{name}: {option.doc}" for name, option in options.items())
    return {"description": description, "anyOf": unique}


def _effects(
    catalogue: Catalogue[Any], curve: str, *, beside: Mapping[str, Schema] | None = None
) -> Schema:
    """Return losses or filters by name, each a ``curve`` or a mapping of it, the options, and what
    any of them may have ``beside``.
    """
    properties = {
        name: {
            "description": record.summary,
            "anyOf": [
                {"type": "number"},
                {"type": "string", "minLength": 1},
                {"type": "object", "properties": {**_effect(record, curve), **(beside or {})}},
            ],
        }
        for name, record in catalogue.records().items()
    }
    curves = {"$ref": "#/$defs/Curve"}
    return {"type": "object", "properties": properties, "additionalProperties": curves}


def _effect(record: Record, curve: str) -> Schema:
    options = {
        name: {"description": option.doc, "anyOf": option_forms(option)}
        for name, option in record.options.items()
    }
    return {**options, curve: {"allOf": [{"$ref": "#/$defs/Curve"}]}}


def option_forms(option: Option) -> list[Schema]:
    """Return the forms in which a story may write ``option``, as schemas."""
    none: list[Schema] = [{"type": "null"}] if option.default is None else []
    return [*_FORMS[option.kind](option), *none]


def _number_forms(option: Option) -> list[Schema]:
    limits = {"minimum": option.low, "maximum": option.high}
    finite = {key: value for key, value in limits.items() if isfinite(value)}
    kept: list[Schema] = [{"type": "number", **finite}, {"type": "string", "minLength": 1}]
    return kept if option.still else [*kept, {"type": "object", "minProperties": 1}]


def _listed(count: int) -> list[Schema]:
    """Return ``count`` curves, or keys of such lists."""
    items = {"$ref": "#/$defs/Curve"}
    several = {"type": "array", "items": items, "minItems": count, "maxItems": count}
    return [several, {"type": "object", "minProperties": 1}]


def _color_forms(_option: Option) -> list[Schema]:
    return [{"$ref": "#/$defs/Color"}, *_listed(3)]


_PALETTE: Schema = {"type": "string", "pattern": r"->|[;\\]|^\s*[@\[(]"}
"""Palettes in one text: ramps, lists, files."""


def _color() -> Schema:
    """Return the schema of one colour, with every name that is known."""
    return {
        "anyOf": [
            {"type": "string", "pattern": "^#([0-9a-fA-F]{3}){1,2}$|^(xkcd|mat):"},
            {"type": "string", "enum": list(dict.fromkeys([*NAMES, *surveyed()]))},
            {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3},
        ]
    }


def _text_forms(_option: Option) -> list[Schema]:
    return [{"type": "string", "minLength": 1}]


_FORMS: dict[str, Callable[[Option], list[Schema]]] = {
    "number": _number_forms,
    "whole": _number_forms,
    "grid": lambda _option: _listed(2),
    "color": _color_forms,
    "colors": lambda option: [
        {"type": "array", "items": {"anyOf": [*_color_forms(option), _PALETTE]}},
        {"$ref": "#/$defs/Color"},
        _PALETTE,
    ],
    "choice": lambda option: [{"type": "string", "enum": list(option.words)}],
    "flag": lambda _option: [{"type": "boolean"}],
    "text": _text_forms,
    "file": _text_forms,
    "image": _text_forms,
    "film": _text_forms,
    "cube": _text_forms,
    "model": _text_forms,
    "curve": lambda _option: [{"$ref": "#/$defs/Curve"}],
}
