"""Story -> Plan: clock, curves, easings, the expression language, prompts over time, seeds.

>>> plan = make_plan(load_story("story.yaml"))

No torch in here. Names are imported when first used, because `storyboard.story` needs the clock
before a plan can be thought of.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from storyboard.timeline.build import make_plan
    from storyboard.timeline.check import check_story
    from storyboard.timeline.plan import Plan, Pose

__all__ = ["Plan", "Pose", "check_story", "make_plan"]

_HOMES = {"Plan": "plan", "Pose": "plan", "check_story": "check", "make_plan": "build"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
