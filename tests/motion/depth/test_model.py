"""Depth from a model: a fixed scale, smoothed over time, and clear words without it."""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from storyboard.errors import UsageError
from storyboard.motion.depth.estimator import DepthScale, load_pipeline, predict, scale_of, seen
from storyboard.motion.depth.scene import Scene
from storyboard.plan import DepthPlan

SIZE = (18, 32)
PICTURE = torch.linspace(0, 1, 32).expand(1, 3, *SIZE)
DEPTH = DepthPlan("model", near=0.5, far=2.0, smooth=Fraction(1))


class Eyes:
    """A pipeline that takes the red of a picture for inverse depth, ten times over."""

    def __init__(self, shape: tuple[int, ...] = SIZE, gain: float = 10.0) -> None:
        self.shape, self.gain = shape, gain

    def __call__(self, picture: Any) -> dict[str, Tensor]:
        red = torch.from_numpy(np.asarray(picture)[..., 0] / np.float32(255))
        return {"predicted_depth": self.gain * red.reshape(self.shape)}


def inverse_depth(scene: Scene) -> Tensor:
    assert scene.surface is not None
    return scene.surface.inverse_depth


@pytest.mark.parametrize("shape", [SIZE, (1, *SIZE), (1, 1, *SIZE)])
def test_what_a_pipeline_says_is_read_in_the_pictures_size(shape: tuple[int, ...]) -> None:
    estimate = predict(Eyes(shape), PICTURE, gives="nearness")
    assert estimate.shape == SIZE and estimate.dtype == torch.float64
    torch.testing.assert_close(estimate, 10 * PICTURE[0, 0].double(), rtol=0, atol=0.03)


def test_a_model_may_give_distances() -> None:
    estimate = predict(Eyes(), PICTURE.clamp(min=0.1), gives="distance")
    assert float(estimate[0, 0]) > float(estimate[0, -1])
    assert float(estimate[0, -1]) == pytest.approx(0.1)


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(UsageError, match="non-finite"):
        predict(Eyes(gain=float("nan")), PICTURE, gives="nearness")


def test_the_scale_is_that_of_the_first_picture() -> None:
    first = predict(Eyes(), PICTURE, gives="nearness")
    scale = scale_of(first)
    assert (scale.low, scale.high) == pytest.approx((0.3, 9.7), abs=0.35)
    half = predict(Eyes(), PICTURE / 2, gives="nearness")
    far, near = (
        inverse_depth(seen(Scene(), estimate, scale, DEPTH, passed_s=0))
        for estimate in (half, first)
    )
    assert float(near.max()) == pytest.approx(2.0)
    assert float(far.max()) == pytest.approx(0.5 + 1.5 * 0.5, abs=0.08)  # not stretched to the end


def test_an_estimate_is_mixed_in_by_the_time_that_has_passed() -> None:
    low, high = (torch.full(SIZE, value, dtype=torch.float64) for value in (0.0, 10.0))
    scale = DepthScale(0.0, 10.0)
    before = seen(Scene(), low, scale, DEPTH, passed_s=0)
    assert float(inverse_depth(before)[0, 0]) == pytest.approx(0.5)
    for passed_s, share in ((0.0, 0.0), (1.0, 1 - 0.36788), (100.0, 1.0)):
        after = inverse_depth(seen(before, high, scale, DEPTH, passed_s=passed_s))
        assert float(after[0, 0]) == pytest.approx(0.5 + 1.5 * share, abs=1e-4)


def test_twice_the_looks_give_the_same_in_the_same_time() -> None:
    high, scale = torch.full(SIZE, 10.0, dtype=torch.float64), DepthScale(0.0, 10.0)
    start = seen(Scene(), torch.zeros(SIZE, dtype=torch.float64), scale, DEPTH, passed_s=0)
    once = seen(start, high, scale, DEPTH, passed_s=1.0)
    twice = start
    for _ in range(4):
        twice = seen(twice, high, scale, DEPTH, passed_s=0.25)
    torch.testing.assert_close(inverse_depth(once), inverse_depth(twice))


def test_a_model_that_sees_no_depth_sees_a_plane() -> None:
    even = torch.full(SIZE, 3.0, dtype=torch.float64)
    scene = seen(Scene(), even, scale_of(even), DEPTH, passed_s=0)
    assert inverse_depth(scene).unique().numel() == 1


@pytest.mark.skipif(importlib.util.find_spec("transformers") is not None, reason="it is here")
def test_without_the_extra_it_is_named() -> None:
    with pytest.raises(UsageError, match=r"storyboard\[depth\]"):
        load_pipeline("some/model", torch.device("cpu"))
