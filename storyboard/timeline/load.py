"""Loading a story: reading it, and refusing it with all that is wrong.

The one place where the story looks up to the timeline: what only planning finds is told together
with what reading found.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storyboard.errors import StoryError
from storyboard.story.read import Story, read_story, read_story_text


def load_story(
    path: str | Path,
    *,
    overrides: Mapping[str, Any] | None = None,
    quality: str | None = None,
    seed: int | str | None = None,
) -> Story:
    """Read and validate the story file ``path``; all arguments are those of `read_story`.

    Raises `StoryError` with every mistake, those that only planning finds included where there is
    one at all.
    """
    return _sound(read_story(path, overrides=overrides, quality=quality, seed=seed))


def load_story_text(
    text: str,
    *,
    name: str = "story",
    folder: str | Path = ".",
    overrides: Mapping[str, Any] | None = None,
) -> Story:
    """`load_story` for a text; files that it names are relative to ``folder``."""
    return _sound(read_story_text(text, name=name, folder=folder, overrides=overrides))


def _sound(story: Story) -> Story:
    """``story`` itself, or one `StoryError` with all that is wrong with it."""
    if not story.problems:
        return story
    from storyboard.timeline.check import problems_of

    errors = [problem for problem in problems_of(story) if problem.severity == "error"]
    raise StoryError(errors)
