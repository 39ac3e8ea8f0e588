"""One step's objectives: weights, micro-batches, seeds, held views, judging."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from storyboard.perceptors import Guide, GuideStep, Perceptor, load
from storyboard.plan import Prompt, TextPrompt

from .conftest import RESNET

STEP = GuideStep(number=3, frame_seed=5, hold_seed=7, cuts=10, cut_batch=4)
RED, BLUE = Prompt(TextPrompt("red")), Prompt(TextPrompt("blue"))


@pytest.fixture
def tiny() -> Perceptor:
    return load("tiny", device="cpu")


@pytest.fixture
def picture() -> torch.Tensor:
    return torch.rand(1, 3, 45, 80, generator=torch.Generator().manual_seed(0))


def loss_and_slope(
    guide: Guide, picture: torch.Tensor, prompts: list[Prompt], step: GuideStep
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
    model_folder: Callable[[dict[str, Any]], Path], picture: torch.Tensor, cut_batch: int
) -> None:
    guide = Guide([(load(str(model_folder(RESNET)), device="cpu"), 1.0)])
    prompts = [Prompt(TextPrompt("a red circle"), stop=0.9), Prompt(TextPrompt("rain"), -0.5)]
    loss, slope = loss_and_slope(guide, picture, prompts, STEP)
    other, other_slope = loss_and_slope(guide, picture, prompts, replace(STEP, cut_batch=cut_batch))
    assert other == pytest.approx(loss, rel=1e-4)
    scale = slope.abs().max().item()
    torch.testing.assert_close(other_slope, slope, rtol=0, atol=1e-4 * scale)


@pytest.mark.parametrize(("cut_batch", "count"), [(1, 10), (3, 4), (10, 1), (11, 1)])
def test_there_is_an_objective_a_micro_batch(tiny: Perceptor, cut_batch: int, count: int) -> None:
    guide = Guide([(tiny, 1.0), (load("tiny", device="cpu"), 0.5)])
    assert len(list(guide.objectives([RED], replace(STEP, cut_batch=cut_batch)))) == 2 * count


def test_the_loss_is_a_sum_over_prompts_and_perceptors(
    tiny: Perceptor, picture: torch.Tensor
) -> None:
    def loss(weight: float, *prompts: Prompt) -> float:
        return loss_and_slope(Guide([(tiny, weight)]), picture, list(prompts), STEP)[0]

    red, blue = loss(1.0, RED), loss(1.0, BLUE)
    assert loss(1.0, RED, BLUE) == pytest.approx(red + blue, rel=1e-5)
    assert loss(3.0, RED) == pytest.approx(3 * red, rel=1e-5)
    assert loss(1.0, Prompt(TextPrompt("red"), weight=-2.0)) == pytest.approx(-2 * red, rel=1e-5)
    both = Guide([(tiny, 1.0), (tiny, 2.0)])
    assert loss_and_slope(both, picture, [RED], STEP)[0] == pytest.approx(3 * red, rel=1e-5)


def test_nothing_to_do_gives_no_objective(tiny: Perceptor) -> None:
    assert list(Guide([(tiny, 1.0)]).objectives([], STEP)) == []
    assert (
        list(Guide([(tiny, 1.0)]).objectives([Prompt(TextPrompt("red"), weight=0.0)], STEP)) == []
    )
    assert list(Guide([(tiny, 0.0)]).objectives([RED], STEP)) == []


def test_a_prompt_on_its_way_pulls_between_its_ends(tiny: Perceptor, picture: torch.Tensor) -> None:
    def loss(prompt: Prompt) -> float:
        return loss_and_slope(Guide([(tiny, 1.0)]), picture, [prompt], STEP)[0]

    assert loss(Prompt(TextPrompt("red"), toward=TextPrompt("blue"), mix=0.0)) == pytest.approx(
        loss(RED), rel=1e-4
    )
    assert loss(Prompt(TextPrompt("red"), toward=TextPrompt("blue"), mix=1.0)) == pytest.approx(
        loss(BLUE), rel=1e-4
    )


def test_a_prompt_that_is_shown_well_enough_stops_pulling(
    tiny: Perceptor, picture: torch.Tensor
) -> None:
    loss, slope = loss_and_slope(
        Guide([(tiny, 1.0)]), picture, [Prompt(TextPrompt("red"), stop=9.0)], STEP
    )
    assert loss > 0
    assert slope.abs().max().item() == 0


@pytest.mark.parametrize(("hold", "same"), [(0.0, False), (0.5, False), (1.0, True)])
def test_held_views_are_those_of_the_other_frames(
    tiny: Perceptor, picture: torch.Tensor, hold: float, same: bool
) -> None:
    guide = Guide([(tiny, 1.0)])
    slopes = [
        loss_and_slope(guide, picture, [RED], replace(STEP, frame_seed=seed, cut_hold=hold))[1]
        for seed in (1, 2)
    ]
    assert torch.equal(*slopes) is same


def test_equal_seeds_give_equal_bytes(tiny: Perceptor, picture: torch.Tensor) -> None:
    guide = Guide([(tiny, 1.0)])
    torch.manual_seed(1)
    first = loss_and_slope(guide, picture, [RED], STEP)[1]
    torch.manual_seed(2)
    assert torch.equal(first, loss_and_slope(guide, picture, [RED], STEP)[1])
    other = loss_and_slope(guide, picture, [RED], replace(STEP, number=4))[1]
    assert not torch.equal(first, other)


def test_following_the_slope_shows_the_prompt(tiny: Perceptor) -> None:
    guide = Guide([(tiny, 1.0)])
    canvas = torch.full((1, 3, 36, 64), 0.5, requires_grad=True)
    optimizer = torch.optim.Adam([canvas], lr=0.05)
    before = guide.score(canvas.detach(), ["red", "blue"])
    for number in range(25):
        optimizer.zero_grad()
        for objective in guide.objectives([RED], replace(STEP, number=number)):
            objective(canvas).backward()
        optimizer.step()
        canvas.data.clamp_(0, 1)
    after = guide.score(canvas.detach(), ["red", "blue"])
    red, green, blue = canvas.mean(dim=(0, 2, 3)).tolist()
    assert red > 0.8 > 0.3 > max(green, blue)
    assert after[0] > 0.9 > before[0]
    assert after[1] < before[1]


def test_a_score_has_no_chance_in_it(tiny: Perceptor, picture: torch.Tensor) -> None:
    guide = Guide([(tiny, 1.0), (tiny, 2.0)])
    one, two = (guide.score(picture, ["red", "blue", "a dragon"]) for _ in range(2))
    assert torch.equal(one, two)
    torch.testing.assert_close(
        one, Guide([(tiny, 1.0)]).score(picture, ["red", "blue", "a dragon"])
    )
    plain = torch.tensor([0.1, 0.2, 0.9]).view(1, 3, 1, 1).expand(1, 3, 40, 40)
    assert guide.score(plain, ["blue", "red"]).argmax().item() == 0


def test_what_no_perceptor_understands_is_reported_once(tiny: Perceptor) -> None:
    guide = Guide([(tiny, 1.0), (tiny, 1.0)])
    (warning,) = guide.warnings(["a red dragon", "blue", "a red dragon"])
    assert "'dragon'" in warning
