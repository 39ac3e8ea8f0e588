"""The JSON Schema of a story, for editors: made from the models, so it cannot drift from them."""

from __future__ import annotations

import json


def schema_json() -> str:
    """The schema as JSON text."""
    from storyboard.story.model import StorySpec

    return json.dumps(StorySpec.model_json_schema(), indent=2)
