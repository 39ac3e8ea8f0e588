"""Marks taken from the music: what each set is, what its marks are called, what is wrong."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from storyboard import audio
from storyboard.plan import Plan
from storyboard.story import read_story_text
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.check import problems_of

F = Fraction

LRC = """\
[ar: nobody]
[00:01.00]<00:01.00>one <00:01.50>two
[00:02.50]three
[00:04.00]
"""
LABELS = "0.5\t0.5\tdrop\n2.25\t3.0\tverse two\n7.5\t7.5\tafter the end\n"
CSV = "time,name\n1.5,break\n0:02.75,back\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A song of six seconds and files of times beside it."""
    soundfile.write(tmp_path / "song.wav", np.zeros(6 * 8000), 8000)
    files = {"song.lrc": LRC, "labels.txt": LABELS, "cues.csv": CSV, "bad.lrc": "[00:01.00]a\nno\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def story(marks: str, audio: str = "{file: song.wav, bpm: 120, first_beat: 0.25}") -> str:
    return f"audio: {audio}\nperceptors: tiny\nmarks: {{{marks}}}\nshots: [{{prompt: a}}]"


def plan_of(text: str, folder: Path) -> Plan:
    return make_plan(load_story_text(text, folder=folder))


BEHIND = "{file: song.wav, bpm: 120, first_beat: 0.25, offset: 1s}"
CUT = "{file: song.wav, bpm: 120, start: 1s}"

SETS: list[tuple[str, str, dict[str, str]]] = [
    (
        "hits: {every: 1 bar}",
        "{file: song.wav, bpm: 120, first_beat: 0.25}",
        {"hits1": "1/4", "hits2": "9/4", "hits3": "17/4"},
    ),
    ("hit: {every: 2b, from: 0:03, to: 5s}", BEHIND, {"hit1": "3", "hit2": "4"}),
    ("hit: {every: 1.5s}", BEHIND, {f"hit{n + 1}": str(F(3, 2) * n) for n in range(5)}),
    ("hit: {every: 24f, from: 1s, to: end - 3s}", CUT, {"hit1": "1"}),
    (
        "a: 2s, hit: {every: 1s, from: a, to: a + 2s}, then: hit2 + 1b",
        CUT,
        {"a": "2", "hit1": "2", "hit2": "3", "then": "7/2"},
    ),
    ("l: {lyrics: song.lrc}", BEHIND, {"l1": "2", "l2": "7/2"}),
    ("l: {lyrics: song.lrc, each: line}", CUT, {"l1": "0", "l2": "3/2"}),
    (
        "word: {lyrics: song.lrc, each: word}",
        BEHIND,
        {"word1": "2", "word2": "5/2", "word3": "7/2"},
    ),
    ("l: {lyrics: song.lrc, offset: -1.25s}", BEHIND, {"l1": "3/4", "l2": "9/4"}),
    ("l: {lyrics: song.lrc, offset: -1.25}", CUT, {"l1": "1/4"}),
    (
        "cue: {file: labels.txt, offset: 250ms}",
        "{file: song.wav}",
        {"cue1": "3/4", "cue2": "5/2", "cue_drop": "3/4", "cue_verse_two": "5/2"},
    ),
    ("c: {file: cues.csv}", CUT, {"c1": "1/2", "c2": "7/4", "c_break": "1/2", "c_back": "7/4"}),
]


@pytest.mark.parametrize(("marks", "sound", "expected"), SETS)
def test_a_set_gives_numbered_marks_in_film_seconds(
    marks: str, sound: str, expected: dict[str, str], folder: Path
) -> None:
    found = plan_of(story(marks, sound), folder).marks
    assert found == {name: F(moment) for name, moment in expected.items()}


def test_a_set_is_one_row_of_events_and_its_marks_are_times(folder: Path) -> None:
    text = story("hit: {every: 1s, to: 3s}").replace("{prompt: a}", "{prompt: a, until: hit3 + 1s}")
    plan = plan_of(text, folder)
    assert plan.shots[0].end == 3
    wrong = read_story_text(text.replace("hit3 + 1s", "hit"), folder=folder)
    (problem,) = problems_of(wrong)
    assert problem.message == "'hit' is a list of marks"
    assert problem.hint == "its moments are hit1 to hit3"


@pytest.mark.parametrize(
    ("sound", "moment"), [("{file: song.wav}", F(3, 2)), ("{file: song.wav, start: 0.5}", F(1))]
)
def test_a_section_is_a_mark(
    sound: str, moment: Fraction, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fake(*_: Any, **__: Any) -> Any:
        return type("Heard", (), {"sections": np.array([0.0, 1.5, 4.0])})

    monkeypatch.setattr(audio, "analyse", fake)
    assert plan_of(story("chorus: {section: 2}", sound), folder).marks == {"chorus": moment}
    (problem,) = problems_of(read_story_text(story("x: {section: 9}", sound), folder=folder))
    assert problem.message == "the soundtrack has no section 9"
    assert "1 to 3" in (problem.hint or "")


WRONG: list[tuple[str, str, str]] = [
    ("hit: {evry: 4b}", "marks.hit.evry", "unknown key 'evry'"),
    ("hit: {}", "marks.hit", "a set of marks has one of section, every, lyrics, midi, file"),
    ("hit: {every: 4b, file: cues.csv}", "marks.hit", "has one of"),
    ("hit: {every: 0b}", "marks.hit", "every: is a length"),
    ("hit: {every: end}", "marks.hit", "every: is a length"),
    ("hit: {every: 1s, from: 5s, to: 4s}", "marks.hit", "this mark set is empty"),
    ("hit: {every: 0.1ms}", "marks.hit", "10001 marks; 10000 in a set are the most"),
    ("hit: {every: 1s, from: dorp}, drop: 1s", "marks.hit", "unknown mark 'dorp'"),
    ("l: {lyrics: song.lrc, to: 3s}", "marks.l", "'to' goes with 'every', not with 'lyrics'"),
    ("hit: {file: cues.csv, each: word}", "marks.hit", "'each' goes with 'lyrics'"),
    ("hit: {every: 1s, offset: 1s}", "marks.hit", "'offset' goes with 'lyrics' and 'file'"),
    ("l: {lyrics: song.lrc, each: wrd}", "marks.l.each", "unknown part of lyrics 'wrd'"),
    ("l: {lyrics: sogn.lrc}", "marks.l.lyrics", "file not found"),
    ("l: {lyrics: bad.lrc}", "marks.l", "bad.lrc, line 2: missing time"),
    ("l: {lyrics: song.lrc, offset: 9s}", "marks.l", "this mark set is empty"),
    ("hit1: 1s, hit: {every: 1s}", "marks.hit", "there is a mark 'hit1' already"),
    ("a: a + 1s", "marks.a", "circular definition of mark 'a'"),
    ("late: drop + 1s, drop: 1s", "marks.late", "'drop' stands below 'late'"),
    ("onset: 1s", "marks.onset", "'onset' is an event of the soundtrack"),
    ("section: {every: 1s}", "marks.section", "'section' is an event of the soundtrack"),
    ("bass: 1s", "marks.bass", "'bass' is a signal of the soundtrack"),
]


@pytest.mark.parametrize(("marks", "path", "message"), WRONG)
def test_what_is_wrong_with_a_set_is_told_once(
    marks: str, path: str, message: str, folder: Path
) -> None:
    (problem,) = problems_of(read_story_text(story(marks), folder=folder))
    assert problem.path == path
    assert message in problem.message
    assert problem.line


LOST = [
    ("cue: {file: cuse.csv}", "cue1"),
    ("cue: {file: cuse.csv}", "cue_drop + 1s"),
    ("hit: {every: 4q}", "hit3"),
    ("drop: 1 bar", "drop"),
]


@pytest.mark.parametrize(("marks", "until"), LOST)
def test_what_follows_from_a_lost_mark_is_not_told_again(
    marks: str, until: str, folder: Path
) -> None:
    text = story(marks, "{file: song.wav}").replace("{prompt: a}", f"{{prompt: a, until: {until}}}")
    (problem,) = problems_of(read_story_text(text, folder=folder))
    assert problem.path.startswith("marks")


def test_a_row_without_an_end_needs_a_to() -> None:
    text = "marks: {hit: {every: 1s}}\nperceptors: tiny\nshots: [{prompt: a, duration: 1s}]"
    (problem,) = problems_of(read_story_text(text))
    assert problem.message == "these marks have no end"
