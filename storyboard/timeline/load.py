"""Loading a story: reading it, and refusing it with all that is wrong.

The one place where the story looks up to the timeline: what only planning finds is listed together
with what reading found.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storyboard.errors import StoryError, UsageError
from storyboard.files import is_file
from storyboard.story.read import Story, read_story, read_story_data, read_story_text


def load_story(
    story: str | Path | Mapping[str, Any],
    *,
    overrides: Mapping[str, Any] | None = None,
    quality: str | None = None,
    seed: int | str | None = None,
    output: str | None = None,
    still: bool = False,
) -> Story:
    """Read and validate a story: a file, the YAML text itself, or a mapping as YAML gives it.

    Files that a text or a mapping names are relative to the working folder.

    Args:
        story: the file, the text or the mapping.
        overrides: single values by key path, set before validation, texts being read as YAML:
            ``{"shots.intro.duration": "4b", "output.size": "160x90"}``.
        quality: short for one of these.
        seed: short for another.
        output: the name of one of the story's ``outputs``; the first of them by default.
        still: one picture is enough: a prompt without a ``duration`` is one frame.

    Raises:
        StoryError: with every error, those that only planning finds included where there is one.
        UsageError: an output that the story does not have, or no story at all.
    """
    changes: dict[str, Any] = {
        "overrides": overrides,
        "quality": quality,
        "seed": seed,
        "output": output,
        "still": still,
    }
    if isinstance(story, str | Path) and not _is_text(story):
        return _sound(read_story(story, **changes))
    if isinstance(story, Mapping):
        return _sound(read_story_data(story, **changes))
    if not isinstance(story, str):
        kind = type(story).__name__
        raise UsageError(f"load_story takes a file, a text or a mapping, not {kind}")
    return _sound(read_story_text(story, **changes))


def _is_text(story: str | Path) -> bool:
    """Return whether ``story`` is YAML itself: it has lines, or a key with a value."""
    return isinstance(story, str) and (
        "\n" in story or (": " in story and not is_file(Path(story)))
    )


def load_story_text(
    text: str,
    *,
    name: str = "story",
    folder: str | Path = ".",
    overrides: Mapping[str, Any] | None = None,
) -> Story:
    """Return `load_story` for a text; files that it names are relative to ``folder``."""
    return _sound(read_story_text(text, name=name, folder=folder, overrides=overrides))


def _sound(story: Story) -> Story:
    """Return ``story``. Raises one `StoryError` with all that is wrong with it."""
    if not story.problems:
        return story
    from storyboard.timeline.check import problems_of

    errors = [problem for problem in problems_of(story) if problem.severity == "error"]
    raise StoryError(errors)
