"""The spectrum: exact inverse, seeded start, and a scale that means the same at every size."""

from __future__ import annotations

import pytest
import torch

from storyboard.drawers.fft import (
    INSIDE,
    FFTDrawer,
    color_axes,
    soft_clip,
    soft_clip_inverse,
    wave_scale,
)

SIZES = [(8, 8), (7, 7), (7, 16), (16, 7), (36, 64), (45, 81), (1, 9)]


@pytest.mark.parametrize("decay", [0, 1.5, 2.5])
@pytest.mark.parametrize("size", SIZES)
def test_encode_is_the_inverse_of_draw(size: tuple[int, int], decay: float) -> None:
    drawer = FFTDrawer(size, {"decay": decay})
    generator = torch.Generator().manual_seed(3)
    picture = INSIDE + (1 - 2 * INSIDE) * torch.rand(1, 3, *size, generator=generator)
    drawer.encode(picture)
    torch.testing.assert_close(drawer.draw().detach(), picture, atol=2e-6, rtol=0)


def test_black_and_white_are_held_just_inside() -> None:
    drawer = FFTDrawer((8, 8), {})
    edges = (torch.arange(8) % 2).float().expand(1, 3, 8, 8)
    drawer.encode(edges)
    drawn = drawer.draw().detach()
    assert (drawn - edges).abs().max() < 0.5 / 255
    assert torch.equal((drawn * 255).round(), edges * 255)


@pytest.mark.parametrize(("shade", "inward"), [(0.0, 1), (1.0, -1)])
def test_there_is_a_way_back_from_black_and_white(shade: float, inward: int) -> None:
    drawer = FFTDrawer((4, 4), {"decay": 0})
    drawer.encode(torch.full((1, 3, 4, 4), shade))

    def pull(towards: int) -> float:
        """How strongly the spectrum answers to a wish for ``towards``: the gradient's length."""
        (gradient,) = torch.autograd.grad(-towards * drawer.draw().sum(), drawer.spectrum)
        return gradient.norm().item()

    assert pull(inward) > 20 * pull(-inward)


def test_the_gamut_map_is_smooth_and_monotone() -> None:
    light = torch.linspace(-0.6, 1.6, 2001, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(soft_clip(light).sum(), light)
    assert slope.min() > 0 and slope.max() <= 1 + 1e-12
    assert slope.diff().abs().max() < 0.02
    torch.testing.assert_close(soft_clip_inverse(soft_clip(light)), light)
    assert torch.equal(soft_clip(torch.tensor([0.1, 0.5, 0.9])), torch.tensor([0.1, 0.5, 0.9]))
    far = torch.tensor([-1e4, 1e4], requires_grad=True)
    (slope,) = torch.autograd.grad(soft_clip(far).sum(), far)
    assert torch.isfinite(slope).all()


@pytest.mark.parametrize("size", [(36, 64), (72, 128), (30, 30)])
def test_a_coefficient_of_one_is_a_deviation_of_one(size: tuple[int, int]) -> None:
    for decay in (0, 1, 2):
        scale = wave_scale(size, decay)
        assert scale.square().mean().item() == pytest.approx(1, abs=1e-4)
        assert scale[0, 0] == scale.max()


def test_decay_makes_coarse_strokes() -> None:
    def roughness(decay: float) -> float:
        start = torch.Generator().manual_seed(0)
        picture = FFTDrawer((32, 32), {"decay": decay, "init": 0.1}, generator=start).draw()
        return (picture.diff(dim=3).square().mean() / picture.var()).item()

    assert roughness(0.5) > 2 * roughness(1.5) > 4 * roughness(2.5)


def test_colors_decides_how_colourful_noise_is() -> None:
    def colour(colors: float) -> float:
        start = torch.Generator().manual_seed(0)
        picture = FFTDrawer((32, 32), {"colors": colors, "init": 0.1}, generator=start).draw()
        return ((picture[:, 0] - picture[:, 2]).std() / picture.mean(1).std()).item()

    assert colour(4) > 2 * colour(1)
    assert torch.linalg.det(color_axes(1.5)).abs() > 1e-3


def test_gradient() -> None:
    light = torch.tensor([-0.3, 0.05, 0.4, 0.7, 0.97, 1.4], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(soft_clip, light)


def test_options_that_move_keep_the_picture_and_change_its_rate() -> None:
    drawer = FFTDrawer((18, 32), {}, generator=torch.Generator().manual_seed(3))
    before, spectrum = drawer.draw(), drawer.spectrum
    assert drawer.retune({"decay": 2.5, "colors": 0.7, "lr": 0.2})
    assert torch.allclose(drawer.draw(), before, atol=1e-5)
    assert drawer.spectrum is spectrum
    assert drawer.parameters()[0]["lr"] == 0.2
    drawn = FFTDrawer((18, 32), {"decay": 2.5, "colors": 0.7})
    drawn.load_state_dict(drawer.state_dict())
    assert torch.equal(drawn.draw(), drawer.draw())


def test_the_same_options_leave_every_bit() -> None:
    drawer = FFTDrawer((18, 32), {}, generator=torch.Generator().manual_seed(3))
    before = drawer.spectrum.detach().clone()
    assert drawer.retune({"lr": 0.2})
    assert torch.equal(drawer.spectrum, before)
