"""What holds contrast, saturation and sharpness."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from storyboard.drawers.bases import Waves
from storyboard.drawers.fft import FFTDrawer, color_axes
from storyboard.drawers.tone import Tone


def planes(rolloff: float = 1.0) -> Tensor:
    basis = Waves((48, 64), rolloff, torch.device("cpu"))
    chance = torch.Generator().manual_seed(2)
    return 0.3 * basis.planes(torch.randn(basis.shape, generator=chance))


def settled(tone: Tone, start: Tensor) -> Tensor:
    for _ in range(40):
        start = tone.nearer(start, color_axes(1.5))
    return start


@pytest.mark.parametrize("wanted", [0.05, 0.3])
def test_contrast_is_reached_and_the_mean_stays(wanted: float) -> None:
    held = settled(Tone(wanted, None, None), planes())
    light = torch.einsum("r,hw->rhw", color_axes(1.5)[:, 0], held[0, 0])
    deviation = (light - light.mean((1, 2), keepdim=True)).square().mean().sqrt()
    assert deviation == pytest.approx(wanted, rel=1e-3)
    torch.testing.assert_close(held[:, 1:], planes()[:, 1:])
    torch.testing.assert_close(held.mean((2, 3)), planes().mean((2, 3)), atol=1e-5, rtol=0)


@pytest.mark.parametrize("wanted", [0.0, 0.02, 0.2])
def test_saturation_is_reached(wanted: float) -> None:
    held = settled(Tone(None, wanted, None), planes())
    color = torch.einsum("rc,bchw->brhw", color_axes(1.5)[:, 1:], held[:, 1:])
    assert color.square().mean().sqrt() == pytest.approx(wanted, rel=1e-2, abs=2e-4)
    torch.testing.assert_close(held[:, :1], planes()[:, :1])


def test_sharpness_is_the_exponent_of_the_spectrum() -> None:
    for sharpness in (0.5, 1.0, 1.5):
        held = settled(Tone(None, None, sharpness), planes())
        same = planes(2 - sharpness)
        assert roughness(held) == pytest.approx(roughness(same), rel=0.25)
        assert held.var() == pytest.approx(planes().var().item(), rel=0.05)


def roughness(values: Tensor) -> float:
    return (values.diff(dim=3).square().mean() / values.var()).item()


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (6, 6)])
def test_tiny_and_flat_pictures_stay_finite(size: tuple[int, int]) -> None:
    tone = Tone(0.2, 0.1, 1.0)
    for start in (torch.zeros(1, 3, *size), torch.rand(1, 3, *size)):
        assert settled(tone, start).isfinite().all()


@pytest.mark.parametrize("basis", ["fft", "dwt", "pixels"])
def test_the_drawer_holds_what_it_is_asked_to(basis: str) -> None:
    start = torch.Generator().manual_seed(3)
    options = {"basis": basis, "init": 0.2, "contrast": 0.02, "saturation": 0.0}
    drawer = FFTDrawer((24, 32), options, generator=start)
    for _ in range(40):
        drawer.clamp()
    drawn = drawer.draw().detach()
    assert (drawn - drawn.mean(1, keepdim=True)).abs().max() < 0.01
    assert drawn.mean(1).std() == pytest.approx(0.02, rel=0.1)


def test_without_them_a_step_changes_nothing() -> None:
    drawer = FFTDrawer((24, 32), {}, generator=torch.Generator().manual_seed(3))
    before = drawer.spectrum.detach().clone()
    drawer.clamp()
    assert torch.equal(drawer.spectrum, before)
