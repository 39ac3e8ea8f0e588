"""Edges as thin lines."""

from __future__ import annotations

import torch

from storyboard.motion.edges import edges


def test_a_square_has_an_outline_and_a_soft_ramp_none() -> None:
    picture = torch.linspace(0, 0.3, 48).expand(1, 3, 48, 48).clone()
    picture[..., 16:32, 16:32] = 1
    found = edges(picture)
    assert found.shape == picture.shape and set(found.unique().tolist()) == {0.0, 1.0}
    lines = found[0, 0] > 0
    inside, near = torch.zeros(48, 48, dtype=torch.bool), torch.zeros(48, 48, dtype=torch.bool)
    near[13:35, 13:35] = True
    inside[19:29, 19:29] = True
    assert not lines[inside].any() and not lines[~near].any()
    assert int(lines.sum()) >= 48
