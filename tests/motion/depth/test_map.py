"""A depth map carried along: what hides what, what comes to light, and nothing stretched."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.motion.depth import Shift
from storyboard.motion.depth.map import MapStep, disoccluded, solve
from storyboard.motion.depth.small_moves import between, shifts
from storyboard.motion.depth.surface import DepthRange, Surface, crisp
from storyboard.motion.moves import Move, pixel_grid
from storyboard.motion.warp import warp
from storyboard.plan import Pose

SIZE = HEIGHT, WIDTH = 36, 64
ASPECT = WIDTH / HEIGHT
SPAN = DepthRange(0.2, 1.0)
GRID = pixel_grid(SIZE)
BOX = (slice(10, 26), slice(20, 40))


def step_edge() -> Tensor:
    """A near box before a far wall."""
    inverse_depth = torch.full(SIZE, SPAN.far, dtype=torch.float64)
    inverse_depth[BOX] = SPAN.near
    return inverse_depth


def surface() -> Surface:
    return Surface.of(step_edge(), SPAN)


def along(moves: list[Shift]) -> list[MapStep]:
    """The steps through `surface`, one after the other."""
    steps: list[MapStep] = []
    for move in moves:
        steps.append(solve(steps[-1].after if steps else surface(), move))
    return steps


def two_colors() -> Tensor:
    """The picture of `step_edge`: the box is red, the wall has stripes of blue, none of red."""
    picture = torch.zeros(1, 3, *SIZE)
    picture[:, 2, :, ::2] = 0.5
    picture[:, 2, :, 1::2] = 1.0
    picture[:, :, *BOX] = 0
    picture[:, 0, *BOX] = 1
    return picture


def aside(pixels: float) -> Shift:
    """A camera that moves right until the nearest has gone so many pixels to the left."""
    return between(Pose(), Pose(pan_x=pixels / WIDTH), ASPECT)


def near_to(mask: Tensor) -> Tensor:
    """The mask and the two pixels around it, where what was filled meets what is known."""
    return F.max_pool2d(mask.float()[None, None], 5, 1, 2)[0, 0] > 0


def gone(step: MapStep) -> Tensor:
    """Pixels that each pixel of the new view came from the right."""
    return (step.source - GRID)[0] * WIDTH / 2


@pytest.mark.parametrize("inverse_depth", [0.2, 0.6, 1.0])
@pytest.mark.parametrize("pose", [Pose(pan_x=0.015), Pose(dolly=0.02), Pose(zoom=1.2, roll=8)])
def test_an_even_map_moves_as_a_formula(inverse_depth: float, pose: Pose) -> None:
    move = between(Pose(), pose, ASPECT)
    even = torch.full(SIZE, inverse_depth, dtype=torch.float64)
    step = solve(Surface.of(even, DepthRange(0.0, 2.0)), move)
    _, after = move.see(GRID, even)
    wanted, _ = move.inverse().see(GRID, after)
    torch.testing.assert_close(step.source, wanted, rtol=0, atol=1e-9)
    assert not step.hidden.any()


def test_the_nearer_one_hides_the_farther() -> None:
    step = solve(surface(), aside(1.0))
    row = gone(step)[18]
    torch.testing.assert_close(row[19:39], torch.full((20,), 1.0).double())  # the box, moved by 1
    torch.testing.assert_close(row[:19], torch.full((19,), 0.2).double())
    torch.testing.assert_close(step.after.inverse_depth[18, 19:39], torch.full((20,), 1.0).double())


def test_what_comes_to_light_is_behind_the_trailing_edge_only() -> None:
    step = solve(surface(), aside(1.0))
    rows, columns = torch.nonzero(step.hidden, as_tuple=True)
    assert set(columns.tolist()) == {39}
    assert (int(rows.min()), int(rows.max())) == (BOX[0].start, BOX[0].stop - 1)
    assert float(step.after.inverse_depth[18, 39]) == pytest.approx(SPAN.far)


@pytest.mark.parametrize("pixels", [0.4, 1.0, 1.2, -1.0, 5.3])
def test_nothing_is_stretched_across_an_edge(pixels: float) -> None:
    """Every pixel goes as far as one of the two surfaces, none by something in between; where it
    is filled, it is filled with the wall."""
    moves = shifts(Pose(), Pose(pan_x=pixels / WIDTH), ASPECT, nearest=SPAN.near)
    steps = along(moves)
    inverse_depth = steps[-1].after.inverse_depth
    assert set(inverse_depth.unique().round(decimals=9).tolist()) == {SPAN.far, SPAN.near}
    points, _ = Move(tuple(steps)).back(GRID)
    away = (points - GRID)[0] * WIDTH / 2
    lit = disoccluded(Move(tuple(steps)), SIZE)[0, 0] > 0
    surfaces = torch.tensor([pixels * SPAN.far, pixels * SPAN.near]).double()
    off = (away[..., None] - surfaces).abs().amin(-1)
    inner = slice(8, -8)  # beyond the border the mirror has its own distances
    assert float(off[:, inner][~near_to(lit)[:, inner]].max()) < 1e-6
    picture = warp(two_colors(), Move(tuple(steps)), resample="bilinear")
    red = picture[0, 0] > 0.5
    assert abs(int(red.sum()) - 16 * 20) <= 2 * 16
    assert not (red & lit).any()


def test_dolly_goes_in_at_every_side() -> None:
    moves = shifts(Pose(), Pose(dolly=0.2), ASPECT, nearest=SPAN.near)
    steps = along(moves)
    inverse_depth = steps[-1].after.inverse_depth
    near = inverse_depth > 0.6
    rows, columns = torch.nonzero(near, as_tuple=True)
    assert int(rows.max() - rows.min()) > 17 and int(columns.max() - columns.min()) > 22
    assert bool(near[rows.min() : rows.max(), columns.min() : columns.max()].all())  # no cracks


@pytest.mark.parametrize("pixels", [0.1, 0.25, 0.4])
def test_edges_keep_up_with_a_slow_camera(pixels: float) -> None:
    """Moves far below a pixel add up: after 8 pixels of them the box is 8 pixels further."""
    count = round(8 / pixels)
    inverse_depth = along([aside(pixels)] * count)[-1].after.inverse_depth
    wanted = along([aside(1.0)] * 8)[-1].after.inverse_depth
    rows, columns = torch.nonzero(inverse_depth > 0.6, as_tuple=True)
    assert (int(rows.min()), int(rows.max())) == (10, 25)
    assert abs(int(columns.min()) - 12) <= 1 and abs(int(columns.max()) - 31) <= 1
    assert float((inverse_depth - wanted).abs().gt(0.1).sum()) <= 2 * 16


def test_a_slope_is_no_edge() -> None:
    ramp = torch.linspace(0.2, 1.0, WIDTH, dtype=torch.float64).expand(SIZE).contiguous()
    move = aside(1.0)
    step = solve(Surface.of(ramp, SPAN), move)
    assert not step.hidden.any()
    back, _ = move.inverse().see(GRID, step.after.inverse_depth)
    inner = slice(4, -4)
    torch.testing.assert_close(step.source[..., inner], back[..., inner], rtol=0, atol=1e-4)


def test_ramps_become_steps_and_slopes_stay() -> None:
    row = torch.full((WIDTH,), 0.2, dtype=torch.float64)
    row[30:] = 1.0
    row[28:32] = torch.tensor([0.36, 0.52, 0.68, 0.84], dtype=torch.float64)
    blurred = row.expand(SIZE).contiguous()
    assert set(crisp(blurred, SPAN)[0].round(decimals=9).tolist()) == {0.2, 1.0}
    ramp = torch.linspace(0.2, 1.0, WIDTH, dtype=torch.float64).expand(SIZE).contiguous()
    assert torch.equal(crisp(ramp, SPAN), ramp)


def test_the_way_back_is_the_way_back() -> None:
    step = solve(surface(), aside(1.0))
    points, _ = Move((step, step.inverse())).back(GRID)
    seen = ~step.inverse().hidden
    inner = (slice(None), slice(4, -4))
    off = (points - GRID).norm(dim=0)[inner][seen[inner]]
    assert float(off.median()) < 1e-9


def test_other_resolutions_take_the_same_way() -> None:
    step = solve(surface(), aside(1.0))
    fine = pixel_grid((72, 128))
    points, _ = step.back(fine)
    away = (points - fine)[0] * WIDTH / 2
    surfaces = torch.tensor([0.2, 1.0]).double()
    known = ~near_to(step.disoccluded(fine))
    assert float((away[..., None] - surfaces).abs().amin(-1)[known].max()) < 1e-6


def test_only_maps_bring_something_to_light() -> None:
    assert not disoccluded(Move(), SIZE).any()
    assert disoccluded(Move((solve(surface(), aside(1.0)),)), SIZE).sum() == 16
