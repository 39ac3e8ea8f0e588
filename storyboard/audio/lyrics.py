"""Lyrics and their times: LRC files, by line or by word, and SRT subtitles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from storyboard.audio.lines import Numbered, TextFile
from storyboard.errors import BadValue

LRC_HINT = "write [minutes:seconds]words, such as [01:23.50]here comes the sun"
SRT_HINT = "write a number, then 00:01:23,500 --> 00:01:26,000, then the words, then an empty line"

MOST_LINES = 20_000
"""Lines of a file that are read; each is a shot."""

_TIME = r"([0-9]{1,3}):([0-9]{1,2})(?:[.:,]([0-9]{1,3}))?"
_LINE_TIME = re.compile(rf"\[\s*{_TIME}\s*\]\s*")
_WORD_TIME = re.compile(rf"<\s*{_TIME}\s*>")
_TAG = re.compile(r"\[\s*([A-Za-z#][\w# ]*):(.*)\]")
_SRT_TIME = r"([0-9]+):([0-9]{1,2}):([0-9]{1,2})(?:[,.]([0-9]{1,3}))?"
_ARROW = re.compile(rf"{_SRT_TIME}\s*-+>\s*{_SRT_TIME}(?:\s.*)?")
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|\{\\[^{}]*\}")


@dataclass(frozen=True)
class Word:
    """A word (or a syllable, or a few words) and its start in seconds of the file."""

    start: Fraction
    text: str


@dataclass(frozen=True)
class Line:
    """A line of lyrics and its time, in seconds of the file.

    ``end`` is the one in the file, else the start of the next line; None for the last line of an
    LRC file. ``words`` is empty if the file gives times only for lines.
    """

    start: Fraction
    end: Fraction | None
    text: str
    words: tuple[Word, ...] = ()


def read_lyrics(path: str | Path) -> tuple[Line, ...]:
    """Read the lines of an ``.lrc`` or ``.srt`` file, in order of time.

    Raises `UsageError` if there is no such file, and `BadValue` with file, line and an example of a
    valid line for one that is invalid.
    """
    readers = {".lrc": _read_lrc, ".srt": _read_srt}
    file = TextFile.read(Path(path), suffixes=tuple(readers), kind="lyrics")
    lines = sorted(readers[file.path.suffix.lower()](file), key=lambda line: line.start)
    closed = [_closed(line, following.start) for line, following in pairwise(lines)]
    spoken = tuple(line for line in [*closed, *lines[-1:]] if line.text)
    if not spoken:
        raise BadValue(f"{path} contains no timed line")
    return spoken


def _too_many(file: TextFile, number: int) -> BadValue:
    hint = "take the lyrics of one song"
    return file.error_at(number, f"more than {MOST_LINES} lines with a time", hint=hint)


def _closed(line: Line, following: Fraction) -> Line:
    return line if line.end is not None else replace(line, end=following)


def _read_lrc(file: TextFile) -> Iterator[Line]:
    shift = Fraction(0)
    lines: list[Line] = []
    for number, text in file.numbered():
        if not text or text.startswith("#"):
            continue
        tag = _TAG.fullmatch(text)
        if tag is None:
            lines += _lrc_lines(text, file, number)
            if len(lines) > MOST_LINES:
                raise _too_many(file, number)
        elif tag[1].strip().lower() == "offset":
            shift = _offset(tag[2], file, number)
    return (_moved(line, -shift) for line in lines)


def _lrc_lines(text: str, file: TextFile, number: int) -> Iterator[Line]:
    """Yield the line once for each of its times; an empty ``text`` ends the previous line."""
    starts, behind = list[Fraction](), 0
    while found := _LINE_TIME.match(text, behind):
        starts.append(_lrc_time(found, file, number))
        behind = found.end()
    text = text[behind:]
    if not starts:
        raise file.error_at(number, "missing time", hint=LRC_HINT)
    first = _words(text, starts[0], file, number)
    yield from (_moved(first, start - starts[0]) for start in starts)


def _words(text: str, start: Fraction, file: TextFile, number: int) -> Line:
    """Return a line with the times of its words, if any; a time without a word ends the line."""
    pieces = [text[: found.start()] if (found := _WORD_TIME.search(text)) else text]
    times = [start]
    for found in _WORD_TIME.finditer(text):
        times.append(_lrc_time(found, file, number))
        following = _WORD_TIME.search(text, found.end())
        pieces.append(text[found.end() : following.start() if following else len(text)])
    if any(later < earlier for earlier, later in pairwise(times)):
        raise file.error_at(number, "word timestamps must increase", hint=LRC_HINT)
    whole = " ".join("".join(pieces).split())
    spoken = zip(times, pieces, strict=True)
    words = tuple(Word(time, piece.strip()) for time, piece in spoken if piece.strip())
    end = times[-1] if len(times) > 1 and not pieces[-1].strip() else None
    return Line(start, end, whole, words if len(times) > 1 else ())


def _moved(line: Line, by: Fraction) -> Line:
    """Return ``line`` delayed by ``by`` seconds, but not before 0."""

    def later(time: Fraction) -> Fraction:
        return max(time + by, Fraction(0))

    words = tuple(Word(later(word.start), word.text) for word in line.words)
    end = None if line.end is None else later(line.end)
    return Line(later(line.start), end, line.text, words)


def _lrc_time(found: re.Match[str], file: TextFile, number: int) -> Fraction:
    if int(found[2]) > 59:
        message = f"invalid time {found[0].strip()}: seconds must be below 60, got {found[2]}"
        raise file.error_at(number, message, hint=LRC_HINT)
    return int(found[1]) * 60 + int(found[2]) + _share(found[3])


def _share(digits: str | None) -> Fraction:
    """Return the digits after the decimal point as a fraction of a second."""
    return Fraction(int(digits), 10 ** len(digits)) if digits else Fraction(0)


def _offset(written: str, file: TextFile, number: int) -> Fraction:
    """Return the offset tag, in milliseconds, as seconds by which all lines begin earlier."""
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", written.strip()):
        raise file.error_at(
            number, "invalid offset: expected a number", hint="use milliseconds: [offset:250]"
        )
    return Fraction(int(written), 1000)


def _read_srt(file: TextFile) -> Iterator[Line]:
    for count, block in enumerate(_subtitles(file), 1):
        timed = block[1:] if block[0][1].isdecimal() else block
        found = _ARROW.fullmatch(timed[0][1]) if timed else None
        if found is None:
            number = timed[0][0] if timed else block[0][0]
            raise file.error_at(number, "missing subtitle times", hint=SRT_HINT)
        start = _srt_time(found.groups()[:4], file, timed[0][0])
        end = _srt_time(found.groups()[4:], file, timed[0][0])
        if end < start:
            raise file.error_at(timed[0][0], "subtitle ends before it begins", hint=SRT_HINT)
        if count > MOST_LINES:
            raise _too_many(file, timed[0][0])
        words = " ".join(_MARKUP.sub("", text) for _, text in timed[1:])
        yield Line(start, end, " ".join(words.split()))


def _subtitles(file: TextFile) -> Iterator[list[Numbered]]:
    """Yield the lines of each subtitle.

    An empty line ends a subtitle; so does a line of times, with the number before it, where no
    empty line stands between.
    """
    for block in file.blocks():
        times = [place for place, (_, text) in enumerate(block) if _ARROW.fullmatch(text)]
        begun = [place - (place > 0 and block[place - 1][1].isdecimal()) for place in times]
        ends = [0, *begun[1:], len(block)]
        yield from (block[start:stop] for start, stop in pairwise(ends))


def _srt_time(parts: tuple[str | None, ...], file: TextFile, number: int) -> Fraction:
    hours, minutes, seconds = (int(part or 0) for part in parts[:3])
    if minutes > 59 or seconds > 59:
        raise file.error_at(number, "minutes and seconds must be below 60", hint=SRT_HINT)
    return hours * 3600 + minutes * 60 + seconds + _share(parts[3])
