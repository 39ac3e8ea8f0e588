"""Marks (named times) from other programs: Audacity labels, CSV files, or lines of lyrics."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from storyboard.audio.lines import TextFile
from storyboard.audio.lyrics import read_lyrics
from storyboard.errors import BadValue, did_you_mean
from storyboard.times import TimeError, check_mark_name, parse_time

_LABELS_HINT = "write start, end and name with tabs between, such as 12.5<tab>12.5<tab>drop"
_CSV_HINT = "write time,name in each line, such as 12.5,drop or 1:05.25,chorus"
_TIME_NAMES = ("time", "start", "seconds", "second", "at", "position", "t")
_NAME_NAMES = ("name", "label", "mark", "marker", "title", "text")
_COMMENT = re.compile(r"$|#(?![,;\t])")
_LONGEST = 40
_NAMELESS = "mark"
_SOUNDS = "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch - y - e yu ya i yi ye g u"
_CYRILLIC = dict(zip("абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґў", _SOUNDS.split(" "), strict=True))
_SOUND = re.compile(r"(?:LETTER|SYLLABLE) (?:SMALL |FINAL )?([A-Z]+)")

Moments = Iterable[tuple[Fraction, str]]


def read_marks(path: str | Path, *, named: str | None = None) -> dict[str, Fraction]:
    """Read marks from a file: name to seconds, in order of time.

    Accepts Audacity labels (``.txt``), ``.csv`` with or without a header, and the lines of an
    ``.lrc`` or ``.srt`` file. A region counts from its start. Labels that are not valid mark names
    are converted (`mark_name`); duplicates are numbered: ``drop``, ``drop_2``. With ``named`` only
    those of that name count. Raises `UsageError` if there is no such file, `BadValue` with file and
    line if one is invalid, or if there are none.
    """
    path = Path(path)
    if path.suffix.lower() in (".lrc", ".srt"):
        found: Moments = ((line.start, line.text) for line in read_lyrics(path))
    else:
        readers = {".txt": _labels, ".csv": _table}
        kinds = (*readers, ".lrc", ".srt")
        file = TextFile.read(path, suffixes=kinds, kind="marks")
        found = readers[path.suffix.lower()](file)
    moments = sorted(found, key=lambda moment: moment[0])
    if named is not None:
        titles = dict.fromkeys(mark_name(title) for _, title in moments)
        if moments and named not in titles:
            hint = did_you_mean(named, titles) or f"its names: {', '.join([*titles][:20])}"
            raise BadValue(f"{path} contains no mark called {named!r}", hint=hint)
        moments = [moment for moment in moments if mark_name(moment[1]) == named]
    marks = _numbered(moments)
    if not marks:
        raise BadValue(f"{path} contains no marks")
    return marks


def mark_name(text: str) -> str:
    """Convert ``text`` to a valid mark name; a valid one is returned unchanged.

    Letters of other scripts are written as they sound, or by their numbers, so that labels that
    differ have names that differ.

    >>> mark_name("Und dann... Ä-ha!")
    'und_dann_a_ha'
    >>> mark_name("Припев"), mark_name("サビ")
    ('pripev', 'sabi')
    >>> mark_name("drop_2")
    'drop_2'
    """
    if _can_be(text):
        return text
    plain = "".join(map(_latin, unicodedata.normalize("NFKC", text.casefold())))
    name = re.sub(r"[^a-z0-9]+", "_", plain.replace("'", "")).strip("_")
    if len(name) > _LONGEST:
        name = name[: _LONGEST + 1].rpartition("_")[0] or name[:_LONGEST]
    if not name or name[0].isdigit():
        name = f"{_NAMELESS}_{name}".rstrip("_")
    return name if _can_be(name) else f"{name}_"


def _latin(letter: str) -> str:
    """Return ASCII for a letter: itself without accents, its sound, else its number; nothing for
    what is no letter.
    """
    plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    if plain or not letter.isalpha():
        return plain or (" " if letter.isspace() or unicodedata.category(letter)[0] == "P" else "")
    if letter in _CYRILLIC:
        return _CYRILLIC[letter].strip("-")
    sound = _SOUND.search(unicodedata.name(letter, ""))
    return sound[1].lower() if sound else f"u{ord(letter):x}"


def _can_be(name: str) -> bool:
    try:
        check_mark_name(name)
    except TimeError:
        return False
    return True


def _numbered(moments: Sequence[tuple[Fraction, str]]) -> dict[str, Fraction]:
    """Map names to times; a duplicate name gets the next free number."""
    marks: dict[str, Fraction] = {}
    taken = {mark_name(text) for _, text in moments}
    for moment, text in moments:
        name = mark_name(text)
        if name in marks:
            numbers = (f"{name}_{n}" for n in range(2, len(moments) + len(taken) + 2))
            name = next(free for free in numbers if free not in marks and free not in taken)
        marks[name] = moment
    return marks


def _labels(file: TextFile) -> Iterator[tuple[Fraction, str]]:
    """Yield Audacity labels; lines that begin with a backslash hold a frequency range and are
    skipped.
    """
    for number, line in file.numbered():
        if not line or line.startswith("\\"):
            continue
        start, *rest = (part.strip() for part in line.split("\t"))
        time = _seconds(start)
        if time is None or not rest or _seconds(rest[0]) is None:
            raise file.error_at(number, "missing label", hint=_LABELS_HINT)
        yield time, rest[1] if len(rest) > 1 else ""


def _table(file: TextFile) -> Iterator[tuple[Fraction, str]]:
    """Yield the rows of a CSV, separated by commas, semicolons or tabs."""
    lines = [(n, line) for n, line in file.numbered() if not _COMMENT.match(line)]
    if not lines:
        return
    mark = max(",;\t", key=lines[0][1].count)
    rows = [
        (n, [cell.strip() for cell in next(csv.reader([line], delimiter=mark))])
        for n, line in lines
    ]
    header = [cell.lower() for cell in rows[0][1]]
    if any(_seconds(cell) is not None for cell in header):
        time_at, name_at = _columns(rows[0][1])
    else:
        time_at, name_at = _place(header, _TIME_NAMES), _place(header, _NAME_NAMES)
        rows = rows[1:]
    if time_at is None:
        raise file.error_at(lines[0][0], "missing time column", hint=_CSV_HINT)
    for number, cells in rows:
        time = _seconds(cells[time_at]) if time_at < len(cells) else None
        if time is None or name_at is None or name_at >= len(cells):
            raise file.error_at(number, "missing time or name", hint=_CSV_HINT)
        yield time, cells[name_at]


def _columns(cells: Sequence[str]) -> tuple[int | None, int | None]:
    """Return the columns of time and name of a row without header: the first that fits each."""
    timed = [_seconds(cell) is not None for cell in cells]
    return timed.index(True), timed.index(False) if False in timed else None


def _place(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _seconds(text: str) -> Fraction | None:
    """Parse seconds or minutes and seconds; None for anything else.

    >>> _seconds("1:02.5")
    Fraction(125, 2)
    """
    try:
        spec = parse_time(text)
    except TimeError:
        return None
    return spec.value if spec.unit == "s" and spec.anchor is None else None
