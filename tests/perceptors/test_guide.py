"""One step's objectives: weights, micro-batches, seeds, held views, judging."""

from __future__ import annotations

import pytest
import torch

from storyboard.perceptors import Guide, Perceptor, Step, load
from storyboard.timeline.plan import Prompt

STEP = Step(number=3, frame_seed=5, hold_seed=7, cuts=10, cut_batch=4)
RED, BLUE = Prompt("red"), Prompt("blue")


@pytest.fixture
def tiny() -> Perceptor:
    return load("tiny", device="cpu")


@pytest.fixture
def picture() -> torch.Tensor:
    return torch.rand(1, 3, 45, 80, generator=torch.Generator().manual_seed(0))


def loss_and_slope(
    guide: Guide, picture: torch.Tensor, prompts: list[Prompt], step: Step
) -> tuple[float, torch.Tensor]:
    leaf = picture.clone().requires_grad_()
    total = 0.0
    for objective in guide.objectives(prompts, step):
        loss = objective(leaf)
        loss.backward()
        total += loss.item()
    assert leaf.grad is not None
    return total, leaf.grad


@pytest.mark.parametrize("cut_batch", [1, 3, 6, 100])
def test_the_micro_batch_changes_only_rounding(
    tiny: Perceptor, picture: torch.Tensor, cut_batch: int
) -> None:
    guide = Guide([(tiny, 1.0)])
    loss, slope = loss_and_slope(guide, picture, [RED], STEP)
    from dataclasses import replace

    other, other_slope = loss_and_slope(guide, picture, [RED], replace(STEP, cut_batch=cut_batch))
    assert other == pytest.approx(loss, rel=1e-5)
    torch.testing.assert_close(other_slope, slope, rtol=1e-3, atol=1e-7)
