"""How far a render is, from its events."""

from __future__ import annotations

import pytest

from storyboard.render.events import Event
from storyboard.render.meters import Meter, Meters
from storyboard.times import hours


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
