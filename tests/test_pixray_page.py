"""Every line of docs/pixray.md is planned as it stands, and says what it is there for."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard.perceptors import embedding_width
from storyboard.timeline import load_story_text, make_plan

PAGE = (Path(__file__).parents[1] / "docs" / "pixray.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!Pixray)(.+?) \| `([a-z_]+: .+)` \|$", PAGE, flags=re.M)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("photo.jpg", "cover.jpg", "mask.png", "logo.png"):
        Image.fromarray(np.full((9, 16, 3), 200, np.uint8)).save(tmp_path / name)
    (tmp_path / "my.json").write_text(json.dumps([1.0] * (embedding_width("sketch") or 1)))
    return tmp_path


def test_the_page_has_rows_and_no_other_table() -> None:
    assert len(ROWS) >= 19
    assert len(ROWS) == len(re.findall(r"^\| (?!Pixray|---)", PAGE, flags=re.M))


@pytest.mark.parametrize(("said", "line"), ROWS, ids=[row[0][:40] for row in ROWS])
def test_every_line_is_planned(folder: Path, said: str, line: str) -> None:
    prompt = "" if line.startswith("prompt:") else "prompt: a forest\n"
    text = f"output: {{size: 64x36, fps: 12}}\nduration: 3s\n{prompt}{line}\n"
    plan = make_plan(load_story_text(text, folder=folder))
    bare = "output: {size: 64x36, fps: 12}\nduration: 3s\nprompt: a forest\n"
    before = make_plan(load_story_text(bare, folder=folder))
    same = plan.shots[0].digest == before.shots[0].digest
    assert same == line.startswith("overlays:")  # these are laid over the finished film
    assert plan.finish.digest != before.finish.digest or not same
