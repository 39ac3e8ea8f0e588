"""Events of a film beside its pictures: beats, bars, sections and marks, to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from storyboard.curves.sound import Signal
from storyboard.plan import Floats
from storyboard.story.read import Story
from storyboard.timeline.report import Report
from storyboard.timeline.schedule import schedule


def _none() -> Floats:
    return np.zeros(0)


@dataclass(frozen=True)
class BeatMarkers:
    """Moments in film seconds, ascending; ``bars`` are beats too, ``marks`` go by their name.

    ``loudness`` is that of the soundtrack at any film seconds, 0 to 1; None without one.
    """

    beats: Floats = field(default_factory=_none)
    bars: Floats = field(default_factory=_none)
    sections: Floats = field(default_factory=_none)
    marks: Mapping[str, float] = field(default_factory=dict)
    loudness: Signal | None = None


def beat_markers(story: Story) -> BeatMarkers:
    """Return the beats of a story that can be planned; analyses its soundtrack for the sections."""
    when = schedule(story, Report(story))
    seconds = {
        name: when.sound.events[name].times if name in when.sound.events else _none()
        for name in ("beat", "bar", "section")
    }
    marks = {name: float(moment) for name, moment in when.clock.marks.items()}
    loudness = when.sound.signals.get("rms")
    return BeatMarkers(seconds["beat"], seconds["bar"], seconds["section"], marks, loudness)
