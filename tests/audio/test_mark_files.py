"""Marks from other programs, and names that a story can use."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from storyboard.audio import mark_name, read_marks
from storyboard.errors import BadValue
from storyboard.times import check_mark_name

FILES = {
    "labels": (
        "a.txt",
        "0.000000\t0.000000\tintro\n12.500000\t20.250000\tdrop\n",
        {"intro": "0", "drop": "12.5"},
    ),
    "labels with tones": ("a.txt", "1.5\t2.5\tdrop\n\\\t100.0\t200.0\n", {"drop": "1.5"}),
    "labels without a name": ("a.txt", "1\t1\t\n2\t2\n", {"mark": "1", "mark_2": "2"}),
    "time first": ("a.csv", "1.5,drop\n1:05.25,chorus\n", {"drop": "1.5", "chorus": "65.25"}),
    "name first": ("a.csv", "drop,1.5\nchorus,2\n", {"drop": "1.5", "chorus": "2"}),
    "header": ("a.csv", "Name,Time\ndrop,1.5\n", {"drop": "1.5"}),
    "header with more": (
        "a.csv",
        "#,Name,Start,End\nM1,drop,0:01.5,0:02\n",
        {"drop": "1.5"},
    ),
    "semicolons, quotes": ("a.csv", '1.5;"the; drop"\n', {"the_drop": "1.5"}),
    "tabs, BOM, CRLF": ("a.csv", "\ufefftime\tname\r\n1.5\tdrop\r\n", {"drop": "1.5"}),
    "comments and blanks": ("a.csv", "# mine\n\n1.5,drop\n", {"drop": "1.5"}),
    "in order of time": ("a.csv", "5,c\n1,a\n", {"a": "1", "c": "5"}),
    "again": (
        "a.csv",
        "1,hit\n2,hit\n3,hit_2\n4,hit\n",
        {"hit": "1", "hit_3": "2", "hit_2": "3", "hit_4": "4"},
    ),
    "lyrics": (
        "a.lrc",
        "[00:01.00]Here comes the sun!\n[00:02.00]Here comes the sun!",
        {"here_comes_the_sun": "1", "here_comes_the_sun_2": "2"},
    ),
    "subtitles": ("a.srt", "1\n00:00:01,500 --> 00:00:02,000\nHi\n", {"Hi": "1.5"}),
}


@pytest.mark.parametrize(("name", "text", "expected"), FILES.values(), ids=FILES)
def test_marks(name: str, text: str, expected: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text.encode())
    marks = read_marks(tmp_path / name)
    assert marks == {mark: Fraction(when) for mark, when in expected.items()}
    assert list(marks.values()) == sorted(marks.values())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("drop", "drop"),
        ("Drop_2", "Drop_2"),
        ("the drop!", "the_drop"),
        ("Don't stop", "dont_stop"),
        ("Über-Größe", "uber_grosse"),
        ("4 on the floor", "mark_4_on_the_floor"),
        ("end", "end_"),
        ("bar", "bar_"),
        ("世界", "u4e16u754c"),
        ("Припев 2", "pripev_2"),
        ("サビ", "sabi"),
        ("후렴", "huryeom"),
        ("Ωδή", "omegadeltaeta"),
        ("Ære, smørrebrød", "aere_smorrebrod"),
        ("\U0001f4a5", "mark"),
        ("", "mark"),
        ("word " * 20, "word_word_word_word_word_word_word_word"),
        ("x" * 99, "x" * 99),
    ],
)
def test_names_that_a_story_can_use(text: str, name: str) -> None:
    assert mark_name(text) == name
    check_mark_name(name)


BAD = {
    "spaces, no tabs": ("a.txt", "1.0 2.0 drop", "line 1: missing label"),
    "no end": ("a.txt", "1.0\tdrop", "line 1: missing label"),
    "no time": ("a.csv", "1,a\nsoon,b", "line 2: missing time or name"),
    "beats": ("a.csv", "1,a\n4b,b", "line 2: missing time or name"),
    "no name": ("a.csv", "1\n2", "line 1: missing time or name"),
    "unknown header": ("a.csv", "when,what\n1,a", "line 1: missing time column"),
    "nothing": ("a.csv", "# only this\n", "contains no marks"),
    "kind": ("a.mid", "MThd", "unsupported marks file"),
}


@pytest.mark.parametrize(("name", "text", "message"), BAD.values(), ids=BAD)
def test_a_bad_line_is_named(name: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadValue, match=message) as caught:
        read_marks(tmp_path / name)
    assert str(tmp_path / name) in caught.value.message
