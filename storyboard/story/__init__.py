"""YAML -> Story: the loader with places, the schema, times, shorthand and overrides.

>>> story = read_story("story.yaml", overrides={"output.size": "160x90"}, seed=3)

No torch in here. Names are imported when first used, for most who import from this room want its
plain parts alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyboard.lazy import imported_when_used

if TYPE_CHECKING:
    from storyboard.story.read import Story, read_story, read_story_text
    from storyboard.story.schema import schema_json

__all__ = [
    "Story",
    "read_story",
    "read_story_text",
    "schema_json",
]

_HOMES = {
    "Story": "read",
    "read_story": "read",
    "read_story_text": "read",
    "schema_json": "schema",
}

__getattr__ = imported_when_used(__name__, _HOMES)
