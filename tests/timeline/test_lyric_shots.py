"""Shots made from lyrics: when each begins, what it is called, what it shows."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from storyboard.audio import Line, Word
from storyboard.errors import BadValue
from storyboard.story import read_story_text
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.check import problems_of
from storyboard.timeline.lyric_shots import Cut, Sung, filled, sung

F = Fraction
LINES = (
    Line(F(1), F(3), "one two", (Word(F(1), "one"), Word(F(2), "two"))),
    Line(F(3), F(4), "three"),
    Line(F(7), F(8), "four"),
    Line(F(8), None, "five"),
)

ROWS: list[tuple[str, Cut, bool, bool, list[tuple[str, str]]]] = [
    (
        "each lasts to the next",
        Cut(F(0), F(10)),
        False,
        False,
        [("0", "line-001"), ("3", "line-002"), ("7", "line-003"), ("8", "line-004")],
    ),
    (
        "gaps of two seconds and more",
        Cut(F(0), F(10)),
        False,
        True,
        [
            ("0", "gap-000"),
            ("1", "line-001"),
            ("3", "line-002"),
            ("4", "gap-001"),
            ("7", "line-003"),
            ("8", "line-004"),
        ],
    ),
    (
        "word by word where they are timed",
        Cut(F(0), F(10)),
        True,
        False,
        [
            ("0", "word-001"),
            ("2", "word-002"),
            ("3", "word-003"),
            ("7", "word-004"),
            ("8", "word-005"),
        ],
    ),
    (
        "a film that begins within the song keeps the line that is being sung, and all names",
        Cut(F(-7, 2), F(4)),
        False,
        False,
        [("0", "line-002"), ("7/2", "line-003")],
    ),
    (
        "a film that begins in a gap",
        Cut(F(-5), F(4)),
        False,
        True,
        [("0", "gap-001"), ("2", "line-003"), ("3", "line-004")],
    ),
    (
        "a soundtrack that sets in late, and a film that ends early",
        Cut(F(2), F(6)),
        False,
        True,
        [("0", "gap-000"), ("3", "line-001"), ("5", "line-002")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cut", "by_word", "gaps", "expected"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS]
)
def test_rows(cut: Cut, by_word: bool, gaps: bool, expected: list[tuple[str, str]]) -> None:
    rows = sung(LINES, cut, by_word=by_word, gaps=gaps)
    assert [(row.start, row.name) for row in rows] == [(F(at), name) for at, name in expected]


def test_lines_that_begin_together_are_one_shot() -> None:
    lines = [Line(F(1), F(2), "eins"), Line(F(1), F(2), "one"), Line(F(2), None, "two")]
    rows = sung(lines, Cut(F(0), F(9)), by_word=False, gaps=False)
    assert [row.line for row in rows] == ["eins, one", "two"]


TEMPLATES = [
    ("{line}, oil painting", "a {b}, oil painting"),
    ("{n}: {word} of {line}{line}", "7: w of a {b}a {b}"),
    ("{{line}} as it is", "{line} as it is"),
    ("no braces", "no braces"),
]


@pytest.mark.parametrize(("template", "text"), TEMPLATES)
def test_templates(template: str, text: str) -> None:
    """What is sung goes in as it is, braces and all."""
    assert filled(template, Sung(F(0), 7, "a {b}", "w")) == text


@pytest.mark.parametrize("template", ["{lin}", "{line.__class__}", "{0}", "{}", "{line!r}"])
def test_braces_that_mean_nothing_are_an_error(template: str) -> None:
    with pytest.raises(BadValue, match="unknown placeholder"):
        filled(template, Sung(F(0), 1, "a"))


@pytest.mark.parametrize("template", ["{line", "line}", "{{line}", "{line}} {n}"])
def test_a_brace_that_stands_alone_is_an_error(template: str) -> None:
    with pytest.raises(BadValue, match="stands alone"):
        filled(template, Sung(F(0), 1, "a"))


LRC = "[00:01.00]the sea: 2 | the sky\n[00:02.50]\n[00:05.00]<00:05.00>fire <00:05.50>burns\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A song of eight seconds and its lyrics."""
    soundfile.write(tmp_path / "song.wav", np.zeros(8 * 8000), 8000)
    (tmp_path / "song.lrc").write_text(LRC)
    (tmp_path / "plain.lrc").write_text("[00:01.00]a\n[00:03.00]b\n")
    (tmp_path / "bad.lrc").write_text("[00:01.00]a\n[00:0x]b\n")
    return tmp_path


STORIES: list[tuple[str, list[tuple[str, str]]]] = [
    ("lyrics: song.lrc", [("0", "the sea: 2 | the sky"), ("5", "fire burns")]),
    (
        'lyrics: {file: song.lrc, prompt: "{line}, oil:0.5 | n {n}", gap_prompt: fog}',
        [
            ("0", "fog"),
            ("1", "the sea: 2 | the sky, oil"),
            ("5/2", "fog"),
            ("5", "fire burns, oil"),
        ],
    ),
    ('lyrics: {file: song.lrc, offset: -1s}\nprompt: "{n}"', [("0", "1"), ("4", "2")]),
    (
        'lyrics: {file: song.lrc, offset: 0.5s}\ndefaults: {prompt: "ink, {line}"}\nprompt: "{n}"',
        [("0", "ink, the sea: 2 | the sky"), ("11/2", "ink, fire burns")],
    ),
    (
        'lyrics: {file: song.lrc, prompt: "{word} ({line})"}',
        [
            ("0", "the sea: 2 | the sky (the sea: 2 | the sky)"),
            ("5", "fire (fire burns)"),
            ("11/2", "burns (fire burns)"),
        ],
    ),
    ("lyrics: song.lrc\nprompt: the moon", [("0", "the moon"), ("5", "the moon")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), STORIES)
def test_stories(text: str, expected: list[tuple[str, str]], folder: Path) -> None:
    text += "\naudio: song.wav\nperceptors: tiny\noutput: {fps: 4}"
    plan = make_plan(load_story_text(text, folder=folder))
    shots = [(shot.start, shot.tracks[0].source.label) for shot in plan.shots]
    assert shots == [(F(at), words) for at, words in expected]
    assert plan.shots[-1].end == plan.duration == 8


def test_prompts_cross_for_a_second_and_for_half_of_a_short_line(folder: Path) -> None:
    text = 'lyrics: {file: song.lrc, prompt: "{word}"}\naudio: {file: song.wav}\noutput: {fps: 8}'
    plan = make_plan(load_story_text(f"{text}\nperceptors: tiny", folder=folder))
    assert plan.warnings == ()
    short = plan.shots[1]
    assert short.end - short.start == F(1, 2)
    assert [track.weights.tolist() for track in short.tracks] == [[0, 0.5, 1, 1], [1, 0.5, 0, 0]]


def test_settings_count_as_for_any_shot(folder: Path) -> None:
    text = "lyrics: song.lrc\naudio: song.wav\nperceptors: tiny\ndefaults: {cut: true, hold: 0.3}"
    plan = make_plan(load_story_text(text, folder=folder))
    assert [shot.fresh for shot in plan.shots] == [True, True]
    assert (plan.shots[1].values["hold"] == 0.3).all()


def test_words_that_a_perceptor_does_not_know_are_told_once(folder: Path) -> None:
    (folder / "odd.lrc").write_text("[00:01.00]zyzzyva\n[00:03.00]quixotry\n[00:05.00]the sea\n")
    story = load_story_text("lyrics: odd.lrc\naudio: song.wav", folder=folder)
    (warning,) = problems_of(story)
    assert warning.message.startswith("perceptor 'sketch' does not know '")
    assert (warning.path, warning.severity) == ("lyrics", "warning")


WRONG: list[tuple[str, str, str]] = [
    ("lyrics: sogn.lrc", "lyrics", "file not found"),
    ("lyrics: bad.lrc", "lyrics", "bad.lrc, line 2: "),
    ("lyrics: song.wav", "lyrics", "unsupported lyrics file"),
    ("lyrics: {prompt: a}", "lyrics", "'file' is missing here"),
    ('lyrics: {file: song.lrc, prompt: "{lne}"}', "lyrics.prompt", "unknown placeholder {lne}"),
    ('lyrics: song.lrc\nprompt: "{lne}"', "prompt", "unknown placeholder {lne}"),
    ('lyrics: {file: plain.lrc, prompt: "{word}"}', "lyrics.file", "has no times of words"),
    ("lyrics: {file: plain.lrc, offset: 9s}", "lyrics.file", "no line of plain.lrc is sung within"),
    ("lyrics: {file: song.lrc, offset: soon}", "lyrics.offset", "invalid time|a moment"),
    ("lyrics: song.lrc\nshots: [{prompt: a}]", "lyrics", "a story has either shots or lyrics"),
]


@pytest.mark.parametrize(("text", "path", "message"), WRONG)
def test_mistakes_are_told_once_in_their_place(
    text: str, path: str, message: str, folder: Path
) -> None:
    story = read_story_text(f"{text}\naudio: song.wav\nperceptors: tiny", folder=folder)
    (problem,) = problems_of(story)
    assert problem.path == path
    assert any(part in problem.message for part in message.split("|"))
    assert problem.line


def test_the_last_line_needs_an_end(folder: Path) -> None:
    (problem,) = problems_of(read_story_text("lyrics: song.lrc", folder=folder))
    assert problem.message == "the film has no end for the last line"


@pytest.mark.parametrize(
    ("name", "text", "offset", "told"),
    [
        ("a.lrc", "[00:01]one\n[01:15]late\n[01:20]later", "0s", "2 lines are sung after the end"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:02,000\none\n", "9s", ""),
        ("a.lrc", "[00:01]one\n[00:05]two", "2s", "1 line is sung after the end, 6 s; the first"),
        ("a.lrc", "[00:01]one\n[00:02]two\n[00:09]three", "-4s", "1 line is sung before the start"),
        ("a.lrc", "[00:01]one\n[00:05]two", "0s", ""),
    ],
)
def test_lines_that_are_not_in_the_film_are_named(
    name: str, text: str, offset: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    story = f"duration: 6s\nlyrics: {{file: {name}, offset: {offset}}}"
    found = problems_of(read_story_text(story, folder=tmp_path))
    warned = [p.message for p in found if p.severity == "warning" and "sung" in p.message]
    assert len(warned) == bool(told)
    assert not told or told in warned[0]
