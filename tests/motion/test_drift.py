"""Independent motion between two pictures, and its position in between."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.motion.drift import drift_between

SIZE = (72, 128)
KNOWN = torch.ones(1, 1, *SIZE)


def ground(seed: int = 0) -> Tensor:
    """A soft pattern, (1, 3, H, W) in [0, 1]."""
    noise = torch.rand(1, 3, 18, 32, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(noise, list(SIZE), mode="bicubic").clamp(0.2, 0.6)


def with_box(left: int, top: int = 26) -> Tensor:
    """The ground with a box of 24 x 20 pixels before it that has another, brighter pattern."""
    picture = ground()
    picture[..., top : top + 20, left : left + 24] = 0.4 + ground(seed=9)[..., 20:40, 30:54]
    return picture


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_thing_is_where_it_is_at_that_time_and_the_ground_stays(share: float) -> None:
    halfway = drift_between(with_box(40), with_box(52), KNOWN).at(share)
    across = halfway.velocity[0] * SIZE[1]
    left = 40 + round(12 * share)
    inside = across[30:42, left + 4 : left + 20]
    assert float((inside - 12).abs().mean()) < 1
    assert float(across[:, 100:].abs().mean()) < 0.5
    assert float(halfway.sure[0, 0, 30:42, left + 4 : left + 20].mean()) > 0.9


def test_what_a_thing_uncovers_is_seen_in_the_second_picture_alone() -> None:
    halfway = drift_between(with_box(40), with_box(60), KNOWN).at(0.9)
    uncovered = np.s_[0, 0, 30:42, 42:50]  # the box was here, and leaves after half the time
    assert float(halfway.second[uncovered].mean()) > float(halfway.first[uncovered].mean()) + 0.3


def test_equal_pictures_are_still_and_strange_ones_are_not_believed() -> None:
    assert drift_between(ground(), ground(), KNOWN).is_still
    hard = [torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(n)) for n in (1, 2)]
    assert float(drift_between(hard[0], hard[1], KNOWN).at(0.5).sure.mean()) < 0.35


def test_where_the_second_is_no_picture_nothing_moves() -> None:
    known = KNOWN.clone()
    known[..., 64:] = 0
    after = ground()
    after[..., 64:] = ground(seed=5)[..., 64:]
    assert drift_between(ground(), after, known).is_still
