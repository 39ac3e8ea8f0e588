"""A shot, resolved: its frames, prompts, poses and curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from storyboard.timeline.plan.pose import Pose
from storyboard.timeline.plan.prompt import Floats, PromptTrack, Source
from storyboard.timeline.plan.space import DepthPlan
from storyboard.timeline.plan.video import VideoPlan


@dataclass(frozen=True)
class ShotPlan:
    """A stretch of the film, resolved.

    ``poses`` has a row of `POSE_FIELDS` per frame; ``entry`` and ``exit`` are the poses at the
    shot's exact start and end. The camera moves from the last frame of one shot to the first frame
    of the next along ``last -> exit``, then ``entry -> first``. ``values`` holds every other curve,
    one number a frame, by name: ``steps``, ``lr``, ``cuts``, ``cut_hold``, ``hold``,
    ``color_hold``, ``novelty`` (how new the prompts are), ``losses.NAME``, ``filters.NAME``,
    ``perceptors.NAME``, ``reveal``, with a clip ``video_mix``; ``loss_options`` and
    ``filter_options`` have what the story says beside weight and amount. ``digest`` names all that
    the pictures of this shot depend on, the shots that it flows from included. ``moved`` is by how
    many seconds ``snap`` moved the start, None where it was not asked to.
    """

    index: int
    name: str
    start: Fraction
    end: Fraction
    first: int
    stop: int
    chain: int
    fresh: bool
    drawer: str
    drawer_options: Mapping[str, Any]
    perceptors: tuple[str, ...]
    tracks: tuple[PromptTrack, ...]
    poses: Floats
    entry: Pose
    exit: Pose
    border: str
    border_color: tuple[float, float, float]
    resample: str
    cut_batch: int
    values: Mapping[str, Floats]
    seed: int
    frame_seeds: tuple[int, ...]
    digest: str
    loss_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    filter_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    moved: Fraction | None = None
    depth: DepthPlan | None = None
    video: VideoPlan | None = None

    @property
    def frame_count(self) -> int:
        """How many frames the shot has; zero is possible for a very short one."""
        return self.stop - self.first

    @property
    def sources(self) -> tuple[Source, ...]:
        """What the shot's prompts stand for, each once, in their order."""
        named = (source for track in self.tracks for source in (track.source, track.toward))
        return tuple(dict.fromkeys(source for source in named if source is not None))
