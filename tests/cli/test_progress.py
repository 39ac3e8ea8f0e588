"""Events as people and programs see them."""

from __future__ import annotations

import json

import pytest

from storyboard.cli import console
from storyboard.cli.progress import Bars, JsonLines, Lines, Silent, display
from storyboard.render.events import Event

FILM = [
    Event("plan", done=1, of=4, file="out/x", message="Harbour"),
    Event("paint", done=1, of=4, steps=12),
    Event("shot_start", shot="harbour", done=1, of=4),
    Event("frame", shot="harbour", frame=1, local=1, of=4, loss=0.912, steps=4, seconds=2.0),
    Event("frame", shot="harbour", frame=2, local=2, of=4, loss=0.81, steps=4, seconds=2.0),
    Event("warning", message="odd"),
    Event("frame", shot="harbour", frame=3, local=3, of=4, loss=0.8, steps=4, seconds=2.0),
    Event("shot_done", shot="harbour", of=4, seconds=6.0),
    Event("encode", done=0, of=4, file="x.mp4"),
    Event("encode", done=4, of=4, file="x.mp4"),
    Event("done", of=4, seconds=7.0, file="x.mp4"),
]


@pytest.fixture(autouse=True)
def usual_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.voice, "level", 0)


def test_plain_lines_come_at_most_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    now = iter([0.0, 5.0, 9.0, 12.0, 15.0])
    lines = Lines(clock=lambda: next(now))
    lines(Event("plan", of=9, done=0, message="T", file="o"))
    lines(Event("shot_start", shot="a", of=9, done=0))
    for n in range(5):
        lines(Event("frame", shot="a", frame=n, seconds=1.0))
    said = [line.split("frames")[0].strip() for line in capsys.readouterr().err.splitlines()[1:]]
    assert said == ["a  1/9", "a  4/9"]


def test_plain_lines_tell_the_film_from_start_to_end(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(clock=lambda: 0.0)
    for event in FILM:
        lines(event)
    lines.close()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "Harbour: 4 frames, 1 are there already, in out/x",
        "harbour  2/4 frames  2 s/frame  loss 0.91  film 2/4  eta 0:04",
        "warning: odd",
        "harbour  4/4 frames  2 s/frame  loss 0.80  film 4/4",
        "harbour done in 0:06",
        "encoding 4 frames",
        "4 frames in 0:07",
    ]


def test_json_lines_are_the_events(capsys: pytest.CaptureFixture[str]) -> None:
    shown = JsonLines()
    for event in FILM:
        shown(event)
    said = capsys.readouterr().err.splitlines()
    assert [json.loads(line) for line in said] == [event.to_json() for event in FILM]


def test_bars_show_film_and_shot_and_clear_themselves(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "24")
    bars = Bars()
    for event in FILM:
        bars(event)
    bars.close()
    said = capsys.readouterr().err
    assert "film  3/4 frames  2 s/frame  eta 0:02" in said
    assert "harbour  3/4 frames  2 s/frame  loss 0.81" in said
    assert said.splitlines()[-1] == "4 frames in 0:07"


@pytest.mark.parametrize(
    ("wanted", "terminal", "kind"),
    [
        ("auto", True, Bars),
        ("auto", False, Lines),
        ("plain", True, Lines),
        ("json", False, JsonLines),
        ("none", True, Silent),
    ],
)
def test_the_display_fits_the_place(
    wanted: str, terminal: bool, kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal, raising=False)
    assert isinstance(display(wanted), kind)


def test_quiet_shows_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.voice, "level", -1)
    assert isinstance(display("plain"), Silent)
