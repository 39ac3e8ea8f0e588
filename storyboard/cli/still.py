"""``storyboard still``: one painted picture of the film."""

from __future__ import annotations

from storyboard.cli.options import StoryFile


def still(story: StoryFile) -> None:
    """Paint one picture of the film."""
