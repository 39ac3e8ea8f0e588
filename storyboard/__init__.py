"""Storyboard: a YAML storyboard becomes a film.

::

    from storyboard import load_story, make_plan, render
    film = render(make_plan(load_story("story.yaml")))

Importing the package imports neither torch nor any model; names are looked up when first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyboard.lazy import imported_when_used

if TYPE_CHECKING:
    from storyboard.errors import StoryboardError, StoryError
    from storyboard.notebooks import LivePicture
    from storyboard.plan import Plan
    from storyboard.render import Film, render
    from storyboard.render.events import Event
    from storyboard.story import Story
    from storyboard.timeline import load_story, make_plan

__version__ = "0.1.0"

__all__ = [
    "Event",
    "Film",
    "LivePicture",
    "Plan",
    "Story",
    "StoryError",
    "StoryboardError",
    "__version__",
    "load_story",
    "make_plan",
    "render",
]

_HOMES = {
    "Event": "render.events",
    "Film": "render",
    "LivePicture": "notebooks",
    "Plan": "plan",
    "Story": "story",
    "StoryError": "errors",
    "StoryboardError": "errors",
    "load_story": "timeline",
    "make_plan": "timeline",
    "render": "render",
}

__getattr__ = imported_when_used(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
