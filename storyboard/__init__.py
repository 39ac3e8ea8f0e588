"""Storyboard: a YAML storyboard becomes a film.

>>> from storyboard import load_story, make_plan, render
>>> film = render(make_plan(load_story("story.yaml")))

Importing the package imports neither torch nor any model; names are looked up when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storyboard.errors import StoryboardError, StoryError
    from storyboard.render import Film, render
    from storyboard.render.events import Event
    from storyboard.story import Story, load_story
    from storyboard.timeline import Plan, make_plan

__version__ = "0.1.0"

__all__ = [
    "Event",
    "Film",
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
    "Event": "storyboard.render.events",
    "Film": "storyboard.render",
    "Plan": "storyboard.timeline",
    "Story": "storyboard.story",
    "StoryError": "storyboard.errors",
    "StoryboardError": "storyboard.errors",
    "load_story": "storyboard.story",
    "make_plan": "storyboard.timeline",
    "render": "storyboard.render",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'storyboard' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
