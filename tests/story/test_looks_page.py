"""The page of looks names every loss and filter, and its stories can be planned."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from storyboard.filters import filters
from storyboard.losses import losses
from storyboard.timeline import load_story_text, make_plan

PAGE = (Path(__file__).parents[2] / "docs" / "looks.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S)
LINES = re.findall(r"\| `((?:losses|filters): \{.*\})` \|$", PAGE, flags=re.M)
REST = "\naudio: {bpm: 120}\noutput: {fps: 4}\nshots: [{prompt: a sea, duration: 4s}]\n"


@pytest.mark.parametrize("text", [*BLOCKS, *(f"drawer: fft\n{line}\n" for line in LINES)])
def test_every_story_is_planned(text: str, tmp_path: Path) -> None:
    Image.new("RGB", (32, 24), "red").save(tmp_path / "photo.jpg")
    save_file({"weight": np.zeros((1, 192), np.float32)}, tmp_path / "head.safetensors")
    shot = make_plan(load_story_text(text + REST, folder=tmp_path)).shots[0]
    room = "losses." if "losses:" in text else "filters."
    assert [name for name in shot.values if name.startswith(room)]


def test_every_row_of_the_table_has_a_story() -> None:
    table = PAGE.partition("## Coming from Pixray")[2]
    assert len(LINES) == len(re.findall(r"^\| `", table, flags=re.M)) > 10


@pytest.mark.parametrize("name", [*filters.names(), *losses.names()])
def test_every_look_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE
