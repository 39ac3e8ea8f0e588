"""Story -> Plan: clock, curves, easings, the expression language, prompts over time, seeds.

>>> plan = make_plan(load_story("story.yaml"))

No torch in here. Names are imported when first used: other rooms want the plan and not its
making.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyboard.lazy import imported_when_used

if TYPE_CHECKING:
    from storyboard.timeline.build import make_plan
    from storyboard.timeline.check import check_story
    from storyboard.timeline.plan import Plan, Pose

__all__ = ["Plan", "Pose", "check_story", "make_plan"]

_HOMES = {"Plan": "plan", "Pose": "plan", "check_story": "check", "make_plan": "build"}

__getattr__ = imported_when_used(__name__, _HOMES)
