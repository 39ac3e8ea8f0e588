"""The plan: a story resolved to exact times, frame numbers, values per frame, seeds and digests.

Plain data. Nothing here needs torch, reads a file, or knows how anything is drawn: the renderer,
the motion preview, ``plan`` and ``--dry-run`` all read the same `Plan`. It is all that other rooms
know of the timeline.

Times are seconds as `Fraction`; every range is half-open. A frame's number counts from the start
of the film; ``local`` counts from the start of its shot.
"""

from storyboard.timeline.plan.film import AudioPlan, Frame, Frames, Plan, Quality
from storyboard.timeline.plan.pose import POSE_FIELDS, Pose
from storyboard.timeline.plan.shot import Floats, Prompt, PromptTrack, ShotPlan
from storyboard.timeline.plan.space import DepthPlan, StereoPlan
from storyboard.timeline.plan.video import VideoPlan

__all__ = [
    "POSE_FIELDS",
    "AudioPlan",
    "DepthPlan",
    "Floats",
    "Frame",
    "Frames",
    "Plan",
    "Pose",
    "Prompt",
    "PromptTrack",
    "Quality",
    "ShotPlan",
    "StereoPlan",
    "VideoPlan",
]
