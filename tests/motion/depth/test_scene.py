"""Scenes: where depth comes from, and how the camera goes through it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from storyboard.errors import UsageError
from storyboard.motion.depth.scene import Scene, map_of, read_grey, scene_of, span_of
from storyboard.motion.depth.surface import DepthRange, Surface
from storyboard.motion.warp import warp
from storyboard.plan import DepthPlan, Pose

SIZE = (18, 32)
ASPECT = 32 / 18
PICTURE = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(2))


def grey_file(folder: Path, levels: np.ndarray, name: str = "depth.png") -> Path:
    Image.fromarray(levels).save(folder / name)
    return folder / name


@pytest.fixture
def box(tmp_path: Path) -> DepthPlan:
    levels = np.zeros(SIZE, dtype=np.uint8)
    levels[6:12, 10:20] = 255
    return DepthPlan("image", file=grey_file(tmp_path, levels))


@pytest.mark.parametrize("kind", ["sphere", "tunnel", "image"])
def test_a_still_camera_gives_the_very_picture_back(kind: str, box: DepthPlan) -> None:
    depth = box if kind == "image" else DepthPlan(kind)
    scene = scene_of(depth, SIZE, 2.7)
    pose = Pose(zoom=1.3, yaw=4, swirl=20)
    move, after = scene.travel([(pose, pose)], ASPECT)
    assert move.steps == ()
    assert warp(PICTURE, move) is PICTURE
    assert after is scene


@pytest.mark.parametrize("kind", ["sphere", "tunnel", "image"])
def test_the_same_way_gives_the_same_picture(kind: str, box: DepthPlan) -> None:
    depth = box if kind == "image" else DepthPlan(kind)
    legs = [(Pose(), Pose(pan_x=0.05, dolly=0.1)), (Pose(), Pose(roll=3))]
    first, second = (
        warp(PICTURE, scene_of(depth, SIZE, 2.7).travel(legs, ASPECT)[0]) for _ in range(2)
    )
    assert torch.equal(first, second)


def test_white_is_near_and_black_is_far(box: DepthPlan) -> None:
    surface = scene_of(box, SIZE, 2.7).surface
    assert surface is not None
    assert float(surface.inverse_depth[9, 15]) == pytest.approx(1 / 0.7)
    assert float(surface.inverse_depth[0, 0]) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("strength", "span"), [(1.0, (1 / 3, 1 / 0.7)), (0.0, (1, 1)), (0.5, (2 / 3, 0.5 + 0.5 / 0.7))]
)
def test_strength_draws_a_map_to_the_plane(
    strength: float, span: tuple[float, float], box: DepthPlan
) -> None:
    found = span_of(DepthPlan("image", strength=strength))
    assert (found.far, found.near) == pytest.approx(span)


def test_nearness_is_even_in_the_grey() -> None:
    depth = DepthPlan("image", near=0.5, far=1e6)
    grey = torch.tensor([[0.0, 0.25, 0.5, 1.0, 2.0]])
    wanted = torch.tensor([[0.0, 0.5, 1.0, 2.0, 2.0]], dtype=torch.float64)
    torch.testing.assert_close(map_of(grey, depth), wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("levels", "white"), [(np.uint8, 255), (np.uint16, 65535)])
def test_pictures_of_8_and_16_bits_are_read_as_they_are(
    levels: type, white: int, tmp_path: Path
) -> None:
    grey = np.full(SIZE, round(white / 4), dtype=levels)
    depth = DepthPlan("image", file=grey_file(tmp_path, grey))
    assert float(read_grey(depth, SIZE)[3, 3]) == pytest.approx(0.25, abs=0.01)


def test_a_picture_of_another_shape_is_cut_from_its_middle(tmp_path: Path) -> None:
    grey = np.zeros((18, 64), dtype=np.uint8)
    grey[:, 16:48] = 255
    depth = DepthPlan("image", file=grey_file(tmp_path, grey))
    assert float(read_grey(depth, SIZE).min()) == 1.0


def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "no.png").write_bytes(b"no picture")
    with pytest.raises(UsageError, match=r"no\.png is not a picture"):
        read_grey(DepthPlan("image", file=tmp_path / "no.png"), SIZE)


def test_a_model_has_no_depth_before_it_has_looked() -> None:
    scene = scene_of(DepthPlan("model"), SIZE, 2.7)
    with pytest.raises(UsageError, match="no depth yet"):
        scene.travel([(Pose(), Pose(pan_x=0.1))], ASPECT)


def test_the_map_goes_along_with_the_picture(box: DepthPlan) -> None:
    scene = scene_of(box, SIZE, 2.7)
    _, after = scene.travel([(Pose(), Pose(pan_x=0.7 * 3 / 32))], ASPECT)
    assert after.surface is not None
    near = torch.nonzero(after.surface.inverse_depth > 1, as_tuple=True)[1]
    assert (int(near.min()), int(near.max())) == (7, 16)  # the box, three pixels to the left


def test_nothing_comes_nearer_than_the_nearest(box: DepthPlan) -> None:
    scene = scene_of(box, SIZE, 2.7)
    _, after = scene.travel([(Pose(), Pose(dolly=0.6))], ASPECT)
    assert after.surface is not None
    assert float(after.surface.inverse_depth.max()) == pytest.approx(1 / 0.7)


def test_bends_are_undone_before_depth_and_done_after() -> None:
    scene = Scene(surface=Surface.of(torch.ones(SIZE, dtype=torch.float64), DepthRange(0.5, 1.0)))
    bent = scene.travel([(Pose(lens=0.2), Pose(lens=0.2, pan_x=0.1))], ASPECT)[0]
    names = [type(step).__name__ for step in bent.steps]
    assert names[0] == names[-1] == "LensDistortion" and set(names[1:-1]) == {"MapStep"}
