"""The JSON Schema of a story, for editors: made from the model, so it cannot drift from it."""

from __future__ import annotations

import json
from dataclasses import MISSING

from storyboard.story.kinds import Schema, alternatives, declared
from storyboard.story.model import (
    Defaults,
    DrawerSpec,
    KeyedShot,
    LyricsSpec,
    OutputSpec,
    PerceptorSpec,
    PromptSpec,
    ShotSpec,
    StorySpec,
)
from storyboard.story.motion import MotionSpec
from storyboard.story.music import AudioSpec, BandSpec, MarkSet, SnapSpec
from storyboard.story.scalars import COLOR_SCHEMA, CURVE_SCHEMA, TIME_SCHEMA
from storyboard.story.space import DepthSpec, StereoSpec

DIALECT = "http://json-schema.org/draft-07/schema#"
_MODELS = (
    OutputSpec,
    AudioSpec,
    BandSpec,
    MarkSet,
    SnapSpec,
    LyricsSpec,
    PerceptorSpec,
    PromptSpec,
    MotionSpec,
    DepthSpec,
    StereoSpec,
    Defaults,
    ShotSpec,
    KeyedShot,
)


def story_schema() -> Schema:
    """The schema as data: draft 7, which every editor understands."""
    from storyboard.motion.movements import motions
    from storyboard.timeline.easings import easings

    definitions = {model.__name__: _object(model) for model in _MODELS}
    definitions["DrawerSpec"] = _drawer()
    definitions["DrawerName"] = definitions["DrawerSpec"]["properties"]["name"]
    definitions |= {"Time": TIME_SCHEMA, "Curve": CURVE_SCHEMA, "Color": COLOR_SCHEMA}
    definitions["MovementName"] = {"type": "string", "examples": motions.names()}
    definitions["MotionSpec"]["properties"]["ease"]["examples"] = easings.names()
    definitions["KeyedShot"] = {"anyOf": [{"$ref": "#/$defs/Prompt"}, definitions["KeyedShot"]]}
    definitions["Prompt"] = declared(StorySpec)["prompt"].metadata["kind"].schema()
    story = _object(StorySpec)
    return {"$schema": DIALECT, "title": "Storyboard story", **story, "$defs": definitions}


def schema_json() -> str:
    """The schema as JSON text."""
    return json.dumps(story_schema(), indent=2, ensure_ascii=False)


def _object(model: type) -> Schema:
    """The schema of one part: its keys, each with its description."""
    fields = declared(model)
    properties = {
        name: {"description": one.metadata["doc"], **_field(one.metadata["kind"].schema())}
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
    """The schema of a mapping with exactly one of ``keys``."""
    return {"oneOf": [{"required": [key]} for key in keys]}


def _field(schema: Schema) -> Schema:
    """A reference cannot have a description beside it in draft 7, so it is wrapped.

    A drawer's short form is one of the drawers' names, which the model does not know.
    """
    if schema.get("anyOf", [None])[-1] == {"$ref": "#/$defs/DrawerSpec"}:
        schema = {"anyOf": [{"$ref": "#/$defs/DrawerName"}, schema["anyOf"][-1]]}
    return {"allOf": [schema]} if "$ref" in schema else schema


def _drawer() -> Schema:
    """The drawers by name, each with its own options."""
    from storyboard.drawers import drawers
    from storyboard.drawers.catalogue import RECORDS

    schema = _object(DrawerSpec)
    options = {
        name: {"description": option.doc}
        for record in RECORDS.values()
        for name, option in record.options.items()
    }
    schema["properties"] |= options
    schema["properties"]["name"] |= {"enum": drawers.names()}
    return schema
