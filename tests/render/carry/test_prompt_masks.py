"""Masks in the view of a frame: regions, shapes, pictures and clips, fixed and carried."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from storyboard.plan import Mask, Plan, ShapeMask
from storyboard.render import render
from storyboard.render.carry.prompt_masks import Masks, shape
from storyboard.render.events import Event
from storyboard.timeline import load_story_text, make_plan

CPU = torch.device("cpu")
HEAD = "output: {size: 64x36, fps: 4, format: png}\nperceptors: tiny\ncuts: 4\n"
STILL = "duration: 1s\n"
PAN = "duration: 1s\nmotion: {pan_x: 0.25*t}\n"
ZOOM = "duration: 1s\nmotion: {zoom: 2}\n"


def plan_of(text: str, folder: Path) -> Plan:
    return make_plan(load_story_text(HEAD + text, folder=folder))


def masks_of(plan: Plan) -> list[torch.Tensor]:
    """The mask of the first prompt that has one, in every frame: (36, 64)."""
    masks, found = Masks(plan, CPU), []
    for frame in plan.frames:
        mask = next(prompt.mask for prompt in frame.prompts if prompt.mask is not None)
        found.append(masks.mask(mask, frame)[0, 0])
    return found


def centre(mask: torch.Tensor) -> tuple[float, float]:
    """The centre of gravity (x, y), in shares of the frame."""
    height, width = mask.shape
    x = (mask.sum(0) * (torch.arange(width) + 0.5)).sum() / mask.sum() / width
    y = (mask.sum(1) * (torch.arange(height) + 0.5)).sum() / mask.sum() / height
    return float(x), float(y)


@pytest.fixture
def folder(tmp_path: Path, make_clip: Callable[..., Path]) -> Path:
    """A mask that is white in its left quarter, and a clip whose white square goes right."""
    levels = np.zeros((36, 64), np.uint8)
    levels[:, :16] = 255
    Image.fromarray(levels).save(tmp_path / "mask.png")
    clear = np.zeros((36, 64, 4), np.uint8)
    clear[..., :3] = 255
    clear[:, :16, 3] = 255
    Image.fromarray(clear).save(tmp_path / "clear.png")
    frames = np.zeros((4, 36, 64, 3), np.uint8)
    for n, frame in enumerate(frames):
        frame[12:24, 8 + 12 * n : 20 + 12 * n] = 255
    make_clip("walk.mkv", frames, fps="4")
    return tmp_path


PLACES = [
    ("left", 0.25, 0.5, 0.5),
    ("bottom right", 0.75, 0.75, 0.25),
    ("sky", 0.5, 0.225, 0.45),
    ("[0.25, 0.5, 0.75, 1]", 0.5, 0.75, 0.25),
    ("[0.5, 0.5, 0.25]", 0.5, 0.5, np.pi / 16 * 9 / 16),
    ("mask.png", 0.125, 0.5, 0.25),
    ("clear.png", 0.125, 0.5, 0.25),
    ("{mask: mask.png, outside: true}", 0.625, 0.5, 0.75),
]


@pytest.mark.parametrize(("where", "x", "y", "share"), PLACES, ids=[p[0] for p in PLACES])
def test_a_mask_lies_where_it_says(
    folder: Path, where: str, x: float, y: float, share: float
) -> None:
    text = f"{STILL}prompt: [blue, {{text: red, where: {where}}}]"
    mask = masks_of(plan_of(text, folder))[0]
    assert centre(mask) == pytest.approx((x, y), abs=0.02)
    assert float(mask.mean()) == pytest.approx(share, abs=0.025)
    assert 0 <= float(mask.min()) <= float(mask.max()) <= 1


BOX = "{box: [0.5, 0, 0.75, 1], carried: true}"
PICTURE = "{mask: mask.png, carried: true, soft: 0}"
SLIDING = "{box: [0.5*t, 0, 0.5*t + 0.25, 1]}"
MOVES = [
    ("fixed under a pan", PAN, "{mask: mask.png}", [0.125] * 4),
    ("carried by a pan", PAN, BOX, [0.625, 0.5625, 0.5, 0.4375]),
    ("a picture carried", PAN, PICTURE, [0.125, 0.09375, 0.0625, 0.03125]),
    ("carried by a zoom", ZOOM, "{box: [0.5, 0.4, 0.6, 0.6], carried: true}", [0.6] * 4),
    ("a shape that moves", STILL, SLIDING, [0.125, 0.25, 0.375, 0.5]),
    ("a clip that moves", STILL, "{mask: walk.mkv}", [14 / 64, 26 / 64, 38 / 64, 50 / 64]),
]


@pytest.mark.parametrize(("move", "where", "x"), [m[1:] for m in MOVES], ids=[m[0] for m in MOVES])
def test_masks_under_moves(folder: Path, move: str, where: str, x: list[float]) -> None:
    plan = plan_of(f"{move}prompt: [blue, {{text: red, where: {where}}}]", folder)
    assert [centre(mask)[0] for mask in masks_of(plan)] == pytest.approx(x, abs=0.01)


def test_a_carried_mask_goes_on_in_the_next_shot(folder: Path) -> None:
    box = "{text: red, where: {box: [0.5, 0, 0.75, 1], carried: true}}"
    text = f"""fade: 1s
shots:
  - {{duration: 1s, prompt: [{box}], motion: {{pan_x: 0.25*t}}}}
  - {{duration: 1s, prompt: blue, motion: {{pan_x: 0.25*t}}}}
"""
    plan, places = plan_of(text, folder), []
    masks = Masks(plan, CPU)
    for number in (3, 4, 5):
        (mask,) = [p.mask for p in plan.frames[number].prompts if p.mask is not None]
        places.append(centre(masks.mask(mask, plan.frames[number])[0, 0])[0])
    assert np.diff(places) == pytest.approx([-0.0625] * 2, abs=0.01)


def test_half_of_a_soft_rim_lies_outside() -> None:
    found = shape(ShapeMask("circle", ((0.5, 0.5, 0.25),)), (200, 200), 0.2)[0, 0, 100]
    assert found[100] == 1
    assert float(found[150]) == pytest.approx(0.5, abs=0.05)
    assert 0 < found[165] < 0.2
    assert found[175] == 0


def test_several_masks_in_one_film(folder: Path) -> None:
    sides = "{text: red, where: left}, {text: green, where: right}"
    plan = plan_of(f"{STILL}steps_first: 40\nprompt: [{sides}]", folder)
    render(plan, out=folder / "film")
    (first, *_) = sorted((folder / "film").parent.glob("**/00000.png"))
    seen = np.asarray(Image.open(first)).astype(float).mean(axis=0)
    assert seen[4:28, 0].mean() > seen[4:28, 1].mean() + 40
    assert seen[36:60, 1].mean() > seen[36:60, 0].mean() + 40


@pytest.mark.parametrize("marked", [False, True])
def test_what_words_find_is_reported_and_little_of_it_is_warned_of(
    folder: Path, marked: bool
) -> None:
    """In a grey picture nothing stands out as red; in one with a red square, that does."""
    pixels = np.full((36, 64, 3), 128, np.uint8)
    if marked:
        pixels[4:20, 36:60] = (230, 25, 25)
    Image.fromarray(pixels).save(folder / "grey.png")
    begun = "drawer: raw\nlr: 0\nsteps_first: 1\nsteps: 1\ninit: grey.png\n"
    text = f"{STILL}{begun}prompt: [blue, {{text: green, where: {{words: red}}}}]"
    events: list[Event] = []
    render(plan_of(text, folder), out=folder / "film", on_event=events.append)
    shares = [event.masks["red"] for event in events if event.masks]
    assert len(shares) == 4
    assert (min(shares) > 0.03) == marked
    warned = [event.message or "" for event in events if event.kind == "warning"]
    assert any("the mask 'red' covers 0.0 %" in message for message in warned) != marked
    assert json.dumps([event.to_json() for event in events])


def test_a_mask_is_known_by_what_it_is(tmp_path: Path) -> None:
    box = ShapeMask("box", ((0, 0, 1, 1),), "left")
    assert Mask(box, owner=1) == Mask(ShapeMask("box", ((0, 0, 1, 1),)), owner=2)
    assert Mask(box) != Mask(box, carried=True)


DEEP = [
    ("an image", "depth: near.png", "pan_x: 0.15*t"),
    ("a tunnel", "depth: tunnel", "dolly: 0.3*t"),
    ("a sphere", "depth: sphere", "yaw: 10*t"),
    ("a plane", "", "pan_x: 0.15*t"),
]


@pytest.mark.parametrize(("depth", "camera"), [d[1:] for d in DEEP], ids=[d[0] for d in DEEP])
def test_a_carried_mask_goes_through_the_depth_as_the_picture_does(
    folder: Path, depth: str, camera: str
) -> None:
    """A picture that is its own mask still covers it: in frames that are only moved, over a cut
    between two shots of the same depth.
    """
    levels = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (36, 1))
    Image.fromarray(levels).save(folder / "near.png")
    mask = "{text: red, where: {mask: mask.png, carried: true, soft: 0}}"
    text = (
        f"{depth}\ndrawer: raw\ninit: mask.png\nsteps_first: 0\nsteps: 0\nborder: zeros\n"
        f"motion: {{{camera}}}\nprompt: [blue, {mask}]\n"
        "shots: [{duration: 1s}, {duration: 0.5s, fade: 0.5s}]\n"
    )
    plan = plan_of(text.strip() + "\n", folder)
    render(plan, out=folder / "film")
    frames = [np.asarray(Image.open(one)) for one in sorted((folder / "film").glob("*.png"))]
    masks, moved = Masks(plan, CPU), 0.0
    for frame, picture in zip(plan.frames, frames, strict=True):
        (own,) = {p.mask for p in frame.prompts if p.mask is not None and p.mask.owner == 0} or {
            None
        }
        if own is None:
            continue
        made = masks.mask(own, frame)[0, 0].numpy()
        assert np.abs(made - picture[..., 0] / 255).mean() < 0.01
        moved = max(
            moved, float(np.abs(made - masks.mask(own, plan.frames[0])[0, 0].numpy()).mean())
        )
    assert moved > 0.02
