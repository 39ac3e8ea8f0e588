"""The camera alone: the film's own moves on a grid or a picture, with captions and the beat."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from storyboard.errors import UsageError
from storyboard.media import ffmpeg
from storyboard.media.ffmpeg import Picture
from storyboard.motion.moves import pixel_grid
from storyboard.motion.path import between, move
from storyboard.motion.warp import revealed, warp
from storyboard.plan import ImagePrompt, Plan, Pose, Prompt, TextPrompt
from storyboard.render.preview import (
    LONGEST_SIDE,
    Overlay,
    Scale,
    camera_frames,
    load_picture,
    preview,
    scale_of,
)
from storyboard.render.preview.annotations import prompt_line
from storyboard.render.preview.camera_frames import Seen, _back
from storyboard.render.preview.endless_grid import Ground
from storyboard.render.preview.labels import wrapped, write
from storyboard.timeline import load_story_text, make_plan
from storyboard.timeline.beat_markers import BeatMarkers, beat_markers

STORY = """\
output: {size: 96x64, fps: 4}
motion: {zoom_per_s: 2, rotate: 90*shot_t, pan_x: 0.1*shot_t}
shots:
  - {name: one, duration: 0.75s, prompt: red}
  - {name: two, duration: 0.5s, prompt: blue}
  - {name: three, duration: 0.5s, cut: true, prompt: green}
"""
SCALE = Scale(96, 64)


@pytest.fixture
def plan() -> Plan:
    return make_plan(load_story_text(STORY))


@pytest.fixture
def picture() -> Picture:
    return np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)


def as_tensor(picture: Picture) -> torch.Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255


def test_every_frame_is_one_warp_of_the_chains_first_picture(plan: Plan, picture: Picture) -> None:
    frames = list(camera_frames(plan, SCALE, given=picture))
    assert [seen.frame.number for seen in frames] == list(range(7))
    for number, anchor in ((0, 0), (2, 0), (4, 0), (5, 5), (6, 5)):
        expected = warp(as_tensor(picture), move(plan, anchor, number), border="reflect")
        shown = as_tensor(frames[number].picture)
        assert torch.allclose(shown, expected.clamp(0, 1), atol=0.6 / 255 + 1e-4)


def test_a_cut_starts_the_camera_again(plan: Plan, picture: Picture) -> None:
    shown = [seen.picture for seen in camera_frames(plan, SCALE, given=picture)]
    assert shown[0].tobytes() == shown[5].tobytes() == picture.tobytes()
    assert shown[4].tobytes() != picture.tobytes()


def test_each_chain_has_a_ground_of_its_own(plan: Plan) -> None:
    shown = [seen.picture for seen in camera_frames(plan, SCALE)]
    assert shown[0][3, 3].tolist() != shown[5][3, 3].tolist()


def test_what_the_camera_uncovers_is_that_of_the_film(plan: Plan) -> None:
    for seen in camera_frames(plan, SCALE):
        number = seen.frame.number
        if number in (0, 5):
            assert seen.new == 0
        else:
            mask = revealed(move(plan, number - 1, number), SCALE.size)
            assert np.array_equal(seen.uncovered, mask[0, 0].numpy() > 0)


@pytest.mark.parametrize(
    "pose",
    [Pose(rotate=20), Pose(zoom=1.7, pan_x=0.2), Pose(orbit_x=30, yaw=8), Pose(swirl=40)],
    ids=["turned", "near", "in space", "swirled"],
)
def test_the_grid_is_where_a_picture_of_it_would_be(pose: Pose) -> None:
    """Drawn with two lines only, thick enough to be told in a picture that was resampled."""
    size, aspect = (90, 160), 16 / 9
    ground, step = Ground(aspect, (60, 80, 110)), between(Pose(), pose, aspect)
    still = pixel_grid(size)
    first = ground.draw(still.numpy(), even=True)
    drawn = ground.draw(step.back(still)[0].numpy()).mean(axis=2)
    resampled = (warp(as_tensor(first), step)[0].mean(0) * 255).numpy()
    rim_drawn, rim_resampled = drawn[5:-5, 5:-5], resampled[5:-5, 5:-5]
    assert np.corrcoef(rim_drawn.ravel(), rim_resampled.ravel())[0, 1] > 0.6


@pytest.mark.parametrize(
    ("pose", "most_px"),
    [
        (Pose(swirl=120), 0.05),
        (Pose(lens=-0.5, swirl=40, orbit_x=20), 0.05),
        (Pose(ripple=0.01), 0.05),
        (Pose(ripple=0.03, ripple_length=0.22), 1),
    ],
)
def test_what_bends_is_found_between_every_second_pixel(pose: Pose, most_px: float) -> None:
    scale, step = Scale(320, 180), between(Pose(), pose, 16 / 9)
    points, valid = _back(step, scale)
    away = (points - step.back(pixel_grid(scale.size))[0]).abs().amax(dim=(1, 2))
    assert valid is None
    assert (away * torch.tensor([160, 90])).max() < most_px


def test_the_grid_is_as_sharp_after_a_zoom_of_a_million() -> None:
    ground, still = Ground(1.5, (60, 80, 110)), pixel_grid(SCALE.size)
    far = between(Pose(), Pose(zoom=4.0**10, pan_x=0.01), 1.5).back(still)[0]
    near = between(Pose(), Pose(pan_x=0.01), 1.5).back(still)[0]
    detail = [ground.draw(p.numpy(), even=True).astype(float).std() for p in (near, far)]
    assert detail[1] == pytest.approx(detail[0], rel=0.3)


def test_the_wedges_of_the_grid_point_up() -> None:
    grid = Ground(1.0, (60, 80, 110)).draw(pixel_grid((112, 112)).numpy(), even=True)
    cell = grid[60:108, 60:108].astype(float).sum(axis=2)
    rows = [np.flatnonzero(row > 1.3 * np.median(cell)) for row in cell]
    widths = [len(row) for row in rows if len(row)]
    assert len(widths) > 8
    assert widths == sorted(widths)
    assert widths[0] < 3 < widths[-1]


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


DEEP = """\
output: {size: 96x64, fps: 4}
shots:
  - {name: one, duration: 1s, prompt: red, depth: DEPTH, motion: {dolly_per_s: 1, yaw: 4*t}}
  - {name: two, duration: 0.5s, prompt: blue, motion: {pan_x_per_s: 0.4}}
  - {name: three, duration: 0.5s, cut: true, prompt: green}
"""


def test_a_flight_through_depth_is_shown_and_goes_on_flat(picture: Picture) -> None:
    plan = make_plan(load_story_text(DEEP.replace("DEPTH", "tunnel")))
    shown = [seen.picture for seen in camera_frames(plan, SCALE, given=picture)]
    assert len(shown) == plan.frame_count == 8
    assert len({seen.tobytes() for seen in shown[:6]}) == 6
    assert shown[6].tobytes() == shown[7].tobytes() == picture.tobytes()
    step = warp(as_tensor(shown[4]), move(plan, 4, 5))
    assert torch.allclose(as_tensor(shown[5]), step.clamp(0, 1), atol=2 / 255)


@pytest.mark.parametrize("kind", ["tunnel", "sphere", "hill.png", "model"])
def test_the_grid_is_carried_through_depth(kind: str, tmp_path: Path) -> None:
    hill = np.tile(np.linspace(0, 255, 96, dtype=np.uint8), (64, 1))
    Image.fromarray(hill).save(tmp_path / "hill.png")
    story = DEEP.replace("DEPTH", kind if kind != "model" else "sphere")
    plan = make_plan(load_story_text(story, folder=tmp_path))
    first = plan.shots[0]
    assert first.depth is not None
    if kind == "model":  # a story says so only where the library for it is installed
        first = replace(first, depth=replace(first.depth, kind="model"))
        plan = replace(plan, shots=(first, *plan.shots[1:]))
    shown = [seen.picture for seen in camera_frames(plan, SCALE)]
    assert len({seen.tobytes() for seen in shown[:6]}) == 6
    assert min(seen.std() for seen in shown) > 0.5 * shown[0].std()


def test_captions_say_time_shot_and_prompts(plan: Plan) -> None:
    grey = np.full((180, 320, 3), 90, dtype=np.uint8)
    none = np.zeros((180, 320), dtype=bool)
    drawn = Overlay(plan, Scale(320, 180), BeatMarkers()).draw(Seen(plan.frames[1], grey, none))
    changed = (drawn != 90).any(axis=2)
    assert changed[:40].any()
    assert changed[-40:].any()
    assert not changed[70:110].any()


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (Prompt(TextPrompt("red"), 0.5), "red  0.50"),
        (Prompt(TextPrompt("red"), toward=TextPrompt("blue"), mix=0.25), "red -> blue 25%  1.00"),
        (Prompt(ImagePrompt(Path("a/cat.png"), "3f")), "cat.png  1.00"),
    ],
)
def test_a_caption_says_where_a_prompt_is_going(prompt: Prompt, expected: str) -> None:
    assert prompt_line(prompt) == expected


def test_long_captions_are_broken_between_words() -> None:
    lines = wrapped("a very long prompt " * 5, 10, 100).split("\n")
    assert len(lines) > 3
    assert " ".join(lines).split() == ("a very long prompt " * 5).split()


@pytest.mark.parametrize("at", [(0, 0), (1, 1), (0.5, 0.5)])
def test_text_larger_than_the_picture_is_cut_off(at: tuple[float, float]) -> None:
    picture = np.zeros((8, 12, 3), dtype=np.uint8)
    write(picture, "far too much\nto be said", at=at, height=12)
    assert picture.max() > 0


LETTERS = ["é à Ñ ß", "ŁşţŐ", "Ωλφ", "Жизнь", "שלום", "“—”…€", "→♪★"]


@pytest.mark.parametrize("text", LETTERS)
def test_letters_of_many_scripts_are_drawn(text: str) -> None:
    """A letter that the font lacks is drawn as a box, the same one for all."""

    def drawn(letter: str) -> bytes:
        picture = np.zeros((40, 40, 3), dtype=np.uint8)
        write(picture, letter, at=(0, 0), height=24)
        return picture.tobytes()

    box = drawn("\U0010ffff")
    assert [letter for letter in text if letter != " " and drawn(letter) == box] == []


BEATS = """\
output: {size: 128x96, fps: FPS}
audio: {bpm: 140, first_beat: 0.29s}
marks: {drop: 1.2s}
shots: [{name: one, duration: 3s, prompt: red}]
"""


@pytest.mark.parametrize("fps", ["12", "24", "25", "23.976", "30", "60"])
def test_the_frame_of_a_beat_is_lit_at_every_fps(fps: str, tmp_path: Path) -> None:
    """Read back from the film: the rim is as bright as it gets in the frame nearest to a beat."""
    story = load_story_text(BEATS.replace("FPS", fps))
    plan, markers = make_plan(story), beat_markers(story)
    film = preview(plan, tmp_path / "beats.mp4", markers=markers)
    rim = np.array([float(p[40:56, :2].mean()) for p in ffmpeg.decode_frames(film)])
    lit = [n for n in range(1, len(rim)) if rim[n] > rim[n - 1] + 30]
    beats = [(Fraction(29, 100) + n * Fraction(60, 140)) * plan.fps for n in range(8)]
    expected = [int(beat + Fraction(1, 2)) for beat in beats]
    assert lit == [n for n in expected if n < plan.frame_count]
    bars = [n for n in expected[::4] if n < plan.frame_count]
    inner = [float(p[40:56, 3:5].mean()) for p in ffmpeg.decode_frames(film)]
    strong = [n for n in lit if inner[n] > inner[n - 1] + 30]
    assert strong == bars


def test_the_pulse_is_what_expressions_hear() -> None:
    markers = beat_markers(load_story_text(BEATS.replace("FPS", "24")))
    assert markers.beats[:2] == pytest.approx([0.29, 0.29 + 60 / 140])
    assert markers.bars[1] == pytest.approx(0.29 + 240 / 140)
    assert markers.marks == {"drop": pytest.approx(1.2)}
    assert beat_markers(load_story_text(STORY)).beats.size == 0


def test_the_film_has_every_frame_and_reports_each(plan: Plan, tmp_path: Path) -> None:
    seen: list[int] = []
    film = preview(plan, tmp_path / "camera.mp4", on_frame=seen.append)
    info = ffmpeg.probe(film, count=True)
    assert (info.frame_count, info.width, info.height, info.fps) == (7, 96, 64, Fraction(4))
    assert seen == list(range(7))


def test_a_picture_or_a_film_can_be_moved(plan: Plan, tmp_path: Path) -> None:
    film = preview(plan, tmp_path / "camera.mp4")
    Image.new("RGB", (300, 100), (200, 30, 30)).save(tmp_path / "red.png")
    assert load_picture(tmp_path / "red.png", SCALE)[32, 48].tolist() == [200, 30, 30]
    assert load_picture(film, Scale(48, 32)).shape == (32, 48, 3)


def test_what_cannot_be_moved_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.png does not exist"):
        load_picture(tmp_path / "none.png", SCALE)
