"""Perspective and distortions do not alias where they shrink, and stay sharp where they do not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from storyboard.motion import BORDERS
from storyboard.motion.moves import Matrix, Move
from storyboard.motion.path import between
from storyboard.motion.sample import sample
from storyboard.motion.shrink import sample_unevenly
from storyboard.motion.warp import revealed, warp
from storyboard.plan import Pose

SIZE = (72, 128)
WIDE = 128 / 72
#: A floor that runs up to the horizon: looking up along it, from above.
FLOOR = Move((between(Pose(), Pose(orbit_y=-70), WIDE).steps[0],))


def stripes(axis: int) -> Tensor:
    pixels = torch.arange(SIZE[axis]) % 2
    shape = (1, 1, -1, 1) if axis == 0 else (1, 1, 1, -1)
    return pixels.float().view(shape).expand(1, 3, *SIZE).contiguous()


def contrast(rows: Tensor) -> float:
    return float((rows - 0.5).abs().max())


@pytest.mark.parametrize("axis", [0, 1])
def test_the_far_side_turns_grey_and_the_near_side_stays(axis: int) -> None:
    """The top is seen 5 times as small as the bottom; stripes of one pixel, and of sixteen."""
    out = warp(stripes(axis), FLOOR, border="reflect")
    assert contrast(out[..., :12, :]) < 0.1
    naive = sample(stripes(axis), _points(FLOOR), border="reflect", resample="bilinear")
    assert contrast(naive[..., :12, :]) > 0.3
    near = out[..., -6:, :] if axis == 1 else out[..., -3:, :]
    assert contrast(near) > 0.3


def _points(move: Move) -> Tensor:
    y, x = torch.meshgrid(torch.arange(72.0), torch.arange(128.0), indexing="ij")
    there, _ = move.back(torch.stack([(2 * x + 1) / 128 - 1, (2 * y + 1) / 72 - 1]).double())
    return torch.stack([(there[0] + 1) * 64 - 0.5, (there[1] + 1) * 36 - 0.5]).float()


def test_what_shrinks_evenly_comes_out_alike_both_ways() -> None:
    y, x = torch.meshgrid(torch.arange(72.0), torch.arange(128.0), indexing="ij")
    picture = (0.5 + 0.25 * torch.sin(x / 2) + 0.25 * torch.sin(y / 3)).expand(1, 3, *SIZE)
    move = between(Pose(), Pose(zoom=0.5), WIDE)
    uneven = sample_unevenly(
        picture, _points(move), valid=None, border="reflect", resample="bicubic"
    )
    torch.testing.assert_close(uneven, warp(picture, move), atol=0.02, rtol=0)


def test_what_grows_is_sampled_once_and_not_blurred() -> None:
    picture = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    points = _points(between(Pose(), Pose(lens=-0.2, zoom=1.2), WIDE))
    given = {"border": "reflect", "resample": "bicubic"}
    assert torch.equal(
        sample_unevenly(picture, points, valid=None, **given), sample(picture, points, **given)
    )


def test_a_tear_blurs_nothing() -> None:
    picture = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    points = _points(Move())
    points[1, :, 64:] += 20
    out = sample_unevenly(picture, points, valid=None, border="wrap", resample="bilinear")
    torch.testing.assert_close(out[..., 64:], picture[..., 64:].roll(-20, 2), atol=1e-4, rtol=0)


BEYOND = between(Pose(), Pose(tilt=80, dolly=-0.5), WIDE)


@pytest.mark.parametrize("border", BORDERS)
def test_beyond_the_horizon_there_is_nothing_and_never_a_mirror_image(border: str) -> None:
    """The upper part of the view lies behind the camera: all of it is one even patch."""
    picture = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    color = {"color": (1.0, 0.5, 0.0)} if border == "color" else {}
    out = warp(picture, BEYOND, border=border, **color)
    assert revealed(BEYOND, SIZE)[0, 0, 0].min() == 1
    assert torch.isfinite(out).all() and out.min() >= 0 and out.max() <= 1
    fill = {"zeros": torch.zeros(3), "color": torch.tensor([1.0, 0.5, 0.0])}
    expected = fill.get(border, picture.mean((0, 2, 3)))
    torch.testing.assert_close(out[0, :, 0, :].T, expected.expand(128, 3), atol=1e-5, rtol=0)


def test_a_matrix_with_the_wrong_sign_shows_nothing() -> None:
    turned = Matrix(-between(Pose(), Pose(yaw=10), WIDE).matrix)
    assert revealed(Move((turned,)), SIZE).min() == 1


def test_gradient_reaches_the_picture_through_perspective() -> None:
    picture = torch.rand(1, 3, *SIZE, requires_grad=True)
    warp(picture, FLOOR).sum().backward()
    assert picture.grad is not None and torch.isfinite(picture.grad).all()
    assert float(picture.grad.abs().sum()) > 0


def test_half_a_turn_in_space_is_a_flip() -> None:
    picture = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    turned = warp(picture, between(Pose(), Pose(roll=180, fov=70), WIDE))
    torch.testing.assert_close(turned, picture.flip(2, 3), atol=2e-5, rtol=0)


def test_there_and_back_in_perspective() -> None:
    y, x = torch.meshgrid(torch.arange(72.0), torch.arange(128.0), indexing="ij")
    picture = (0.5 + 0.25 * torch.sin(x / 6) + 0.25 * torch.sin(y / 5)).expand(1, 3, *SIZE)
    move = between(Pose(), Pose(yaw=6, tilt=4, dolly=0.15), WIDE)
    back = warp(warp(picture, move), move.inverse())
    kept = revealed(move.inverse(), SIZE) == 0
    assert ((back - picture).abs() * kept)[..., 4:-4, 4:-4].max() < 0.02
