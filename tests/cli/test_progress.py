"""Events as people and programs see them."""

from __future__ import annotations

import json

import pytest

from storyboard.cli import console
from storyboard.cli.progress import Bars, JsonLines, Lines, Meter, Meters, Silent, display
from storyboard.render.events import Event
from storyboard.times import hours

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


def test_a_meter_says_speed_loss_and_time_left() -> None:
    meter = Meter("harbour", of=48, done=30, steps_left=180)
    meter.step(Event("frame", loss=0.81, steps=10, seconds=2.1))
    assert str(meter) == "harbour  31/48 frames  2.1 s/frame  loss 0.81  eta 0:36"


def test_a_meter_follows_a_change_of_speed_without_jumping() -> None:
    meter = Meter("a", of=100)
    for seconds in (10.0, *[1.0] * 20):
        meter.step(Event("frame", seconds=seconds))
    assert meter.seconds_per_frame == pytest.approx(1.0, abs=0.02)


def test_shots_that_are_painted_at_once_are_shown_side_by_side() -> None:
    meters = Meters()
    meters.read(Event("plan", of=12, done=0))
    meters.read(Event("paint", of=12, done=0, steps=24))
    for name in ("sea", "sky"):
        meters.read(Event("shot_start", shot=name, of=6, done=0))
    for name in ("sea", "sky", "sea"):
        meters.read(Event("frame", shot=name, seconds=4.0, steps=2))
    assert meters.shots_text() == "sea 2/6  sky 1/6"
    assert meters.film.done == 3
    assert meters.film.time_left == "eta 0:18"  # 18 steps of 2 s, two at once
    meters.read(Event("shot_done", shot="sky", of=6))
    assert meters.shots_text().startswith("sea  2/6 frames")
    assert meters.film.time_left == "eta 0:36"


def test_a_frame_made_again_is_not_counted_twice() -> None:
    meter = Meter("a", of=4, done=2)
    meter.step(Event("frame", seconds=1.0, again=True))
    assert (meter.done, meter.seconds_per_frame) == (2, 1.0)


def test_the_time_left_is_the_films_and_counts_steps() -> None:
    """F54: a frame that begins a picture takes longer, and is not what the others take."""
    meters = Meters()
    meters.read(Event("plan", of=202, done=0))
    meters.read(Event("paint", of=202, done=0, steps=60 + 201 * 3))
    meters.read(Event("shot_start", shot="sea", of=29, done=0))
    meters.read(Event("frame", seconds=20.0, steps=60))
    for _ in range(5):
        meters.read(Event("frame", seconds=1.0, steps=3))
    assert str(meters.film).endswith("eta 3:16")
    assert "eta" not in str(meters.shot)


def test_drawers_that_paint_themselves_are_counted_by_frames() -> None:
    """One step is planned for each frame; the steps that they report say nothing of their time."""
    meters = Meters()
    meters.read(Event("paint", of=10, done=0, steps=10))
    meters.read(Event("frame", frame=0, steps=12, seconds=2.0))
    assert meters.film.time_left == "eta 0:18"


def test_frames_made_again_take_time_and_are_not_counted() -> None:
    meters = Meters()
    meters.read(Event("paint", of=8, done=4, steps=12))
    for again in (True, True, None):
        meters.read(Event("frame", seconds=1.0, steps=2, again=again))
    assert (meters.film.done, meters.film.of) == (5, 8)
    assert meters.film.time_left == "eta 0:03"


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0:00"), (65.4, "1:05"), (3600, "1:00:00"), (7384, "2:03:04")]
)
def test_time_left_reads_like_a_clock(seconds: float, expected: str) -> None:
    assert hours(seconds) == expected


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
