"""A shot, resolved: its frames, prompts, poses and curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from typing import Any

from storyboard.plan.mask import Mask
from storyboard.plan.pose import Pose
from storyboard.plan.prompt import Floats, PromptTrack, Source
from storyboard.plan.space import DepthPlan
from storyboard.plan.video import OpeningPlan, VideoPlan


@dataclass(frozen=True)
class GrowthPlan:
    """A shot that films one picture's optimisation: ``values["steps"]`` are taken from frame to
    frame, and nothing is moved or begun again between them.

    ``best`` shows the picture that has fitted the prompts best so far. ``steps`` are those of the
    whole growth, None for as many as there are; ``held`` the frames at its end without any.
    ``origin`` is where the story says so: shots that share it are one growth.
    """

    best: bool = False
    steps: int | None = None
    held: int = 0
    origin: str = ""


@dataclass(frozen=True)
class ShotPlan:
    """A stretch of the film, resolved.

    ``poses`` has a row of `POSE_FIELDS` per frame; ``entry`` and ``exit`` are the poses at the
    shot's exact start and end. The camera moves from the last frame of one shot to the first frame
    of the next along ``last -> exit``, then ``entry -> first``. ``values`` holds every other curve,
    one number a frame, by name: ``steps``, ``lr``, ``cuts``, ``cut_hold``, ``hold``,
    ``color_hold``, ``novelty`` (how new the prompts are), ``losses.NAME``, ``filters.NAME``,
    ``perceptors.NAME``, ``reveal``, with a clip ``video_mix``, with an ``opening`` ``init``.
    ``drawer_options``, ``loss_options`` and ``filter_options`` hold the options that stay as they
    are; ``moving`` those that change with time, by ``drawer.OPTION``, ``losses.NAME.OPTION`` and
    ``filters.NAME.OPTION``: (frames,) for numbers, (frames, 2) for grids, (frames, 3) and (frames,
    count, 3) for one colour and several, integers for whole numbers; `options` joins both.
    ``loss_masks`` has the part of the frame that a loss is for, by its name, where that is not all
    of it; ``clip_times`` the moments, in seconds, that the frames show of a clip that an option
    names, by ``losses.NAME.OPTION``. ``digest`` names all that the pictures of this shot depend on,
    the shots that it flows from included. ``moved`` is by how many seconds ``snap`` moved the
    start, None where it was not asked to. ``growth`` is None unless the shot films one picture's
    optimisation. ``takes`` is how many seeds of it are shown for choosing, 1 for its own alone.
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
    frame_seeds: Sequence[int]
    digest: str
    loss_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    filter_options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    moving: Mapping[str, Floats] = field(default_factory=dict)
    moved: Fraction | None = None
    depth: DepthPlan | None = None
    video: VideoPlan | None = None
    growth: GrowthPlan | None = None
    opening: OpeningPlan | None = None
    takes: int = 1
    loss_masks: Mapping[str, Mask] = field(default_factory=dict)
    clip_times: Mapping[str, tuple[Fraction, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return one line, for notebooks."""
        span = f"{float(self.start):.2f}-{float(self.end):.2f} s"
        return f"ShotPlan({self.name!r}, {span}, {self.frame_count} frames)"

    def html_cells(self) -> str:
        """Return the cells of a table's row: name, from, to, frames, drawer."""
        times = (f"{float(edge):.2f} s" for edge in (self.start, self.end))
        cells = (self.name, *times, self.frame_count, self.drawer)
        return "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)

    @property
    def frame_count(self) -> int:
        """Return the number of frames; zero is possible for a very short shot."""
        return self.stop - self.first

    @property
    def sources(self) -> tuple[Source, ...]:
        """Return the distinct sources of the shot's prompts, in order."""
        named = (source for track in self.tracks for source in (track.source, track.toward))
        return tuple(dict.fromkeys(source for source in named if source is not None))

    def options(self, room: str, name: str, local: int) -> dict[str, Any]:
        """Return the options of ``name`` at the shot's frame ``local``, those that move included.

        ``room`` is ``drawer``, whose only name is the shot's drawer, ``losses`` or ``filters``. A
        moving option is a number, or numbers in tuples; what the story does not set is left out.
        """
        of_room = {
            "drawer": {self.drawer: self.drawer_options},
            "losses": self.loss_options,
            "filters": self.filter_options,
        }[room]
        head = "drawer." if room == "drawer" else f"{room}.{name}."
        moving = {
            key.removeprefix(head): plain(values[local])
            for key, values in self.moving.items()
            if key.startswith(head)
        }
        return {**of_room.get(name, {}), **moving}


def plain(value: Any) -> Any:
    """Return an array, or a number of one, as plain numbers and tuples."""
    listed = value.tolist() if hasattr(value, "tolist") else value
    return tuple(map(plain, listed)) if isinstance(listed, list) else listed
