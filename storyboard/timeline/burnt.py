"""Lyrics on the picture: each line from when it is sung, word by word where they are sung along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from storyboard.curves.clock import frame_of
from storyboard.errors import UsageError
from storyboard.media.fonts import default_font, missing_letters
from storyboard.media.picture_files import existing
from storyboard.plan import CaptionPlan
from storyboard.story.finish import BurnSpec
from storyboard.story.read import Story
from storyboard.timeline.marks import lyrics_file, read_sung
from storyboard.timeline.report import Report
from storyboard.timeline.schedule import FilmSchedule, schedule
from storyboard.timeline.soundtrack import shift_of

if TYPE_CHECKING:
    from storyboard.audio import Line, Word

BURNT_SIZE, WHITE, GOLD = 0.07, (1.0, 1.0, 1.0), (1.0, 0.84, 0.0)
LONGEST_S = Fraction(8)
"""How long a line stays at most whose end the file does not say."""


def burnt_captions(story: Story, when: FilmSchedule, report: Report) -> tuple[CaptionPlan, ...]:
    """Return a caption for each line of the story's lyrics, none where they are not burnt in.

    Every error goes to ``report``, letters that the font lacks too.
    """
    lyrics = story.spec.lyrics
    if lyrics is None or not lyrics.burn:
        return ()
    spec = lyrics.burn if isinstance(lyrics.burn, BurnSpec) else BurnSpec()
    file = lyrics_file(story, report)
    shift = when.shift
    with report.at(("lyrics", "offset")):
        shift += shift_of(lyrics.offset, when.clock)
    font = default_font()
    with report.at(("lyrics", "burn", "font")):
        font = existing(story.folder / spec.font) if spec.font else font
        missing_letters("a", font)
    if file is None or not report.is_sound:
        return ()
    with report.at(("lyrics", "file")):
        lines = read_sung(file, by_word=False)
        _check_letters(lines, font, report)
        return tuple(_captions(lines, spec, font, shift, when))
    return ()


def _check_letters(lines: Sequence[Line], font: Path, report: Report) -> None:
    lacking = missing_letters("".join(line.text for line in lines), font)
    if lacking:
        message = f"{font.name} has no {', '.join(map(repr, lacking))}, which the lyrics have"
        hint = "say burn: {font: FILE} with a font that has them"
        report.error(("lyrics", "burn"), message, hint=hint)


def _captions(
    lines: Sequence[Line], spec: BurnSpec, font: Path, shift: Fraction, when: FilmSchedule
) -> Iterator[CaptionPlan]:
    fps, last = when.clock.fps, frame_of(when.duration, when.clock.fps)
    for line, following in pairwise([*lines, None]):
        if line is None:
            return
        end = _end(line, following)
        shown = replace(line, end=end)
        first, stop = (
            frame_of(edge + shift, fps) if edge + shift > 0 else 0 for edge in (line.start, end)
        )
        stop = min(stop, last)
        if first >= stop:
            continue
        sung = _sung(shown, shift, fps) if spec.style == "karaoke" else ()
        yield CaptionPlan(
            line.text,
            spec.at or "bottom",
            spec.size or BURNT_SIZE,
            spec.color or WHITE,
            font,
            first,
            stop,
            np.ones(stop - first),
            sung,
            spec.sung or GOLD,
        )


def _end(line: Line, following: Line | None) -> Fraction:
    """Return when a line ends, in seconds of its file: at the next one at the latest."""
    end = line.end if line.end is not None else line.start + LONGEST_S
    if following is not None and line.start < following.start < end:
        return following.start
    return end


def lyrics_of(story: Story) -> tuple[Line, ...]:
    """Return the lines of the story's lyrics in seconds of the film, words that have a time of
    their own included, and without what lies outside the film.

    Raises `UsageError` for a story without lyrics, `StoryError` for one with errors.
    """
    lyrics, report = story.spec.lyrics, Report(story)
    when = schedule(story, report)
    file = None if lyrics is None else lyrics_file(story, report)
    if lyrics is None or file is None:
        raise UsageError("the story has no lyrics: say lyrics: song.lrc")
    shift = when.shift + shift_of(lyrics.offset, when.clock)
    found = []
    for line, following in pairwise([*read_sung(file, by_word=False), None]):
        if line is None:
            break
        start, end = line.start + shift, min(_end(line, following) + shift, when.duration)
        if max(start, Fraction(0)) < end:
            starts = (max(word.start + shift, Fraction(0)) for word in line.words)
            words = tuple(map(_at, line.words, starts))
            found.append(replace(line, start=max(start, Fraction(0)), end=end, words=words))
    return tuple(found)


def _at(word: Word, start: Fraction) -> Word:
    return replace(word, start=start)


def _sung(line: Line, shift: Fraction, fps: Fraction) -> tuple[int, ...]:
    """Return the film's frame from which each word of the line is sung.

    Words without times of their own are spread over the line by their letters.
    """
    words = line.text.split()
    known = [word for word in line.words for _ in word.text.split()]
    if len(known) == len(words):
        starts = [word.start for word in known]
    else:
        lengths = np.cumsum([0, *(len(word) + 1 for word in words)])
        whole = (line.end or line.start) - line.start
        starts = [line.start + whole * Fraction(int(n), int(lengths[-1])) for n in lengths[:-1]]
    return tuple(max(0, frame_of(max(start + shift, Fraction(0)), fps)) for start in starts)
