"""The clip that a shot's frames start from: which moment of it every frame shows, exactly.

The clip's clock runs from where it was set: from the shot's start for a shot's own clip, from the
film's start for one that all shots have, so that it plays on from shot to shot.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from storyboard.curves.clock import Clock
from storyboard.curves.curves import integrate, read_curve
from storyboard.curves.instants import SampleTimes, ShotScope
from storyboard.drawers import drawers
from storyboard.errors import BadValue
from storyboard.files import is_file, missing_hint
from storyboard.motion import FITS, FLOWS
from storyboard.plan import Floats, ShotPlan, VideoPlan
from storyboard.story.read import Story
from storyboard.story.source import KeyPath
from storyboard.story.video import VideoSpec
from storyboard.timeline.cascade import Setting, SettingsByName
from storyboard.timeline.report import Report
from storyboard.timeline.settings import NumberSetting, sampled
from storyboard.times import parse_time

if TYPE_CHECKING:
    from storyboard.media.clip_file import Timing

MIX = 0.3
"""``video_mix``: how much of the clip is in what a frame starts from."""

KEPT = ("edges", "depth")
"""What of a clip's structure can be kept."""

CLIPS = (".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v")
"""Suffixes of files that are read as clips where a picture may stand."""

SPEED = NumberSetting(1, 0, 100)

SLACK = Fraction(1, 10)
"""A clip may end so many seconds before its shot, and its last picture stays: the pictures of a
film are seldom exactly as long as its sound."""


@dataclass(frozen=True)
class Video:
    """A shot's clip, None where it has none, and its curves: a value a frame, by name."""

    plan: VideoPlan | None = None
    values: dict[str, Floats] = field(default_factory=dict)

    def begin(self, values: dict[str, Floats], *, fresh: bool) -> None:
        """Hold the first frame of a ``fresh`` shot to the clip by as much as the clip has in the
        others: so it looks as they will.
        """
        mix = self.values.get("video_mix")
        if fresh and mix is not None and len(mix):
            values["hold"] = np.concatenate([values["hold"][:1] * mix[0], values["hold"][1:]])


def video_of(
    settings: SettingsByName, at: SampleTimes, film: ShotScope, folder: Path, report: Report
) -> Video:
    """Resolve the clip in ``settings``, for the frames ``at`` of a shot of ``film``.

    The file is looked for from ``folder``. Every error goes to ``report``.
    """
    mix = settings.get("video_mix")
    if "video" not in settings or settings["video"].value.file is False:
        if mix is not None and _is_own(mix.path):
            report.error(mix.path, "there is no clip to mix in", hint="say video: clip.mp4")
        return Video()
    spec, path = settings["video"]
    file = folder / spec.file
    with report.at((*path, "file")):
        timing = _timing(file)
        clip = _Clip(spec, path, timing, at.scope if _is_own(path) else film, report)
        times = clip.times(at)
        plan = VideoPlan(file, times, spec.fit or next(iter(FITS)), spec.flow or next(iter(FLOWS)))
        share = sampled(mix, MIX, at, report=report, number=NumberSetting(MIX, 0, 1))
        keep, model, kept = _kept(settings["video"], at, folder, report)
        return Video(replace(plan, keep=keep, depth_model=model), {"video_mix": share, **kept})
    return Video()


def _kept(
    setting: Setting, at: SampleTimes, folder: Path, report: Report
) -> tuple[str, str, dict[str, Floats]]:
    """Return the kept structure of the clip, the model that finds it, and its weight's curve;
    empty for nothing.
    """
    spec, path = setting.value.keep, (*setting.path, "keep")
    if spec is None:
        return "", "", {}
    given = [name for name in KEPT if getattr(spec, name) is not None]
    if len(given) != 1:
        hint = "say keep: {edges: 0.6}" if not given else "a ControlNet knows one of them"
        report.error(path, f"keep takes one of: {', '.join(KEPT)}", hint=hint)
        return "", "", {}
    name, model = given[0], spec.depth_model or ""
    if (name == "depth") != bool(model):
        hint = "say depth_model: a folder or a name, such as Intel/dpt-large"
        message = "depth needs a depth_model" if name == "depth" else "edges need no depth_model"
        report.error(path, message, hint=hint if name == "depth" else None)
        return "", "", {}
    weight = Setting(getattr(spec, name), (*path, name))
    values = sampled(weight, 1.0, at, report=report, number=NumberSetting(1.0, 0, 2))
    near = folder / model
    return name, str(near.resolve()) if model and near.exists() else model, {"video_keep": values}


def check_keep(shot: ShotPlan, settings: SettingsByName, report: Report) -> None:
    """Report a structure that is to be kept by a drawer that has nothing to keep it with."""
    if shot.video is None or not shot.video.keep or _controlled(shot):
        return
    if shot.drawer in drawers and not drawers.record(shot.drawer).paints:
        return  # it is optimised, so a loss keeps the structure
    message = f"drawer {shot.drawer!r} has no ControlNet to keep {shot.video.keep} with"
    hint = "say drawer: {name: diffusion, controlnet: FOLDER}, or drawer: fft"
    report.error((*settings["video"].path, "keep"), message, hint=hint)


def refuse_idle_control(story: Story, shots: Sequence[ShotPlan], report: Report) -> None:
    """Report a ControlNet where no shot keeps anything of a clip."""
    idle = next((shot for shot in shots if _controlled(shot)), None)
    if idle is None or report.errors or any(shot.video and shot.video.keep for shot in shots):
        return
    spec = story.spec
    general = ((("drawer",), spec), (("defaults", "drawer"), spec.defaults))
    settings = (path for path, part in general if part is not None and part.drawer is not None)
    message = "the ControlNet of the drawer has nothing to keep to"
    hint = "say video: {file: clip.mp4, keep: {edges: 0.6}}"
    report.error(next(settings, ("shots", idle.index)), message, hint=hint)


def _controlled(shot: ShotPlan) -> bool:
    return shot.drawer_options.get("controlnet") is not None


def clip_length(spec: VideoSpec, folder: Path, clock: Clock) -> Fraction | None:
    """Return the seconds that a clip plays, so that a film may last as long as its clip; None where
    it has no length of its own: a picture, a loop, a speed that changes, or no clip.
    """
    if spec.file is False or spec.at_end in ("loop", "bounce"):
        return None
    with suppress(BadValue):
        timing = _timing(folder / str(spec.file))
        start, end = (
            whole if written is None else clock.duration_of(parse_time(written), whole=timing.end)
            for written, whole in ((spec.start, Fraction(0)), (spec.end, timing.end))
        )
        speed = read_curve(1 if spec.speed is None else spec.speed).constant
        if speed and speed > 0 and end > start and len(timing.starts) > 1:
            return (end - start) / Fraction(str(speed))
    return None


def is_clip(file: Path) -> bool:
    """Return whether the name of ``file`` is that of a clip, not of a picture."""
    return file.suffix.lower() in CLIPS


def clip_times(file: Path, path: KeyPath, at: SampleTimes, report: Report) -> tuple[Fraction, ...]:
    """Return the moment of the clip ``file``, in seconds, at every one of the frames ``at``: it
    starts with the shot and holds its last picture. Raises `BadValue` where there is no such clip.
    """
    spec = VideoSpec(file=file.name, at_end="hold")
    return _Clip(spec, path, _timing(file), at.scope, report).times(at)


def refuse_idle_mix(story: Story, shots: Sequence[ShotPlan], report: Report) -> None:
    """Report a ``video_mix`` for all shots where no shot has a clip."""
    lost = any("video" in path for path in story.pruned)
    if lost or any(shot.video for shot in shots) or not report.is_sound:
        return
    for path, settings in (((), story.spec), (("defaults",), story.spec.defaults)):
        if settings is not None and settings.video_mix is not None:
            message = "there is no clip to mix in"
            report.error((*path, "video_mix"), message, hint="say video: clip.mp4")


def _is_own(path: KeyPath) -> bool:
    """Return True for a setting of the shot itself, False for one of the story."""
    return path[:1] in (("shots",), ("prompts",))


def _timing(file: Path) -> Timing:
    """Return the times of the clip's pictures. Raises `BadValue` where there is no such clip."""
    if not is_file(file):
        hint = missing_hint(file) or "the path is relative to the story"
        raise BadValue(f"file not found: {file}", hint=hint)
    if not file.stat().st_size:
        raise BadValue(f"the file {file} is empty")
    from storyboard.media.clip_file import read_timing  # starts ffmpeg, which most stories need not

    return read_timing(file)


@dataclass(frozen=True)
class _Clip:
    """A clip as a story says it, and ``origin``, whose start is that of the clip."""

    spec: VideoSpec
    path: KeyPath
    timing: Timing
    origin: ShotScope
    report: Report

    def times(self, at: SampleTimes) -> tuple[Fraction, ...]:
        """Return the moment of the file, in seconds, that each frame shows. Raises `BadValue`."""
        start, end = self._stretch()
        last = self.timing.last_before(end)
        played = self._played(at)
        short = bool(played) and played[-1] >= end - start + SLACK and len(self.timing.starts) > 1
        if short and self.spec.at_end is None and not self.report.failed(self.path):
            raise self._runs_out(at, played, start, end)
        fold = _FOLDS[self.spec.at_end or "hold"]
        return tuple(min(start + fold(seconds, end - start), last) for seconds in played)

    def _stretch(self) -> tuple[Fraction, Fraction]:
        """Return the start and end in the file, in seconds. Raises `BadValue`."""
        ends = {"start": Fraction(0), "end": self.timing.end}
        for key in ends:
            written = getattr(self.spec, key)
            if written is not None:
                with self.report.at((*self.path, key)):
                    clock, whole = self.origin.clock, self.timing.end
                    ends[key] = clock.duration_of(parse_time(written), whole=whole)
        start, end = ends.values()
        over = "end" if end > self.timing.end + SLACK else "start"
        if max(start, end - SLACK) >= self.timing.end and getattr(self.spec, over) is not None:
            message = f"the clip ends at {float(self.timing.end):.3f} s"
            self.report.error((*self.path, over), f"{message}, before {float(ends[over]):.3f} s")
        elif start >= end:
            self.report.error((*self.path, "end"), "the clip ends before it starts")
        return (start, end) if start < end else (start, start + 1)

    def _played(self, at: SampleTimes) -> list[Fraction]:
        """Return seconds of the clip that have passed at each frame: exact for a speed that
        stays.
        """
        origin, numbers = self.origin, [int(number) for number in at.f]
        after = [max(n / origin.clock.fps - origin.start, Fraction(0)) for n in numbers]
        if self.spec.speed is None or not numbers:
            return after
        setting = Setting(self.spec.speed, (*self.path, "speed"))
        frames = origin.frames(numbers[0], numbers[-1] + 1)
        sampled(setting, 1.0, frames, report=self.report, number=SPEED)
        with self.report.at(setting.path):
            speed = read_curve(setting.value, names=origin.names)
            if speed.constant is not None:
                return [Fraction(str(speed.constant)) * seconds for seconds in after]
            way = np.maximum(integrate(speed, frames), 0.0)
            return [Fraction(round(seconds * 1e6), 10**6) for seconds in way.tolist()]
        return after

    def _runs_out(
        self, at: SampleTimes, played: Sequence[Fraction], start: Fraction, end: Fraction
    ) -> BadValue:
        """Return the error of a shot that is longer than its clip."""
        lost = next(n for n, seconds in enumerate(played) if seconds >= end - start)
        short = float(start + played[-1] - end)
        message = (
            f"the clip ends at {float(end):.3f} s: from {at.t[lost]:.3f} s of the film on the shot "
            f"has no picture of it ({short:.3f} s too little)"
        )
        hint = "say at_end: hold, loop or bounce, or let the shot end there"
        return BadValue(message, hint=hint)


def _hold(seconds: Fraction, length: Fraction) -> Fraction:
    return min(seconds, length)


def _loop(seconds: Fraction, length: Fraction) -> Fraction:
    return seconds % length


def _bounce(seconds: Fraction, length: Fraction) -> Fraction:
    there_and_back = seconds % (2 * length)
    return min(there_and_back, 2 * length - there_and_back)


_FOLDS = {"loop": _loop, "hold": _hold, "bounce": _bounce}
