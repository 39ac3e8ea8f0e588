"""The spectrum: exact inverse, seeded start, and a scale that means the same at every size."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from storyboard.drawers.fft import INSIDE, FFTDrawer, color_axes, soft_clip, soft_clip_inverse

SIZES = [(8, 8), (7, 7), (7, 16), (16, 7), (36, 64), (45, 81), (1, 9)]


@pytest.mark.parametrize(
    "options",
    [
        {"decay": 0},
        {},
        {"decay": 2.5},
        {"detail": 1},
        {"basis": "dwt"},
        {"basis": "dwt", "wave": "haar", "detail": -1},
        {"basis": "pixels"},
    ],
)
@pytest.mark.parametrize("size", SIZES)
def test_encode_is_the_inverse_of_draw(size: tuple[int, int], options: dict[str, Any]) -> None:
    drawer = FFTDrawer(size, options)
    generator = torch.Generator().manual_seed(3)
    picture = INSIDE + (1 - 2 * INSIDE) * torch.rand(1, 3, *size, generator=generator)
    drawer.encode(picture)
    torch.testing.assert_close(drawer.draw().detach(), picture, atol=5e-6, rtol=0)


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


@pytest.mark.parametrize("basis", ["fft", "dwt", "pixels"])
def test_options_that_move_keep_the_picture_and_change_its_rate(basis: str) -> None:
    drawer = FFTDrawer((18, 32), {"basis": basis}, generator=torch.Generator().manual_seed(3))
    before, spectrum = drawer.draw(), drawer.spectrum
    moved = {"basis": basis, "decay": 2.5, "colors": 0.7, "detail": 0.5}
    assert drawer.retune(moved | {"lr": 0.2, "contrast": 0.1})
    assert torch.allclose(drawer.draw(), before, atol=1e-5)
    assert drawer.spectrum is spectrum
    assert drawer.parameters()[0]["lr"] == 0.2
    drawn = FFTDrawer((18, 32), moved)
    drawn.load_state_dict(drawer.state_dict())
    assert torch.equal(drawn.draw(), drawer.draw())


def test_the_same_options_leave_every_bit() -> None:
    drawer = FFTDrawer((18, 32), {}, generator=torch.Generator().manual_seed(3))
    before = drawer.spectrum.detach().clone()
    assert drawer.retune({"lr": 0.2})
    assert torch.equal(drawer.spectrum, before)


@pytest.mark.parametrize("changed", [{"basis": "dwt"}, {"basis": "pixels"}])
def test_another_basis_is_another_drawer(changed: dict[str, Any]) -> None:
    drawer = FFTDrawer((18, 32), {})
    assert not drawer.retune(changed)
    drawer = FFTDrawer((18, 32), {"basis": "dwt"})
    assert not drawer.retune({"basis": "dwt", "wave": "haar"})


def test_detail_changes_the_steps_but_not_the_fresh_picture() -> None:
    """A step of the same size in every coefficient is rougher with more detail."""

    def fresh_and_step(basis: str, detail: float) -> tuple[torch.Tensor, float]:
        options = {"basis": basis, "detail": detail}
        drawer = FFTDrawer((32, 32), options, generator=torch.Generator().manual_seed(0))
        before = drawer.draw().detach()
        signs = torch.randn(drawer.spectrum.shape, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            drawer.spectrum.add_(0.02 * signs.sign())
        step = drawer.draw().detach() - before
        return before, (step.diff(dim=3).square().mean() / step.var()).item()

    for basis in ("fft", "dwt", "pixels"):
        made = [fresh_and_step(basis, detail) for detail in (-1.0, 0.0, 1.0)]
        for picture, _ in made:
            torch.testing.assert_close(picture, made[0][0], atol=1e-5, rtol=0)
        assert made[0][1] * 1.2 < made[1][1] < made[2][1] / 1.2


def test_the_fresh_picture_of_pixels_decays_too() -> None:
    def roughness(decay: float) -> float:
        start = torch.Generator().manual_seed(0)
        options = {"basis": "pixels", "decay": decay, "init": 0.1}
        picture = FFTDrawer((32, 32), options, generator=start).draw()
        return (picture.diff(dim=3).square().mean() / picture.var()).item()

    assert roughness(0) > 2 * roughness(2)
