"""The camera alone: the same matrices and the same warp as the film, with captions."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from storyboard import ffmpeg
from storyboard.errors import UsageError
from storyboard.motion.path import move
from storyboard.motion.warp import warp
from storyboard.render.preview import (
    LONGEST_SIDE,
    Scale,
    camera_frames,
    caption,
    draw_grid,
    load_picture,
    preview,
    prompt_line,
    scale_of,
)
from storyboard.story import load_story_text
from storyboard.timeline import Plan, make_plan
from storyboard.timeline.plan import Prompt

STORY = """\
output: {size: 96x64, fps: 4}
motion: {zoom_per_s: 2, rotate: 90*shot_t, pan_x: 0.1*shot_t}
shots:
  - {name: one, duration: 0.75s, prompt: red}
  - {name: two, duration: 0.5s, prompt: blue}
  - {name: three, duration: 0.5s, cut: true, prompt: green}
"""


@pytest.fixture
def plan() -> Plan:
    return make_plan(load_story_text(STORY))


@pytest.fixture
def picture() -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def as_tensor(picture: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255


def test_every_frame_is_one_warp_of_the_chains_first_picture(
    plan: Plan, picture: Image.Image
) -> None:
    frames = list(camera_frames(plan, Scale(96, 64), given=picture))
    assert [frame.number for frame, _ in frames] == list(range(7))
    for number, anchor in ((0, 0), (2, 0), (4, 0), (5, 5), (6, 5)):
        expected = warp(as_tensor(picture), move(plan, anchor, number), border="reflect")
        shown = as_tensor(frames[number][1])
        assert torch.allclose(shown, expected.clamp(0, 1), atol=0.6 / 255 + 1e-4)


def test_a_cut_starts_the_camera_again(plan: Plan, picture: Image.Image) -> None:
    shown = [seen for _, seen in camera_frames(plan, Scale(96, 64), given=picture)]
    assert shown[0].tobytes() == shown[5].tobytes() == picture.tobytes()
    assert shown[4].tobytes() != picture.tobytes()


def test_each_chain_has_a_ground_of_its_own(plan: Plan) -> None:
    shown = [seen for _, seen in camera_frames(plan, Scale(96, 64))]
    assert shown[0].getpixel((3, 3)) != shown[5].getpixel((3, 3))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("96x64", Scale(96, 64)),
        ("640x360", Scale(640, 360)),
        ("1920x1080", Scale(640, 360)),
        ("1080x1920", Scale(360, 640)),
        ("4000x30", Scale(640, 4)),
    ],
)
def test_a_preview_is_small_and_even(size: str, expected: Scale) -> None:
    story = STORY.replace("96x64", size)
    scale = scale_of(make_plan(load_story_text(story)))
    assert scale == expected
    assert max(scale.width, scale.height) <= LONGEST_SIDE


def test_the_grids_arrow_points_up() -> None:
    grid = np.asarray(draw_grid(Scale(96, 64), (50, 60, 70)))
    rows, columns = np.nonzero((grid == (240, 190, 80)).all(axis=2))
    assert rows.max() < 32
    assert abs(columns.mean() - 47.5) < 1
    tip, base = (columns[rows == row] for row in (rows.min(), rows.max()))
    assert len(tip) < len(base)


def test_captions_say_time_shot_and_prompts(plan: Plan) -> None:
    blank = Image.new("RGB", (320, 180), (90, 90, 90))
    written = np.asarray(caption(blank.copy(), plan.frames[1]))
    changed = (written != 90).any(axis=2)
    assert changed[:40].any()
    assert changed[-40:].any()
    assert not changed[70:110].any()


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (Prompt("red", 0.5), "red  0.50"),
        (Prompt("red", 1.0, toward="blue", mix=0.25), "red -> blue 25%  1.00"),
    ],
)
def test_a_caption_says_where_a_prompt_is_going(prompt: Prompt, expected: str) -> None:
    assert prompt_line(prompt) == expected


def test_the_film_has_every_frame_and_reports_each(plan: Plan, tmp_path: Path) -> None:
    seen: list[int] = []
    film = preview(plan, tmp_path / "camera.mp4", on_frame=seen.append)
    info = ffmpeg.probe(film, count=True)
    assert (info.frame_count, info.width, info.height, info.fps) == (7, 96, 64, Fraction(4))
    assert seen == list(range(7))


def test_a_picture_or_a_film_can_be_moved(plan: Plan, tmp_path: Path) -> None:
    film = preview(plan, tmp_path / "camera.mp4")
    Image.new("RGB", (300, 100), (200, 30, 30)).save(tmp_path / "red.png")
    assert load_picture(tmp_path / "red.png", Scale(96, 64)).getpixel((48, 32)) == (200, 30, 30)
    assert load_picture(film, Scale(48, 32)).size == (48, 32)


def test_what_cannot_be_moved_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no picture .*none\.png"):
        load_picture(tmp_path / "none.png", Scale(96, 64))


DEEP = """\
output: {size: 96x64, fps: 4}
shots:
  - {name: one, duration: 1s, prompt: red, depth: tunnel, motion: {dolly_per_s: 2}}
  - {name: two, duration: 0.5s, prompt: blue, motion: {pan_x_per_s: 0.4}}
  - {name: three, duration: 0.5s, cut: true, prompt: green}
"""


def test_a_flight_through_depth_is_shown_and_goes_on_flat(picture: Image.Image) -> None:
    plan = make_plan(load_story_text(DEEP))
    shown = [seen for _, seen in camera_frames(plan, Scale(96, 64), given=picture)]
    assert len(shown) == plan.frame_count == 8
    assert len({seen.tobytes() for seen in shown[:6]}) == 6
    assert shown[6].tobytes() == shown[7].tobytes() == picture.tobytes()
    step = warp(as_tensor(shown[4]), move(plan, 4, 5))
    assert torch.allclose(as_tensor(shown[5]), step.clamp(0, 1), atol=2 / 255)
