"""What a studio has at hand before the first frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from storyboard import make_plan
from storyboard.errors import BadValue
from storyboard.perceptors import load
from storyboard.perceptors.testing import TinyPerceptor
from storyboard.plan import Plan, PromptTrack, ShotPlan, TextPrompt
from storyboard.render.chain_session import Studio
from storyboard.timeline import load_story_text

CPU = torch.device("cpu")


def test_every_text_of_the_film_is_read_before_its_first_frame(
    shot: Callable[..., ShotPlan], film: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[list[str]] = []
    embed = TinyPerceptor.embed_texts

    def embed_texts(tiny: TinyPerceptor, texts: Sequence[str]) -> Any:
        read.append(list(texts))
        return embed(tiny, texts)

    monkeypatch.setattr(TinyPerceptor, "embed_texts", embed_texts)
    ones = np.ones(2)
    red, blue, white = map(TextPrompt, ("red", "blue", "white"))
    fade = (PromptTrack(blue, ones, toward=white, mixes=0.5 * ones), PromptTrack(red, ones))
    plan = film(shot("a", 0, 2), shot("b", 2, 2, tracks=fade), shot("c", 4, 2, tracks=()))
    Studio(plan, CPU).prepare(plan.shots[:1])
    assert read == [["red", "blue", "white"]]


def test_a_film_without_words_is_prepared_too(
    shot: Callable[..., ShotPlan], film: Callable[..., Plan]
) -> None:
    plan = film(shot("a", 0, 2, tracks=()))
    assert Studio(plan, CPU).prepare(plan.shots) == []


@pytest.mark.parametrize("prompt", ["a zyzzyva", " ".join(["the sea and the sky"] * 40)])
def test_a_warning_of_the_plan_is_not_repeated(prompt: str) -> None:
    text = f"{{version: 1, quality: sketch, shots: [{{prompt: {prompt}, duration: 1s}}]}}"
    plan = make_plan(load_story_text(text))
    assert len(plan.warnings) == 1
    assert load("sketch", device="cpu").warnings(prompt)
    assert Studio(plan, CPU).prepare(plan.shots) == []


def test_a_picture_that_changed_ends_the_render_before_its_first_frame(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "x.png")
    text = "perceptors: tiny\nduration: 1s\nshots: [{prompt: [red, {image: x.png}]}]"
    plan = make_plan(load_story_text(text, folder=tmp_path))
    assert Studio(plan, CPU).prepare(plan.shots) == []
    Image.new("RGB", (8, 8), "blue").save(tmp_path / "x.png")
    with pytest.raises(BadValue, match="has changed since the story was read"):
        Studio(plan, CPU).prepare(plan.shots)
