"""docs/camera.md: every key and every movement with a picture, and the pictures are true."""

from __future__ import annotations

import re
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from storyboard.motion.catalogue import RECORDS
from storyboard.plan import POSE_FIELDS
from storyboard.timeline import load_story_text, make_plan

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "camera.md").read_text()
FIGURES = sorted((DOCS / "figures" / "camera").glob("*.webp"))
DRAW = SimpleNamespace(**run_path(str(DOCS / "draw_camera.py")))


def test_every_figure_is_on_the_page_and_drawn_by_the_script() -> None:
    shown = re.findall(r"\(figures/camera/(\w+)\.webp\)", PAGE)
    drawn = [*DRAW.FIELDS, *(f"moves_{name}" for name in DRAW.MOVEMENTS)]
    assert sorted(shown) == sorted(drawn) == [figure.stem for figure in FIGURES]
    assert sum(figure.stat().st_size for figure in FIGURES) < 600_000


def test_every_key_and_every_parameter_is_documented() -> None:
    for name in {
        field.replace("pivot_x", "pivot").replace("pivot_y", "pivot") for field in POSE_FIELDS
    }:
        assert f"| `{name}` |" in PAGE
    for name, record in RECORDS.items():
        section = PAGE.split(f"### {name}\n")[1].split("\n### ")[0]
        for parameter, option in record.options.items():
            default = option.default if option.kind == "curve" else f"{option.default:g}"
            kind = "curve" if option.default is None else f"curve, `?{default}`?"
            expected = kind if option.kind == "curve" else default
            assert re.search(rf"`{parameter}` \({expected}\)", section), (name, parameter)


@pytest.mark.parametrize("name", ["zoom", "orbit_x", "swirl", "lens_negative"])
def test_the_figures_of_keys_are_what_the_warp_draws(name: str) -> None:
    same(DRAW.field(DRAW.FIELDS[name]), name)


def test_the_figures_of_movements_are_what_the_story_draws() -> None:
    same(DRAW.movement(*DRAW.MOVEMENTS["swing"]), "moves_swing")


def same(drawn: Image.Image, name: str) -> None:
    """But for what the compression loses."""
    with Image.open(DOCS / "figures" / "camera" / f"{name}.webp") as saved:
        difference = np.asarray(saved.convert("RGB"), float) - np.asarray(drawn, float)
    assert np.abs(difference).mean() < 6


def test_the_examples_can_be_planned() -> None:
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.S):
        make_plan(
            load_story_text(f"audio: {{bpm: 120}}\n{block}shots: [{{prompt: a, duration: 2s}}]")
        )
