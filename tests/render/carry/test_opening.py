"""Pictures to begin with: which frames start from them, and what they show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from PIL import Image

from storyboard.drawers import drawers
from storyboard.plan import Plan
from storyboard.render import render
from storyboard.render.chain_session import Studio
from storyboard.render.loop import advance
from storyboard.timeline import check_story, load_story_text, make_plan

HEAD = "output: {size: 64x36, fps: 4, format: png}\nperceptors: tiny\ncuts: 4\n"
UNPAINTED = "steps_first: 0\nsteps: 0\nlr: 0\n"
RAW = "drawer: raw\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Red on the left, blue on the right."""
    pixels = np.zeros((36, 64, 3), np.uint8)
    pixels[:, :32], pixels[:, 32:] = (220, 30, 30), (30, 30, 220)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path


def plan_of(text: str, folder: Path) -> Plan:
    return make_plan(load_story_text(HEAD + text, folder=folder))


def shares(plan: Plan) -> list[float]:
    return [frame.values.get("init", 0.0) for frame in plan.frames]


ONE, TWO = "duration: 1s\nprompt: red\n", "duration: 2s\nprompt: red\n"
SHOTS = "shots: [{duration: 1s, prompt: red}, {duration: 1s, prompt: blue%s}]\n"
WHEN = [
    (ONE + "init: photo.png", [1, 0, 0, 0]),
    (ONE + "init: {image: photo.png, weight: 0.7}", [0.7, 0, 0, 0]),
    (ONE + "init: {image: photo.png, until: 2f}", [1, 1, 0, 0]),
    (TWO + "init: {image: photo.png, every: 3f}", [1, 0, 0, 1, 0, 0, 1, 0]),
    (TWO + "init: {image: photo.png, every: 3f, until: 1s}", [1, 0, 0, 1, 0, 0, 0, 0]),
    (ONE + "init: {image: photo.png, weight: {0s: 1, 1s: 0}, until: 1s}", [1, 0.75, 0.5, 0.25]),
    ("init: photo.png\n" + SHOTS % "", [1, 0, 0, 0, 0, 0, 0, 0]),
    ("init: photo.png\n" + SHOTS % ", cut: true", [1, 0, 0, 0, 1, 0, 0, 0]),
    (SHOTS % ", init: photo.png", [0, 0, 0, 0, 1, 0, 0, 0]),
    ("init: photo.png\n" + SHOTS % ", cut: true, init: false", [1, 0, 0, 0, 0, 0, 0, 0]),
]


@pytest.mark.parametrize(("text", "wanted"), WHEN, ids=[w[0].replace("\n", " ") for w in WHEN])
def test_frames_that_start_from_the_picture(folder: Path, text: str, wanted: list[float]) -> None:
    plan = plan_of(text, folder)
    assert shares(plan) == pytest.approx(wanted)
    again = make_plan(load_story_text(plan.story, folder=folder))
    assert [shot.digest for shot in again.shots] == [shot.digest for shot in plan.shots]


def frames_of(plan: Plan, folder: Path) -> npt.NDArray[np.float64]:
    render(plan, out=folder / "film")
    paths = [p for s in plan.shots for p in sorted(folder.glob(f"shots/{s.name}-*/*.png"))]
    return np.stack([np.asarray(Image.open(path)).astype(float) for path in paths])


def test_what_is_not_painted_is_the_picture_itself(folder: Path) -> None:
    film = frames_of(plan_of(RAW + UNPAINTED + ONE + "init: photo.png", folder), folder)
    photo = np.asarray(Image.open(folder / "photo.png"))
    assert np.abs(film - photo).max() <= 1


def test_the_camera_carries_the_picture(folder: Path) -> None:
    """Repeated under a pan, it lies where the frames before it have carried it."""
    pan = "border: replicate\nmotion: {pan_x: 0.125*t}\ninit: {image: photo.png, until: 1s}\n"
    film = frames_of(plan_of(RAW + UNPAINTED + ONE + pan, folder), folder)
    edges = [int((frame[18, :, 0] > frame[18, :, 2]).sum()) for frame in film]
    assert edges == [32, 30, 28, 26]


OTHERS = {"scenes", "diffusion", "vdiffusion", "vqgan", "line_sketch"}
"""Drawers that draw by rules, need a model's file, or know no colours."""


def test_the_optimisation_of_a_picture_begins_with_it(folder: Path) -> None:
    plan = plan_of(f"growth: {{steps_per_frame: 2}}\n{RAW}lr: 0\n{ONE}init: photo.png\n", folder)
    studio = Studio(plan, torch.device("cpu"))
    _, drawn = advance(studio, None, plan.frames[0])
    assert int(drawn.picture[18, 8, 0]) == 220


NAMES = sorted(name for name in drawers.names() if name not in OTHERS)


@pytest.mark.parametrize("name", NAMES)
def test_every_drawer_begins_with_the_picture(folder: Path, name: str) -> None:
    plan = plan_of(f"drawer: {name}\n{UNPAINTED}{ONE}init: photo.png", folder)
    studio = Studio(plan, torch.device("cpu"))
    _, drawn = advance(studio, None, plan.frames[0])
    left, right = (part.reshape(-1, 3).mean(axis=0) for part in np.split(drawn.picture, 2, axis=1))
    assert left[0] > left[2]
    assert right[2] > right[0]


def test_another_picture_is_another_film(folder: Path) -> None:
    text = ONE + "init: photo.png"
    before = plan_of(text, folder).shots[0].digest
    assert plan_of(ONE, folder).shots[0].digest != before
    Image.new("RGB", (8, 8), "white").save(folder / "photo.png")
    assert plan_of(text, folder).shots[0].digest != before


WRONG = [
    ("init: none.png", "init", "does not exist", "error"),
    ("init: {image: photo.png, weight: 2}", "init.weight", "between 0 and 1", "error"),
    ("init: {image: photo.png, until: 0s}", "init.until", "longer than nothing", "error"),
    ("init: {weight: 1}", "init", "'image' is missing", "error"),
    ("losses: {target: 1}", "losses.target", "needs a picture", "error"),
    ("losses: {target: {image: photo.png, measure: pixels}}", "measure", "'pixels'", "error"),
    ("drawer: scenes\ninit: photo.png", "init", "draws by rules", "warning"),
]


@pytest.mark.parametrize(("written", "path", "told", "severity"), WRONG, ids=[w[0] for w in WRONG])
def test_what_is_wrong_is_reported(
    folder: Path, written: str, path: str, told: str, severity: str
) -> None:
    (folder / "story.yaml").write_text(f"{HEAD}{ONE}{written}\n")
    found = [one for one in check_story(folder / "story.yaml") if told in one.message]
    assert [(one.severity, path in one.path) for one in found] == [(severity, True)]


@pytest.mark.parametrize("key", ["init: photo.png", "losses: {target: {image: photo.png}}"])
def test_a_picture_to_come_to_has_a_drawer_that_paints(folder: Path, key: str) -> None:
    text = "output: {size: 64x36, fps: 4}\nduration: 1s\nprompt: red\n"
    plan = make_plan(load_story_text(text, folder=folder))
    assert plan.shots[0].drawer == "scenes"
    plan = make_plan(load_story_text(text + key, folder=folder))
    assert plan.shots[0].drawer == "fft"
