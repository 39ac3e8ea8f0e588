"""The film's schedule: the clock, the soundtrack and the exact place of every shot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from storyboard.audio import SIGNALS, STEMS
from storyboard.curves.clock import Clock, frame_of
from storyboard.curves.sound import SILENCE, BeatRange, Events, LazyMapping, Sound, sound_of
from storyboard.plan import AudioPlan
from storyboard.story.model import ShotSpec
from storyboard.story.music import AudioSpec
from storyboard.story.read import Story
from storyboard.story.source import KeyPath
from storyboard.timeline.cascade import Setting
from storyboard.timeline.finish import every_painted
from storyboard.timeline.lyric_shots import lyric_slots
from storyboard.timeline.marks import with_marks
from storyboard.timeline.midi import names_in
from storyboard.timeline.report import Report
from storyboard.timeline.slots import LOST_SHOT, PlacedShot, as_s, slots_of
from storyboard.timeline.snap import snapped
from storyboard.timeline.soundtrack import Soundtrack, soundtrack
from storyboard.timeline.video import clip_length
from storyboard.times import parse_time

MAX_FRAMES = 300_000
"""More than an hour at 60 frames a second, or three at 24: what is planned within seconds."""

MAX_BEATS = 200_000
"""A day at 120 beats a minute."""

DEFAULT_FPS = Fraction(24)


@dataclass(frozen=True)
class FilmSchedule:
    """The story in time; ``sound`` is what its expressions may hear at the painted frames, and
    ``film_sound`` at all frames of the film; ``shift`` is the film time of the song's start.
    """

    clock: Clock
    slots: tuple[PlacedShot, ...] = ()
    audio: AudioPlan | None = None
    sound: Sound = SILENCE
    film_sound: Sound = SILENCE
    shift: Fraction = Fraction(0)

    @property
    def is_bounded(self) -> bool:
        """Return True if there are frames, and no more frames and beats than can be planned."""
        clock, end = self.clock, self.duration
        beats = end / 60 * clock.bpm if clock.bpm else 0
        frames = frame_of(end, clock.fps)
        return frame_of(end, clock.painted_fps) > 0 and frames <= MAX_FRAMES and beats <= MAX_BEATS

    @property
    def duration(self) -> Fraction:
        """Return seconds from the start of the film to the end of its last shot."""
        return self.slots[-1].end if self.slots else Fraction(0)


_GUESS = PlacedShot(ShotSpec(), (), "shot-001", Fraction(0), LOST_SHOT)
"""Stands for the shots where an error left none, so that the rest of the story is checked."""


def schedule(story: Story, report: Report) -> FilmSchedule:
    """Resolve every time of ``story``; what cannot be resolved goes to ``report``."""
    fps = (story.spec.output and story.spec.output.fps) or DEFAULT_FPS
    track = soundtrack(story, Clock(fps, every=every_painted(story, fps, report)), report)
    track = replace(track, clock=_film_end(story, track.clock, report))
    track = replace(track, clock=with_marks(story, track, report))
    slots = _slots(story, track, report) or [_GUESS]
    _bounded(story, slots, track.clock, report)
    if not FilmSchedule(track.clock, tuple(slots)).is_bounded:
        slots = _guessed(slots, track.clock)
    end = slots[-1].end
    audio = track.audio
    if audio is not None:
        audio = replace(audio, film_end=max(audio.film_start, min(audio.film_end, end)))
    sound = film_sound = _sound(track, end)
    if track.clock.every > 1:
        sound = _sound(track.at_rate(track.clock.painted_fps), end)
    if report.failed(("audio",)) and (track.features is None or track.midi is None):
        sound = film_sound = _unrecorded(story, sound)
    return FilmSchedule(track.clock, tuple(slots), audio, sound, film_sound, track.shift)


def _slots(story: Story, track: Soundtrack, report: Report) -> list[PlacedShot]:
    """Return the shots in a row, their borders moved to where ``snap`` wants them."""
    spec, clock = story.spec, track.clock
    if spec.lyrics is not None and spec.shots is None and spec.prompts is None:
        slots = lyric_slots(story, track, report)
    else:
        slots = slots_of(story, clock, report)
    snaps = _snaps(story, slots)
    return (
        snapped(slots, snaps, clock=clock, features=track.features, report=report)
        if any(snaps)
        else slots
    )


def _snaps(story: Story, slots: Sequence[PlacedShot]) -> list[Setting | None]:
    """Return each shot's ``snap``: its own, or the one that counts for all."""
    found: list[Setting | None] = []
    for slot in slots:
        sayers = (
            (slot.spec, slot.path),
            (story.spec.defaults, ("defaults",)),
            (story.spec, ()),
        )
        settings = (
            Setting(s.snap, (*path, "snap")) for s, path in sayers if s is not None and s.snap
        )
        first = next(settings, None)
        found.append(None if first is None or first.value.to == "none" else first)
    return found


def _sound(track: Soundtrack, end: Fraction) -> Sound:
    """Build the film's sound; beats without a soundtrack go on for a bar after the film."""
    clock = track.clock
    if track.audio is not None:
        stop = track.audio.film_end
    else:
        stop = end + (clock.beats.length(clock.beats_per_bar, end) if clock.beats else 0)
    start = track.audio.film_start if track.audio else Fraction(0)
    beats = BeatRange(max(start, track.first), stop)
    sources = [one for one in (track.features, track.midi) if one is not None]
    owners = {name: one for one in sources for name in one.signals}
    signals = LazyMapping(list(owners), lambda name: owners[name].signal(name))
    events = {name: make for one in sources for name, make in one.events.items()}
    return sound_of(clock, beats, signals=signals, events=events)


def _unrecorded(story: Story, sound: Sound) -> Sound:
    """Return ``sound`` with every name of a soundtrack with a reported error: what reads one of
    them is not wrong as well.
    """
    audio = story.spec.audio or AudioSpec()
    own = [*SIGNALS, *(audio.bands or {})]
    parts = STEMS if isinstance(audio.stems, str) else audio.stems or {}
    stems = [f"{stem}.{name}" for stem in parts for name in own]
    notes = names_in(story.source.lines) if audio.midi else []
    names = ["onset", "section", *(name for name in stems if name.endswith(".onset")), *notes]
    never = Events(np.empty(0), np.empty(0))
    lost = [*own, *stems, *notes]
    signals = {**sound.signals, **dict.fromkeys(lost, lambda seconds: np.full_like(seconds, 0.5))}
    return Sound(signals, {**sound.events, **dict.fromkeys(names, never)})


def _film_end(story: Story, clock: Clock, report: Report) -> Clock:
    """Return the clock whose ``end`` is the film's ``duration`` where the story sets it, else the
    end of the soundtrack, or of the clip that all shots have.
    """
    written = story.spec.duration
    if written is not None:
        with report.at(("duration",)):
            return replace(clock, end=clock.duration_of(parse_time(written), whole=clock.end))
    if clock.end is None and not report.touched(("duration",)):
        defaults = story.spec.defaults
        spec = story.spec.video or (defaults.video if defaults else None)
        return replace(clock, end=None if spec is None else clip_length(spec, story.folder, clock))
    return clock


def _bounded(story: Story, slots: list[PlacedShot], clock: Clock, report: Report) -> None:
    """Refuse a film of too many frames or none, before any array is made for it."""
    fps, last = clock.painted_fps, slots[-1]
    _refuse_length(last, clock, report)
    if not report.is_sound:
        return
    if frame_of(last.end, fps) == 0:
        path, what = _cause_of_length(story)
        report.error(path, f"{what} is shorter than a frame")
    for slot in slots:
        if frame_of(slot.start, fps) == frame_of(slot.end, fps):
            message = f"shot {slot.name!r} is shorter than one frame"
            report.warn(slot.path, message, hint=f"a frame lasts {as_s(1 / fps)}")
    if story.spec.duration is not None and clock.end is not None:
        _compare(last, clock.end, report)


def _guessed(slots: Sequence[PlacedShot], clock: Clock) -> list[PlacedShot]:
    """Return some first shots, of a second each: so what is not wrong about times is checked where
    a film has too many frames or none.
    """
    most = max(1, min(1000, int(MAX_FRAMES // clock.fps)))
    return [
        replace(slot, start=Fraction(n), end=Fraction(n + 1)) for n, slot in enumerate(slots[:most])
    ]


def _cause_of_length(story: Story) -> tuple[KeyPath, str]:
    """Return where the film's length comes from, and what to call it."""
    spec = story.spec
    if spec.duration is None and spec.audio is not None and spec.audio.file is not None:
        return ("audio",), f"the film, as long as {spec.audio.file},"
    return ("duration",) if spec.duration is not None else (), "the film"


def _refuse_length(last: PlacedShot, clock: Clock, report: Report) -> None:
    """Report more frames or beats up to the end of the ``last`` shot than can be planned."""
    beats = int(last.end / 60 * clock.bpm) if clock.bpm else 0
    counts = ((frame_of(last.end, clock.fps), "frames", MAX_FRAMES), (beats, "beats", MAX_BEATS))
    for number, what, most in counts:
        if number > most:
            hint = "make several films of it"
            message = f"the film would have {number} {what}; {most} are the most"
            report.error(last.path, message, hint=hint)


def _compare(last: PlacedShot, end: Fraction, report: Report) -> None:
    """Warn of shots that do not fill the film's ``duration``."""
    if last.end > end:
        message = f"the shots end at {as_s(last.end)}, the film at {as_s(end)}"
        report.error(last.path, message, hint="say until: end, or leave duration out")
    elif last.end < end:
        message = f"duration is {as_s(end)}, but the last shot ends at {as_s(last.end)}"
        hint = "let the last shot say until: end, or leave its duration out"
        report.warn(("duration",), f"{message}: the film lasts {as_s(last.end)}", hint=hint)
