"""Colours come back to the reference, stay in gamut, and stay where they are when they fit."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from storyboard.filters.color_hold import GAIN, LabStats, color_hold, into_gamut


def photo(seed: int = 0) -> Tensor:
    """A picture of soft colours well inside the gamut."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 4, 6, generator=generator)
    soft = torch.nn.functional.interpolate(coarse, scale_factor=6, mode="bilinear")
    return 0.3 + 0.4 * soft


def near(a: LabStats, b: LabStats) -> float:
    return max((a.mean - b.mean).abs().max().item(), (a.std - b.std).abs().max().item())


def test_the_stats_of_known_colours() -> None:
    white = LabStats.of(torch.ones(1, 3, 4, 4))
    torch.testing.assert_close(white.mean, torch.tensor([100.0, 0, 0]), atol=0.02, rtol=0)
    assert white.std.max() < 1e-3
    red = LabStats.of(torch.tensor([1.0, 0, 0])[None, :, None, None].expand(1, 3, 2, 2))
    torch.testing.assert_close(red.mean, torch.tensor([53.24, 80.09, 67.20]), atol=0.1, rtol=0)


def test_a_picture_is_held_where_it_is() -> None:
    picture = photo()
    own = LabStats.of(picture)
    torch.testing.assert_close(color_hold(picture, own, amount=1), picture, atol=1e-4, rtol=0)
    assert color_hold(picture, LabStats.of(photo(1)), amount=0) is picture


@pytest.mark.parametrize("amount", [0.25, 0.5, 1.0])
def test_it_goes_as_far_as_it_is_reported(amount: float) -> None:
    target, picture = LabStats.of(photo(1)), (photo() * 0.8 + 0.15)
    before = near(LabStats.of(picture), target)
    after = near(LabStats.of(color_hold(picture, target, amount=amount)), target)
    assert after < before * (1 - amount) + 0.5


def test_drift_is_stopped() -> None:
    """A hundred frames, each a little more contrasted and warmer than the one before."""
    reference = LabStats.of(photo())
    free = held = photo()
    warm = torch.tensor([1.01, 1.0, 0.985])[:, None, None]
    for _ in range(100):
        free, held = (((p - 0.5) * 1.02 + 0.5) * warm for p in (free, held))
        free, held = free.clamp(0, 1), color_hold(held.clamp(0, 1), reference, amount=0.3)
    assert near(LabStats.of(free), reference) > 20
    assert near(LabStats.of(held), reference) < 5


def test_a_flat_picture_is_not_blown_up() -> None:
    flat = 0.5 + 0.001 * (photo() - 0.5)
    out = color_hold(flat, LabStats.of(photo(1)), amount=1)
    assert out.std((2, 3)).max() < 2 * GAIN * flat.std((2, 3)).max()


def test_it_stays_in_gamut_and_keeps_the_hue() -> None:
    vivid = torch.tensor([[1.3, 0.2, 0.1], [-0.2, 0.4, 0.4], [0.5, 0.5, 0.5], [1.4, 1.2, 1.3]])
    out = into_gamut(vivid.T[None, :, None, :])[0, :, 0].T
    assert out.min() >= 0 and out.max() <= 1
    assert torch.equal(out[2], vivid[2])
    before, after = vivid[0] - vivid[0].mean(), out[0] - out[0].mean()
    torch.testing.assert_close(after / after.norm(), before / before.norm(), atol=1e-3, rtol=0)
    assert out[3].min() > 0.99


def test_the_moving_reference() -> None:
    a, b = LabStats.of(photo()), LabStats.of(photo(1))
    assert near(a.toward(b, 0), a) == 0
    assert near(a.toward(b, 1), b) < 1e-5
    middle = a.toward(b, 0.5)
    torch.testing.assert_close(middle.mean, (a.mean + b.mean) / 2)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_the_gradient_is_finite(level: float) -> None:
    picture = torch.full((1, 3, 6, 6), level).requires_grad_()
    color_hold(picture, LabStats.of(photo()), amount=0.5).sum().backward()
    assert torch.isfinite(picture.grad).all()
