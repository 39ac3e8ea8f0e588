"""The distances to a given picture: zero for itself, the right gradient, ranks, what moves it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.losses import LossContext, losses, within
from storyboard.losses.target import LATENT, MEASURES, edge_distance, structure_distance

SIZE = (24, 32)
ALL = [*MEASURES, "embedding"]


def noise(seed: int, *, cells: int = 4) -> Tensor:
    """A picture of soft cells, (1, 3, 24, 32)."""
    generator = torch.Generator().manual_seed(seed)
    few = torch.rand(1, 3, cells, cells, generator=generator)
    return F.interpolate(few, SIZE, mode="bilinear", align_corners=False)


def embed(picture: Tensor) -> list[Tensor]:
    """A perceptor that sees the colours of 4x4 cells."""
    return [F.normalize(F.avg_pool2d(picture - 0.5, 6).flatten(), dim=0)]


def context(target: Tensor, measure: str, **changes: object) -> LossContext:
    options = {"image": "p.png", "measure": measure, "carried": False}
    made = LossContext(options=options, image=lambda _: target, embed=embed)
    return replace(made, **changes)


def distance(measure: str, picture: Tensor, target: Tensor) -> Tensor:
    return losses.get("target")(context(target, measure))(picture)


@pytest.mark.parametrize("measure", ALL)
def test_a_picture_is_at_no_distance_from_itself(measure: str) -> None:
    assert float(distance(measure, noise(1), noise(1))) == pytest.approx(0, abs=1e-6)
    assert float(distance(measure, noise(1), noise(2))) > 0.02


@pytest.mark.parametrize("measure", ALL)
def test_gradient(measure: str) -> None:
    picture = noise(1).double()[..., ::2, ::2].requires_grad_()
    target = noise(2).double()[..., ::2, ::2]

    def small(one: Tensor) -> list[Tensor]:
        return [F.normalize(F.avg_pool2d(one - 0.5, 4).flatten(), dim=0)]

    objective = losses.get("target")(context(target, measure, embed=small))
    assert torch.autograd.gradcheck(objective, picture)


@pytest.mark.parametrize("measure", ALL)
def test_optimising_towards_a_picture_ranks_it_first_of_sixteen(measure: str) -> None:
    pictures = [noise(seed) for seed in range(16)]
    canvas = torch.full((1, 3, *SIZE), 0.5) + 0.01 * noise(99)
    canvas.requires_grad_()
    objective = losses.get("target")(context(pictures[5], measure))
    optimizer = torch.optim.Adam([canvas], lr=0.03)
    for _ in range(60):
        optimizer.zero_grad()
        objective(canvas).backward()
        optimizer.step()
    found = torch.stack([distance(measure, canvas.detach(), one) for one in pictures])
    assert int(found.argmin()) == 5


class Cells:
    """A drawer of cells: latents (1, 3, 4, 4) that are its parameters, and a picture of them."""

    def __init__(self, picture: Tensor) -> None:
        self.latents = self.latents_of(picture).clone().requires_grad_()

    def latents_now(self) -> Tensor:
        return self.latents

    def latents_of(self, picture: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(picture, 4).detach()

    def features_of(self, picture: Tensor) -> dict[str, Tensor]:
        return {"cells": F.adaptive_avg_pool2d(picture, 4)}


def latent(target: Tensor, coder: object, distance: str, **changes: object) -> LossContext:
    options = {"image": "p.png", "measure": "latent", "distance": distance, "carried": False}
    return LossContext(options=options, image=lambda _: target, coder=coder, **changes)


@pytest.mark.parametrize("distance", LATENT)
def test_latents_are_pulled_to_those_of_the_picture(distance: str) -> None:
    def value(coder: Cells, target: Tensor) -> Tensor:
        return losses.get("target")(latent(target, coder, distance))(noise(0))

    pictures = [noise(seed) for seed in range(16)]
    nought = value(Cells(pictures[5]), pictures[5]).detach()
    assert float(nought) == pytest.approx(0, abs=1e-6)
    cells = Cells(noise(99))
    optimizer = torch.optim.Adam([cells.latents], lr=0.03)
    for _ in range(60):
        optimizer.zero_grad()
        value(cells, pictures[5]).backward()
        optimizer.step()
    found = torch.stack([value(cells, one).detach() for one in pictures])
    assert int(found.argmin()) == 5
    start = Cells(noise(98)).latents.detach().double()
    wanted = Cells(noise(97)).latents.detach().double()
    assert torch.autograd.gradcheck(
        lambda one: LATENT[distance](one, wanted), start.clone().requires_grad_()
    )


def half(picture: Tensor) -> Tensor:
    """The left half."""
    mask = torch.zeros_like(picture[:, :1])
    mask[..., : picture.shape[-1] // 2] = 1
    return mask


@pytest.mark.parametrize("measure", [*ALL, "latent"])
def test_a_masked_target_is_for_its_part_alone(measure: str) -> None:
    mixed = noise(2)
    mixed[..., : SIZE[1] // 2] = noise(1)[..., : SIZE[1] // 2]

    def objective(picture: Tensor) -> tuple[Tensor, Tensor]:
        leaf, cells = picture.clone().requires_grad_(), Cells(picture)
        if measure == "latent":
            made = latent(noise(1), cells, "squared", mask=half)
            value = losses.get("target")(made)(leaf)
            value.backward()
            return value.detach(), cells.latents.grad
        value = losses.get("target")(context(noise(1), measure, mask=half))(leaf)
        value.backward()
        return value.detach(), leaf.grad

    assert float(objective(mixed)[0]) == pytest.approx(0, abs=1e-6)
    value, slope = objective(noise(2))
    assert float(value) > 1e-3
    middle = slope.shape[-1] // 2
    assert float(slope[..., middle:].abs().max()) == 0 < float(slope[..., :middle].abs().max())


def test_any_loss_can_be_for_a_part() -> None:
    leaf = noise(1).requires_grad_()
    whole = losses.get("saturation")(LossContext())
    part = within(whole, half)
    assert part(leaf).item() == pytest.approx(whole(leaf).item())
    (everywhere,) = torch.autograd.grad(whole(leaf), leaf)
    (there,) = torch.autograd.grad(part(leaf), leaf)
    assert float(there[..., 16:].abs().max()) == 0
    torch.testing.assert_close(there[..., :16], everywhere[..., :16])


def test_edges_are_the_same_in_other_colours() -> None:
    picture = torch.zeros(1, 3, *SIZE)
    picture[..., 6:18, 8:24] = 0.6
    assert float(edge_distance(1 - picture, picture)) == pytest.approx(0, abs=1e-6)
    assert float(edge_distance(0.5 * picture, picture)) < 0.01
    moved = picture.roll(4, dims=-1)
    assert float(edge_distance(moved, picture)) > 10 * float(edge_distance(0.5 * picture, picture))


def test_structure_is_blind_to_small_noise_and_sees_what_moved() -> None:
    picture = noise(3, cells=6)
    noisy = (picture + 0.01 * torch.randn(picture.shape, generator=torch.Generator())).clamp(0, 1)
    moved = picture.roll(6, dims=-1)
    assert float(structure_distance(noisy, picture)) < float(structure_distance(moved, picture)) / 2


def test_the_camera_carries_the_target_where_it_is_asked_to() -> None:
    moved = context(noise(1), "pixel", view=lambda picture: picture.roll(3, dims=-1))
    options = dict(moved.options)
    still = losses.get("target")(moved)
    carried = losses.get("target")(replace(moved, options={**options, "carried": True}))
    assert float(still(noise(1))) == 0 < float(carried(noise(1)))
    assert float(carried(noise(1).roll(3, dims=-1))) == 0


def test_without_a_perceptor_there_is_no_embedding() -> None:
    objective = losses.get("target")(context(noise(1), "embedding", embed=None))
    assert float(objective(noise(2))) == 0
