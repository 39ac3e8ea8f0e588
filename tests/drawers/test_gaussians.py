"""Splats: an exact gradient, moved by their covariances, born again, fitted to pictures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.drawers import drawers
from storyboard.drawers.gaussians import GaussianDrawer
from storyboard.drawers.splat_raster import PAPER, REACH, draw_splats
from storyboard.errors import BadValue, UsageError

SIZE = (48, 80)
Start = Callable[..., Any]


def make(size: tuple[int, int] = SIZE, seed: int = 0, **options: object) -> GaussianDrawer:
    given = {"splats": 200} | options
    made = drawers.get("gaussians")(size, given, generator=torch.Generator().manual_seed(seed))
    assert isinstance(made, GaussianDrawer)
    return made


def matrix(*, zoom: float = 1.0, turn: float = 0.0, x: float = 0.0, shear: float = 0.0) -> Tensor:
    """A move in normalised coordinates of `SIZE`; ``turn`` in radians."""
    aspect = SIZE[1] / SIZE[0]
    c, s = zoom * math.cos(turn), zoom * math.sin(turn)
    rows = [[c, s / aspect + shear, x], [-s * aspect, c, 0], [0, 0, 1]]
    return torch.tensor(rows, dtype=torch.float64)


def warped(picture: Tensor, m: Tensor) -> Tensor:
    back = torch.linalg.inv(m)[:2].float()[None]
    grid = F.affine_grid(back, [1, 1, *picture.shape[2:]], align_corners=False)
    return F.grid_sample(picture, grid, align_corners=False, padding_mode="border")


def soft(size: tuple[int, int] = SIZE) -> Tensor:
    """A disc on a ramp."""
    y, x = torch.meshgrid(*(torch.linspace(-1, 1, n) for n in size), indexing="ij")
    disc = ((x * size[1] / size[0]) ** 2 + y**2 < 0.3).float()
    return torch.stack([0.2 + 0.7 * disc, 0.5 + 0.3 * y, 0.7 - 0.5 * disc])[None]


def random_splats(count: int = 12) -> list[Tensor]:
    chance = torch.Generator().manual_seed(2)
    one, two, three = torch.rand(3, count, generator=chance)
    precisions = torch.stack([0.02 + 0.1 * one, 0.01 * (two - 0.5), 0.02 + 0.1 * three], 1)
    return [
        torch.rand(count, 2, generator=chance) * torch.tensor([37.0, 21.0]),
        precisions,
        torch.rand(count, 3, generator=chance),
        0.2 + 0.8 * torch.rand(count, generator=chance),
        torch.tensor([0.1, 0.2, 0.3]),
    ]


def drawn_plainly(splats: list[Tensor], size: tuple[int, int]) -> Tensor:
    centers, precisions, colors, opacities, paper = splats
    y, x = torch.meshgrid(*(torch.arange(n) + 0.5 for n in size), indexing="ij")
    dx, dy = (p.flatten()[:, None] - c for p, c in ((x, centers[:, 0]), (y, centers[:, 1])))
    a, b, c = precisions.unbind(1)
    q = a * dx**2 + 2 * b * dx * dy + c * dy**2
    weights = opacities * ((-q / 2).exp() - math.exp(-(REACH**2) / 2)).clamp(min=0)
    sums = weights @ colors + PAPER * paper
    return (sums / (weights.sum(1, keepdim=True) + PAPER)).T.reshape(1, 3, *size)


def test_picture_and_gradient_are_those_of_the_formula() -> None:
    size = (21, 37)
    splats = [t.requires_grad_() for t in random_splats()]
    tiled, plain = draw_splats(*splats, size=size), drawn_plainly(splats, size)
    torch.testing.assert_close(tiled, plain, atol=1e-4, rtol=0)
    weight = torch.rand(plain.shape, generator=torch.Generator().manual_seed(1))
    ours, theirs = (torch.autograd.grad((p * weight).sum(), splats) for p in (tiled, plain))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-2, atol=1e-2 * float(other.abs().max()))


def test_gradients_reach_every_parameter() -> None:
    drawer = make()
    with torch.no_grad():
        drawer._splats["scales"][:, 1] -= 0.5  # a round splat has no angle
    weight = torch.rand(drawer.draw().shape, generator=torch.Generator().manual_seed(1))
    (drawer.draw() * weight).sum().backward()
    for splat in drawer._splats.values():
        assert splat.grad is not None and (splat.grad != 0).float().mean() > 0.9


@pytest.mark.parametrize(
    "move", [{}, {"zoom": 1.4}, {"zoom": 0.8}, {"turn": 0.4}, {"x": 0.1}, {"shear": 0.2}]
)
def test_carried_then_drawn_is_drawn_then_warped(move: dict[str, float], start: Start) -> None:
    drawer, m = make(), matrix(**move)
    with torch.no_grad():
        drawer._splats["points"].mul_(0.4)
        drawer._splats["scales"][:, 0] += 0.5
        exact = F.avg_pool2d(warped(drawer.draw_at((192, 320)), m), 4)
        drawer.carry(start(exact, matrix=m))
        drawn = drawer.draw()
    assert int(drawer._born) == 1, "no splat is lost"
    assert (drawn - exact).abs().mean() < 0.015


def test_lost_splats_begin_where_picture_is_new(start: Start) -> None:
    drawer = make(splats=400)
    drawer.encode(soft())
    canvas, new = drawer.draw().detach(), torch.zeros(1, 1, *SIZE)
    canvas[..., 60:] = torch.tensor([0.1, 0.8, 0.1]).view(3, 1, 1)
    new[..., 60:] = 1
    drawer.carry(start(canvas, matrix=matrix(x=-0.5), revealed=new))
    strip = drawer.draw().detach()[..., 64:]
    assert (strip.mean((2, 3)) - torch.tensor([0.1, 0.8, 0.1])).abs().max() < 0.1


def test_a_long_zoom_keeps_splats_within_their_bounds(start: Start) -> None:
    drawer = make()
    drawer.encode(soft())
    for _ in range(20):
        drawer.carry(start(drawer.draw().detach(), matrix=matrix(zoom=1.2)))
    deviations = drawer._splats["scales"].detach().exp() / drawer._spacing
    assert deviations.max() <= 8.01 and deviations.median() < 4
    assert drawer.draw().isfinite().all()


def test_what_lies_behind_the_camera_begins_anew(start: Start) -> None:
    drawer = make()
    m = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 3, 1]], dtype=torch.float64)
    drawer.carry(start(torch.full((1, 3, *SIZE), 0.3), matrix=m))
    assert all(t.isfinite().all() for t in drawer._splats.values())
    assert (drawer._splats["points"].abs() < 8).all()


def test_colours_change_with_the_frame(start: Start) -> None:
    drawer = make()
    before = drawer._splats["colors"].detach().clone()
    drawer.carry(start(torch.zeros(1, 3, *SIZE), change=lambda colors: colors / 2))
    torch.testing.assert_close(drawer._splats["colors"].detach(), before / 2)


def test_it_encodes_near_a_picture() -> None:
    drawer = make(splats=400)
    drawer.encode(soft())
    flat = (soft() - soft().mean((2, 3), keepdim=True)).square().mean().sqrt()
    assert (drawer.draw() - soft()).square().mean().sqrt() < 0.2 * flat


def test_a_resumed_drawer_goes_on_the_same(start: Start) -> None:
    one, other = make(), make(seed=3)
    one.carry(start(soft(), matrix=matrix(zoom=1.5)))
    other.load_state_dict(one.state_dict())
    for drawer in (one, other):
        drawer.carry(start(soft(), matrix=matrix(zoom=1.5, x=0.1)))
    assert torch.equal(one.draw(), other.draw())


@pytest.mark.parametrize("size", [(37, 65), (65, 37), (1, 1), (720, 1280)])
def test_every_size_is_drawn_and_learns(size: tuple[int, int]) -> None:
    drawer = make(size, splats=60)
    drawer.draw().square().sum().backward()
    assert drawer.draw().shape == (1, 3, *size)
    assert all(t.grad is not None and t.grad.isfinite().all() for t in drawer._splats.values())


def test_others_are_refused() -> None:
    drawer = make()
    assert drawer.retune({"splats": 200, "lr": 0.5}) and drawer.parameters()[0]["lr"] == 0.5
    assert not drawer.retune({"splats": 201})
    for other in (make(splats=201), make((48, 81))):
        with pytest.raises(UsageError, match="does not match drawer size"):
            drawer.load_state_dict(other.state_dict())
    with pytest.raises(BadValue, match="splats: 0 must be between"):
        make(splats=0)
