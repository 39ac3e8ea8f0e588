"""SVG of frames, and frames at any size: of the very shapes that the stored frames show."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from storyboard.drawers import drawers
from storyboard.errors import StoryboardError, UsageError
from storyboard.plan import Plan, ShotPlan
from storyboard.render import render, still, still_svg
from storyboard.render.output.svg_frames import animated, drawer_at, require_shape, svg_paths
from storyboard.render.pictures import to_8_bit

DRAWERS = {
    "pixel": {"shape": "hexagon", "cell": 4},
    "clipdraw": {"strokes": 20},
}


@pytest.fixture
def moving(shot: Callable[..., ShotPlan], film: Callable[..., Plan]) -> Callable[..., Plan]:
    """Make a film of four frames, every other without steps, while the camera zooms."""

    def made(name: str = "pixel", **changes: object) -> Plan:
        one = shot(count=4, drawer=name, drawer_options=DRAWERS.get(name, {}))
        one.values["steps"] = np.array([2.0, 0.0, 2.0, 0.0])
        return film(one, **changes)

    return made


@pytest.mark.parametrize("name", DRAWERS)
def test_shapes_are_those_of_every_frame(
    moving: Callable[..., Plan], name: str, tmp_path: Path
) -> None:
    """Also of the frames between, in which the camera alone moves the shapes."""
    plan = moving(name)
    render(plan, out=tmp_path / "film.mp4", svg=True)
    for number in range(4):
        stored = still(plan, number / plan.fps, out=tmp_path / "film.mp4")
        with torch.no_grad():
            drawn = drawer_at(plan, tmp_path / "shots", number).draw_at((18, 32))
        assert np.array_equal(to_8_bit(drawn), stored)


@pytest.mark.parametrize("name", DRAWERS)
def test_a_film_brings_its_svgs(moving: Callable[..., Plan], name: str, tmp_path: Path) -> None:
    plan = moving(name)
    made = render(plan, out=tmp_path / "film.mp4", svg=True)
    whole, folder = svg_paths(tmp_path / "film.mp4")
    assert made.svgs == (whole, folder) == (tmp_path / "film.svg", tmp_path / "film-svg")
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"{n:05d}.svg" for n in (1, 2, 3, 4)]
    assert files[2].read_text() == still_svg(plan, Fraction(2, 12), out=tmp_path / "film.mp4")
    root = ElementTree.parse(whole).getroot()
    assert (root.get("width"), root.get("height")) == ("32", "18")
    delays = [g.get("style") for g in root.findall("{*}g")]
    assert delays == [f"animation-delay:{n / 12:.6g}s" for n in range(4)]
    again = render(plan, out=tmp_path / "film.mp4", svg=True)
    assert again.svgs == made.svgs, "what was made here may be made again"


def test_a_film_without_svgs_gets_them_later(moving: Callable[..., Plan], tmp_path: Path) -> None:
    """The frames are painted again, to the same bytes."""
    plan = moving()
    render(plan, out=tmp_path / "film.mp4")
    before = {path.name: path.read_bytes() for path in tmp_path.glob("shots/*/*.png")}
    with pytest.raises(StoryboardError, match=r"00001\.shapes is missing"):
        drawer_at(plan, tmp_path / "shots", 1)
    events: list[str] = []
    render(plan, out=tmp_path / "film.mp4", svg=True, on_event=lambda e: events.append(e.kind))
    assert {path.name: path.read_bytes() for path in tmp_path.glob("shots/*/*.png")} == before
    assert len(list(tmp_path.glob("film-svg/*.svg"))) == 4
    assert "shapes" not in events and events.count("frame") == 4


def test_a_still_is_drawn_anew_at_any_size(moving: Callable[..., Plan], tmp_path: Path) -> None:
    plan = moving()
    large = still(plan, Fraction(1, 12), out=tmp_path / "film.mp4", size=(320, 180))
    small = still(plan, Fraction(1, 12), out=tmp_path / "film.mp4")
    means = large.reshape(18, 10, 32, 10, 3).mean((1, 3))
    assert np.abs(means - small).max() < 2
    steps = np.abs(np.diff(large.astype(int), axis=1)).max(2)
    assert (steps > 0).mean() < 0.1, "a large picture of cells is flat but for their edges"


def test_a_drawer_without_shapes_is_refused_before_any_work(
    moving: Callable[..., Plan], tmp_path: Path
) -> None:
    plan = moving("fft")
    for make in (
        lambda: render(plan, out=tmp_path / "film.mp4", svg=True),
        lambda: still_svg(plan, Fraction(0), out=tmp_path / "film.mp4"),
        lambda: still(plan, Fraction(0), out=tmp_path / "film.mp4", size=(64, 36)),
    ):
        with pytest.raises(UsageError, match=r"shot 'a': drawer 'fft' .* clipdraw, dots, .*pixel"):
            make()
    assert list(tmp_path.iterdir()) == []


def test_files_of_another_maker_are_kept(moving: Callable[..., Plan], tmp_path: Path) -> None:
    (tmp_path / "film.svg").write_text("mine")
    with pytest.raises(UsageError, match=r"film\.svg is there and was not made here"):
        render(moving(), out=tmp_path / "film.mp4", svg=True)
    assert (tmp_path / "film.svg").read_text() == "mine"


@pytest.mark.parametrize("size", [(64, 36), (3840, 2160), (33, 18)])
def test_sizes_of_the_films_shape(moving: Callable[..., Plan], size: tuple[int, int]) -> None:
    require_shape(moving(), size)


def test_another_shape_is_refused_with_one_that_fits(moving: Callable[..., Plan]) -> None:
    with pytest.raises(UsageError, match="64x64 has another shape than the film, 32x18; 64x36"):
        require_shape(moving(), (64, 64))


def test_frames_take_turns() -> None:
    text = animated(["<svg/>"] * 4, 4, size=(8, 6), fps=Fraction(2))
    assert "0%{visibility:visible}25%,100%{visibility:hidden}" in text
    assert "animation:f 2s step-end infinite" in text
    assert text.count("<svg/>") == 4
    ElementTree.fromstring(text)


def test_every_drawer_that_says_so_draws_shapes() -> None:
    able = {name for name, record in drawers.records().items() if record.vectors}
    assert able == {"clipdraw", "dots", "line_sketch", "pixel"}
    for name in able:
        drawer = drawers.get(name)((18, 32), {})
        assert drawer.svg().startswith("<svg ") and drawer.draw_at((36, 64)).shape[2:] == (36, 64)
