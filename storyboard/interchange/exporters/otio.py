"""A film as a timeline that editing programs read, through the OpenTimelineIO library."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from types import ModuleType
from typing import Any

from storyboard.curves.clock import frame_of
from storyboard.errors import MissingTool
from storyboard.interchange.exporters import Exported
from storyboard.interchange.exporters.captions import greatest_weights, leading
from storyboard.plan import AudioPlan, Plan, ShotPlan


def to_otio(plan: Plan) -> Exported:
    """Return a track with a clip a shot, one with the soundtrack, and a marker a mark.

    Clips are as long as their shots have frames; ``metadata.storyboard`` has what they show, and
    the timeline's the whole story. Raises `MissingTool` without the library.
    """
    otio = _library()
    timeline = otio.schema.Timeline(plan.title)
    timeline.metadata["storyboard"] = {"story": plan.story, "digest": plan.digest}
    video = otio.schema.ScheduleTrack("shots", kind=otio.schema.TrackKind.Video)
    greatest = greatest_weights(plan)
    for shot in plan.shots:
        if shot.frame_count:
            shown = [s.label for s in leading(shot, shot.frame_count - 1, greatest)]
            video.append(_clip(otio, plan, shot, shown=shown))
    for name, time in sorted(plan.marks.items(), key=lambda mark: mark[1]):
        if 0 <= time <= plan.duration:
            frame = frame_of(time, plan.fps)
            video.markers.append(_marker(otio, plan, name, frame=frame))
    timeline.tracks.append(video)
    if plan.audio is not None:
        timeline.tracks.append(_sound(otio, plan, plan.audio))
    return Exported(otio.adapters.write_to_string(timeline, "otio_json") + "\n")


def _library() -> ModuleType:
    try:
        import opentimelineio
    except ImportError:
        hint = "pip install 'storyboard-film[otio]'"
        raise MissingTool(f"OpenTimelineIO is not here\n  hint: {hint}") from None
    library: ModuleType = opentimelineio
    return library


def _range(otio: Any, plan: Plan, start: float, *, count: float) -> Any:
    rate = float(plan.fps)
    times = (otio.opentime.RationalTime(value, rate) for value in (start, count))
    return otio.opentime.TimeRange(*times)


def _clip(otio: Any, plan: Plan, shot: ShotPlan, *, shown: Sequence[str]) -> Any:
    """Return the frames of a shot, counted from the film's start."""
    clip = otio.schema.Clip(
        shot.name,
        media_reference=otio.schema.MissingReference(),
        source_range=_range(otio, plan, shot.first, count=shot.frame_count),
    )
    clip.metadata["storyboard"] = {
        "prompts": list(shown),
        "seed": str(shot.seed),
        "start_s": str(shot.start),
        "end_s": str(shot.end),
    }
    return clip


def _marker(otio: Any, plan: Plan, name: str, *, frame: int) -> Any:
    return otio.schema.Marker(name, marked_range=_range(otio, plan, frame, count=0))


def _sound(otio: Any, plan: Plan, audio: AudioPlan) -> Any:
    """Return the soundtrack behind as much silence as the film begins with."""
    track = otio.schema.ScheduleTrack("soundtrack", kind=otio.schema.TrackKind.Audio)
    if audio.film_start > 0:
        silence = frame_of(audio.film_start, plan.fps)
        track.append(otio.schema.Gap(source_range=_range(otio, plan, 0, count=silence)))
    start = float(max(audio.source_start, Fraction(0)) * plan.fps)
    count = frame_of(audio.film_end, plan.fps) - frame_of(
        max(audio.film_start, Fraction(0)), plan.fps
    )
    track.append(
        otio.schema.Clip(
            audio.file.stem,
            media_reference=otio.schema.ExternalReference(target_url=audio.file.name),
            source_range=_range(otio, plan, start, count=count),
        )
    )
    return track
