"""Story -> Plan: the soundtrack on the clock, shots, poses, prompts over time, seeds, digests.

>>> plan = make_plan(load_story("story.yaml"))

No torch in here. Names are imported when first used: most who import from this room
want one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyboard.lazy import imported_when_used

if TYPE_CHECKING:
    from storyboard.timeline.build import make_plan
    from storyboard.timeline.check import check_story
    from storyboard.timeline.load import load_story, load_story_text

__all__ = ["check_story", "load_story", "load_story_text", "make_plan"]

_HOMES = {
    "check_story": "check",
    "load_story": "load",
    "load_story_text": "load",
    "make_plan": "build",
}

__getattr__ = imported_when_used(__name__, _HOMES)
