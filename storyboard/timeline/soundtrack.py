"""The soundtrack on the clock: its tempo, its first beat, from when to when it is heard."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from storyboard.audio import audio_duration, is_torn
from storyboard.errors import did_you_mean
from storyboard.story.load import Story
from storyboard.story.model import AudioSpec
from storyboard.story.source import KeyPath
from storyboard.story.times import parse_time
from storyboard.timeline.clock import Clock
from storyboard.timeline.plan import AudioPlan
from storyboard.timeline.report import Report

#: Stands for the end of a soundtrack that cannot be read, so that the rest can be checked.
LOST_END = Fraction(600)


def beats(story: Story, clock: Clock, report: Report) -> Clock:
    """The clock with the soundtrack's tempo."""
    audio = story.spec.audio
    if audio is None or audio.bpm is None:
        lost = report.touched(("audio", "bpm"))
        return replace(clock, bpm=Fraction(120)) if lost else clock
    bars = audio.beats_per_bar or clock.beats_per_bar
    return replace(clock, bpm=Fraction(str(audio.bpm)), beats_per_bar=bars)


def soundtrack(story: Story, clock: Clock, report: Report) -> tuple[AudioPlan | None, Clock]:
    """The soundtrack, if there is one, and the clock that knows its end and first beat."""
    audio = story.spec.audio
    if audio is None:
        return None, replace(clock, end=LOST_END) if report.touched(("audio",)) else clock
    told = _audio_times(audio, clock, report)
    start, offset = told["start"] or Fraction(0), told["offset"] or Fraction(0)
    first = offset - start + (told["first_beat"] or Fraction(0))
    clock = replace(clock, first_beat=_within_film(first, clock))
    if audio.file is None:
        _refuse_without_file(audio, report)
        return None, clock
    file = story.folder / audio.file
    length = _file_length(file, report)
    end = told["end"] if told["end"] is not None else length
    if end is None:
        return None, replace(clock, end=LOST_END)
    if length is not None and end > length + Fraction(1, 10):
        message = f"the file ends at {float(length):.3f} s, before {float(end):.3f} s"
        report.error(("audio", "end"), message)
    if end <= start:
        report.error(("audio",), "the soundtrack ends before it starts")
        return None, clock
    until = offset + end - start
    plan = AudioPlan(file, start, offset, until, audio.gain or 0.0)
    return plan, replace(clock, end=until)


def _within_film(first_beat: Fraction, clock: Clock) -> Fraction:
    """``first_beat``, or the first bar of the film where the soundtrack begins after it."""
    if first_beat >= 0 or clock.bpm is None:
        return max(first_beat, Fraction(0))
    return first_beat % (60 / clock.bpm * clock.beats_per_bar)


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
        length = audio_duration(file)
        if is_torn(file):
            message = f"the file is cut short: its sound ends at {float(length):.3f} s"
            report.warn(path, message, hint="copy or fetch it again")
        return length
    return None
