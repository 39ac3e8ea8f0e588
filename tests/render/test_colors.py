"""What colours are held to, and when the hold lets go."""

from __future__ import annotations

import pytest
import torch

from storyboard.filters.color_hold import LabStats
from storyboard.render.colors import HeldColors
from storyboard.timeline.plan import Prompt

GREY, RED = torch.full((1, 3, 4, 4), 0.5), torch.zeros(1, 3, 4, 4)
RED[:, 0] = 0.8


def held(**parts: float) -> HeldColors:
    return HeldColors(LabStats.of(GREY), parts)


@pytest.mark.parametrize(
    ("before", "prompts", "novelty"),
    [
        ({"a": 1.0}, [Prompt("a", 3.0)], 0.0),
        ({"a": 1.0}, [Prompt("b")], 1.0),
        ({"a": 1.0}, [Prompt("a", 0.75), Prompt("b", 0.25)], 0.25),
        ({"a": 1.0}, [Prompt("a", toward="b", mix=0.25)], 0.25),
        ({"a": 1.0}, [Prompt("a"), Prompt("b", -1.0)], 0.5),
        ({"a": 1.0}, [], 0.0),
        ({}, [Prompt("a")], 0.0),
    ],
)
def test_novelty_is_the_part_of_the_prompts_that_changed(
    before: dict[str, float], prompts: list[Prompt], novelty: float
) -> None:
    assert held(**before).facing(prompts).novelty == pytest.approx(novelty)


def test_the_hold_lets_go_of_what_is_new_and_takes_hold_again() -> None:
    colors = held(a=1.0)
    usual = colors.amount(0.5, 1 / 12)
    assert usual == pytest.approx(0.5)
    colors = colors.facing([Prompt("b")])
    assert colors.amount(0.5, 1 / 12) == 0
    colors = colors.after(RED, 1 / 12)
    assert torch.allclose(colors.stats.mean, LabStats.of(RED).mean)
    for _ in range(120):
        colors = colors.facing([Prompt("b")]).after(RED, 1 / 12)
    assert colors.amount(0.5, 1 / 12) == pytest.approx(usual, rel=0.01)


@pytest.mark.parametrize("fps", [6, 12, 24, 60])
def test_the_memory_does_not_depend_on_the_frame_rate(fps: int) -> None:
    colors, untouched = held(a=1.0), 1.0
    for _ in range(fps):
        untouched *= 1 - colors.amount(0.3, 1 / fps)
        colors = colors.after(RED, 1 / fps)
    assert untouched == pytest.approx(0.7**12)
    way = LabStats.of(RED).mean[0] - LabStats.of(GREY).mean[0]
    gone = colors.stats.mean[0] - LabStats.of(GREY).mean[0]
    assert float(gone / way) == pytest.approx(1 - 2.718281828**-0.5, rel=1e-3)


def test_it_comes_back_from_a_checkpoint() -> None:
    colors = held(a=0.5, b=0.5).facing([Prompt("a")]).after(RED, 0.1)
    again = HeldColors.from_plain(colors.to_plain())
    assert (again.shares, again.novelty) == (colors.shares, colors.novelty)
    assert torch.equal(again.stats.std, colors.stats.std)
