"""The warp as properties: what stays, what returns, which way, how sharp, what a border shows."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.errors import UnknownName, UsageError
from storyboard.motion import BORDERS, RESAMPLES
from storyboard.motion.matrices import matrix, relative
from storyboard.motion.warp import revealed, warp
from storyboard.plan import Pose

TOLERANCE = {torch.float32: 2e-5, torch.float64: 1e-7}
STILL = torch.eye(3, dtype=torch.float64)


def texture(height: int = 36, width: int = 64, *, seed: int = 0) -> Tensor:
    """A soft random picture in [0, 1] without a seam."""
    noise = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))
    tap = torch.tensor([0.06, 0.24, 0.4, 0.24, 0.06])
    kernel = torch.outer(tap, tap).expand(3, 1, 5, 5)
    soft = F.conv2d(F.pad(noise, (2, 2, 2, 2), mode="circular"), kernel, groups=3)
    return (soft - soft.min()) / (soft.max() - soft.min())


def camera(picture: Tensor, **pose: float) -> Tensor:
    return matrix(Pose(**pose), picture.shape[3] / picture.shape[2])


def sharpness(picture: Tensor) -> float:
    kernel = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]).expand(3, 1, 3, 3)
    return F.conv2d(picture, kernel, groups=3)[..., 4:-4, 4:-4].var().item()


def extra(border: str) -> dict:
    return {"color": (1.0, 0.5, 0.0)} if border == "color" else {}


@pytest.mark.parametrize("resample", RESAMPLES)
@pytest.mark.parametrize("border", BORDERS)
def test_the_identity_is_the_picture_itself(border: str, resample: str) -> None:
    picture = texture()
    m = camera(picture, zoom=1.3, rotate=12) @ torch.linalg.inv(
        camera(picture, zoom=1.3, rotate=12)
    )
    for still in (STILL, m, STILL * 2):
        assert warp(picture, still, border=border, resample=resample, **extra(border)) is picture


@pytest.mark.parametrize("border", BORDERS)
def test_smoke(border: str) -> None:
    picture = torch.cat([texture(), texture(seed=1)]).double()
    m = camera(picture, zoom=0.7, rotate=12, pan_x=0.3, shear_y=0.1)
    out = warp(picture, m, border=border, **extra(border))
    assert out.shape == picture.shape
    assert out.dtype == picture.dtype
    assert out.min() >= 0 and out.max() <= 1
    assert not torch.equal(out[0], out[1])


# pose of whole pixels (64 x 36), and the same by hand, border wrap
BY_HAND = [
    (dict(pan_x=4 / 64), lambda p: p.roll(-4, 3)),  # camera right: content left
    (dict(pan_y=3 / 36), lambda p: p.roll(3, 2)),  # camera up: content down
    (dict(pan_x=-1 / 64, pan_y=-1 / 36), lambda p: p.roll((1, -1), (3, 2))),
    (dict(rotate=180), lambda p: p.flip(2, 3)),
    (dict(rotate=360), lambda p: p),
    (dict(rotate=-180), lambda p: p.flip(2, 3)),
]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("resample", ["bicubic", "bilinear"])
@pytest.mark.parametrize(("pose", "by_hand"), BY_HAND)
def test_whole_pixels(pose: dict, by_hand, resample: str, dtype: torch.dtype) -> None:
    picture = texture().to(dtype)
    out = warp(picture, camera(picture, **pose), border="wrap", resample=resample)
    torch.testing.assert_close(out, by_hand(picture), atol=TOLERANCE[dtype], rtol=0)


def test_a_quarter_turn_of_a_square_is_rot90() -> None:
    picture = texture(33, 33)
    turned = warp(picture, camera(picture, rotate=90))
    torch.testing.assert_close(turned, picture.rot90(1, (2, 3)), atol=2e-5, rtol=0)


def test_a_disc_stays_a_disc_at_16_9() -> None:
    y, x = torch.meshgrid(torch.arange(90.0), torch.arange(160.0), indexing="ij")
    radius = ((x - 79.5) ** 2 + (y - 44.5) ** 2).sqrt()
    disc = torch.sigmoid((30 - radius) / 2).expand(1, 3, -1, -1)
    turned = warp(disc, camera(disc, rotate=37), border="zeros")
    assert (turned - disc).abs().max() < 0.01


# border, one row moved left by 3 pixels, first and last four pixels; the row is 0 1 2 ... 7
SHIFTED = [
    ("replicate", [3, 4, 5, 6, 7, 7, 7, 7]),
    ("reflect", [3, 4, 5, 6, 7, 7, 6, 5]),
    ("wrap", [3, 4, 5, 6, 7, 0, 1, 2]),
    ("zeros", [3, 4, 5, 6, 7, 0, 0, 0]),
    ("color", [3, 4, 5, 6, 7, 9, 9, 9]),
]


@pytest.mark.parametrize("resample", RESAMPLES)
@pytest.mark.parametrize(("border", "expected"), SHIFTED)
def test_borders(border: str, expected: list[int], resample: str) -> None:
    picture = torch.arange(8.0, dtype=torch.float64).expand(1, 1, 8, 8)
    color = {"color": [9.0]} if border == "color" else {}
    for turned in (False, True):
        source = picture.mT if turned else picture
        m = camera(source, **({"pan_y": -3 / 8} if turned else {"pan_x": 3 / 8}))
        out = warp(source.contiguous(), m, border=border, resample=resample, **color)
        row = out[0, 0, :, 4] if turned else out[0, 0, 4]
        expected_row = torch.tensor(expected, dtype=torch.float64)
        torch.testing.assert_close(row, expected_row, atol=1e-6, rtol=0)


def test_noise_has_the_colours_of_the_picture_and_lies_still() -> None:
    picture = 0.3 + 0.2 * texture()
    picture[:, 2] = 0.1
    half, whole = camera(picture, pan_x=0.75), camera(picture, pan_x=1.0)
    a = warp(picture, half, border="noise")
    b = warp(picture, whole, border="noise")
    shown = a[..., 24:]
    assert shown[:, 2].sub(0.1).abs().max() < 1e-3
    assert shown[:, 0].mean().item() == pytest.approx(picture[:, 0].mean().item(), abs=0.02)
    assert shown[:, 0].std() > 0.3 * picture[:, 0].std()
    torch.testing.assert_close(a[..., 32:], b[..., 16:48], atol=2e-4, rtol=0)
    other = warp(picture, half, border="noise", generator=torch.Generator().manual_seed(5))
    assert (other - a).abs().max() > 0.02


def test_thirty_half_pixels_keep_the_picture_sharp() -> None:
    """Multiplied and resampled once 0.9 at least; even warped thirty times no ringing, no wash."""
    picture = texture(90, 160)
    step = camera(picture, pan_x=0.5 / 160)
    total, again = STILL, picture
    for n in range(1, 31):
        total = step @ total
        if n in (1, 15, 29, 30):
            once = warp(picture, total)
            assert 0.9 < sharpness(once) / sharpness(picture) < 1.05, n
        again = warp(again, step)
    assert 0.5 < sharpness(again) / sharpness(picture) < 1.05
    assert again.min() >= 0 and again.max() <= 1


@pytest.mark.parametrize("resample", RESAMPLES)
@pytest.mark.parametrize("step", [{"pan_x": 0.1 / 64}, {"pan_y": 0.2 / 36}, {"rotate": 0.2}])
def test_many_small_moves_go_as_far_as_one(step: dict, resample: str) -> None:
    """The usual bicubic kernel runs half as far again, which adds up to pixels within seconds."""
    y, x = torch.meshgrid(torch.arange(36.0), torch.arange(64.0), indexing="ij")
    blob = torch.exp(-((x - 40) ** 2 + (y - 16) ** 2) / 18).expand(1, 1, -1, -1)
    m, total, again = camera(blob, **step), STILL, blob
    for _ in range(30):
        total, again = m @ total, warp(again, m, resample=resample)
    once = warp(blob, total)
    for axis in (x, y):
        centre, expected = ((axis * p).sum() / p.sum() for p in (again, once))
        assert centre.item() == pytest.approx(expected.item(), abs=0.15)
    if resample == "bicubic":
        torch.testing.assert_close(again, once, atol=0.06, rtol=0)


def test_there_and_back() -> None:
    picture = F.interpolate(texture(18, 32), scale_factor=8, mode="bicubic").clamp(0, 1)
    m = camera(picture, zoom=1.2, rotate=8, pan_x=0.02)
    back = warp(warp(picture, m), torch.linalg.inv(m))
    kept = revealed(torch.linalg.inv(m), (144, 256)) + revealed(m, (144, 256)) == 0
    difference = (back - picture).abs() * kept[..., : picture.shape[-1]]
    assert difference[..., 30:-30, 50:-50].max() < 0.02


def test_two_half_moves_are_one_whole() -> None:
    picture = texture()
    a, b, c = Pose(), Pose(zoom=1.1, rotate=4), Pose(zoom=1.2, rotate=9, pan_x=0.1)
    once = warp(picture, relative(b, c, 16 / 9) @ relative(a, b, 16 / 9))
    torch.testing.assert_close(once, warp(picture, relative(a, c, 16 / 9)), atol=1e-5, rtol=0)


def test_bicubic_does_not_leave_the_range_of_its_neighbours() -> None:
    edge = torch.zeros(1, 3, 16, 16)
    edge[..., 8:] = 1
    out = warp(edge, camera(edge, pan_x=0.3 / 16, rotate=2))
    assert out.min() == 0 and out.max() == 1
    row = warp(edge, camera(edge, pan_x=0.3 / 16))[0, 0, 8]
    assert (row.diff()[:14] >= 0).all()


def test_shrinking_does_not_alias() -> None:
    """Stripes of one pixel, far too fine for the smaller picture, become grey, not moire."""
    stripes = (torch.arange(64) % 2).float().expand(1, 3, 64, 64).contiguous()
    out = warp(stripes, camera(stripes, zoom=0.3), border="wrap")
    assert (out - 0.5).abs().max() < 0.02
    upright = warp(stripes, camera(stripes, zoom=0.3, rotate=45), border="wrap")
    assert (upright - 0.5).abs().max() < 0.05


def test_extreme_zooms_stay_finite() -> None:
    picture = texture(9, 16)
    for zoom in (1e-3, 1e3):
        for border in BORDERS:
            out = warp(picture, camera(picture, zoom=zoom), border=border, **extra(border))
            assert torch.isfinite(out).all()


def test_gradient() -> None:
    picture = texture(6, 8).double().requires_grad_()
    m = camera(picture, zoom=1.1, rotate=10)
    assert torch.autograd.gradcheck(lambda p: warp(p, m, resample="bilinear"), picture)


def test_a_grid_of_cells_moves_like_its_picture() -> None:
    """Normalised coordinates: the same matrix at another resolution is the same move."""
    cells = texture(9, 16)
    m = camera(cells, pan_x=1 / 16, pan_y=-1 / 9)
    large = F.interpolate(cells, scale_factor=4)
    moved = F.interpolate(warp(cells, m), scale_factor=4)
    torch.testing.assert_close(warp(large, m), moved, atol=1e-5, rtol=0)


def test_revealed() -> None:
    size = (36, 64)
    assert revealed(STILL, size).sum() == 0
    right = revealed(matrix(Pose(pan_x=0.25), 64 / 36), size)
    assert right.shape == (1, 1, *size)
    assert right[..., 48:].min() == 1 and right[..., :48].max() == 0
    out = revealed(matrix(Pose(zoom=0.5), 64 / 36), size)
    assert out.mean() == 0.75
    soft = revealed(matrix(Pose(pan_x=0.25), 64 / 36), size, feather=0.2)[0, 0, 18]
    assert (soft.diff() >= 0).all() and soft[48:].min() == 1 and 0 < soft[45] < 1 and soft[38] == 0
    assert revealed(matrix(Pose(zoom=1.5), 64 / 36), size).sum() == 0


PICTURE = torch.zeros(1, 3, 8, 8)
WRONG = [
    (PICTURE, STILL, {"border": "mirror"}, UnknownName, "mirror"),
    (PICTURE, STILL, {"border": "reflct"}, UnknownName, "reflect"),
    (PICTURE, STILL, {"resample": "cubic"}, UnknownName, "bicubic"),
    (PICTURE[0], STILL, {}, UsageError, r"\(3, 8, 8\)"),
    (PICTURE.long(), STILL, {}, UsageError, "int64"),
    (PICTURE, STILL[:2], {}, UsageError, r"\(2, 3\)"),
    (PICTURE, STILL * 0, {}, UsageError, "not invertible"),
    (PICTURE, STILL * torch.nan, {}, UsageError, "not invertible"),
    (PICTURE, STILL, {"border": "color"}, UsageError, "needs it"),
    (PICTURE, STILL, {"color": (0, 0, 0)}, UsageError, "belongs to"),
    (PICTURE, STILL, {"border": "color", "color": (0,)}, UsageError, "3 channels"),
]


@pytest.mark.parametrize(("picture", "m", "options", "error", "message"), WRONG)
def test_wrong_input(picture: Tensor, m: Tensor, options: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        warp(picture, m, **options)
