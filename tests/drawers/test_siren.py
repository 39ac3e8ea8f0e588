"""The coordinate network: moved by its places, renewed by zooms, fitted where it must be."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from storyboard.drawers import drawers
from storyboard.drawers.siren import SirenDrawer
from storyboard.drawers.siren_layers import evaluate, fresh_layers, in_strips, renew
from storyboard.errors import BadValue, UsageError

SIZE = (36, 64)
Start = Callable[..., Any]


def make(size: tuple[int, int] = SIZE, seed: int = 0, **options: object) -> SirenDrawer:
    given = {"width": 32, "fit": 40} | options
    made = drawers.get("siren")(size, given, generator=torch.Generator().manual_seed(seed))
    assert isinstance(made, SirenDrawer)
    return made


def matrix(*, zoom: float = 1.0, turn: float = 0.0, x: float = 0.0, tilt: float = 0.0) -> Tensor:
    """A move in normalised coordinates of `SIZE`; ``turn`` in radians."""
    aspect = SIZE[1] / SIZE[0]
    c, s = zoom * math.cos(turn), zoom * math.sin(turn)
    rows = [[c, s / aspect, x], [-s * aspect, c, 0], [tilt, 0, 1]]
    return torch.tensor(rows, dtype=torch.float64)


def moved(drawer: SirenDrawer, m: Tensor) -> Tensor:
    """The picture of ``drawer`` after a move, asked for place by place."""
    height, width = drawer.size
    back = torch.linalg.inv(m)
    y, x = torch.meshgrid(
        (2 * torch.arange(height).double() + 1) / height - 1,
        (2 * torch.arange(width).double() + 1) / width - 1,
        indexing="ij",
    )
    old = torch.stack([x, y, torch.ones_like(x)], 2) @ back.T
    old = old / old[..., 2:]
    old[..., 0] *= width / height
    light = 0.5 + evaluate(old.view(-1, 3).float(), list(drawer._layers))
    return light.T.reshape(1, 3, height, width)


MOVES = [{}, {"zoom": 1.3}, {"zoom": 0.8}, {"turn": 0.3}, {"x": 0.2}, {"zoom": 1.1, "tilt": 0.2}]


@pytest.mark.parametrize("move", MOVES)
def test_carried_then_drawn_is_drawn_then_warped(move: dict[str, float], start: Start) -> None:
    drawer, m = make(frequency=4), matrix(**move)
    exact = moved(drawer, m).detach()
    drawer.carry(start(torch.zeros(1, 3, *SIZE), matrix=m))
    torch.testing.assert_close(drawer.draw().detach(), exact, atol=3e-3, rtol=0)


def test_two_half_moves_are_a_whole_one(start: Start) -> None:
    half = matrix(zoom=1.1, turn=0.1, tilt=0.1)
    once, twice = make(frequency=4), make(frequency=4)
    once.carry(start(torch.zeros(1, 3, *SIZE), matrix=half @ half))
    twice.carry(start(torch.zeros(1, 3, *SIZE), matrix=half))
    twice.carry(start(torch.zeros(1, 3, *SIZE), matrix=half))
    torch.testing.assert_close(twice.draw(), once.draw(), atol=1e-3, rtol=0)


def test_gradients_reach_every_parameter() -> None:
    drawer = make()
    weight = torch.rand(drawer.draw().shape, generator=torch.Generator().manual_seed(1))
    (drawer.draw() * weight).sum().backward()
    for layer in drawer._layers:
        assert layer.grad is not None and (layer.grad != 0).float().mean() > 0.9


def test_strips_give_the_same_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = torch.Generator().manual_seed(0)
    layers = [w.double().requires_grad_() for w in fresh_layers(8, 1, 4.0, chance, strength=0.3)]
    places = torch.rand(50, 3, generator=chance, dtype=torch.float64)
    whole = torch.autograd.grad(evaluate(places, layers).square().sum(), layers)
    monkeypatch.setattr("storyboard.drawers.siren_layers._STRIP", 16)
    parts = torch.autograd.grad(in_strips(places, layers).square().sum(), layers)
    torch.testing.assert_close(parts, whole)


@pytest.mark.parametrize("zoom", [1.05, 1 / 1.05])
def test_a_long_zoom_keeps_the_frequencies(zoom: float, start: Start) -> None:
    """A hundredfold zoom, in or out, leaves as many fine and coarse units as there were."""
    drawer = make(width=64)
    before = drawer._layers[0][:, :2].detach().norm(dim=1).log2()
    for _ in range(95):
        drawer.carry(start(torch.zeros(1, 3, *SIZE), matrix=matrix(zoom=zoom)))
    after = drawer._layers[0][:, :2].detach().norm(dim=1).log2()
    assert (after.mean() - before.mean()).abs() < 1.5
    assert after.max() > before.max() - 1.1 and after.min() < before.min() + 1.1
    assert drawer.draw().isfinite().all()


def test_a_unit_that_leaves_changes_little() -> None:
    chance = torch.Generator().manual_seed(4)
    layers = fresh_layers(32, 1, 6.0, chance, strength=0.2)
    layers[0][:3, :2] *= 0.02 / (layers[0][:3, :2].norm(dim=1, keepdim=True) / torch.pi)
    places = torch.rand(200, 3, generator=chance) * 2 - 1
    places[:, 2] = 1
    before = evaluate(places, layers)
    assert renew(layers, 6.0, chance, aspect=1.0) >= 3
    assert (evaluate(places, layers) - before).abs().max() < 0.02
    assert (layers[0][:3, :2].norm(dim=1) / torch.pi > 2.9).all()


def test_colours_change_with_the_frame(start: Start) -> None:
    drawer = make()
    before = drawer.draw().detach()
    begun = start(torch.zeros(1, 3, *SIZE), matrix=torch.eye(3, dtype=torch.float64))
    change = 0.5 * torch.eye(3), torch.tensor([0.1, 0.2, 0.3])
    begun.color_matrix = lambda: change
    drawer.carry(begun)
    wanted = before / 2 + change[1].view(3, 1, 1)
    torch.testing.assert_close(drawer.draw().detach(), wanted, atol=1e-3, rtol=0)


def soft(size: tuple[int, int]) -> Tensor:
    y, x = torch.meshgrid(*(torch.linspace(0, 1, n) for n in size), indexing="ij")
    return torch.stack([0.1 + 0.8 * x, 0.9 - 0.8 * y, 0.5 + 0.4 * torch.sin(6 * x + 4 * y)])[None]


def test_it_encodes_near_a_picture_the_same_way_each_time() -> None:
    one, other = make(fit=120), make(fit=120)
    one.encode(soft(SIZE))
    other.encode(soft(SIZE))
    assert torch.equal(one.draw(), other.draw())
    assert (one.draw() - soft(SIZE)).square().mean().sqrt() < 0.04


def test_it_is_fitted_where_no_matrix_moves_and_where_picture_is_new(start: Start) -> None:
    drawer = make(fit=120)
    drawer.encode(soft(SIZE))
    drawer.carry(start(soft(SIZE).flip(3)))
    assert (drawer.draw() - soft(SIZE).flip(3)).square().mean().sqrt() < 0.06
    canvas, new = drawer.draw().detach(), torch.zeros(1, 1, *SIZE)
    canvas[..., 50:], new[..., 50:] = 0.3, 1
    kept = drawer.draw().detach()[..., :44]
    for _ in range(6):
        drawer.carry(start(canvas, matrix=torch.eye(3), revealed=new))
    drawn = drawer.draw().detach()
    assert (drawn[..., 54:] - 0.3).abs().mean() < 0.06
    assert (drawn[..., :32] - kept[..., :32]).abs().mean() < 0.06


def test_a_resumed_drawer_goes_on_the_same(start: Start) -> None:
    one, other = make(), make(seed=3)
    one.carry(start(soft(SIZE), matrix=matrix(zoom=1.2, tilt=0.1)))
    other.load_state_dict(one.state_dict())
    new = torch.zeros(1, 1, *SIZE)
    new[..., :9] = 1
    for drawer in (one, other):
        drawer.carry(start(soft(SIZE), matrix=matrix(zoom=2, x=0.1), revealed=new))
    assert all(torch.equal(a, b) for a, b in zip(one._layers, other._layers, strict=True))


@pytest.mark.parametrize("size", [(37, 65), (1, 1), (720, 1280)])
def test_every_size_is_drawn(size: tuple[int, int]) -> None:
    with torch.no_grad():
        assert make(size, width=8).draw().shape == (1, 3, *size)


def test_another_network_is_refused() -> None:
    drawer = make()
    assert drawer.retune({"width": 32, "lr": 0.5}) and drawer.parameters()[0]["lr"] == 0.5
    assert not drawer.retune({"width": 33})
    for other in (make(width=16), make((36, 65))):
        with pytest.raises(UsageError, match="does not match drawer size"):
            drawer.load_state_dict(other.state_dict())
    with pytest.raises(BadValue, match="width: 2 must be between"):
        make(width=2)
