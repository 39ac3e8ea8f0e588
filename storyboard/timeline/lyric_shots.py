"""Shots made from lyrics: one for each line, or for each word, from its time to the next.

::

    rows = sung(lines, Cut(shift, end), by_word=False, gaps=False)   what is sung when, film seconds
    filled("{line}, oil painting", rows[0]) -> text
    lyric_slots(story, track, report) -> [PlacedShot]

Between the end of a line, where the file has it, and the next line nothing is sung: from two
seconds on that is a gap. In a gap the picture goes on with the prompt before it, unless the story
has another for it; before the first line it is the prompt of that line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from storyboard.errors import BadValue, did_you_mean
from storyboard.story.guidance import PromptSpec
from storyboard.story.model import KeyedShot, LyricsSpec
from storyboard.story.read import Story
from storyboard.story.source import KeyPath
from storyboard.timeline.marks import lyrics_file, read_sung
from storyboard.timeline.report import Report
from storyboard.timeline.slots import PlacedShot
from storyboard.timeline.soundtrack import LOST_END, Soundtrack, shift_of

if TYPE_CHECKING:
    from storyboard.audio import Line

GAP = Fraction(2)
"""Seconds between the end of a line and the next from which on they are a gap."""

NAMES = ("line", "word", "n")
"""What a template can hold in braces."""

_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_PLAIN = (PromptSpec(text="{line}"),)


@dataclass(frozen=True)
class Sung:
    """The text sung from ``start`` on, in film seconds: a line, a word of it, or nothing.

    ``n`` counts the lines, or the words, or the gaps, of the file from 1.
    """

    start: Fraction
    n: int
    line: str = ""
    word: str = ""

    @property
    def is_gap(self) -> bool:
        """Return True where nothing is sung."""
        return not self.line

    @property
    def name(self) -> str:
        """Return the name of its shot."""
        return f"{'gap' if self.is_gap else 'word' if self.word else 'line'}-{self.n:03d}"


class Cut(NamedTuple):
    """The part of the song in the film: ``shift`` is added to its times; ``end`` is the film's."""

    shift: Fraction
    end: Fraction


def sung(lines: Sequence[Line], cut: Cut, *, by_word: bool, gaps: bool) -> list[Sung]:
    """Return what is sung, ascending from 0. Without ``gaps`` each lasts over the gap after
    it; the first lasts over that before it.
    """
    rows = [row for row in _rows(lines, by_word=by_word) if gaps or not row.is_gap]
    rows = _joined([replace(row, start=row.start + cut.shift) for row in rows])
    begun = [row for row in rows if row.start <= 0]
    rows = [*begun[-1:], *(row for row in rows if 0 < row.start < cut.end)]
    if rows and gaps and rows[0].start > 0 and not rows[0].is_gap:
        rows.insert(0, Sung(Fraction(0), 0))
    if rows:
        rows[0] = replace(rows[0], start=Fraction(0))
    return rows


def filled(template: str, row: Sung) -> str:
    """Return the template with the words of ``row``. Raises `BadValue` for braces that mean
    nothing.
    """

    def word(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        if found[1] not in NAMES:
            hint = did_you_mean(found[1], NAMES) or "known: {line}, {word}, {n}"
            raise BadValue(f"unknown placeholder {found[0]}", hint=hint)
        return str(getattr(row, found[1]))

    open_brace = re.search(r"[{}]", _BRACES.sub("", template))
    if open_brace is not None:
        hint = "write {line}, {word} or {n}; {{ and }} for braces themselves"
        raise BadValue(f"a {open_brace[0]!r} stands alone in {template!r}", hint=hint)
    return _BRACES.sub(word, template)


def wants_words(prompts: Sequence[PromptSpec]) -> bool:
    """Return True where a template asks for single words, and so for a shot for each."""
    return any(found == "word" for spec in prompts for found in _BRACES.findall(spec.text or ""))


def lyric_slots(story: Story, track: Soundtrack, report: Report) -> list[PlacedShot]:
    """Return the shots of the story's ``lyrics``; every error goes to ``report``."""
    spec = story.spec.lyrics or LyricsSpec(file="")
    prompts, path = _template(story, spec)
    rows: list[Sung] = []
    file = lyrics_file(story, report)
    cut = _cut(spec, track, report)
    with report.at(path):
        for prompt in [*prompts, *(spec.gap_prompt or ())]:
            filled(prompt.text or "", Sung(Fraction(0), 1))
    if file is not None:
        with report.at(("lyrics", "file")):
            rows = _read(file, cut, spec, by_word=wants_words(prompts))
            _report_beyond(file, cut, report)
    ends = [*(row.start for row in rows[1:]), cut.end]
    return [
        PlacedShot(_shot(row, prompts, spec), ("lyrics",), row.name, row.start, end)
        for row, end in zip(rows, ends, strict=False)
    ]


def _read(file: Path, cut: Cut, spec: LyricsSpec, *, by_word: bool) -> list[Sung]:
    """Return what is sung in the film. Raises `BadValue` where that is nothing."""
    lines = read_sung(file, by_word=by_word)
    rows = sung(lines, cut, by_word=by_word, gaps=spec.gap_prompt is not None)
    if not any(not row.is_gap for row in rows):
        raise BadValue(f"no line of {file.name} is sung within the film", hint="look at its times")
    return rows


def _report_beyond(file: Path, cut: Cut, report: Report) -> None:
    """Warn of lines that are sung after the end of the film, or over before its start."""
    lines = read_sung(file, by_word=False)
    late = [line for line in lines if line.start + cut.shift >= cut.end]
    early = [line for line in lines if line.end is not None and line.end + cut.shift <= 0]
    for lost, where in (
        (late, f"after the end, {float(cut.end):g} s"),
        (early, "before the start"),
    ):
        if lost:
            count = "1 line is" if len(lost) == 1 else f"{len(lost)} lines are"
            first = f"{lost[0].text[:40]!r} at {float(lost[0].start + cut.shift):g} s"
            message = f"{count} sung {where}; the first is {first}"
            report.warn(("lyrics", "file"), message, hint="they are not in the film")


def _cut(spec: LyricsSpec, track: Soundtrack, report: Report) -> Cut:
    """Return where the lyrics lie in the film."""
    shift, clock = track.shift, track.clock
    with report.at(("lyrics", "offset")):
        shift += shift_of(spec.offset, clock)
    if clock.end is None and not report.touched(("audio",)):
        hint = "say audio: song.mp3, or duration: 3:30"
        report.error(("lyrics",), "the film has no end for the last line", hint=hint)
    return Cut(shift, LOST_END if clock.end is None else clock.end)


def _template(story: Story, spec: LyricsSpec) -> tuple[Sequence[PromptSpec], KeyPath]:
    """Return the template of every line's shot: of ``lyrics``, ``defaults``, or the story."""
    if spec.prompt is not None:
        return spec.prompt, ("lyrics", "prompt")
    if story.spec.defaults is not None and story.spec.defaults.prompt is not None:
        return story.spec.defaults.prompt, ("defaults", "prompt")
    if story.spec.prompt is not None:
        return story.spec.prompt, ("prompt",)
    return _PLAIN, ("lyrics",)


def _shot(row: Sung, prompts: Sequence[PromptSpec], spec: LyricsSpec) -> KeyedShot:
    templates = (spec.gap_prompt or ()) if row.is_gap else prompts
    return KeyedShot(prompt=tuple(_filled(one, row) for one in templates))


def _filled(template: PromptSpec, row: Sung) -> PromptSpec:
    """Return the prompt with the words of ``row``; a picture or a vector has none."""
    if template.text is None:
        return template
    return replace(template, text=_safely_filled(template.text, row))


def _safely_filled(template: str, row: Sung) -> str:
    """Return `filled`, or the template itself where its error has been reported."""
    try:
        return filled(template, row)
    except BadValue:
        return template


def _rows(lines: Sequence[Line], *, by_word: bool) -> Iterator[Sung]:
    """Return what is sung, in seconds of the file, gaps included."""
    words, gaps = count(1), count(1)
    following = [*(line.start for line in lines[1:]), None]
    for number, (line, after) in enumerate(zip(lines, following, strict=True), 1):
        if by_word and line.words:
            yield from (Sung(word.start, next(words), line.text, word.text) for word in line.words)
        elif by_word:
            yield Sung(line.start, next(words), line.text, line.text)
        else:
            yield Sung(line.start, number, line.text)
        if line.end is not None and (after is None or after - line.end >= GAP):
            yield Sung(line.end, next(gaps))


def _joined(rows: Sequence[Sung]) -> list[Sung]:
    """Return the rows, with lines that begin together (a song in two languages) as one."""
    joined: list[Sung] = []
    for row in sorted(rows, key=lambda row: row.start):
        if joined and row.start == joined[-1].start:
            joined[-1] = replace(joined[-1], line=f"{joined[-1].line}, {row.line}")
        else:
            joined.append(row)
    return joined
