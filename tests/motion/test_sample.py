"""The look-up is kornia's, and what it looks up is what torch's own would be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import kornia.geometry.transform as transform
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.motion import RESAMPLES, sample
from storyboard.motion.matrices import matrix
from storyboard.motion.warp import warp
from storyboard.plan import Pose

MOVES = {
    "a tenth of a pixel": Pose(pan_x=0.1 / 64),
    "in, with a turn": Pose(zoom=1.3, rotate=12),
    "out": Pose(zoom=0.6, shear_y=0.1),
    "in space": Pose(yaw=20, dolly=0.2),
}


def former(source: Tensor, x: Tensor, y: Tensor, mode: str) -> Tensor:
    """The look-up as it was before it was kornia's."""
    height, width = source.shape[-2:]
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)
    grid = grid.to(source.dtype).expand(len(source), -1, -1, -1)
    return F.grid_sample(source, grid, mode, padding_mode="border", align_corners=False)


def picture(height: int = 36, width: int = 64, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 3, height, width, generator=generator, dtype=dtype)


@contextmanager
def formerly() -> Iterator[None]:
    """Within the block the look-up is the former one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample, "_take", former)
        yield


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("resample", RESAMPLES)
@pytest.mark.parametrize("border", ["reflect", "wrap", "replicate"])
@pytest.mark.parametrize("pose", MOVES.values(), ids=MOVES)
def test_frames_that_move_are_those_of_the_former_look_up(
    pose: Pose, border: str, resample: str, dtype: torch.dtype
) -> None:
    before = picture(dtype=dtype)
    now = warp(before, matrix(pose, 64 / 36), border=border, resample=resample)
    with formerly():
        then = warp(before, matrix(pose, 64 / 36), border=border, resample=resample)
    torch.testing.assert_close(now, then, rtol=0, atol=2e-4)
    levels = [(255 * frame).round() for frame in (now, then)]
    assert (levels[0] - levels[1]).abs().max() <= 1


@pytest.mark.parametrize("resample", RESAMPLES)
def test_gradients_are_those_of_the_former_look_up(resample: str) -> None:
    slopes = []
    for look_up in (sample._take, former):
        leaf = picture().requires_grad_()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sample, "_take", look_up)
            warp(leaf, matrix(MOVES["out"], 64 / 36), resample=resample).square().sum().backward()
        slopes.append(leaf.grad)
    assert slopes[0] is not None and slopes[0].abs().max() > 0
    torch.testing.assert_close(slopes[0], slopes[1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("width", [64, 1000, 8192])
def test_points_keep_their_precision_in_wide_pictures(width: int) -> None:
    """A ramp of one a pixel says where it was looked up."""
    ramp = torch.arange(width, dtype=torch.float32).expand(1, 1, 2, -1)
    x = torch.linspace(0, width - 1, 4001, dtype=torch.float64)[None]
    found = sample._take(ramp, x, torch.zeros_like(x), "bilinear")[0, 0]
    assert (found - x).abs().max() < width * 1e-7


def test_the_nearest_is_taken_within_half_a_pixel() -> None:
    source = picture(5, 7)
    y, x = torch.meshgrid(torch.arange(5.0), torch.arange(7.0), indexing="ij")
    for shift in (-0.49, 0.0, 0.49):
        moved = (axis.double() + shift for axis in (x, y))
        assert torch.equal(sample._take(source, *moved, "nearest"), source)
    beyond = sample._take(source, x.double() - 20, y.double() + 20, "nearest")
    assert torch.equal(beyond, source[..., -1:, :1].expand_as(source))


@pytest.mark.parametrize(("resample", "count"), [("bilinear", 1), ("bicubic", 5)])
def test_every_look_up_is_kornias(
    resample: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, remap = [], transform.remap

    def spy(*arguments: Tensor, **options: object) -> Tensor:
        seen.append(options)
        return remap(*arguments, **options)

    monkeypatch.setattr(transform, "remap", spy)
    warp(picture(), matrix(MOVES["in, with a turn"], 64 / 36), resample=resample)
    assert len(seen) == count
