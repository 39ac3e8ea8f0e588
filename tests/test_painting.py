"""What the painter paints under `sketch` is what another perceptor sees: the whole loop at once.

The judge (`tests/data/judge`) has another architecture and another seed, and never guides.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from torch import Tensor

    from storyboard.perceptors import Guide

JUDGE = Path(__file__).parent / "data" / "judge"

SHOWN = [
    "a sunset over the sea",
    "green hills under a blue sky",
    "city lights at night",
    "a forest",
    "underwater",
    "a purple galaxy",
]
OTHERS = [
    "a red heart on a white background",
    "a desert",
    "snowy mountains",
    "blue and white stripes",
    "a face",
    "a rainbow over a meadow",
]
CUTS, STEPS, SIZE = 8, 24, (54, 96)


@pytest.fixture(scope="module")
def judge() -> Guide:
    from storyboard.perceptors import Guide, load

    return Guide([(load(str(JUDGE), device="cpu"), 1.0)])


def paint_pictures() -> Iterator[Tensor]:
    """A picture for each of ``SHOWN``, painted from scratch."""
    import torch

    from storyboard.drawers import drawers
    from storyboard.losses.smoothness import total_variation
    from storyboard.perceptors import Guide, GuideStep, load
    from storyboard.plan import Prompt, TextPrompt
    from storyboard.render.painter import make_optimiser, paint

    guide = Guide([(load("sketch", device="cpu"), 1.0)])
    for text in SHOWN:
        drawer = drawers.get("fft")(SIZE, {}, generator=torch.Generator().manual_seed(1))

        def objectives(number: int, text: str = text) -> Iterator[tuple[str, object]]:
            step = GuideStep(
                number, frame_seed=1, hold_seed=2, cuts=CUTS, cut_batch=CUTS, cut_hold=0.5
            )
            for objective in guide.objectives([Prompt(TextPrompt(text))], step):
                yield "the prompt", objective
            yield "smoothness", lambda picture: 0.2 * total_variation(picture)

        paint(drawer, make_optimiser(drawer), objectives, filters=lambda p: p, steps=STEPS)
        yield drawer.draw().detach()


def test_the_judge_recognises_what_sketch_guided(judge: Guide) -> None:
    ranks = []
    for number, picture in enumerate(paint_pictures()):
        scores = judge.score(picture, SHOWN + OTHERS)
        ranks.append(int((scores > scores[number]).sum()))
    # Of twelve captions chance puts the right one among the first three for one picture in four.
    assert sum(rank < 3 for rank in ranks) >= 5, ranks
    assert sum(rank == 0 for rank in ranks) >= 3, ranks
