"""What colours are held to, and when the hold lets go."""

from __future__ import annotations

import pytest
import torch

from storyboard.filters.color_hold import LabStats
from storyboard.render.carry.color_memory import HeldColors

GREY, RED = torch.full((1, 3, 4, 4), 0.5), torch.zeros(1, 3, 4, 4)
RED[:, 0] = 0.8


def test_the_hold_lets_go_of_what_is_new() -> None:
    colors = HeldColors(LabStats.of(GREY))
    assert colors.amount(0.5, 1 / 12, 0.0) == pytest.approx(0.5)
    assert colors.amount(0.5, 1 / 12, 0.5) == pytest.approx(0.25)
    assert colors.amount(0.5, 1 / 12, 1.0) == 0
    assert torch.allclose(colors.after(RED, 1 / 12, 1.0).stats.mean, LabStats.of(RED).mean)


@pytest.mark.parametrize("fps", [6, 12, 24, 60])
def test_the_memory_does_not_depend_on_the_frame_rate(fps: int) -> None:
    colors, untouched = HeldColors(LabStats.of(GREY)), 1.0
    for _ in range(fps):
        untouched *= 1 - colors.amount(0.3, 1 / fps, 0.0)
        colors = colors.after(RED, 1 / fps, 0.0)
    assert untouched == pytest.approx(0.7**12)
    way = LabStats.of(RED).mean[0] - LabStats.of(GREY).mean[0]
    gone = colors.stats.mean[0] - LabStats.of(GREY).mean[0]
    assert float(gone / way) == pytest.approx(1 - 2.718281828**-0.5, rel=1e-3)


def test_it_comes_back_from_a_checkpoint() -> None:
    colors = HeldColors(LabStats.of(RED))
    again = HeldColors.from_plain(colors.to_plain())
    assert torch.equal(again.stats.std, colors.stats.std)
