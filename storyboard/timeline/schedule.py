"""When everything happens: the clock, the soundtrack and the exact place of every shot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from storyboard.audio import audio_duration
from storyboard.errors import did_you_mean
from storyboard.story.load import Story
from storyboard.story.model import AudioSpec, Defaults, Settings, ShotSpec
from storyboard.story.source import KeyPath
from storyboard.story.times import check_mark_name, parse_time
from storyboard.timeline.clock import Clock, frame_of
from storyboard.timeline.plan import AudioPlan
from storyboard.timeline.report import Report

MAX_FRAMES = 1_000_000
DEFAULT_FPS = Fraction(24)
SHORTHAND_FADE = "1s"


@dataclass(frozen=True)
class Slot:
    """A shot and when it is: from ``start`` up to, not including, ``end``; seconds of the film."""

    spec: Settings
    path: KeyPath
    name: str
    start: Fraction
    end: Fraction


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
    clock = _beats(story, Clock(fps), report)
    sound, clock = _soundtrack(story, clock, report)
    clock = _film_end(story, clock, report)
    clock = _marks(story, clock, report)
    slots = _Slots(story, clock, report).all()
    _bounded(slots, clock, report)
    end = slots[-1].end if slots else Fraction(0)
    if sound is not None:
        sound = replace(sound, film_end=max(sound.film_start, min(sound.film_end, end)))
    return Schedule(clock, tuple(slots), sound)


def _beats(story: Story, clock: Clock, report: Report) -> Clock:
    """The clock with the soundtrack's tempo."""
    audio = story.spec.audio
    if audio is None or audio.bpm is None:
        lost = report.touched(("audio", "bpm"))
        return replace(clock, bpm=Fraction(120)) if lost else clock
    bars = audio.beats_per_bar or clock.beats_per_bar
    return replace(clock, bpm=Fraction(str(audio.bpm)), beats_per_bar=bars)


def _soundtrack(story: Story, clock: Clock, report: Report) -> tuple[AudioPlan | None, Clock]:
    """The soundtrack, if there is one, and the clock that knows its end and first beat."""
    audio = story.spec.audio
    if audio is None:
        return None, clock
    told = _audio_times(audio, clock, report)
    start, offset = told["start"] or Fraction(0), told["offset"] or Fraction(0)
    first = max(Fraction(0), offset - start + (told["first_beat"] or Fraction(0)))
    clock = replace(clock, first_beat=first)
    if audio.file is None:
        _refuse_without_file(audio, report)
        return None, clock
    file = story.folder / audio.file
    length = _file_length(file, report)
    end = told["end"] if told["end"] is not None else length
    if end is None:
        return None, clock
    if length is not None and end > length + Fraction(1, 10):
        message = f"the file ends at {float(length):.3f} s, before {float(end):.3f} s"
        report.error(("audio", "end"), message)
    if end <= start:
        report.error(("audio",), "the soundtrack ends before it starts")
        return None, clock
    until = offset + end - start
    plan = AudioPlan(file, start, offset, until, audio.gain or 0.0)
    return plan, replace(clock, end=until)


def _audio_times(audio: AudioSpec, clock: Clock, report: Report) -> dict[str, Fraction | None]:
    """The lengths that ``audio`` tells, in seconds."""
    told: dict[str, Fraction | None] = {}
    for key in ("offset", "start", "end", "first_beat"):
        written, told[key] = getattr(audio, key), None
        if written is not None:
            with report.at(("audio", key)):
                told[key] = clock.length(parse_time(written))
    return told


def _refuse_without_file(audio: AudioSpec, report: Report) -> None:
    for key in ("start", "end", "gain"):
        if getattr(audio, key) is not None:
            report.error(
                ("audio", key), f"{key!r} needs a soundtrack", hint="say audio: {file: ...}"
            )


def _file_length(file: Path, report: Report) -> Fraction | None:
    """How long the sound file is; None, and a problem, where it cannot be told."""
    path: KeyPath = ("audio", "file")
    if not file.is_file():
        near = [f.name for f in file.parent.iterdir()] if file.parent.is_dir() else []
        hint = did_you_mean(file.name, near) or "the path is relative to the story"
        report.error(path, f"there is no file {file}", hint=hint)
        return None
    with report.at(path):
        return audio_duration(file)
    return None


def _film_end(story: Story, clock: Clock, report: Report) -> Clock:
    """The clock whose ``end`` is the film's ``duration`` where the story says one."""
    written = story.spec.duration
    if written is not None:
        with report.at(("duration",)):
            return replace(clock, end=clock.length(parse_time(written), whole=clock.end))
    return clock


def _marks(story: Story, clock: Clock, report: Report) -> Clock:
    """The clock with the story's marks; each may build on those before it."""
    for name, written in (story.spec.marks or {}).items():
        with report.at(("marks", name)):
            check_mark_name(name)
            moment = clock.position(parse_time(written), whole=clock.end)
            clock = replace(clock, marks={**clock.marks, name: moment})
    return clock


@dataclass
class _Slots:
    """Walks along the shots. ``sure`` is False once an earlier mistake makes times a guess."""

    story: Story
    clock: Clock
    report: Report
    at: Fraction = Fraction(0)
    sure: bool = True
    names: dict[str, int] = field(default_factory=dict)

    def all(self) -> list[Slot]:
        spec = self.story.spec
        if spec.shots is not None and spec.prompts is not None:
            hint = "prompts is the short way of writing shots; keep one of the two"
            self.report.error(("prompts",), "a story has either shots or prompts", hint=hint)
        if spec.shots is not None:
            return list(self.listed(spec.shots))
        if spec.prompts is not None:
            return list(self.keyed())
        hint = "write shots: or prompts:"
        self.report.error((), "the story has no shots", hint=hint)
        return []

    def listed(self, shots: tuple[ShotSpec, ...]) -> Iterator[Slot]:
        if not shots:
            self.report.error(("shots",), "there are no shots in the list")
        for index, shot in enumerate(shots):
            path: KeyPath = ("shots", index)
            last = index == len(shots) - 1
            start = self.at
            self.at = max(self.end(shot, path, last=last), start)
            name = self.name(shot.name or f"shot-{index + 1:03d}", path)
            yield Slot(shot, path, name, start, self.at)

    def end(self, shot: ShotSpec, path: KeyPath, *, last: bool) -> Fraction:
        """When ``shot`` ends; its start where that cannot be told."""
        if shot.duration is not None and shot.until is not None:
            self.report.error(path, "a shot has a duration or an until, not both")
        if shot.until is not None:
            return self.until(shot.until, (*path, "until"))
        own = shot.duration is not None
        defaults = self.story.spec.defaults or Defaults()
        written = shot.duration if own else defaults.duration
        if written is not None:
            return self.after(written, (*path, "duration") if own else ("defaults", "duration"))
        if last and self.clock.end is not None:
            return self.until("end", path)
        hint = "such as duration: 4s" + (", or give the story a soundtrack" if last else "")
        self.report.error(path, "the shot has neither duration nor until", hint=hint)
        self.sure = False
        return self.at

    def after(self, written: Any, path: KeyPath) -> Fraction:
        with self.report.at(path):
            length = self.clock.length(parse_time(written), whole=self.clock.end)
            if length == 0:
                self.report.error(path, "a shot cannot last no time at all")
            return self.at + length
        self.sure = False
        return self.at

    def until(self, written: Any, path: KeyPath) -> Fraction:
        with self.report.at(path):
            end = self.position(written)
            if end > self.at or not self.sure:
                self.sure = True
                return end
            message = (
                f"{written} is {_seconds(end)}, but the shot only starts at {_seconds(self.at)}"
            )
            self.report.error(path, message, hint="shots follow one another in time")
            self.sure = False
            return self.at
        self.sure = False
        return self.at

    def position(self, written: Any) -> Fraction:
        return self.clock.position(parse_time(written), whole=self.clock.end)

    def keyed(self) -> Iterator[Slot]:
        """The shots of the shorthand: each lasts until the time of the next."""
        moments: list[tuple[str, Fraction]] = []
        for key in self.story.spec.prompts or {}:
            with self.report.at(("prompts", key)):
                moments.append((key, self.position(key)))
        self.check_order(moments)
        moments.sort(key=lambda moment: moment[1])
        end = self.clock.end
        if end is None and moments and not self.report.touched(("audio",)):
            message = "nothing says when the last prompt ends"
            hint = "say audio: song.mp3, or duration: 30s"
            self.report.error(("prompts", moments[-1][0]), message, hint=hint)
        ends = [moment for _, moment in moments[1:]]
        ends.append(max(end or Fraction(0), moments[-1][1]) if moments else Fraction(0))
        for (key, start), stop in zip(moments, ends, strict=False):
            yield self.keyed_slot(key, start, stop)

    def check_order(self, moments: list[tuple[str, Fraction]]) -> None:
        if moments and moments[0][1] != 0:
            message = f"nothing says what is seen before {moments[0][0]}"
            self.report.error(("prompts", moments[0][0]), message, hint="key a prompt to 0:00")
        for (_, before), (key, moment) in pairwise(moments):
            if moment <= before:
                message = f"{key} is {_seconds(moment)}, not after the {_seconds(before)} before it"
                self.report.error(("prompts", key), message, hint="write the times in order")
        if moments and self.clock.end is not None and moments[-1][1] >= self.clock.end:
            message = f"{moments[-1][0]} is at or after the end, {_seconds(self.clock.end)}"
            self.report.error(("prompts", moments[-1][0]), message)

    def keyed_slot(self, key: str, start: Fraction, stop: Fraction) -> Slot:
        path: KeyPath = ("prompts", key)
        keyed = (self.story.spec.prompts or {})[key]
        number = len(self.names) + 1
        default = key if key in self.clock.marks else f"shot-{number:03d}"
        return Slot(keyed, path, self.name(keyed.name or default, path), start, stop)

    def name(self, name: str, path: KeyPath) -> str:
        if name in self.names:
            message = f"two shots are called {name!r}"
            self.report.error((*path, "name"), message, hint="a shot's name is its own")
        self.names.setdefault(name, len(self.names))
        if not _is_file_name(name):
            hint = "letters, digits, spaces, - and _, at most 60"
            self.report.error((*path, "name"), f"{name!r} cannot name a folder", hint=hint)
        return name


def _is_file_name(name: str) -> bool:
    legal = all(sign.isalnum() or sign in " -_." for sign in name)
    return legal and len(name) <= 60 and name[0].isalnum() and name[-1] not in " ."


def _bounded(slots: list[Slot], clock: Clock, report: Report) -> None:
    """Refuse a film of too many frames, before any array is made for it."""
    if not slots:
        return
    frames = frame_of(slots[-1].end, clock.fps)
    if frames > MAX_FRAMES:
        message = f"the film would have {frames} frames; {MAX_FRAMES} are the most"
        report.error(slots[-1].path, message)
    elif frames == 0:
        report.error((), "the film is shorter than a frame")
    for slot in slots:
        if frame_of(slot.start, clock.fps) == frame_of(slot.end, clock.fps):
            message = f"shot {slot.name!r} is too short to have a frame"
            report.warn(slot.path, message, hint=f"a frame lasts {_seconds(1 / clock.fps)}")


def _seconds(moment: Fraction) -> str:
    return f"{float(moment):g} s"
