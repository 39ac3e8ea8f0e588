"""The plan: a story resolved to exact times, frame numbers, values per frame, seeds and digests.

Plain data. Nothing here needs torch, reads a file, or knows how anything is drawn: the renderer,
the motion preview, ``plan`` and ``--dry-run`` all read the same `Plan`. It is all that other rooms
know of the timeline. Names are imported when first used, so that a story's schema needs no numpy.

Times are seconds as `Fraction`; every range is half-open. A frame's number counts from the start
of the film; ``local`` counts from the start of its shot.
"""

from typing import TYPE_CHECKING

from storyboard.lazy import imported_when_used

if TYPE_CHECKING:
    from storyboard.plan.film import AudioPlan, Frame, Frames, Plan
    from storyboard.plan.finish import (
        INTERPOLATIONS,
        PLACES,
        CaptionPlan,
        FinishPlan,
        InterpolatePlan,
        OverlayPlan,
        UpscalePlan,
    )
    from storyboard.plan.mask import REGIONS, SHAPES, Mask, PictureMask, ShapeMask, WordsMask
    from storyboard.plan.pose import POSE_FIELDS, Pose
    from storyboard.plan.prompt import (
        LABEL,
        NAMED,
        TEMPLATES,
        VIEWS,
        ClipPrompt,
        DifferencePrompt,
        Floats,
        ImagePrompt,
        ImagesPrompt,
        LabelsPrompt,
        NamedPrompt,
        NoisePrompt,
        Prompt,
        PromptTrack,
        Source,
        TextPrompt,
        VectorPrompt,
        distinct_labels,
    )
    from storyboard.plan.quality import Quality
    from storyboard.plan.shot import GrowthPlan, ShotPlan
    from storyboard.plan.space import DepthPlan, StereoPlan
    from storyboard.plan.video import OpeningPlan, VideoPlan

__all__ = [
    "INTERPOLATIONS",
    "LABEL",
    "NAMED",
    "PLACES",
    "POSE_FIELDS",
    "REGIONS",
    "SHAPES",
    "TEMPLATES",
    "VIEWS",
    "AudioPlan",
    "CaptionPlan",
    "ClipPrompt",
    "DepthPlan",
    "DifferencePrompt",
    "FinishPlan",
    "Floats",
    "Frame",
    "Frames",
    "GrowthPlan",
    "ImagePrompt",
    "ImagesPrompt",
    "InterpolatePlan",
    "LabelsPrompt",
    "Mask",
    "NamedPrompt",
    "NoisePrompt",
    "OpeningPlan",
    "OverlayPlan",
    "PictureMask",
    "Plan",
    "Pose",
    "Prompt",
    "PromptTrack",
    "Quality",
    "ShapeMask",
    "ShotPlan",
    "Source",
    "StereoPlan",
    "TextPrompt",
    "UpscalePlan",
    "VectorPrompt",
    "VideoPlan",
    "WordsMask",
    "distinct_labels",
]

_HOMES = {
    "INTERPOLATIONS": "finish",
    "LABEL": "prompt",
    "NAMED": "prompt",
    "PLACES": "finish",
    "POSE_FIELDS": "pose",
    "REGIONS": "mask",
    "SHAPES": "mask",
    "TEMPLATES": "prompt",
    "VIEWS": "prompt",
    "AudioPlan": "film",
    "CaptionPlan": "finish",
    "ClipPrompt": "prompt",
    "DepthPlan": "space",
    "DifferencePrompt": "prompt",
    "FinishPlan": "finish",
    "Floats": "prompt",
    "Frame": "film",
    "Frames": "film",
    "GrowthPlan": "shot",
    "ImagePrompt": "prompt",
    "ImagesPrompt": "prompt",
    "InterpolatePlan": "finish",
    "LabelsPrompt": "prompt",
    "Mask": "mask",
    "NamedPrompt": "prompt",
    "NoisePrompt": "prompt",
    "OpeningPlan": "video",
    "OverlayPlan": "finish",
    "PictureMask": "mask",
    "Plan": "film",
    "Pose": "pose",
    "Prompt": "prompt",
    "PromptTrack": "prompt",
    "Quality": "quality",
    "ShapeMask": "mask",
    "ShotPlan": "shot",
    "Source": "prompt",
    "StereoPlan": "space",
    "TextPrompt": "prompt",
    "UpscalePlan": "finish",
    "VectorPrompt": "prompt",
    "VideoPlan": "video",
    "WordsMask": "mask",
    "distinct_labels": "prompt",
}

__getattr__ = imported_when_used(__name__, _HOMES)
