"""The rasteriser of strokes: against a dense one, its gradients, its edges and its memory."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from storyboard.drawers import raster_tiles
from storyboard.drawers.raster import SOFT, Strokes, curves_of, draw_strokes, sum_by

SIZE = (37, 65)


def some_strokes(curves: int, width: float, *, count: int = 12, seed: int = 0) -> Strokes:
    """Strokes that may leave the picture, of ``curves`` cubics, or dots for 0."""
    chance = torch.Generator().manual_seed(seed)
    starts = torch.rand(count, 1, 2, generator=chance) * torch.tensor([65.0, 37.0])
    walk = 30 * (torch.rand(count, 3 * curves, 2, generator=chance) - 0.5)
    parts = (
        torch.cat([starts, walk], 1).cumsum(1),
        width * (0.5 + torch.rand(count, generator=chance)),
        torch.rand(count, 3, generator=chance),
        torch.rand(count, generator=chance),
        torch.tensor([0.9, 0.8, 0.7]),
    )
    return Strokes(*(part.requires_grad_() for part in parts))


def tensors(strokes: Strokes) -> list[Tensor]:
    s = strokes
    return [s.points, s.widths, s.colors, s.opacities, s.paper]


def step(inside: Tensor) -> Tensor:
    s = ((inside + SOFT) / (2 * SOFT)).clamp(0, 1)
    return s * s * (3 - 2 * s)


def line_of(points: Tensor, samples: int = 200) -> tuple[Tensor, Tensor]:
    """The ends of short pieces of a stroke: (M, 2) each."""
    if len(points) == 1:
        return points, points
    curves = curves_of(points[None])
    u = torch.linspace(0, 1, samples)[:, None, None]
    weights = (1 - u) ** 3, 3 * u * (1 - u) ** 2, 3 * u**2 * (1 - u), u**3
    line = sum(w * curves[:, k] for k, w in enumerate(weights)).transpose(0, 1)
    return line[:, :-1].reshape(-1, 2), line[:, 1:].reshape(-1, 2)


def dense(strokes: Strokes, size: tuple[int, int]) -> Tensor:
    """Every pixel against every piece of every stroke, by autograd."""
    y, x = torch.meshgrid(*(torch.arange(n) + 0.5 for n in size), indexing="ij")
    pixels = torch.stack([x, y], -1).view(-1, 1, 2)
    picture = strokes.paper[:, None].expand(3, len(pixels))
    for number, points in enumerate(strokes.points):
        a, b = line_of(points)
        along = b - a
        t = ((pixels - a) * along).sum(-1) / along.square().sum(-1).clamp_min(1e-12)
        gap = pixels - a - t.clamp(0, 1)[..., None] * along
        distance = (gap.square().sum(-1) + 1e-12).sqrt().amin(1)
        half = strokes.widths[number] / 2
        cover = step(half - distance) + step(half + distance) - 1
        alpha = cover * strokes.opacities[number]
        picture = picture + alpha * (strokes.colors[number][:, None] - picture)
    return picture.view(1, 3, *size)


@pytest.mark.parametrize(("curves", "width"), [(1, 4.0), (2, 0.6), (3, 2.0), (0, 5.0), (0, 0.8)])
def test_it_is_the_dense_picture_with_the_dense_gradients(
    curves: int, width: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raster_tiles, "_FLAT", 0.001)
    one, other = some_strokes(curves, width), some_strokes(curves, width)
    ours, theirs = draw_strokes(one, SIZE), dense(other, SIZE)
    torch.testing.assert_close(ours, theirs, atol=2e-3, rtol=0)
    weight = torch.rand(ours.shape, generator=torch.Generator().manual_seed(1))
    for picture in (ours, theirs):
        (picture * weight).sum().backward()
    for mine, dense_one in zip(tensors(one), tensors(other), strict=True):
        assert mine.grad is not None and dense_one.grad is not None
        assert (mine.grad != 0).any()
        difference = (mine.grad - dense_one.grad).norm() / dense_one.grad.norm()
        assert difference < 0.02


@pytest.mark.parametrize("name", ["points", "widths", "colors", "opacities", "paper"])
def test_gradients_are_finite_differences(name: str) -> None:
    strokes = some_strokes(1, 3.0, count=3, seed=2)
    weight = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(3))
    (draw_strokes(strokes, SIZE) * weight).sum().backward()
    tensor = getattr(strokes, name)
    way = torch.randn(tensor.shape, generator=torch.Generator().manual_seed(4))
    values = []
    for sign in (1, -1):
        with torch.no_grad():
            tensor.add_(way, alpha=sign * 0.01)
            values.append(float((draw_strokes(strokes, SIZE).double() * weight).sum()))
            tensor.sub_(way, alpha=sign * 0.01)
    measured = (values[0] - values[1]) / 0.02
    assert measured == pytest.approx(float((tensor.grad * way).sum()), rel=0.03, abs=0.02)


@pytest.mark.parametrize("curves", [0, 1, 3])
def test_twice_the_size_is_the_same_picture_but_for_the_edges(curves: int) -> None:
    s = some_strokes(curves, 6.0)
    large = Strokes(2 * s.points, 2 * s.widths, s.colors, s.opacities, s.paper)
    small = draw_strokes(s, SIZE).detach()
    halved = torch.nn.functional.avg_pool2d(draw_strokes(large, (74, 130)).detach(), 2)
    assert (small - halved).abs().mean() < 0.01


def test_the_last_stroke_lies_on_top() -> None:
    points = torch.tensor([[[8.0, 8.0]], [[8.0, 8.0]]])
    colors = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    s = Strokes(points, torch.full((2,), 8.0), colors, torch.ones(2), torch.ones(3))
    assert draw_strokes(s, (16, 16))[0, :, 8, 8].tolist() == [0, 0, 1]


@pytest.mark.parametrize("where", [-500.0, 1e7, float("nan")])
def test_strokes_far_outside_leave_the_paper(where: float) -> None:
    s = some_strokes(2, 3.0)
    away = Strokes(s.points.detach() * 0 + where, s.widths, s.colors, s.opacities, s.paper)
    picture = draw_strokes(away, SIZE)
    assert torch.equal(picture, s.paper.view(1, 3, 1, 1).expand_as(picture))


def test_a_line_thinner_than_a_pixel_fades() -> None:
    points = torch.tensor([[[-9.0, 8.5], [0, 8.5], [20, 8.5], [40, 8.5]]])
    dark = []
    for width in (0.1, 0.2, 0.4):
        s = Strokes(points, torch.tensor([width]), torch.zeros(1, 3), torch.ones(1), torch.ones(3))
        dark.append(float((1 - draw_strokes(s, (16, 16))).sum()))
    assert dark[1] == pytest.approx(2 * dark[0], rel=0.05)
    assert dark[2] == pytest.approx(4 * dark[0], rel=0.05)


def test_sums_by_index() -> None:
    index = torch.tensor([2, 0, 2])
    values = torch.tensor([[1.0, 10], [2, 20], [3, 30]])
    assert sum_by(index, values, 4).tolist() == [[2, 20], [0, 0], [4, 40], [0, 0]]
