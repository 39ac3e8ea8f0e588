"""Optical flow on a square whose movement is known, and its confidence at uncovered places."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from storyboard.errors import MissingWeights, UnknownName
from storyboard.motion.flow import Flow, flow_between, raft_weights, trust
from storyboard.motion.moves import Move
from storyboard.motion.warp import warp

HEIGHT, WIDTH, SIDE = 36, 64, 14
FINE = 4


def texture(height: int, width: int, seed: int, light: float) -> np.ndarray:
    """Soft random blobs, four times as fine as the picture."""
    noise = np.random.default_rng(seed).random((height * FINE, width * FINE, 3))
    blobs = cv2.GaussianBlur(noise.astype(np.float32), (0, 0), 1.5 * FINE)
    return light + 0.12 * (blobs - blobs.mean()) / blobs.std()


def scene(x: float, y: float) -> Tensor:
    """A bright square with its upper left corner at (x, y) in front of a darker ground."""
    picture = texture(HEIGHT, WIDTH, 1, 0.3)
    left, top, side = round(x * FINE), round(y * FINE), SIDE * FINE
    picture[top : top + side, left : left + side] = texture(SIDE, SIDE, 2, 0.7)
    small = cv2.resize(picture, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(small).permute(2, 0, 1)[None].clamp(0, 1)


def within(x: float, y: float, rim: int) -> Tensor:
    """(H, W) bool: True in the square at (x, y) with ``rim`` pixels around it, or within it."""
    rows, columns = torch.arange(HEIGHT)[:, None], torch.arange(WIDTH)[None, :]
    across = (columns >= x - rim) & (columns < x + SIDE + rim)
    return across & (rows >= y - rim) & (rows < y + SIDE + rim)


MOVES = [(1.0, 0.0), (1.5, 0.75), (3.0, -1.0), (-4.0, 2.0), (0.25, 0.25), (7.0, 0.0)]


@pytest.mark.parametrize("way", MOVES, ids=str)
def test_what_moved_is_found_and_carried_along(way: tuple[float, float]) -> None:
    x, y = 22.0, 11.0
    before, after = scene(x, y), scene(x + way[0], y + way[1])
    flow = flow_between(before, after)
    inner = within(x + way[0], y + way[1], -2)
    around = ~within(x + way[0], y + way[1], 3) & ~within(x, y, 3)
    square = flow.backward[:, inner].mean(1) + torch.tensor(way)
    assert square.abs().max() < 0.15
    assert flow.backward[:, around].abs().mean() < 0.2
    carried = warp(before, Move.of(flow))
    standing, moved = ((p - after).abs()[..., inner].mean() for p in (before, carried))
    assert moved < 0.02
    assert moved < standing / 2
    assert (carried - after).abs()[..., around].mean() < 0.01


@pytest.mark.parametrize("way", [(5.0, 0.0), (-6.0, 1.0), (0.0, 5.0)], ids=str)
def test_what_comes_to_light_is_not_believed(way: tuple[float, float]) -> None:
    x, y = 22.0, 11.0
    before, after = scene(x, y), scene(x + way[0], y + way[1])
    believed = trust(flow_between(before, after), before, after)[0, 0]
    uncovered = within(x, y, -1) & ~within(x + way[0], y + way[1], 1)
    elsewhere = ~within(x, y, 4) & ~within(x + way[0], y + way[1], 4)
    assert believed[uncovered].mean() < 0.35
    assert believed[within(x + way[0], y + way[1], -4)].mean() > 0.9
    assert believed[elsewhere].mean() > 0.95
    assert 0 <= believed.min() <= believed.max() <= 1


def test_a_cut_is_not_believed_although_flat_areas_agree_on_any_way() -> None:
    before, after = torch.full((1, 3, HEIGHT, WIDTH), 0.2), torch.full((1, 3, HEIGHT, WIDTH), 0.7)
    flow = flow_between(before, after)
    assert trust(flow, before, after).max() == 0
    assert trust(flow, before, before).min() == 1


def test_what_came_in_over_the_edge_is_not_believed() -> None:
    backward = torch.zeros(2, HEIGHT, WIDTH)
    backward[0] = 10
    flow, grey = Flow(backward, -backward), torch.full((1, 3, HEIGHT, WIDTH), 0.5)
    believed = trust(flow, grey, grey)[0, 0]
    assert believed[:, -8:].max() == 0
    assert believed[:, :-13].min() == 1


def test_a_flow_leads_back_where_its_inverse_comes_from() -> None:
    backward = torch.zeros(2, HEIGHT, WIDTH)
    backward[0], backward[1] = 4, -2
    flow = Flow(backward, -backward)
    points = torch.zeros(2, 3, 5, dtype=torch.float64)
    there, valid = flow.back(points)
    assert valid is None
    assert there.dtype == torch.float64
    assert there[:, 0, 0].tolist() == pytest.approx([4 * 2 / WIDTH, -2 * 2 / HEIGHT])
    assert torch.allclose(flow.inverse().back(there)[0], points, atol=1e-6)


def test_the_flow_is_the_same_whatever_the_threads() -> None:
    before, after = scene(20, 10), scene(23, 11)
    kept, found = cv2.getNumThreads(), []
    for threads in (1, 2):
        cv2.setNumThreads(threads)
        found.append(flow_between(before, after).backward)
        assert cv2.getNumThreads() == threads
    cv2.setNumThreads(kept)
    assert torch.equal(*found)


def test_raft_without_its_weights_says_where_they_belong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    picture = scene(20, 10)
    with pytest.raises(MissingWeights, match=r"raft_small.*checkpoints.*flow: dis"):
        flow_between(picture, picture, method="raft")


@pytest.mark.slow
def test_raft_runs_with_weights_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With random weights: the shapes and the scale are what is tested."""
    from torchvision.models.optical_flow import raft_small

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    path = tmp_path / "checkpoints" / "raft_small_any.pth"
    path.parent.mkdir()
    torch.manual_seed(1)
    torch.save(raft_small().state_dict(), path)
    assert raft_weights() == path
    flow = flow_between(scene(20, 10), scene(23, 10), method="raft")
    assert flow.backward.shape == flow.forward.shape == (2, HEIGHT, WIDTH)
    assert bool(torch.isfinite(flow.backward).all())


def test_an_unknown_way_to_find_flow_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'dis'"):
        flow_between(scene(1, 1), scene(1, 1), method="diss")
