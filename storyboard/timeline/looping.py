"""A film that loops: painted frames after its end that are its beginning once more.

The picture flows on from the last frame into these, with the camera, the curves and, faded over,
the prompts of the first frames. The film's first frames then dissolve from them to what was painted
at the start: the first frame follows the last as any frame follows another, whatever the drawer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from storyboard.curves.clock import Clock, frame_of
from storyboard.errors import BadValue
from storyboard.plan import Floats, Pose, PromptTrack, ShotPlan
from storyboard.story.looping import LoopSpec
from storyboard.story.read import Story
from storyboard.timeline.cascade import SettingsByName
from storyboard.timeline.crossfade import cross
from storyboard.timeline.digests import FrameSeeds
from storyboard.timeline.novelty import novelty_after, prompt_novelty
from storyboard.timeline.report import Report
from storyboard.timeline.settings import option
from storyboard.times import parse_time

FADE_S = Fraction(1)
"""How long the first frames dissolve where the story does not set it, and a quarter of the film
at most."""


def loop_of(
    story: Story, shots: Sequence[ShotPlan], settings: SettingsByName, clock: Clock, report: Report
) -> ShotPlan | None:
    """Return the shot that leads from the end of ``shots`` back to their beginning, None for a film
    that does not loop; ``settings`` are the settings of the first shot that has frames.
    """
    spec = story.spec.loop
    if spec is None or spec is False or not report.is_sound:
        return None
    painted = [shot for shot in shots if shot.frame_count]
    if any(shot.growth is not None for shot in painted):
        message = "a picture that grows has no way back to its beginning"
        report.error(("loop",), message, hint="leave growth out, or loop")
        return None
    if clock.every > 1:
        hint = "leave paint: {fps} out; paint: {size} may stay"
        report.error(("loop",), "a loop has every frame painted", hint=hint)
        return None
    with report.at(("loop", "fade")):
        count = _length(spec, painted[0], painted[-1].stop, clock)
        return _way_back(painted[0], painted[-1], count, settings=settings, clock=clock)
    return None


def _length(spec: LoopSpec | bool, first: ShotPlan, stop: int, clock: Clock) -> int:
    """Return for how many frames the beginning dissolves. Raises `BadValue`."""
    most = min(first.frame_count, stop // 2)
    written = spec.fade if isinstance(spec, LoopSpec) else None
    if written is None:
        seconds = min(FADE_S, stop / clock.fps / 4)
        return max(min(round(seconds * clock.fps), most), 1)
    seconds = clock.duration_of(parse_time(written), whole=stop / clock.fps)
    count = frame_of(seconds, clock.fps)
    if not 1 <= count <= most:
        message = f"{float(seconds):g} s must be from one frame to {float(most / clock.fps):g} s"
        raise BadValue(message, hint="the first shot and half of the film bound it")
    return count


def _way_back(
    first: ShotPlan, last: ShotPlan, count: int, *, settings: SettingsByName, clock: Clock
) -> ShotPlan:
    fps, name = clock.fps, f"{first.name[:50]} again"
    tracks = _tracks(first, last, count, str(option(settings, "fade_shape", "linear")))
    new = prompt_novelty(tracks, count, fps, novelty_after(last)).values
    values = {key: _settled(curve, first)[:count] for key, curve in first.values.items()}
    values["novelty"] = new
    if "lr" not in settings:
        values["lr"] = values["lr"] + (1 - values["lr"]) * new
    if "hold" not in settings:
        values["hold"] = values["hold"] * (1 - new)
    end = first.exit if count == first.frame_count else Pose(*map(float, first.poses[count]))
    video = first.video and replace(first.video, times=first.video.times[:count])
    return replace(
        first,
        index=last.index + 1,
        name=name,
        start=last.stop / fps,
        end=(last.stop + count) / fps,
        first=last.stop,
        stop=last.stop + count,
        chain=last.chain,
        fresh=False,
        tracks=tracks,
        poses=first.poses[:count],
        exit=end,
        values=values,
        frame_seeds=FrameSeeds(first.seed, name, count),
        moving={key: curve[:count] for key, curve in first.moving.items()},
        moved=None,
        video=video,
    )


def _settled(curve: Floats, first: ShotPlan) -> Floats:
    """Return a curve of the first shot without what is of a fresh picture's first frame alone."""
    if not first.fresh or len(curve) < 2:
        return curve
    return np.concatenate([curve[1:2], curve[1:]])


def _tracks(first: ShotPlan, last: ShotPlan, count: int, shape: str) -> tuple[PromptTrack, ...]:
    """Return the prompts that cross over from those of the last frame to those of the first."""
    going = [_ending(track, count) for track in last.tracks]
    own = [
        replace(
            track,
            weights=track.weights[:count],
            mixes=None if track.mixes is None else track.mixes[:count],
        )
        for track in first.tracks
    ]
    progress = np.arange(1, count + 1) / count
    return cross([one for one in going if np.any(one.weights)], own, progress=progress, shape=shape)


def _ending(track: PromptTrack, count: int) -> PromptTrack:
    """Return a prompt as it is in its shot's last frame, for ``count`` frames."""
    last = track.at(len(track.weights) - 1)
    if last is None:
        return replace(track, weights=np.zeros(count), mixes=None, toward=None)
    return replace(
        track,
        source=last.source,
        toward=last.toward,
        weights=np.full(count, last.weight),
        mixes=None if last.toward is None else np.full(count, last.mix),
        mask=last.mask,
    )
