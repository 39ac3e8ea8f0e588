"""The story's marks on the clock: single moments, and sets that are taken from the music.

A set called ``hits`` gives the marks ``hits1``, ``hits2`` ... in the order of time, and the whole
row under its own name to ``since`` and its like. Where its file has a name for a moment, the mark
is called so too: ``hits_drop``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.audio import AUTO, SIGNALS
from storyboard.curves.clock import Clock
from storyboard.errors import BadValue
from storyboard.files import is_file, is_folder
from storyboard.story.music import MarkSet
from storyboard.story.read import Story
from storyboard.story.source import KeyPath
from storyboard.timeline.report import Report
from storyboard.timeline.slots import as_s
from storyboard.timeline.soundtrack import Soundtrack, file_of, shift_of
from storyboard.times import TimeSpec, check_mark_name, parse_time

if TYPE_CHECKING:
    from storyboard.audio import Line

MOST = 10_000
"""Marks that a set may have."""

EVENTS = ("beat", "bar", "onset", "section")
"""What happens in every soundtrack, so that no mark can be called so."""

_SOURCES = ("section", "every", "lyrics", "midi", "file")
_BELONGS = {"from_": "every", "to": "every", "each": "lyrics", "named": "file"}


def with_marks(story: Story, track: Soundtrack, report: Report) -> Clock:
    """Return the clock of ``track`` with the story's marks; each may build on those before it."""
    lost = [str(path[1]) for path in story.pruned if path[0] == "marks" and len(path) > 1]
    marks = dict.fromkeys(lost, Fraction(0))
    clock = replace(track.clock, marks=marks)  # the same dictionary: it grows with every mark
    for name, written in (story.spec.marks or {}).items():
        path = ("marks", name)
        with report.at(path):
            _check_name(name)
            if isinstance(written, MarkSet):
                clock = _Set(story, track, clock, report).added(name, written)
                marks = dict(clock.marks)
                clock = replace(clock, marks=marks)
            else:
                spec = parse_time(written)
                _check_above(name, spec, story, clock)
                moment = clock.film_time(spec, whole=clock.end)
                _refuse_taken(clock, [name])
                marks[name] = moment
    return clock


def lyrics_file(story: Story, report: Report) -> Path | None:
    """Return the file of the story's lyrics: the one that is named, or with ``auto`` the .lrc
    beside the song, or what Whisper hears in it. None where an error is reported.
    """
    lyrics, audio = story.spec.lyrics, story.spec.audio
    if lyrics is None:
        return None
    if lyrics.file != AUTO and lyrics.model is None:
        return file_of(story, lyrics.file, ("lyrics", "file"), report)
    path: KeyPath = ("lyrics",)
    with report.at(path):
        if lyrics.file != AUTO:
            raise BadValue("'model' goes with file: auto")
        if audio is None or audio.file is None:
            raise BadValue("lyrics: auto needs a soundtrack", hint="say audio: {file: song.mp3}")
        song = story.folder / audio.file
        return _heard(song, story.folder / lyrics.model if lyrics.model else None)
    return None


def _heard(song: Path, weights: Path | None) -> Path | None:
    """Return the lyrics of ``song``; None without the song, which is reported elsewhere."""
    from storyboard.audio import downloaded_whisper, heard_lyrics

    written = song.with_suffix(".lrc")
    if weights is None and is_file(written):
        return written
    if not is_file(song):
        return None
    folder = weights or downloaded_whisper()
    if folder is None:
        hint = f"write {written.name}, or name a folder: lyrics: {{file: auto, model: ./whisper}}"
        raise BadValue("there are no weights of Whisper on this machine", hint=hint)
    if not is_folder(folder):
        raise BadValue(f"there is no folder {folder}", hint="one that transformers saved")
    return heard_lyrics(song, folder)


def read_sung(file: Path, *, by_word: bool) -> tuple[Line, ...]:
    """Return the lines of a file of lyrics. Raises `BadValue`, also where words are wanted and none
    has a time of its own; a single line without them then counts as a word.
    """
    from storyboard.audio import read_lyrics

    lines = read_lyrics(file)
    if by_word and not any(line.words for line in lines):
        hint = "take whole lines, or an .lrc with a time before each word: <0:12.00>one <0:12.40>"
        raise BadValue(f"{file.name} has no times of words", hint=hint)
    return lines


def _check_name(name: str) -> None:
    check_mark_name(name)
    if name in EVENTS or name in SIGNALS:
        kind = "an event" if name in EVENTS else "a signal"
        message = f"{name!r} is {kind} of the soundtrack and cannot be the name of a mark"
        raise BadValue(message, hint=f"another name, such as my_{name}")


def _check_above(name: str, spec: TimeSpec, story: Story, clock: Clock) -> None:
    """Raise `BadValue` where the mark ``name`` counts from itself, or from one that is below it."""
    anchor = spec.anchor
    if anchor is None or anchor in clock.marks or anchor not in (story.spec.marks or {}):
        return
    if anchor == name:
        raise BadValue(f"circular definition of mark {name!r}", hint="write a time: 0:42.5")
    message = f"{anchor!r} stands below {name!r}, and a mark counts from those above it"
    raise BadValue(message, hint=f"write {anchor!r} first, with a time of its own")


def _added(clock: Clock, marks: Mapping[str, Fraction]) -> Clock:
    """Return the clock with more marks. Raises `BadValue` for a name that is taken."""
    _refuse_taken(clock, marks)
    return replace(clock, marks={**clock.marks, **marks})


def _refuse_taken(clock: Clock, names: Iterable[str]) -> None:
    """Raise `BadValue` for a name that a mark or a set has already."""
    twice = next((name for name in names if name in clock.marks or name in clock.sets), None)
    if twice is not None:
        raise BadValue(f"there is a mark {twice!r} already", hint="each needs a name of its own")


@dataclass(frozen=True)
class _Set:
    """Resolves one mark set on the clock as it is so far."""

    story: Story
    track: Soundtrack
    clock: Clock
    report: Report

    def added(self, name: str, spec: MarkSet) -> Clock:
        """Return the clock with the marks of the set. Raises `BadValue`."""
        source = self.source(spec)
        if source == "section":
            return _added(self.clock, {name: self.section(int(spec.section or 1))})
        moments, named = self.moments(source, name, spec)
        moments.sort()
        if not moments and self._is_reported(name, source):
            return self.clock
        if not moments:
            raise BadValue("this mark set is empty", hint="look at the times of the film")
        if len(moments) > MOST:
            raise BadValue(f"{len(moments)} marks; {MOST} in a set are the most")
        numbered = {f"{name}{n}": moment for n, moment in enumerate(moments, 1)}
        clock = _added(self.clock, {**numbered, **named})
        return replace(clock, sets={**clock.sets, name: tuple(moments)})

    def _is_reported(self, name: str, source: str) -> bool:
        lost = source == "midi" and self.report.failed(("audio",))
        return lost or self.report.failed(("marks", name))

    def source(self, spec: MarkSet) -> str:
        """Return the source that the set names. Raises `BadValue` unless it is just one."""
        given = [key for key in _SOURCES if getattr(spec, key) is not None]
        if len(given) != 1:
            message = f"a set of marks has one of {', '.join(_SOURCES)}"
            raise BadValue(message, hint="such as {every: 4 bars} or {lyrics: song.lrc}")
        for key, owner in _BELONGS.items():
            if getattr(spec, key) is not None and owner != given[0]:
                raise BadValue(f"{key.rstrip('_')!r} goes with {owner!r}, not with {given[0]!r}")
        if spec.offset is not None and given[0] not in ("lyrics", "file"):
            raise BadValue(f"'offset' goes with 'lyrics' and 'file', not with {given[0]!r}")
        return given[0]

    def moments(
        self, source: str, name: str, spec: MarkSet
    ) -> tuple[list[Fraction], dict[str, Fraction]]:
        """Return every moment of the set, and those that have a name of their own."""
        path: KeyPath = ("marks", name, source)
        if source == "every":
            return list(self.every(spec)), {}
        if source == "midi":
            return self.midi(name, str(spec.midi))
        file = file_of(self.story, str(getattr(spec, source)), path, self.report)
        shift = shift_of(spec.offset, self.clock) + self.track.shift
        if file is None:
            return [], {}
        if source == "lyrics":
            lines = read_sung(file, by_word=spec.each == "word")
            starts = [line.start for line in lines]
            if spec.each == "word":
                starts = [one.start for line in lines for one in line.words or (line,)]
            return self.within_film([start + shift for start in starts]), {}
        from storyboard.audio import read_marks

        listed = read_marks(file, named=spec.named)
        found = {title: moment + shift for title, moment in listed.items()}
        named = {f"{name}_{title}": moment for title, moment in found.items()}
        inside = self.within_film(list(found.values()))
        return inside, {title: moment for title, moment in named.items() if moment in inside}

    def midi(self, name: str, part: str) -> tuple[list[Fraction], dict[str, Fraction]]:
        """Return the moments of a part of the MIDI file; its markers have names of their own."""
        midi = self.track.midi
        if midi is None:
            if self.report.failed(("audio",)):
                return [], {}
            raise BadValue("'midi' needs a MIDI file", hint="say audio: {midi: song.mid}")
        moments, named = midi.moments(part)
        inside = self.within_film(moments)
        return inside, {
            f"{name}_{own}": moment for own, moment in named.items() if moment in inside
        }

    def within_film(self, moments: list[Fraction]) -> list[Fraction]:
        end = self.clock.end
        return [m for m in moments if m >= 0 and (end is None or m < end)]

    def section(self, number: int) -> Fraction:
        """Return the film second at which a section of the soundtrack starts, counted from 1."""
        if self.track.features is None:
            raise BadValue("'section' needs a soundtrack", hint="say audio: {file: ...}")
        features = self.track.features
        starts = features.song.sections
        if number > len(starts):
            hint = f"its sections are 1 to {len(starts)}; storyboard audio shows them"
            raise BadValue(f"the soundtrack has no section {number}", hint=hint)
        moment = features.moments(starts)[number - 1]
        if not features.audio.film_start <= moment < features.audio.film_end:
            message = f"section {number} is at {as_s(moment)}, where the soundtrack does not play"
            raise BadValue(message)
        return moment

    def every(self, spec: MarkSet) -> Iterator[Fraction]:
        """Yield the moments from ``from`` on, before ``to``."""
        step = parse_time(spec.every)
        if step.value <= 0 or step.anchor is not None or step.unit == "percent":
            raise BadValue("every: is a length", hint="such as 4b, 2 bars or 1.5s")
        beaten = step.unit in ("beat", "bar")
        first = parse_time("0b" if beaten else 0) if spec.from_ is None else parse_time(spec.from_)
        start = self.clock.film_time(first, whole=self.clock.end)
        end = self.clock.end
        if spec.to is not None:
            end = self.clock.film_time(parse_time(spec.to), whole=self.clock.end)
        if end is None:
            hint = "say to: 1:00, or give the story a soundtrack or a duration"
            raise BadValue("these marks have no end", hint=hint)
        for number in range(MOST + 1):
            passed = TimeSpec(step.value * number, step.unit)
            moment = start + self.clock.duration_of(passed, start=start)
            if moment >= end:
                return
            yield moment
