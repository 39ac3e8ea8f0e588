"""When everything happens: the clock, the soundtrack and the exact place of every shot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from storyboard.story.load import Story
from storyboard.story.times import check_mark_name, parse_time
from storyboard.timeline.clock import Clock, frame_of
from storyboard.timeline.plan import AudioPlan
from storyboard.timeline.report import Report
from storyboard.timeline.slots import Slot, seconds, slots_of
from storyboard.timeline.soundtrack import beats, soundtrack

MAX_FRAMES = 1_000_000
DEFAULT_FPS = Fraction(24)


@dataclass(frozen=True)
class Schedule:
    """The story in time."""

    clock: Clock
    slots: tuple[Slot, ...] = ()
    audio: AudioPlan | None = None

    @property
    def duration(self) -> Fraction:
        """Seconds from the start of the film to the end of its last shot."""
        return self.slots[-1].end if self.slots else Fraction(0)


def schedule(story: Story, report: Report) -> Schedule:
    """Resolve every time of ``story``; what cannot be resolved goes to ``report``."""
    fps = (story.spec.output and story.spec.output.fps) or DEFAULT_FPS
    clock = beats(story, Clock(fps), report)
    sound, clock = soundtrack(story, clock, report)
    clock = _film_end(story, clock, report)
    clock = _marks(story, clock, report)
    slots = slots_of(story, clock, report)
    _bounded(story, slots, clock, report)
    end = slots[-1].end if slots else Fraction(0)
    if sound is not None:
        sound = replace(sound, film_end=max(sound.film_start, min(sound.film_end, end)))
    return Schedule(clock, tuple(slots), sound)


def _film_end(story: Story, clock: Clock, report: Report) -> Clock:
    """The clock whose ``end`` is the film's ``duration`` where the story says one."""
    written = story.spec.duration
    if written is not None:
        with report.at(("duration",)):
            return replace(clock, end=clock.length(parse_time(written), whole=clock.end))
    return clock


def _marks(story: Story, clock: Clock, report: Report) -> Clock:
    """The clock with the story's marks; each may build on those before it."""
    lost = [str(path[1]) for path in story.pruned if path[0] == "marks" and len(path) > 1]
    clock = replace(clock, marks=dict.fromkeys(lost, Fraction(0)))
    for name, written in (story.spec.marks or {}).items():
        with report.at(("marks", name)):
            check_mark_name(name)
            moment = clock.position(parse_time(written), whole=clock.end)
            clock = replace(clock, marks={**clock.marks, name: moment})
    return clock


def _bounded(story: Story, slots: list[Slot], clock: Clock, report: Report) -> None:
    """Refuse a film of too many frames or none, before any array is made for it."""
    if not slots:
        return
    last, frames = slots[-1], frame_of(slots[-1].end, clock.fps)
    if frames > MAX_FRAMES:
        message = f"the film would have {frames} frames; {MAX_FRAMES} are the most"
        report.error(last.path, message)
    if report.errors:
        return
    if frames == 0:
        report.error((), "the film is shorter than a frame")
    for slot in slots:
        if frame_of(slot.start, clock.fps) == frame_of(slot.end, clock.fps):
            message = f"shot {slot.name!r} is too short to have a frame"
            report.warn(slot.path, message, hint=f"a frame lasts {seconds(1 / clock.fps)}")
    if story.spec.duration is not None and clock.end is not None:
        _compare(last, clock.end, report)


def _compare(last: Slot, end: Fraction, report: Report) -> None:
    """Tell of shots that do not fill the film's ``duration``."""
    message = f"the shots end at {seconds(last.end)}, the film at {seconds(end)}"
    if last.end > end:
        report.error(last.path, message, hint="say until: end, or leave duration out")
    elif last.end < end:
        report.warn(("duration",), message + "; it is cut there")
