"""What is said, where it goes, and how it looks."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from storyboard.cli import console
from storyboard.errors import Interrupted, Problem, StoryboardError, StoryError


@pytest.fixture(autouse=True)
def usual_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.voice, "level", 0)


@pytest.mark.parametrize(
    ("rows", "header", "expected"),
    [
        ([], (), ""),
        ([("a", "bcd"), ("ef", "g")], (), "a   bcd\nef  g"),
        ([("a", "b")], ("name", "what"), "name  what\na     b"),
    ],
)
def test_columns_are_as_wide_as_their_widest_cell(
    rows: list[tuple[str, ...]], header: tuple[str, ...], expected: str
) -> None:
    assert console.table(rows, header=header) == expected


def test_results_and_words_go_apart(capsys: pytest.CaptureFixture[str]) -> None:
    console.out("film.mp4")
    console.note("painting")
    console.warn("odd")
    assert capsys.readouterr() == ("film.mp4\n", "painting\nwarning: odd\n")


def test_quiet_silences_all_but_errors(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.voice, "level", -1)
    console.note("painting")
    console.warn("odd")
    console.fail(StoryboardError("broken"))
    assert capsys.readouterr().err == "error: broken\n"


def test_a_story_error_counts_its_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    console.fail(StoryError([Problem("one", file="a.yaml", line=3), Problem("two")]))
    said = capsys.readouterr().err
    assert said.splitlines()[0] == "error: a.yaml:3: one"
    assert "2 errors" in said


def test_being_stopped_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    console.fail(Interrupted("stopped after frame 3"))
    assert capsys.readouterr().err == "stopped after frame 3\n"


def test_our_own_faults_ask_for_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("what")
    except ValueError as error:
        console.fail_unexpectedly(error)
    said = capsys.readouterr().err
    assert said.startswith("error: ValueError: what\n  at ")
    assert "report" in said
    assert "Traceback" not in said


def test_verbose_adds_the_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.voice, "level", 1)
    try:
        raise StoryboardError("broken")
    except StoryboardError as error:
        console.fail(error)
    assert "Traceback" in capsys.readouterr().err


def test_colour_needs_a_terminal_and_no_objection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert console.paint("error", "31") == "\033[31merror\033[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert console.paint("error", "31") == "error"


ESCAPES = "\x1b]0;taken\x07\x9b2J\u202efire\x7f\r\nok: everything is fine\u2066\u2028"


@pytest.mark.parametrize(
    "say",
    [
        lambda: console.out(ESCAPES.replace("\n", "")),
        lambda: console.note(ESCAPES.replace("\n", "")),
        lambda: console.warn(ESCAPES.replace("\n", "")),
        lambda: console.out_json({ESCAPES: [ESCAPES]}),
        lambda: console.out(console.table([(ESCAPES, "a")], header=(ESCAPES, "b"))),
        lambda: console.fail(StoryError(Problem(ESCAPES, ESCAPES, 1, 9, ESCAPES, ESCAPES[:20]))),
        lambda: console.fail(StoryboardError(ESCAPES.replace("\n", ""))),
        lambda: console.fail_unexpectedly(ValueError(ESCAPES.replace("\n", ""))),
    ],
)
def test_nothing_that_a_story_says_is_obeyed_by_a_terminal(
    say: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    say()
    said = "".join(capsys.readouterr())
    assert "fire" in said
    assert all(
        sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cf", "Zl") for sign in said
    )
    assert not any(line.startswith("ok:") for line in said.splitlines())


def test_a_thousand_mistakes_are_counted_and_long_ones_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.fail(StoryError([Problem("x" * 5_000_000, path="y" * 9000)] * 1000))
    said = capsys.readouterr().err
    assert len(said) < 50_000
    assert "and 950 more" in said
    assert "1000 errors" in said
