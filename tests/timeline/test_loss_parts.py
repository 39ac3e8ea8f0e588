"""Losses for a part of the frame, targets that are clips, and losses that need a drawer's latents:
planned, written again, and reported where they cannot be."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard.plan import Plan
from storyboard.timeline import check_story, load_story_text, make_plan

HEAD = "perceptors: tiny\noutput: {size: 64x36, fps: 4}\nduration: 1s\nprompt: red\n"


@pytest.fixture
def folder(tmp_path: Path, make_clip: Callable[..., Path]) -> Path:
    """A folder with a picture and a clip of four pictures."""
    Image.new("RGB", (12, 8), "red").save(tmp_path / "cat.png")
    make_clip("turn.mp4", np.full((4, 16, 24, 3), 90, np.uint8), fps="4")
    return tmp_path


def plan_of(folder: Path, text: str) -> Plan:
    return make_plan(load_story_text(HEAD + text, folder=folder))


PARTS = [
    ("{saturation: {weight: 2, where: left}}", "saturation", "left", 2.0),
    ("{smoothness: {where: {words: red, outside: true}}}", "smoothness", "outside red", 1.0),
    ("{target: {image: cat.png, where: [0.1, 0, 0.5, 1]}}", "target", "box", 1.0),
    ("{target: {image: cat.png, where: cat.png, weight: 0.5*t}}", "target", "cat.png", 0.375),
]


@pytest.mark.parametrize(("written", "name", "label", "last"), PARTS, ids=[p[0] for p in PARTS])
def test_a_loss_has_a_mask(folder: Path, written: str, name: str, label: str, last: float) -> None:
    plan = plan_of(folder, f"losses: {written}\n")
    (shot,) = plan.shots
    assert {key: mask.label for key, mask in shot.loss_masks.items()} == {name: label}
    assert shot.values[f"losses.{name}"][-1] == pytest.approx(last)
    again = make_plan(load_story_text(plan.story, folder=folder))
    assert again.shots[0].digest == shot.digest
    bare = plan_of(folder, "losses: {smoothness: 1}\n").shots[0].digest
    assert shot.digest != bare


def test_a_target_may_be_a_clip(folder: Path) -> None:
    plan = plan_of(folder, "losses: {target: {image: turn.mp4}}\n")
    times = {"losses.target.image": tuple(Fraction(n, 4) for n in range(4))}
    assert plan.shots[0].clip_times == times
    assert not plan_of(folder, "losses: {target: {image: cat.png}}\n").shots[0].clip_times
    other = plan_of(folder, "losses: {target: {image: cat.png}}\n").shots[0].digest
    assert plan.shots[0].digest != other


WRONG = [
    ("losses: {saturation: {where: lef}}", "losses.saturation.where", "there is no region 'lef'"),
    ("losses: {saturation: {where: {}}}", "losses.saturation.where", "is missing here"),
    ("losses: {saturation: {0s: 1, where: left}}", "losses.saturation.0s", "no option '0s'"),
    ("losses: {target: {image: no.mp4}}", "losses.target.image", "does not exist"),
    ("losses: {style: {image: turn.mp4}}", "losses.style.image", "not a picture"),
    ("filters: {hue: {where: left}}", "filters.hue.where", "no option 'where'"),
    (
        "losses: {target: {image: cat.png, measure: latent}}",
        "losses.target.measure",
        "measure: latent needs a drawer with latents, not 'fft'",
    ),
    (
        "drawer: pixel\nlosses: {style: {image: cat.png, eyes: drawer}}",
        "losses.style.eyes",
        "eyes: drawer needs a drawer with latents, not 'pixel'",
    ),
    (
        "losses: {target: {image: cat.png, distance: cosine}}",
        "losses.target.distance",
        "distance has no effect with measure: pixel",
    ),
]


@pytest.mark.parametrize(("written", "path", "told"), WRONG, ids=[w[0] for w in WRONG])
def test_what_is_wrong_is_reported_where_it_stands(
    folder: Path, written: str, path: str, told: str
) -> None:
    (folder / "story.yaml").write_text(f"{HEAD}{written}\n")
    (found,) = check_story(folder / "story.yaml")
    assert (found.path, found.severity) == (path, "error")
    assert told in found.message


def test_a_mask_of_nothing_is_warned_of(folder: Path) -> None:
    (folder / "story.yaml").write_text(
        f"{HEAD}losses: {{saturation: {{where: [0.5, 0.5, 0.01]}}}}\n"
    )
    (found,) = check_story(folder / "story.yaml")
    assert (found.path, found.severity) == ("losses.saturation.where", "warning")
    assert "covers 0.0 %" in found.message
