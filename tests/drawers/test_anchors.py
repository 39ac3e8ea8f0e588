"""When a generator paints a key picture, and how freely."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.drawers import PaintTask
from storyboard.drawers.anchors import Strengths, arriving, change_of, shares_of, strength_of
from storyboard.plan import ImagePrompt, Prompt, TextPrompt

SUN, SEA = TextPrompt("sun"), TextPrompt("sea")
CAT = ImagePrompt(Path("cat.png"), "3f9c21aa")

SHARES = [
    ([], {}),
    ([Prompt(SUN)], {"sun": 1.0}),
    ([Prompt(SUN, 3.0), Prompt(SEA, -1.0)], {"sun": 0.75, "sea": 0.25}),
    ([Prompt(SUN, toward=SEA, mix=0.25)], {"sun": 0.75, "sea": 0.25}),
    ([Prompt(SUN), Prompt(CAT)], {"sun": 0.5, "3f9c21aa": 0.5}),
    ([Prompt(SUN, 0.0)], {}),
]


@pytest.mark.parametrize(("prompts", "expected"), SHARES)
def test_shares_of_the_prompts(prompts: list[Prompt], expected: dict[str, float]) -> None:
    assert shares_of(prompts) == pytest.approx(expected)


CHANGES = [
    ({}, {"sun": 1.0}, 1.0),
    ({"sun": 1.0}, {"sun": 1.0}, 0.0),
    ({"sun": 1.0}, {"sea": 1.0}, 1.0),
    ({"sun": 1.0}, {"sun": 0.75, "sea": 0.25}, 0.25),
    ({"sun": 1.0}, {}, 0.0),
]


@pytest.mark.parametrize(("before", "now", "expected"), CHANGES)
def test_how_much_of_the_prompts_is_new(
    before: dict[str, float], now: dict[str, float], expected: float
) -> None:
    assert change_of(before, now) == pytest.approx(expected)


ARRIVING = [
    ([Prompt(SUN, 0.5), Prompt(SEA, 0.5)], {"sun": 1.0}, [Prompt(SEA, 0.5)]),
    ([Prompt(SUN), Prompt(SEA)], {"cat": 1.0}, [Prompt(SUN), Prompt(SEA)]),
    ([Prompt(SEA), Prompt(SUN, -1.0)], {"sun": 1.0}, [Prompt(SEA), Prompt(SUN, -1.0)]),
    ([Prompt(SUN, toward=SEA, mix=0.6)], {"sun": 1.0}, [Prompt(SEA)]),
]


@pytest.mark.parametrize(("prompts", "before", "expected"), ARRIVING)
def test_what_a_fade_goes_toward(
    prompts: list[Prompt], before: dict[str, float], expected: list[Prompt]
) -> None:
    assert list(arriving(prompts, before)) == expected


def task(*, first: bool = False, age_s: float = 0.1, revealed: float = 0.0) -> PaintTask:
    return PaintTask(
        objectives=lambda _: (),
        filters=lambda picture: picture,
        steps=4,
        lr=1.0,
        prompts=(),
        seed=1,
        first=first,
        age_s=age_s,
        novelty=0.0,
        revealed=revealed,
    )


STRENGTHS = Strengths(flow=0.6, change=0.9, settle=0.75)
STILL = {"change": 0.0, "changed": 0.0, "nearer": 1.0}

REASONS = [
    (task(first=True), {}, 1.0),
    (task(), {}, 0.0),
    (task(), {"change": 0.2}, 0.0),
    (task(), {"change": 0.5}, 0.9),
    (task(), {"changed": 0.8}, 0.0),
    (task(age_s=0.5), {"changed": 0.8}, 0.75),
    (task(age_s=0.5), {"changed": 0.1}, 0.0),
    (task(age_s=1.0), {"changed": 0.8}, 0.75),
    (task(age_s=1.0), {}, 0.6),
    (task(age_s=1.0), {"change": 0.3}, 0.0),
    (task(age_s=2.0), {"change": 0.3}, 0.6),
    (task(), {"nearer": 1.19}, 0.0),
    (task(), {"nearer": 1.21}, 0.6),
    (task(revealed=0.05), {}, 0.0),
    (task(revealed=0.1), {}, 0.6),
]


@pytest.mark.parametrize(("asked", "given", "expected"), REASONS)
def test_reasons_for_a_key_picture(
    asked: PaintTask, given: dict[str, float], expected: float
) -> None:
    assert strength_of(asked, STRENGTHS, **(STILL | given), every_s=1.0) == expected
