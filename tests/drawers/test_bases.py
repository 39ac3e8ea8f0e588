"""The bases: exact inverses at every size, and coefficients that mean the same."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor

from storyboard.drawers.bases import WAVES, Basis, Pixels, Wavelets, Waves, wave_scale

BASES = {"fft": Waves, "pixels": Pixels} | {w: partial(Wavelets, wave=w) for w in WAVES}
SIZES = [(1, 1), (1, 9), (5, 7), (36, 64), (37, 65), (129, 257), (720, 1280)]
CPU = torch.device("cpu")


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("rolloff", [-1.0, 0.0, 1.5])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", BASES)
def test_both_ways_give_the_planes_back(name: str, size: tuple[int, int], rolloff: float) -> None:
    basis: Basis = BASES[name](size, rolloff, CPU)
    planes = noise(1, 3, *size)
    values = basis.values(planes)
    assert values.shape == basis.shape
    torch.testing.assert_close(basis.planes(values), planes, atol=2e-4, rtol=0)


@pytest.mark.parametrize("name", BASES)
def test_it_is_linear_and_every_coefficient_counts(name: str) -> None:
    basis: Basis = BASES[name]((18, 33), 1.0, CPU)
    a, b = noise(*basis.shape), noise(*basis.shape).flip(2)
    together = basis.planes(a) + 2 * basis.planes(b)
    torch.testing.assert_close(basis.planes(a + 2 * b), together, atol=1e-4, rtol=1e-4)
    values = a.requires_grad_()
    (basis.planes(values) * noise(1, 3, 18, 33)).sum().backward()
    reached = values.grad != 0
    assert reached.float().mean() > 0.9 and reached.flatten(3).any(-1).all()


@pytest.mark.parametrize("size", [(36, 64), (64, 128), (30, 30)])
@pytest.mark.parametrize("name", BASES)
def test_coefficients_of_one_give_a_deviation_of_about_one(
    name: str, size: tuple[int, int]
) -> None:
    for rolloff in (0.0, 1.0, 2.0):
        basis: Basis = BASES[name](size, rolloff, CPU)
        deviation = basis.planes(noise(*basis.shape)).square().mean().sqrt()
        assert 0.4 < deviation < 2.5


@pytest.mark.parametrize("name", BASES)
def test_the_rolloff_makes_coarse_steps(name: str) -> None:
    def roughness(rolloff: float) -> float:
        basis: Basis = BASES[name]((32, 32), rolloff, CPU)
        planes = basis.planes(noise(*basis.shape))
        return (planes.diff(dim=3).square().mean() / planes.var()).item()

    assert roughness(0.5) > 1.5 * roughness(1.5) > 2 * roughness(2.5)


@pytest.mark.parametrize("wave", WAVES)
def test_a_constant_lies_in_the_coarsest_level(wave: str) -> None:
    basis = Wavelets((32, 64), 0.0, CPU, wave=wave)
    values = basis.values(torch.ones(1, 3, 32, 64))
    height, width = basis.sizes[-1]
    assert values[..., :height, :width].square().sum() == pytest.approx(3 * 32 * 64, rel=1e-4)
    rest = values.clone()
    rest[..., :height, :width] = 0
    assert rest.abs().max() < 1e-4


def test_haar_keeps_lengths() -> None:
    basis = Wavelets((32, 64), 0.0, CPU, wave="haar")
    planes = noise(1, 3, 32, 64)
    torch.testing.assert_close(basis.values(planes).norm(), planes.norm())


@pytest.mark.parametrize("size", [(36, 64), (72, 128), (30, 30)])
def test_a_coefficient_of_one_is_a_deviation_of_one(size: tuple[int, int]) -> None:
    for decay in (0, 1, 2):
        scale = wave_scale(size, decay)
        assert scale.square().mean().item() == pytest.approx(1, abs=1e-4)
        assert scale[0, 0] == scale.max()
