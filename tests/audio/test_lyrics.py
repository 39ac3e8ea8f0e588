"""Lyrics: LRC and SRT as programs and people write them, and the error for an invalid line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from storyboard.audio import Line, Word, read_lyrics
from storyboard.audio.lyrics import MOST_LINES
from storyboard.errors import BadValue, UsageError


def at(text: str) -> Fraction:
    return Fraction(text)


def line(start: str, end: str | None, text: str, *words: tuple[str, str]) -> Line:
    spoken = tuple(Word(at(when), word) for when, word in words)
    return Line(at(start), None if end is None else at(end), text, spoken)


LRC = {
    "hundredths": ("[00:12.34]one\n[00:15.00]two", [("12.34", "15", "one"), ("15", None, "two")]),
    "thousandths": ("[01:02.345]one", [("62.345", None, "one")]),
    "tenths, colons and commas": (
        "[0:01.5]a\n[00:02:50]b\n[00:03,25]c",
        [("1.5", "2.5", "a"), ("2.5", "3.25", "b"), ("3.25", None, "c")],
    ),
    "no fraction": ("[02:03]one", [("123", None, "one")]),
    "several times a line": (
        "[00:10.00][00:30.00]chorus\n[00:20.00]verse",
        [("10", "20", "chorus"), ("20", "30", "verse"), ("30", None, "chorus")],
    ),
    "an empty line ends the one before": (
        "[00:10.00]one\n[00:12.00]\n[00:20.00]two",
        [("10", "12", "one"), ("20", None, "two")],
    ),
    "tags, comments and blanks": (
        "[ar:Some: one]\n[ti: A song]\n# made by hand\n\n[length: 2:58]\n  [00:01.00]  one  ",
        [("1", None, "one")],
    ),
    "offset, earlier": ("[offset:+500]\n[00:01.00]one", [("0.5", None, "one")]),
    "offset, later, at the end": ("[00:01.00]one\n[offset: -250]", [("1.25", None, "one")]),
    "never before 0": ("[offset:5000]\n[00:01.00]one", [("0", None, "one")]),
    "BOM and CRLF": (
        "\ufeff[00:01.00]one\r\n[00:02.00]two\r\n",
        [("1", "2", "one"), ("2", None, "two")],
    ),
    "other scripts": ("[00:01.00]こんにちは [世界]", [("1", None, "こんにちは [世界]")]),
}


@pytest.mark.parametrize(("text", "expected"), LRC.values(), ids=LRC)
def test_lrc(text: str, expected: list[tuple[str, str | None, str]], tmp_path: Path) -> None:
    file = tmp_path / "song.lrc"
    file.write_bytes(text.encode())
    assert read_lyrics(file) == tuple(line(*row) for row in expected)


WORDS = {
    "each with its time": (
        "[00:12.00] <00:12.04> When <00:12.16> the <00:12.825> truth",
        line(
            "12", None, "When the truth", ("12.04", "When"), ("12.16", "the"), ("12.825", "truth")
        ),
    ),
    "the first at the line's": (
        "[00:12.00]When<00:12.50> the",
        line("12", None, "When the", ("12", "When"), ("12.5", "the")),
    ),
    "the last time is the end": (
        "[00:12.00]<00:12.00>When<00:12.50> the<00:13.00>",
        line("12", "13", "When the", ("12", "When"), ("12.5", "the")),
    ),
    "syllables": (
        "[00:01.00]<00:01.00>sun<00:01.50>rise",
        line("1", None, "sunrise", ("1", "sun"), ("1.5", "rise")),
    ),
    "moved by the offset": (
        "[offset:1000]\n[00:12.00]<00:12.50>a",
        line("11", None, "a", ("11.5", "a")),
    ),
}


@pytest.mark.parametrize(("text", "expected"), WORDS.values(), ids=WORDS)
def test_word_times(text: str, expected: Line, tmp_path: Path) -> None:
    file = tmp_path / "song.LRC"
    file.write_text(text)
    assert read_lyrics(file) == (expected,)


def test_the_words_of_a_line_that_comes_again_come_again(tmp_path: Path) -> None:
    file = tmp_path / "song.lrc"
    file.write_text("[00:10.00][00:30.00]<00:10.00>la <00:11.00>li")
    assert [word.start for read in read_lyrics(file) for word in read.words] == [10, 11, 30, 31]


SRT = {
    "commas": ("1\n00:00:01,500 --> 00:00:02,250\none\n", [("1.5", "2.25", "one")]),
    "points, no number": ("01:00:01.5 --> 01:00:02.250\none\n", [("3601.5", "3602.25", "one")]),
    "two lines": ("1\n00:00:01,000 --> 00:00:02,000\none\n  two\n", [("1", "2", "one two")]),
    "markup": (
        "1\n00:00:01,000 --> 00:00:02,000 X1:4\n{\\an8}<i>one</i> <font color='#fff'>2 < 3</font>",
        [("1", "2", "one 2 < 3")],
    ),
    "BOM, CRLF, blank lines": (
        "\ufeff1\r\n00:00:01,000 --> 00:00:02,000\r\none\r\n"
        "\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n42\r\n",
        [("1", "2", "one"), ("3", "4", "42")],
    ),
    "in order of time": (
        "1\n00:00:03,000 --> 00:00:04,000\nb\n\n2\n00:00:01,000 --> 00:00:02,000\na\n",
        [("1", "2", "a"), ("3", "4", "b")],
    ),
    "without words": (
        "1\n00:00:01,000 --> 00:00:02,000\n<i></i>\n\n2\n00:00:03,000 --> 00:00:04,000\nb",
        [("3", "4", "b")],
    ),
}


@pytest.mark.parametrize(("text", "expected"), SRT.values(), ids=SRT)
def test_srt(text: str, expected: list[tuple[str, str, str]], tmp_path: Path) -> None:
    file = tmp_path / "song.srt"
    file.write_bytes(text.encode())
    assert read_lyrics(file) == tuple(line(*row) for row in expected)


@pytest.mark.parametrize("number", [True, False])
@pytest.mark.parametrize("between", ["", "\n"])
def test_a_line_of_times_begins_a_subtitle(number: bool, between: str, tmp_path: Path) -> None:
    file = tmp_path / "a.srt"
    times = ["00:00:01,000 --> 00:00:02,000", "00:00:03,000 --> 00:00:04,000"]
    blocks = [
        (f"{n}\n" if number else "") + f"{time}\n{words}\n"
        for n, (time, words) in enumerate(zip(times, ("one\nand 2", "three"), strict=True), 1)
    ]
    file.write_text(between.join(blocks))
    found = read_lyrics(file)
    assert [(line.start, line.text) for line in found] == [(1, "one and 2"), (3, "three")]


def test_utf_16_is_read(tmp_path: Path) -> None:
    file = tmp_path / "song.lrc"
    file.write_text("[00:01.00]één", encoding="utf-16")
    assert read_lyrics(file) == (line("1", None, "één"),)


BAD = {
    "no time": (
        "a.lrc",
        "[00:01.00]one\nhere comes",
        "line 2: missing time: 'here comes'",
    ),
    "seconds": ("a.lrc", "[00:61.00]one", "line 1: .*below 60, got 61"),
    "word order": ("a.lrc", "[00:05.00]<00:06.00>a <00:05.50>b", "line 1: word timestamps must"),
    "offset": ("a.lrc", "[offset:soon]\n[00:01.00]a", "line 1: invalid offset"),
    "nothing": ("a.lrc", "[ar:me]\n", "contains no timed line"),
    "no arrow": ("a.srt", "1\n00:00:01,000\none", "line 2: missing subtitle times"),
    "only a number": ("a.srt", "1\n\n", "line 1: missing subtitle times"),
    "backwards": (
        "a.srt",
        "1\n00:00:02,000 --> 00:00:01,000\na",
        "line 2: .*ends before it begins",
    ),
    "minutes": ("a.srt", "1\n00:61:02,000 --> 00:62:01,000\na", "line 2: .*must be below 60"),
    "kind": ("a.txt", "one", "unsupported lyrics file"),
}


@pytest.mark.parametrize(("name", "text", "message"), BAD.values(), ids=BAD)
def test_a_bad_line_is_named(name: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadValue, match=message) as caught:
        read_lyrics(tmp_path / name)
    assert str(tmp_path / name) in caught.value.message


def test_a_right_line_is_shown(tmp_path: Path) -> None:
    (tmp_path / "a.lrc").write_text("one")
    with pytest.raises(BadValue) as caught:
        read_lyrics(tmp_path / "a.lrc")
    assert "[01:23.50]here comes the sun" in (caught.value.hint or "")


def test_another_encoding_is_reported_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.lrc").write_bytes("[00:01.00]one\n[00:02.00]é".encode("latin-1"))
    with pytest.raises(BadValue, match="line 2: not UTF-8"):
        read_lyrics(tmp_path / "a.lrc")


def test_a_file_that_is_not_there_is_a_wrong_call_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "song.lrc").write_text("[00:01.00]one")
    with pytest.raises(UsageError, match=r"did you mean 'song\.lrc'"):
        read_lyrics(tmp_path / "sonf.lrc")


@pytest.mark.parametrize("suffix", [".lrc", ".srt"])
def test_more_lines_than_a_song_has_are_refused(tmp_path: Path, suffix: str) -> None:
    """F32: 100,000 times, in one line or each in its own."""
    stamps = [f"{n // 6000:02d}:{n // 100 % 60:02d}.{n % 100:02d}" for n in range(MOST_LINES + 1)]
    file = tmp_path / f"a{suffix}"
    if suffix == ".lrc":
        file.write_text("".join(f"[{stamp}]" for stamp in stamps) + "la\n")
    else:
        file.write_text("".join(f"00:{s} --> 00:{s}\nla\n\n" for s in stamps))
    with pytest.raises(BadValue, match=f"more than {MOST_LINES} lines"):
        read_lyrics(file)
