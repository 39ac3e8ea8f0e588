"""The finished film is looked at for flashes while it is written."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard.media.ffmpeg import Picture
from storyboard.render import Event
from storyboard.render.finish import finished
from storyboard.render.output.film_writer import FilmPiece, write_piece
from storyboard.render.output.flash_watch import FlashWatch, cell_luminance
from storyboard.timeline import load_story_text, make_plan

BLACK, WHITE = np.zeros((36, 64, 3), np.uint8), np.full((36, 64, 3), 255, np.uint8)


def warning_of(pictures: list[Picture], fps: int = 24) -> str | None:
    watch = FlashWatch(Fraction(fps), Fraction(10))
    for picture in pictures:
        watch.see(picture)
    return watch.warning


def corner(share: float) -> Picture:
    picture = BLACK.copy()
    picture[: round(36 * share)] = 255
    return picture


@pytest.mark.parametrize(
    ("pictures", "dangerous"),
    [
        ([BLACK, WHITE] * 12, True),
        (([BLACK] * 4 + [WHITE] * 4) * 6, False),
        (([BLACK] * 3 + [WHITE] * 3) * 6, True),
        ([BLACK, corner(0.5)] * 12, True),
        ([BLACK, corner(0.2)] * 12, False),
        ([WHITE, np.full_like(WHITE, 240)] * 12, False),
        ([BLACK] * 40, False),
    ],
    ids=["12 Hz", "3 Hz", "4 Hz", "half", "a fifth", "bright", "still"],
)
def test_flashes_are_told_of_as_the_measure_says(pictures: list[Picture], dangerous: bool) -> None:
    assert (warning_of(pictures) is not None) == dangerous


def test_red_flashes_are_told_apart() -> None:
    """A red and a grey of one luminance: only the colour changes."""
    red = np.full((36, 64, 3), (255, 0, 0), np.uint8)
    grey = np.full((36, 64, 3), 127, np.uint8)
    told = warning_of([red, red, grey, grey] * 8) or ""
    assert told.startswith("the film flashes in saturated red up to 6")
    both = warning_of([BLACK, red] * 12) or ""
    assert "the film flashes up to" in both and "and flashes in saturated red up to" in both


def test_a_warning_says_when_and_how_many() -> None:
    told = warning_of([BLACK] * 48 + [BLACK, WHITE] * 12)
    assert told is not None
    assert "up to 11.5 times a second, between 12.29s and 12.96s" in told


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (36, 64), (1080, 1920)])
def test_luminance_is_relative_and_of_cells(size: tuple[int, int]) -> None:
    picture = np.full((*size, 3), 188, np.uint8)
    luminance = cell_luminance(picture)
    assert luminance.shape == (min(9, size[0]), min(16, size[1]))
    assert luminance == pytest.approx(0.5, abs=0.01)
    green = picture * np.array([0, 1, 0], np.uint8)
    assert cell_luminance(green).mean() == pytest.approx(0.7152 * 0.5, abs=0.01)


def test_a_film_that_flashes_is_told_when_it_is_written(tmp_path: Path) -> None:
    plan = make_plan(
        load_story_text("output: {size: 64x36, fps: 24}\nshots: [{prompt: red, duration: 1s}]")
    )
    piece = FilmPiece(plan, tmp_path / "film.mp4", 0, 24)
    events: list[Event] = []
    flashing = iter([BLACK, WHITE] * 12)
    write_piece(piece, flashing, embed=False, on_event=events.append, stop=lambda: False)
    warnings = [event.message for event in events if event.kind == "warning"]
    assert len(warnings) == 1
    assert "flashes" in str(warnings[0])


RED, GREY = np.full_like(BLACK, (255, 0, 0)), np.full_like(BLACK, 128)
HALVES = BLACK.copy()
HALVES[:, :32] = 255
RED_HALVES = BLACK.copy()
RED_HALVES[:, :32] = (255, 0, 0)
STROBE = "'square(0.125s, low=0)'"


@pytest.mark.parametrize(
    ("looks", "picture", "general", "red"),
    [
        (f"filters: {{light: {{amount: {STROBE}, stops: 2}}}}", GREY, True, False),
        (f"filters: {{hue: {{amount: {STROBE}, angle: 180}}}}", RED, True, True),
        (f"filters: {{frame: {{amount: {STROBE}, width: 50}}}}", RED, True, True),
        (f"filters: {{lut: {{amount: {STROBE}, file: red.cube}}}}", GREY, False, True),
        ("filters: {glitch: {bands: 100, shift: 50, rate: 24}}", HALVES, True, False),
        ("filters: {glitch: {bands: 100, shift: 50, rate: 24}}", RED_HALVES, True, True),
        (f"overlays: [{{image: red.png, alpha: {STROBE}}}]", GREY, False, True),
        ("filters: {glow: 1, grain: 1, aberration: 1, scanlines: 1}", HALVES, False, False),
        ("filters: {light: {amount: 'min(1, decay(beat, 6))', stops: 2}}", GREY, False, False),
        ("filters: {trails: 1}", HALVES, False, False),
    ],
)
def test_whatever_makes_a_finished_film_flash_is_counted(
    looks: str, picture: Picture, general: bool, red: bool, tmp_path: Path
) -> None:
    (tmp_path / "red.cube").write_text("LUT_1D_SIZE 2\n1 0 0\n1 0 0\n")
    Image.new("RGB", (16, 9), "red").save(tmp_path / "red.png")
    head = "output: {size: 64x36, fps: 24}\naudio: {bpm: 60}\n"
    text = f"{head}{looks}\nshots: [{{prompt: red, duration: 2s}}]"
    plan = make_plan(load_story_text(text, folder=tmp_path))
    told = warning_of(list(finished(plan, lambda _: picture, first=0, stop=48))) or ""
    assert ("flashes up to" in told) == general, told
    assert ("in saturated red" in told) == red, told
