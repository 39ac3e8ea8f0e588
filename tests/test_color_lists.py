"""Lists of colours: ramps, lists, pictures and palette files, all bounded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from storyboard.color_lists import MOST_BYTES, MOST_COLORS, ramp, read_colors
from storyboard.colors import read_color
from storyboard.errors import BadValue
from storyboard.options import Option
from storyboard.story import read_story_text
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.check import problems_of

BLACK, WHITE, RED = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (1.0, 0.0, 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    picture = Image.new("RGB", (4, 2), "white")
    for x in range(4):
        picture.putpixel((x, 0), (0, 0, 0))
    picture.putpixel((3, 1), (255, 0, 0))
    picture.save(tmp_path / "three.png")
    Image.linear_gradient("L").convert("RGB").save(tmp_path / "many.png")
    table = bytes([255, 0, 0, 0, 0, 255]) + bytes(3 * 254)
    (tmp_path / "two.act").write_bytes(table + bytes([0, 2, 255, 255]))
    (tmp_path / "full.act").write_bytes(table)
    (tmp_path / "two.gpl").write_text("GIMP Palette\nName: x\n#\n255   0   0\tRed\n  0 0 0 ink\n")
    (tmp_path / "torn.act").write_bytes(table[:100])
    (tmp_path / "torn.gpl").write_text("nothing")
    (tmp_path / "no.png").write_text("GIF? no")
    return tmp_path


@pytest.mark.parametrize(
    ("written", "count", "first", "last"),
    [
        ("black->white\\4", 4, BLACK, WHITE),
        ("black->red->white", 16, BLACK, WHITE),
        ("red", 16, BLACK, RED),
        ("rust\\8", 8, BLACK, read_color("rust")),
        ("red->white;blue->yellow", 32, RED, read_color("yellow")),
        ("red\\8;blue->yellow\\8", 16, BLACK, read_color("yellow")),
        ("red->yellow;[black]", 17, RED, BLACK),
        ("[black,red,#ffffff]", 3, BLACK, WHITE),
        ("[black, white]\\5", 5, BLACK, WHITE),
        ("[light pink]", 1, read_color("lightpink"), read_color("light pink")),
        ("(255+0+0)->[1+1+1]\\2", 2, RED, WHITE),
        ("@three.png", 3, BLACK, WHITE),
        ("@many.png\\5", 5, None, None),
        ("@two.act", 2, RED, (0.0, 0.0, 1.0)),
        ("@full.act", 256, RED, BLACK),
        ("@two.gpl", 2, RED, BLACK),
        (["black", "red->white\\3", [0.0, 0.0, 0.0]], 5, BLACK, [0.0, 0.0, 0.0]),
        (["@three.png", "red"], 4, BLACK, RED),
    ],
)
def test_forms(written: Any, count: int, first: Any, last: Any, folder: Path) -> None:
    colors = read_colors(written, folder)
    assert len(colors) == count
    if first is not None and written != "[light pink]":
        assert colors[0] == pytest.approx(first)
        assert colors[-1] == pytest.approx(last)


def test_a_ramp_is_evenly_spaced() -> None:
    assert [round(color[0], 6) for color in ramp([BLACK, WHITE], 4)] == [0, 0.333333, 0.666667, 1]
    assert ramp([BLACK, RED, WHITE], 3) == [BLACK, RED, WHITE]
    assert ramp([RED, WHITE], 1) == [RED]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("blakc->white", "unknown colour 'blakc'"),
        ("red\\0", "a palette has 1 to"),
        ("red\\99999", "a palette has 1 to"),
        (";".join(["red\\1000"] * 2), f"{MOST_COLORS} are the most"),
        ("red;;blue", "a colour is missing"),
        ("@none.png", "does not exist"),
        ("@three.txt", "is not a palette"),
        ("@torn.act", "no Adobe colour table"),
        ("@torn.gpl", "is not a palette of GIMP"),
        ("@no.png", "no.png"),
        ("@" + "n" * 300 + ".png", "does not exist"),
        ("(300+0+0)", "between 0 and 1"),
        ("(1.2.3+0+0)", "is not a colour"),
        ([], "a list of colours"),
        (7, "a list of colours"),
        (None, "a list of colours"),
    ],
)
def test_refused(written: Any, message: str, folder: Path) -> None:
    with pytest.raises(BadValue, match=message.replace("(", r"\(")):
        read_colors(written, folder)


@pytest.mark.parametrize("name", ["huge.png", "huge.gpl"])
def test_no_file_is_read_beyond_its_bound(name: str, folder: Path) -> None:
    with (folder / name).open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)
    with pytest.raises(BadValue):
        read_colors(f"@{name}", folder)


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("[blakc, white, gren]", ["blakc", "gren"]),
        ("[black, 7, {0s: rad}]", ["7", "rad"]),
        ("[rad->blue, white, '@none.png']", ["rad", "none.png"]),
    ],
)
def test_every_wrong_colour_of_a_list_is_named(written: str, wrong: list[str]) -> None:
    text = f"filters: {{lookup: {{colors: {written}}}}}\nshots: [{{prompt: fire, duration: 1s}}]"
    found = [p.message for p in problems_of(read_story_text(text)) if p.severity == "error"]
    assert found
    for part in wrong[:1] if "{" in written else wrong:
        assert any(part in message for message in found)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("red", "#ff0000"),
        ("xkcd:red", "#e50000"),
        ("rust", "#a83c09"),
        ("Light Pink", "#ffd1df"),
        ("mat:teal", "#008080"),
    ],
)
def test_names_of_css_come_before_those_of_the_survey(name: str, code: str) -> None:
    assert read_color(name) == read_color(code)


def test_a_palette_in_a_story_is_relative_to_it_and_counts_by_its_colours(folder: Path) -> None:
    text = "filters: {lookup: {colors: '@three.png'}}\nprompt: fire\nduration: 1s"
    plan = make_plan(load_story_text(text, folder=folder))
    assert len(plan.shots[0].filter_options["lookup"]["colors"]) == 3
    (folder / "three.png").write_bytes((folder / "many.png").read_bytes())
    again = make_plan(load_story_text(text, folder=folder))
    assert plan.shots[0].digest != again.shots[0].digest


def test_an_option_reads_a_palette_without_a_story() -> None:
    assert Option(None, "colors", "x").read("black->white\\2") == (BLACK, WHITE)
