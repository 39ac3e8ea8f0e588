"""Tell a story from the settings file of another program."""

from __future__ import annotations

from collections.abc import Iterator

from storyboard.errors import Problem
from storyboard.interchange.importers.tools import TOOLS
from storyboard.story.read import Story


def foreign_settings(story: Story) -> Iterator[Problem]:
    """Yield an error for a story that is the settings of another program."""
    unknown = [path[0] for path in story.unknown if len(path) == 1]
    written = [path[0] for path in story.source.keys if len(path) == 1]
    tool = TOOLS.detect(dict.fromkeys(map(str, written)))
    if tool is not None and 2 * len(unknown) > len(written):
        hint = f"`storyboard import {story.source.file} -o story.yaml` makes a story of them"
        yield Problem(f"these are settings of {tool}", story.source.file, hint=hint)
