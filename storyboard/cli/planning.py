"""From the arguments of a command to the plan they mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.errors import UsageError

if TYPE_CHECKING:
    from storyboard.timeline import Plan


def read_plan(
    story: Path,
    *,
    settings: Sequence[str] | None = None,
    quality: str | None = None,
    seed: int | None = None,
) -> Plan:
    """The plan of the story file, changed as ``--set``, ``--quality`` and ``--seed`` say.

    Raises `StoryError` with every mistake, `UsageError`.
    """
    from storyboard.story import load_story
    from storyboard.timeline import make_plan

    overrides = read_settings(settings or ())
    return make_plan(load_story(story, overrides=overrides, quality=quality, seed=seed))


def read_settings(settings: Sequence[str]) -> dict[str, str]:
    """``["seed=3"]`` as ``{"seed": "3"}``; of a path set twice the last word counts."""
    pairs = {}
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not equals or not path.strip():
            raise UsageError(f"--set {setting}: write it as PATH=VALUE, such as output.fps=24")
        pairs[path.strip()] = value
    return pairs
