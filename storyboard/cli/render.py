"""``storyboard render``: the film."""

from __future__ import annotations

from storyboard.cli.options import StoryFile


def render(story: StoryFile) -> None:
    """Render the film; what is there already is kept."""
