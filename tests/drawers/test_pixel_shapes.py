"""Cells of every shape as a drawer: what it draws, learns, carries, saves and refuses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.drawers.lattice import SHAPES
from storyboard.drawers.pixel import PixelDrawer
from storyboard.errors import BadValue, UsageError

NAMES = list(SHAPES)
SIZE = (48, 80)
FLAGS = ["#d02020", "#20d040", "#2030e0"]
LOOKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "gap": {"gap": 0.2},
    "transparent": {"transparent": True, "paper": "white"},
    "palette": {"palette": FLAGS},
    "half palette": {"palette": FLAGS, "palette_strength": 0.5},
}
Start = Callable[..., Any]


def make(shape: str, size: tuple[int, int] = SIZE, seed: int = 0, **options: object) -> PixelDrawer:
    chosen = {"shape": shape, "cell": 8} | options
    return PixelDrawer(size, chosen, generator=torch.Generator().manual_seed(seed))


def picture(height: int, width: int) -> Tensor:
    """A soft disc on a ramp."""
    y, x = torch.meshgrid(
        torch.linspace(-1, 1, height), torch.linspace(-2, 2, width), indexing="ij"
    )
    disc = torch.exp(-(x**2 + y**2) / 0.4)
    return torch.stack([0.2 + 0.7 * disc, 0.5 + 0.3 * y, 0.7 - 0.5 * disc])[None]


def matrix(*, zoom: float = 1.0, turn: float = 0.0, x: float = 0.0, y: float = 0.0) -> Tensor:
    """A move in normalised coordinates of `SIZE`; ``turn`` in radians, x and y in halves."""
    aspect = SIZE[1] / SIZE[0]
    c, s = zoom * math.cos(turn), zoom * math.sin(turn)
    rows = [[c, s / aspect, x], [-s * aspect, c, y], [0, 0, 1]]
    return torch.tensor(rows, dtype=torch.float64)


def warped(picture: Tensor, m: Tensor) -> Tensor:
    back = torch.linalg.inv(m)[:2].to(picture)[None]
    grid = F.affine_grid(back, [1, 1, *picture.shape[2:]], align_corners=False)
    return F.grid_sample(picture, grid, align_corners=False, padding_mode="border")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("shape", NAMES)
def test_what_is_drawn_encodes_to_itself(shape: str, look: str) -> None:
    drawer = make(shape, **LOOKS[look])
    drawer.encode(picture(*SIZE))
    drawn = drawer.draw().detach()
    drawer.encode(drawn)
    torch.testing.assert_close(drawer.draw().detach(), drawn, atol=1e-4, rtol=0)


@pytest.mark.parametrize("shape", NAMES)
def test_it_encodes_near_a_picture(shape: str) -> None:
    drawer = make(shape, cell=4, gap=0)
    drawer.encode(picture(*SIZE))
    assert (drawer.draw() - picture(*SIZE)).square().mean().sqrt() < 0.03


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("shape", NAMES)
def test_gradients_reach_every_cell_that_is_seen(shape: str, look: str) -> None:
    drawer = make(shape, **LOOKS[look])
    with torch.no_grad():
        drawer.alpha.fill_(0.5)  # an opacity of 1 has one way to go
    seen = drawer._layout.means(torch.ones(1, 1, *SIZE)) > 0.5
    drawn = drawer.draw()
    (drawn * torch.rand(drawn.shape, generator=torch.Generator().manual_seed(1))).sum().backward()
    for group in drawer.parameters():
        for parameter in group["params"]:
            assert ((parameter.grad != 0) == seen).all()
    assert seen.float().mean() > 0.8


@pytest.mark.parametrize("shape", NAMES)
def test_the_gradient_of_colours_and_opacities_is_the_slope(shape: str) -> None:
    drawer = make(shape, transparent=True)
    with torch.no_grad():
        drawer.alpha.fill_(0.5)
    weight = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(1))
    (drawer.draw() * weight).sum().backward()
    for parameter in (drawer.cells, drawer.alpha):
        before = parameter.detach().clone()
        step = 0.01 * torch.randn(before.shape, generator=torch.Generator().manual_seed(2))
        inside = (before + step).clamp(0, 1), (before - step).clamp(0, 1)
        ends = []
        for there in inside:
            with torch.no_grad():
                parameter.copy_(there)
                ends.append(float((drawer.draw().double() * weight).sum()))
                parameter.copy_(before)
        assert parameter.grad is not None
        slope = float((parameter.grad * (inside[0] - inside[1])).sum())
        assert ends[0] - ends[1] == pytest.approx(slope, rel=0.01, abs=0.01)


MOVES = [{"zoom": 1.1}, {"zoom": 0.9}, {"turn": 0.1}, {"x": 0.1, "y": -0.05}, {"zoom": 0.45}]


@pytest.mark.parametrize("move", MOVES, ids=str)
@pytest.mark.parametrize("shape", [name for name in NAMES if name != "rect"])
def test_carried_then_drawn_is_drawn_then_warped(
    shape: str, move: dict[str, float], start: Start
) -> None:
    """As near to the moved picture as its cells can be, by a matrix or by any other move."""
    drawer, m = make(shape, cell=4, gap=0), matrix(**move)
    exact = warped(picture(*SIZE), m)
    inner = warped(torch.ones(1, 1, *SIZE), m) > 0
    drawer.encode(exact)
    nearest = (drawer.draw().detach() - exact).abs()[..., inner[0, 0]].mean()
    revealed = 1 - F.grid_sample(
        torch.ones(1, 1, *SIZE),
        F.affine_grid(torch.linalg.inv(m)[:2].float()[None], [1, 1, *SIZE], align_corners=False),
        align_corners=False,
    )
    for known in (m, None):
        drawer.encode(picture(*SIZE))
        moved = start(exact, lambda v: warped(v, m), matrix=known, revealed=revealed)
        drawer.carry(moved)
        off = (drawer.draw().detach() - exact).abs().mean()
        assert off < 1.5 * nearest + 0.004


@pytest.mark.parametrize("shape", NAMES)
def test_edges_stay_sharp_through_a_hundred_moves(shape: str, start: Start) -> None:
    """Between cells there are never more pixels than one: all others are of one cell alone."""
    drawer = make(shape, gap=0)
    drawer.encode(picture(*SIZE))
    for _ in range(100):
        m = matrix(zoom=1.01)
        drawer.carry(start(drawer.draw().detach(), lambda v, m=m: warped(v, m), matrix=m))
    drawn = drawer.draw().detach()
    drawer.encode(drawn)
    torch.testing.assert_close(drawer.draw().detach(), drawn, atol=1e-3, rtol=0)


def test_opacities_move_with_their_cells(start: Start) -> None:
    drawer = make("hexagon", transparent=True, paper="white")
    with torch.no_grad():
        drawer.cells.zero_()
        drawer.cells[..., :5] = 1
        drawer.alpha[..., 5:] = 0  # black, and not to be seen
    m = matrix(x=0.4)
    drawer.carry(start(drawer.draw().detach(), matrix=m))
    assert (drawer.draw() > 0.98).all(), "what cannot be seen darkens what can"
    assert drawer.alpha[..., :6].min() > 0.9 and drawer.alpha[..., 9:].max() < 0.1


def test_colours_change_and_revealed_cells_take_the_canvas(start: Start) -> None:
    drawer = make("hexagon", transparent=True)
    before = drawer.cells.detach().clone()
    with torch.no_grad():
        drawer.alpha.fill_(0.5)
    canvas, mask = torch.full((1, 3, *SIZE), 0.25), torch.zeros(1, 1, *SIZE)
    mask[..., 60:] = 1
    drawer.carry(start(canvas, change=lambda colors: colors / 2, revealed=mask))
    torch.testing.assert_close(
        drawer.cells[..., :6].detach(), before[..., :6] / 2, atol=1e-5, rtol=0
    )
    assert (drawer.cells[..., 8] - 0.25).abs().max() < 1e-5
    assert (drawer.alpha[..., 8] - 1).abs().max() < 1e-5
    assert (drawer.alpha[..., 3] - 0.5).abs().max() < 1e-5


@pytest.mark.parametrize("size", [(37, 65), (65, 37), (1, 1), (720, 1280)])
@pytest.mark.parametrize("shape", NAMES)
def test_every_size_is_drawn_and_learns(shape: str, size: tuple[int, int]) -> None:
    drawer = PixelDrawer(size, {"shape": shape, "scale": 4})
    drawn = drawer.draw()
    assert drawn.shape == (1, 3, *size) and drawn.min() >= 0 and drawn.max() <= 1
    drawn.square().sum().backward()
    assert drawer.cells.grad is not None and drawer.cells.grad.isfinite().all()


def test_a_palette_shows_its_colours_alone() -> None:
    drawer = make("rect", palette=FLAGS)
    found = (255 * drawer.draw().detach()[0].flatten(1).T).round().unique(dim=0).tolist()
    assert len(found) > 1
    assert all(color in ([208, 32, 32], [32, 208, 64], [32, 48, 224]) for color in found)
    half = make("rect", palette=FLAGS, palette_strength=0.5).draw()
    plain = make("rect").draw()
    torch.testing.assert_close(half, (plain + drawer.draw()) / 2)
    torch.testing.assert_close(make("rect", palette=FLAGS, palette_strength=0).draw(), plain)


@pytest.mark.parametrize("look", LOOKS)
def test_the_state_brings_the_picture_back(look: str) -> None:
    one, other = (make("hexagon", seed=seed, **LOOKS[look]) for seed in (0, 1))
    with torch.no_grad():
        one.alpha.mul_(0.7)
    other.load_state_dict(one.state_dict())
    if look == "transparent":
        assert torch.equal(other.draw(), one.draw())
    assert torch.equal(other.cells, one.cells)
    with pytest.raises(UsageError, match="does not match drawer size"):
        make("hexagon", cell=16, **LOOKS[look]).load_state_dict(one.state_dict())


def test_options_that_move_keep_the_cells() -> None:
    drawer = make("hexagon")
    cells, drawn = drawer.cells, drawer.draw().detach()
    assert drawer.retune({"shape": "hexagon", "cell": 8, "gap": 0.3, "lr": 0.2})
    assert drawer.cells is cells and drawer.parameters()[0]["lr"] == 0.2
    assert not torch.equal(drawer.draw(), drawn)
    assert drawer.retune({"shape": "hexagon", "cell": 8, "palette": FLAGS})
    assert not drawer.retune({"shape": "hexagon", "cell": 8, "scale": 2})
    assert not drawer.retune({"shape": "triangle", "cell": 8})


WRONG = [
    ({"shape": "hexagn"}, "unknown word 'hexagn'", "hexagon"),
    ({"grid": "pixrey"}, "unknown word 'pixrey'", "pixray"),
    ({"gap": 1}, "between 0 and 0.9", None),
    ({"scale": 0}, "between", None),
    ({"palette": ["teel"]}, "teel", "teal"),
    ({"palette": []}, "a list of colours", None),
    ({"transparent": 1}, "true or false", None),
    ({"palet": ["teal"]}, "no option 'palet'", "palette"),
]


@pytest.mark.parametrize(("options", "said", "hint"), WRONG)
def test_wrong_options(options: dict, said: str, hint: str | None) -> None:
    with pytest.raises(BadValue, match=said) as caught:
        PixelDrawer(SIZE, options)
    assert (hint or "") in (caught.value.hint or "")


@pytest.mark.parametrize("shape", NAMES)
def test_it_draws_at_any_size(shape: str) -> None:
    drawer = make(shape)
    large = drawer.draw_at((4 * SIZE[0], 4 * SIZE[1])).detach()
    assert large.shape[2:] == (192, 320)
    assert (F.avg_pool2d(large, 4) - drawer.draw().detach()).abs().max() < 0.01


@pytest.mark.parametrize("shape", NAMES)
def test_the_svg_is_what_is_drawn(shape: str) -> None:
    drawer = make(shape, gap=0.1)
    root = ElementTree.fromstring(drawer.svg())
    height, width = SIZE
    assert root.get("viewBox") == f"0 0 {width} {height}"
    paths = list(root.find("{*}g") or ())
    outlines = sum(path.get("d", "").count("M") for path in paths)
    seen = int((drawer._layout.means(torch.ones(1, 1, *SIZE)) > 0).sum())
    assert outlines == seen
    first = drawer._lattice.polygons(SIZE, 0.1)[0, 0].tolist()
    assert " ".join(f"{round(v, 2):g}" for v in first) in paths[0].get("d", "")


def test_an_svg_of_transparent_cells_says_how_much() -> None:
    drawer = make("hexagon", transparent=True, palette=FLAGS, paper="#123456")
    with torch.no_grad():
        drawer.alpha.fill_(0.5)
        drawer.alpha[..., :3] = 0
    root = ElementTree.fromstring(drawer.svg())
    paths = list(root.find("{*}g") or ())
    assert {path.get("fill-opacity") for path in paths} == {"0.5"}
    assert {path.get("fill") for path in paths} <= set(FLAGS)
    assert [rect.get("fill") for rect in root.findall("{*}rect")] == ["#123456"]
