"""Views taken from the picture: geometry, levels, borders, colour, noise, slopes."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from storyboard.perceptors.cutouts import InputFormat, build_atlas, cut, noise_bank
from storyboard.perceptors.views import Views, ViewSeeds, draw_views

PLAIN = InputFormat(16, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
BANK = noise_bank(16, 0, torch.device("cpu"))


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def still(scale: float = 1.0, x: float = 0.0, grey: float = torch.nan) -> Views:
    """One view without jitter and noise: ``scale`` of the picture around ``x``."""
    matrix = torch.diag(torch.tensor([scale, scale, 1.0], dtype=torch.float64))[None]
    matrix[:, 0, 2] = x
    nil = torch.zeros(1, dtype=torch.float64)
    eye = torch.eye(3, dtype=torch.float64)[None]
    return Views(matrix, eye, torch.zeros(1, 3, dtype=torch.float64), nil + grey, nil, nil)


def ramp(height: int, width: int) -> torch.Tensor:
    """A picture whose red is its normalised x and whose green is y, both as 0..1."""
    y, x = ((torch.arange(n) + 0.5) / n for n in (height, width))
    red, green = x.expand(height, width), y[:, None].expand(height, width)
    return torch.stack([red, green, torch.zeros(height, width)])[None]


def test_a_view_of_the_whole_picture_is_the_picture() -> None:
    picture = noise(1, 3, 16, 16)
    torch.testing.assert_close(cut(picture, still(), PLAIN, BANK), picture, atol=1e-6, rtol=0)


@pytest.mark.parametrize("size", [(16, 16), (48, 80), (45, 77), (131, 61), (160, 97)])
def test_every_level_keeps_the_places(size: tuple[int, int]) -> None:
    """On a ramp, a pixel's colour is its place, whatever level it was sampled from."""
    view = cut(ramp(*size), still(0.5), PLAIN, BANK)
    expected = 0.25 + (torch.arange(16) + 0.5) / 32
    tolerance = 0.05 / min(size)
    torch.testing.assert_close(view[0, 0, 8], expected, atol=tolerance, rtol=0)
    torch.testing.assert_close(view[0, 1, :, 8], expected, atol=tolerance, rtol=0)


@pytest.mark.parametrize("factor", [2, 3, 5, 9])
def test_what_is_too_fine_to_be_seen_becomes_its_mean(factor: int) -> None:
    side = 16 * factor
    board = (torch.arange(side)[:, None] + torch.arange(side)) % 2
    picture = board.float().expand(1, 3, side, side)
    view = cut(picture, still(), PLAIN, BANK)
    assert (view - 0.5).abs().max().item() < 0.13


def test_zoom_views_mirror_the_picture_at_its_border() -> None:
    view = cut(ramp(64, 64), still(0.5, x=1.0), PLAIN, BANK)[0, 0, 8]
    torch.testing.assert_close(view, view.flip(0), atol=1e-5, rtol=0)
    assert view.max().item() < 1.0


@pytest.mark.parametrize("grey", [0.0, 0.3, 1.0])
def test_wide_views_show_grey_beyond_the_picture(grey: float) -> None:
    view = cut(torch.full((1, 3, 64, 64), 0.6), still(2.0, grey=grey), PLAIN, BANK)
    assert view[0, :, 0].flatten().tolist() == pytest.approx([grey] * 48, abs=1e-6)
    assert view[0, :, 8, 8].tolist() == pytest.approx([0.6] * 3, abs=1e-5)


def test_the_lens_normalises() -> None:
    lens = InputFormat(16, (0.1, 0.2, 0.3), (0.5, 0.25, 2.0))
    picture = noise(1, 3, 16, 16)
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (lens.mean, lens.std))
    seen = cut(picture, still(), lens, BANK)
    torch.testing.assert_close(seen, (picture - mean) / std, atol=1e-5, rtol=0)


def test_noise_has_its_strength_in_units_of_the_picture() -> None:
    lens = InputFormat(64, (0.5, 0.5, 0.5), (0.5, 0.25, 1.0))
    bank = noise_bank(64, 0, torch.device("cpu"))
    loud = replace(still(), noise=torch.tensor([0.08], dtype=torch.float64))
    picture = torch.full((1, 3, 64, 64), 0.5)
    spread = cut(picture, loud, lens, bank)[0].flatten(1).std(dim=1)
    torch.testing.assert_close(spread, torch.tensor([0.16, 0.32, 0.08]), rtol=0.05, atol=0)


def test_views_have_noise_of_their_own() -> None:
    views = draw_views(6, 1.0, ViewSeeds(1, 2, 0.0, 0))
    slices = replace(views, matrix=still().matrix.expand(6, 3, 3), noise=views.noise + 0.1)
    flat = cut(torch.full((1, 3, 16, 16), 0.5), slices, PLAIN, BANK).flatten(1)
    centred = torch.nn.functional.normalize(flat - flat.mean(1, keepdim=True), dim=1)
    alike = (centred @ centred.t()).fill_diagonal_(0)
    assert alike.abs().max().item() < 0.3


@pytest.mark.parametrize("size", [(32, 32), (45, 80), (90, 50)])
def test_the_slope_is_that_of_a_linear_map(size: tuple[int, int]) -> None:
    views = draw_views(10, size[1] / size[0], ViewSeeds(1, 2, 0.0, 0))
    leaf = noise(1, 3, *size).requires_grad_()
    change = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(1))
    seen = cut(leaf, views, PLAIN, BANK)
    weights = torch.randn(seen.shape, generator=torch.Generator().manual_seed(2))
    (seen * weights).sum().backward()
    assert leaf.grad is not None
    moved = cut(leaf.detach() + change, views, PLAIN, BANK)
    actual = ((moved - seen.detach()) * weights).sum().item()
    assert (leaf.grad * change).sum().item() == pytest.approx(actual, rel=1e-3)


def test_equal_numbers_give_equal_bytes() -> None:
    views = draw_views(10, 1.5, ViewSeeds(1, 2, 0.5, 0))
    one, two = (cut(noise(1, 3, 40, 60), views, PLAIN, BANK) for _ in range(2))
    assert torch.equal(one, two)


@pytest.mark.parametrize(("size", "count"), [((8, 12), 3), ((7, 5), 2), ((9, 9), 1)])
def test_the_levels_lie_in_the_atlas_as_they_say(size: tuple[int, int], count: int) -> None:
    picture = noise(1, 3, *size)
    atlas, levels = build_atlas(picture, count)
    height, width = size
    for level in levels:
        rows, columns = math.ceil(height), math.ceil(width)
        place = atlas[..., level.top :, level.left :][..., :rows, :columns]
        assert (level.height, level.width) == (height, width)
        assert place.mean().item() == pytest.approx(picture.mean().item(), abs=0.03)
        height, width = height / 2, width / 2
    assert len(levels) == count
