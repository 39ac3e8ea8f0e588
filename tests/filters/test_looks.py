"""What each of the newer filters does to a picture, beside what all of them promise."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from torch import Tensor

from storyboard.filters import Moment, filters, is_seen, made
from storyboard.filters.aberration import aberration
from storyboard.filters.blur import blurred
from storyboard.filters.catalogue import WALLPAPERS
from storyboard.filters.duotone import duotone
from storyboard.filters.frame import letterbox
from storyboard.filters.glitch import torn
from storyboard.filters.glow import glow
from storyboard.filters.grain import grains
from storyboard.filters.hue import hue_matrix, turned
from storyboard.filters.lookup import bayer, dithered, spacing
from storyboard.filters.pixelate import pixelated
from storyboard.filters.posterize import posterized
from storyboard.filters.scanlines import beam
from storyboard.filters.tile import tiled
from storyboard.filters.wallpaper import GROUPS, images, lattice, wallpaper, wallpaper_grid
from storyboard.margins import opening

MOMENT = Moment(seed=1, frame_seed=2, time_s=0.5)


def noise(height: int = 12, width: int = 16) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


def smooth(height: int, width: int) -> Tensor:
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    waves = [0.5 + 0.4 * torch.sin(a * x + b * y) for a, b in ((5, 3), (-4, 6), (7, -2))]
    return torch.stack(waves)[None]


@pytest.mark.parametrize("deviation", [0.8, 4.0, 20.0])
def test_a_blur_is_a_gaussian_of_its_deviation(deviation: float) -> None:
    """An edge becomes the normal distribution, at full size and at a fraction of it."""
    edge = torch.zeros(1, 3, 64, 256)
    edge[..., 128:] = 1
    row = blurred(edge, deviation)[0, 0, 32]
    x = torch.arange(256) + 0.5 - 128
    expected = 0.5 + 0.5 * torch.erf(x / (deviation * math.sqrt(2)))
    torch.testing.assert_close(row, expected, atol=0.02, rtol=0)


def test_hue_keeps_grey_and_luma_and_a_whole_turn_is_none() -> None:
    matrix = torch.tensor(hue_matrix(77, 1.4), dtype=torch.float64)
    torch.testing.assert_close(matrix.sum(1), torch.ones(3, dtype=torch.float64))
    luma = torch.tensor([0.213, 0.715, 0.072], dtype=torch.float64)
    torch.testing.assert_close(luma @ matrix, luma, atol=2e-3, rtol=0)
    whole = torch.tensor(hue_matrix(360), dtype=torch.float64)
    torch.testing.assert_close(whole, torch.eye(3, dtype=torch.float64), atol=1e-12, rtol=0)
    halves = torch.tensor(hue_matrix(20)) @ torch.tensor(hue_matrix(35))
    torch.testing.assert_close(halves, torch.tensor(hue_matrix(55)), atol=1e-2, rtol=0)


def test_hue_without_saturation_is_grey() -> None:
    grey = turned(noise(), angle_deg=50, saturation=0)
    torch.testing.assert_close(grey, grey.mean(1, keepdim=True).expand_as(grey))


def test_posterize_has_its_levels_and_a_straight_gradient() -> None:
    picture = noise(40, 40).requires_grad_()
    out = posterized(picture, levels=3)
    assert set(out.detach().unique().tolist()) == {0.0, 0.5, 1.0}
    weights = noise(40, 40)
    (out * weights).sum().backward()
    assert torch.equal(picture.grad, weights)


def test_duotone_goes_from_the_first_colour_to_the_last() -> None:
    ramp = torch.linspace(0, 1, 9).expand(1, 3, 4, 9)
    colors = torch.tensor([[0.1, 0, 0.4], [0.5, 0.2, 0.2], [1, 0.9, 0.6]])
    out = duotone(ramp, colors)[0, :, 0]
    for place, color in ((0, colors[0]), (4, colors[1]), (8, colors[2])):
        torch.testing.assert_close(out[:, place], color)
    torch.testing.assert_close(out[:, 2], (colors[0] + colors[1]) / 2)
    torch.testing.assert_close(duotone(ramp, colors[:1])[0, :, 0, 5], colors[0])


def test_aberration_leaves_green_and_the_middle() -> None:
    picture = smooth(41, 61)
    out = aberration(picture, shift_px=3)
    assert torch.equal(out[:, 1], picture[:, 1])
    torch.testing.assert_close(out[..., 20, 30], picture[..., 20, 30])
    # red is larger: what was at radius r - 3 r / R is at r; blue smaller
    wide = (torch.arange(61) + 0.5 - 30.5).expand(1, 3, 41, 61) / 61
    bent = aberration(wide, shift_px=3)[0, :, 20, 50] * 61
    share = 3 / (math.hypot(41, 61) / 2)
    expected = torch.tensor([20 * (1 - share), 20, 20 * (1 + share)])
    torch.testing.assert_close(bent, expected, atol=1e-3, rtol=0)


def test_glow_spreads_light_and_leaves_the_dark_alone() -> None:
    dark = torch.full((1, 3, 32, 32), 0.3)
    torch.testing.assert_close(glow(dark, strength=1, threshold=0.5, radius=5), dark)
    lamp = dark.clone()
    lamp[..., 14:18, 14:18] = 1
    lit = glow(lamp, strength=1, threshold=0.5, radius=10)
    assert lit[..., 12, 16].min() > 0.38 and (lit >= lamp - 1e-6).all()
    assert lit[..., 0, 0].max() < 0.31


def test_scanlines_repeat_and_roll_by_whole_lines() -> None:
    rows = beam(24, period_px=6, roll=0)
    torch.testing.assert_close(rows[:18], rows[6:])
    torch.testing.assert_close(rows, beam(24, period_px=6, roll=1))
    assert rows[0] == 1 and rows[3] < 1e-12
    assert beam(8, period_px=0, roll=0).tolist() == pytest.approx([1, 0] * 4)


@pytest.mark.parametrize(
    ("aspect", "margins"), [(2.0, (12.5, 0.0)), (0.5, (0.0, 37.5)), (1.0, (0.0, 25.0))]
)
def test_a_letterbox_leaves_its_aspect(aspect: float, margins: tuple[float, float]) -> None:
    height, width = 50, 50 if aspect == 2.0 else 100
    found = letterbox((height, width), aspect)
    assert found == (margins if aspect != 0.5 else (0.0, 37.5))
    free = opening((height, width), (found[1], found[1], found[0], found[0]))
    assert free.sum() == pytest.approx(min(width, height * aspect) * min(height, width / aspect))


def test_a_border_has_its_colour_and_half_pixels() -> None:
    out = made("frame", {"width": 15, "color": "#ff0000", "amount": 0.5}, MOMENT)(noise(10, 20))
    red = torch.tensor([1.0, 0, 0])
    picture = noise(10, 20)
    torch.testing.assert_close(out[0, :, 5, 0], 0.25 * picture[0, :, 5, 0] + 0.75 * red)
    torch.testing.assert_close(out[..., 5, 1:19], picture[..., 5, 1:19])


def test_grain_is_of_its_frame_and_its_size_and_spares_black_and_white() -> None:
    shown = made("grain", {"strength": 0.2}, MOMENT)
    other = made("grain", {"strength": 0.2}, Moment(1, 3, 0.5))
    grey = torch.full((1, 3, 32, 32), 0.5)
    assert torch.equal(shown(grey), shown(grey)) and not torch.equal(shown(grey), other(grey))
    assert (shown(grey) - grey).std() == pytest.approx(0.2, rel=0.15)
    for end in (0 * grey, 0 * grey + 1):
        assert (shown(end) - end).abs().max() < 2e-3
    coarse, fine = (grains((64, 64), channels=1, cell_px=c, seed=1) for c in (8, 1))
    jump = [(n[..., 1:] - n[..., :-1]).std() for n in (coarse, fine)]
    assert jump[0] < 0.5 * jump[1] and coarse.std() == pytest.approx(1, abs=0.05)


def test_a_glitch_rolls_rows_and_changes_at_its_rate() -> None:
    picture = noise(10, 8)
    rows = torch.zeros(10)
    rows[4] = 3
    out = torn(picture, rows, split_px=1)
    assert torch.equal(out[..., :4, :], picture[..., :4, :])
    for channel, shift in enumerate((4, 3, 2)):
        assert torch.equal(out[0, channel, 4], picture[0, channel, 4].roll(shift))

    def at(time_s: float) -> Tensor:
        return made("glitch", {"rate": 4}, Moment(5, 0, time_s))(smooth(40, 60))

    assert torch.equal(at(0.25), at(0.49)) and not torch.equal(at(0.25), at(0.51))


def test_dithering_keeps_the_mean_of_a_grey() -> None:
    palette = torch.tensor([[0.0, 0, 0], [1, 1, 1]])
    assert spacing(palette) == pytest.approx(1) and spacing(palette[:1]) == 0
    for grey in (0.1, 0.5, 0.7):
        flat = torch.full((1, 3, 32, 32), grey)
        out = dithered(flat, palette, strength=1)
        assert set(out.unique().tolist()) <= {0.0, 1.0}
        assert out.mean().item() == pytest.approx(grey, abs=0.02)
    dots = dithered(flat, palette, strength=1, dot_px=4)
    assert torch.equal(dots[..., ::4, ::4].repeat_interleave(4, 2).repeat_interleave(4, 3), dots)
    for order in (1, 2, 3):
        matrix = bayer(order)
        assert len(matrix.unique()) == 4**order and abs(matrix.mean()) < 1e-12


@pytest.mark.parametrize("mirror", [False, True])
def test_tiles_are_the_picture_again(mirror: bool) -> None:
    out = tiled(smooth(24, 36), count=2, mirror=mirror)
    left, right = out[..., :18], out[..., 18:]
    torch.testing.assert_close(right, left.flip(3) if mirror else left)
    upper, lower = out[..., :12, :], out[..., 12:, :]
    torch.testing.assert_close(lower, upper.flip(2) if mirror else upper)
    torch.testing.assert_close(out[..., :12, :18], smooth(24, 36)[..., ::2, ::2], atol=0.15, rtol=0)


def test_one_tile_only_moves_the_picture() -> None:
    picture = noise()
    torch.testing.assert_close(tiled(picture, count=1), picture)
    moved = tiled(picture, count=1, shift=(0.25, 0.5))
    torch.testing.assert_close(moved, picture.roll((6, 4), (2, 3)), atol=1e-5, rtol=0)


@pytest.mark.parametrize("group", WALLPAPERS)
def test_the_operations_of_a_wallpaper_are_a_group(group: str) -> None:
    x, y = torch.rand(2, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(3))

    def place(pair: tuple[Tensor, Tensor]) -> list[float]:
        whole = torch.stack(pair).remainder(1).mul(1e6).round().remainder(1e6)
        return whole.flatten().tolist()

    orbit = [place(image) for image in images(group, x, y)]
    assert len({tuple(one) for one in orbit}) == len(GROUPS[group][0].split())
    twice = [place(again) for image in images(group, x, y) for again in images(group, *image)]
    assert all(any(near(one, known) for known in orbit) for one in twice)


def near(one: list[float], other: list[float]) -> bool:
    gaps = (abs(a - b) for a, b in zip(one, other, strict=True))
    return all(min(gap, 1e6 - gap) < 5 for gap in gaps)


@pytest.mark.parametrize("group", WALLPAPERS)
def test_a_wallpaper_has_the_symmetry_of_its_group(group: str) -> None:
    """All images of a point show the same place of the picture."""
    grid = wallpaper_grid((120, 120), group, 2.0, 0.0)
    basis = torch.from_numpy(lattice(group))
    inverse = torch.linalg.inv(basis)
    pick = torch.randint(40, 80, (40, 2), generator=torch.Generator().manual_seed(1))
    agreed = 0
    for row, column in pick.tolist():
        x, y = (column + 0.5 - 60) / 60, -(row + 0.5 - 60) / 60
        u, v = (inverse[i, 0] * x + inverse[i, 1] * y for i in (0, 1))
        others = []
        for a, b in images(group, u, v):
            a, b = (n.remainder(1) for n in (a, b))
            for i, j in product((-1, 0), repeat=2):
                there = basis @ torch.stack([a + i, b + j])
                at = (60 - 60 * there[1] - 0.5, 60 * there[0] + 60 - 0.5)
                if all(1 <= n <= 118 for n in at):
                    others.append(grid[round(float(at[0])), round(float(at[1]))])
        gaps = [(one - grid[row, column]).norm() for one in others]
        agreed += all(gap < 0.12 for gap in gaps) and len(gaps) > 0
    assert agreed >= 32  # the rest lie within half a pixel of a border between two images


@pytest.mark.parametrize("group", ["pmm", "p4m", "p6m", "p3m1"])
def test_mirrored_wallpapers_have_no_seams(group: str) -> None:
    picture = smooth(96, 128)
    out = wallpaper(picture, group=group, count=2)
    assert out.diff(dim=-1).abs().max() < 12 * picture.diff(dim=-1).abs().max()


def test_what_comes_and_goes_is_not_painted() -> None:
    unseen = {name for name in filters.names() if not is_seen(name)}
    assert unseen == {
        "aberration", "blur", "frame", "glitch", "glow", "grain", "hue", "light", "lut",
        "scanlines", "trails",
    }  # fmt: skip


def test_pixelate_keeps_the_mean_and_has_its_cells() -> None:
    picture = torch.rand(1, 3, 12, 16)
    out = pixelated(picture, across=4)
    assert out.mean() == pytest.approx(float(picture.mean()), abs=1e-6)
    assert torch.equal(out[..., ::4, ::4].repeat_interleave(4, 2).repeat_interleave(4, 3), out)
    assert torch.equal(pixelated(picture, across=999), picture)
