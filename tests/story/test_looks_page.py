"""The page of looks names every loss and filter, and its stories can be planned."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image
from safetensors.numpy import save_file

from storyboard.catalogue import Catalogue
from storyboard.color_lists import read_colors
from storyboard.filters import filters
from storyboard.losses import losses
from storyboard.options import Option
from storyboard.timeline import load_story_text, make_plan

PAGE = (Path(__file__).parents[2] / "docs" / "looks.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
LINES = re.findall(r"\| `((?:losses|filters): \{.*\})` \|$", PAGE, flags=re.M)
FORMULAS = re.findall(
    r"^\| `([a-z_]+)` \|", PAGE.partition("## Formulas")[2].partition("\n## ")[0], flags=re.M
)
PALETTES = re.findall(
    r"`(['\[].*?['\]])`", PAGE.partition("| write | for |")[2].partition("Each colour")[0]
)
LOOKS: list[Catalogue[Any]] = [filters, losses]
MOVING = [
    (room, name, option)
    for room in LOOKS
    for name in room.names()
    for option, record in room.record(name).options.items()
    if record.moves
]
REST = "\naudio: {bpm: 120}\noutput: {fps: 4}\nshots: [{prompt: a sea, duration: 4s}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.new("RGB", (32, 24), "red").save(tmp_path / "photo.jpg")
    save_file({"weight": np.zeros((1, 192), np.float32)}, tmp_path / "head.safetensors")
    (tmp_path / "look.cube").write_text("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n")
    (tmp_path / "colors.gpl").write_text("GIMP Palette\n255 0 0 red\n")
    (tmp_path / "colors.act").write_bytes(bytes(768))
    return tmp_path


@pytest.mark.parametrize("text", [*BLOCKS, *(f"drawer: fft\n{line}\n" for line in LINES)])
def test_every_story_is_planned(text: str, folder: Path) -> None:
    shot = make_plan(load_story_text(text + REST, folder=folder)).shots[0]
    room = "losses." if "losses:" in text else "filters."
    assert [name for name in shot.values if name.startswith(room)]


def test_every_row_of_the_table_has_a_story() -> None:
    table = PAGE.partition("## Coming from Pixray")[2]
    assert len(LINES) == len(re.findall(r"^\| `", table, flags=re.M)) > 10


@pytest.mark.parametrize("name", [*filters.names(), *losses.names()])
def test_every_look_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_every_look_has_its_formula_once() -> None:
    assert sorted(FORMULAS) == sorted(chain(*(room.names() for room in LOOKS)))


@pytest.mark.parametrize("written", PALETTES)
def test_every_palette_is_read(written: str, folder: Path) -> None:
    assert read_colors(yaml.safe_load(written), folder)


def test_the_page_has_palettes() -> None:
    assert len(PALETTES) >= 8


def follows_a_beat(option: Option) -> Any:
    """Return what a story writes for an option between two values of its range on a beat."""
    if option.kind in ("color", "colors"):
        ramp = "{0s: navy, 2s: gold}"
        return ramp if option.kind == "color" else f"[{ramp}, black]"
    low, high = max(option.low, -1), min(option.high, 3)
    value = f'"{low} + {high - low}*min(1, decay(beat, 6))"'
    return f"[{value}, 3]" if option.kind == "grid" else value


@pytest.mark.parametrize(
    ("room", "name", "option"), MOVING, ids=[f"{name}.{option}" for _, name, option in MOVING]
)
def test_every_number_and_colour_follows_a_signal(
    room: Catalogue[Any], name: str, option: str, folder: Path
) -> None:
    record = room.record(name).options
    needed = {"image": "photo.jpg", "model": "head.safetensors", "file": "look.cube"}
    given = {key: file for key, file in needed.items() if key in record}
    other = record[option].only_with
    given |= {other[0]: other[1]} if other else {}
    head = "filters" if room is filters else "losses"
    text = ", ".join([f"{key}: {value}" for key, value in given.items()])
    text = f"{text + ', ' if text else ''}{option}: {follows_a_beat(record[option])}"
    text = f"drawer: fft\n{head}: {{{name}: {{{text}}}}}\n"
    shot = make_plan(load_story_text(text + REST, folder=folder)).shots[0]
    key = f"{head}.{name}" if option == "amount" else f"{head}.{name}.{option}"
    assert np.ptp({**shot.values, **shot.moving}[key]) > 0
