"""What is measured of variants, on pictures whose numbers are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from storyboard.media.ffmpeg import Picture
from storyboard.render import render
from storyboard.render import variants as room
from storyboard.render.variants import measure, sharpness, sheet, shown_by
from storyboard.timeline import load_story, make_plan

FLAT = np.full((8, 8, 3), 100, np.uint8)
STEP = np.where(np.arange(8)[None, :, None] < 4, 0, 200).astype(np.uint8) + FLAT * 0


def test_sharpness_is_that_of_edges() -> None:
    assert sharpness(FLAT) == 0
    assert sharpness(STEP) > sharpness(STEP // 2) > 0


STORY = {
    "output": {"size": "32x16", "fps": 4},
    "perceptors": ["tiny"],
    "steps": 1,
    "steps_first": 1,
    "cuts": 2,
    "shots": [
        {"duration": "1s", "prompt": "red"},
        {"duration": "1s", "prompt": "blue", "cut": True},
    ],
    "captions": [{"text": "words"}],
}

RUNS = [
    ([0, 10, 20, 30] * 2, 0.0),
    ([0, 10, 0, 10] * 2, 10.0),
    ([0, 0, 0, 0, 255, 255, 255, 255], 0.0),
]
"""Levels of the frames of two shots, and their flicker: a cut is none."""


@pytest.mark.parametrize(("levels", "flicker"), RUNS)
def test_flicker_is_what_jumps_to_and_fro(
    levels: list[int], flicker: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = make_plan(load_story(STORY))
    read: dict[int, Picture] = {n: FLAT * 0 + level for n, level in enumerate(levels)}
    monkeypatch.setattr(room, "stored", lambda _plan, _shots: read.__getitem__)
    found = measure(plan, range(8))
    assert found.flicker == pytest.approx(flicker)
    assert found.sharpness == 0


def test_a_film_is_measured_as_it_was_painted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bare = make_plan(load_story({**STORY, "captions": []}))
    render(bare, device="cpu")
    worded = make_plan(load_story(STORY))
    assert worded.finish.captions
    with_words, without = (measure(plan, range(8)) for plan in (worded, bare))
    assert with_words == without, "words on the picture count for nothing"
    assert with_words.seconds > 0


def test_a_sheet_knows_what_it_shows(tmp_path: Path) -> None:
    file = tmp_path / "sheet.png"
    assert shown_by(file) == ""
    file.write_bytes(b"no picture")
    assert shown_by(file) == ""
    file.write_bytes(sheet([[("a", FLAT), ("b", STEP)], [("c", FLAT)]], shows="three"))
    assert shown_by(file) == "three"
