"""Drawers of strokes: how they begin, move with the camera, take over pictures, and SVG."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.drawers import Retunes, drawers
from storyboard.drawers.strokes import StrokeDrawer
from storyboard.errors import BadValue, UsageError

NAMES = ["clipdraw", "line_sketch", "dots"]
COLORED = ["clipdraw", "dots"]
SIZE = (48, 80)
Start = Callable[..., Any]


def make(name: str, size: tuple[int, int] = SIZE, seed: int = 0, **options: object) -> StrokeDrawer:
    made = drawers.get(name)(
        size, {"strokes": 60} | options, generator=torch.Generator().manual_seed(seed)
    )
    assert isinstance(made, StrokeDrawer)
    return made


def matrix(*, zoom: float = 1.0, turn: float = 0.0, x: float = 0.0, y: float = 0.0) -> Tensor:
    """A move in normalised coordinates of `SIZE`; ``turn`` in radians, x and y in halves."""
    aspect = SIZE[1] / SIZE[0]
    c, s = zoom * math.cos(turn), zoom * math.sin(turn)
    rows = [[c, s / aspect, x], [-s * aspect, c, y], [0, 0, 1]]
    return torch.tensor(rows, dtype=torch.float64)


def warped(picture: Tensor, m: Tensor) -> Tensor:
    back = torch.linalg.inv(m)[:2].float()[None]
    grid = F.affine_grid(back, [1, 1, *picture.shape[2:]], align_corners=False)
    return F.grid_sample(picture, grid, align_corners=False, padding_mode="border")


def picture(height: int, width: int) -> Tensor:
    """A disc on a ramp."""
    y, x = torch.meshgrid(
        torch.linspace(-1, 1, height), torch.linspace(-2, 2, width), indexing="ij"
    )
    disc = (x**2 + y**2 < 0.3).float()
    return torch.stack([0.2 + 0.7 * disc, 0.5 + 0.3 * y, 0.7 - 0.5 * disc])[None]


def sharpness(drawn: Tensor) -> float:
    """The steepest steps from pixel to pixel; ten times nearer there are fewer of them."""
    steps = drawn.diff(dim=3).abs().amax(1).flatten()
    return float(steps.sort().values[-10:].mean())


@pytest.mark.parametrize("size", [(37, 65), (65, 37), (1, 1), (720, 1280)])
@pytest.mark.parametrize("name", NAMES)
def test_every_size_is_drawn_and_learns(name: str, size: tuple[int, int]) -> None:
    drawer = make(name, size, strokes=20)
    drawn = drawer.draw()
    assert drawn.shape == (1, 3, *size)
    drawn.square().sum().backward()
    for group in drawer.parameters():
        for parameter in group["params"]:
            assert parameter.grad is not None and parameter.grad.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_gradients_reach_every_parameter(name: str) -> None:
    drawer = make(name)
    weight = torch.rand(drawer.draw().shape, generator=torch.Generator().manual_seed(1))
    (drawer.draw() * weight).sum().backward()
    for group in drawer.parameters():
        for parameter in group["params"]:
            reached = (parameter.grad != 0).flatten(1 if parameter.dim() > 1 else 0)
            assert reached.float().mean() > 0.5


@pytest.mark.parametrize(
    "move",
    [
        {},
        {"zoom": 1.3},
        {"zoom": 0.8},
        {"turn": 0.2},
        {"x": 0.1, "y": -0.05},
        {"zoom": 1.1, "turn": -0.3, "x": -0.1},
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_carried_then_drawn_is_drawn_then_warped(
    name: str, move: dict[str, float], start: Start
) -> None:
    drawer, m = make(name, max_width=10), matrix(**move)
    with torch.no_grad():
        drawer.points.mul_(0.4)
        exact = F.avg_pool2d(warped(drawer.draw_at((192, 320)), m), 4)
        drawer.carry(start(exact, matrix=m))
        drawn = drawer.draw()
    assert int(drawer._born) == 0
    assert (drawn - exact).abs().mean() < 0.01


@pytest.mark.parametrize("name", NAMES)
def test_ten_times_nearer_is_as_sharp(name: str, start: Start) -> None:
    """Strokes whose edges are ten times as large go from black to white within as few pixels."""
    drawer = make(name, strokes=9)
    with torch.no_grad():
        drawer.points.mul_(0.06)
        drawer.widths.fill_(0.05)
        drawer.colors.zero_()
        drawer.opacities.fill_(1)
    before = sharpness(drawer.draw().detach())
    for _ in range(10):
        drawer.carry(start(drawer.draw().detach(), matrix=matrix(zoom=10**0.1)))
    assert sharpness(drawer.draw().detach()) > 0.9 * before > 0.5
    assert float(drawer.widths.detach().max()) == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("name", COLORED)
def test_lost_strokes_begin_where_picture_is_new(name: str, start: Start) -> None:
    """A pan: the strip that comes into view is covered in the colours of the canvas."""
    drawer = make(name, strokes=400, max_width=12)
    drawer.encode(picture(*SIZE))
    canvas, revealed = drawer.draw().detach(), torch.zeros(1, 1, *SIZE)
    canvas[..., 60:] = torch.tensor([0.1, 0.8, 0.1]).view(3, 1, 1)
    revealed[..., 60:] = 1
    drawer.carry(start(canvas, matrix=matrix(x=-0.5), revealed=revealed))
    strip = drawer.draw().detach()[..., 62:]
    assert (strip.mean((2, 3)) - torch.tensor([0.1, 0.8, 0.1])).abs().max() < 0.25
    assert int(drawer._born) == 2, "the first were placed by encode"


@pytest.mark.parametrize("name", NAMES)
def test_what_lies_behind_the_camera_begins_anew(name: str, start: Start) -> None:
    drawer = make(name)
    m = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 3, 1]], dtype=torch.float64)
    canvas = torch.full((1, 3, *SIZE), 0.3)
    drawer.carry(start(canvas, matrix=m))
    assert drawer.points.isfinite().all() and drawer.widths.isfinite().all()
    assert (drawer.points.abs() < 8).all()


@pytest.mark.parametrize("name", COLORED)
def test_colours_change_with_the_frame(name: str, start: Start) -> None:
    drawer = make(name)
    before = drawer.colors.detach().clone()
    drawer.carry(start(torch.zeros(1, 3, *SIZE), change=lambda colors: colors / 2))
    kept = (drawer.colors - before / 2).abs().amax(1) < 1e-6
    assert kept.float().mean() > 0.9


def test_ink_keeps_its_colour(start: Start) -> None:
    drawer = make("line_sketch", ink=["#000000", "#ff0000"], paper="white")
    drawer.carry(start(torch.rand(1, 3, *SIZE), change=lambda colors: colors / 2))
    drawer.encode(picture(*SIZE))
    assert drawer.colors.unique(dim=0).tolist() == [[0, 0, 0], [1, 0, 0]]
    assert all(drawer.colors is not p for g in drawer.parameters() for p in g["params"])


@pytest.mark.parametrize(("name", "share"), [("clipdraw", 0.35), ("dots", 0.35)])
def test_it_encodes_near_a_picture(name: str, share: float) -> None:
    """The error that is left, as a share of that of the picture's mean colour."""
    wanted = picture(*SIZE)
    drawer = make(name, strokes=400, max_width=15)
    drawer.encode(wanted)
    error = (drawer.draw() - wanted).square().mean().sqrt()
    flat = (wanted - wanted.mean((2, 3), keepdim=True)).square().mean().sqrt()
    assert error < share * flat


def test_ink_encodes_the_dark() -> None:
    wanted = torch.ones(1, 3, *SIZE)
    wanted[..., :40] = 0.1
    drawer = make("line_sketch", strokes=100)
    drawer.encode(wanted)
    dark, light = (
        1 - drawer.draw().detach()[..., half].mean() for half in (slice(40), slice(40, 80))
    )
    assert dark > 2 * light


@pytest.mark.parametrize("name", NAMES)
def test_options_that_move_keep_the_strokes(name: str) -> None:
    drawer = make(name)
    assert isinstance(drawer, Retunes)
    points, drawn = drawer.points, drawer.draw().detach()
    assert drawer.retune({"strokes": 60, "opacity": 0.5})
    assert drawer.points is points
    assert not torch.equal(drawer.draw(), drawn)
    assert drawer.retune({"strokes": 60, "max_width": 0.5, "min_width": 0.5})
    assert torch.allclose(drawer.widths, torch.tensor(0.005))
    assert not drawer.retune({"strokes": 61})


@pytest.mark.parametrize("name", NAMES)
def test_steps_keep_strokes_within_their_bounds(name: str) -> None:
    drawer = make(name, min_width=1, max_width=2)
    with torch.no_grad():
        drawer.widths.copy_(torch.linspace(-1, 1, len(drawer.widths)))
        drawer.opacities.add_(5)
        drawer.clamp()
    widths = drawer.widths.detach()
    assert (float(widths.min()), float(widths.max())) == pytest.approx((0.01, 0.02))
    assert drawer.opacities.max() == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_svg_is_what_is_drawn(name: str) -> None:
    drawer = make(name)
    root = ElementTree.fromstring(drawer.svg())
    height, width = SIZE
    assert root.get("viewBox") == f"0 0 {width} {height}"
    shapes = list(root.find("{*}g") or ())
    assert len(shapes) == 60
    assert {shape.tag.partition("}")[2] for shape in shapes} == {
        "circle" if name == "dots" else "path"
    }
    if name == "dots":
        x = float(drawer.strokes().points.detach()[-1, 0, 0])
        assert float(shapes[-1].get("cx", 0)) == pytest.approx(x, abs=0.01)


@pytest.mark.parametrize("name", NAMES)
def test_it_draws_at_any_size(name: str) -> None:
    drawer = make(name, max_width=10)
    large = drawer.draw_at((4 * SIZE[0], 4 * SIZE[1])).detach()
    assert large.shape[2:] == (192, 320)
    assert (F.avg_pool2d(large, 4) - drawer.draw().detach()).abs().mean() < 0.02


@pytest.mark.parametrize("name", NAMES)
def test_the_state_of_another_drawing_is_refused(name: str) -> None:
    drawer = make(name)
    for other in (make(name, strokes=61), make(name, (48, 81))):
        with pytest.raises(UsageError, match="does not match drawer size"):
            drawer.load_state_dict(other.state_dict())


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("clipdraw", {"strokes": 0}, "strokes: 0 must be between"),
        ("clipdraw", {"opacity": 2}, "opacity: 2 must be between"),
        ("dots", {"segments": 2}, "no option 'segments'"),
        ("line_sketch", {"lr": 0.1}, "no option 'lr'"),
        ("line_sketch", {"ink": "blak"}, "ink"),
    ],
)
def test_wrong_options(name: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(BadValue, match=said):
        drawers.get(name)(SIZE, options)
