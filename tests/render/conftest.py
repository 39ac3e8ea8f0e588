"""Hand-made plans of a few tiny frames, for the `tiny` perceptor."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from storyboard.plan import Plan, Pose, PromptTrack, Quality, ShotPlan, TextPrompt

FPS = Fraction(12)
STILL = (1.0, 0.0, 0.0, 0.0, 0.5, 0.5, 0.0, 0.0)


def make_shot(name: str = "a", first: int = 0, count: int = 4, **changes: Any) -> ShotPlan:
    """A shot of ``count`` frames that zooms in; ``values`` replaces some of its curves."""
    values = {"steps": 3, "lr": 1.0, "cuts": 4, "cut_hold": 0.5, "hold": 0.2, "color_hold": 0.5}
    values |= changes.pop("values", {})
    poses = np.tile(np.array(STILL), (count, 1))
    poses[:, 0] = 1.05 ** np.arange(count)
    poses[:, 1] = 2.0 * np.arange(count)
    prompt = changes.pop("prompt", "red")
    shot = ShotPlan(
        index=0,
        name=name,
        start=first / FPS,
        end=(first + count) / FPS,
        first=first,
        stop=first + count,
        chain=0,
        fresh=first == 0,
        drawer="fft",
        drawer_options={},
        perceptors=("tiny",),
        tracks=(PromptTrack(TextPrompt(prompt), np.ones(count)),),
        poses=poses,
        entry=Pose(),
        exit=Pose(zoom=1.05**count, rotate=2.0 * count),
        border="reflect",
        border_color=(0.0, 0.0, 0.0),
        resample="bicubic",
        cut_batch=4,
        values={key: np.full(count, float(value)) for key, value in values.items()},
        seed=11,
        frame_seeds=tuple(range(1000 * first + 1, 1000 * first + 1 + count)),
        digest="",
    )
    shot = replace(shot, **changes)
    return replace(shot, digest=hashlib.sha256(repr((shot, prompt)).encode()).hexdigest())


def make_plan(*shots: ShotPlan, **changes: Any) -> Plan:
    """The film of ``shots``; their indices and, for those that flow, digests are set here."""
    placed: list[ShotPlan] = []
    for index, shot in enumerate(shots):
        flows = not shot.fresh and placed
        past = placed[-1].digest if flows else ""
        digest = hashlib.sha256(f"{past}{shot.digest}".encode()).hexdigest()
        placed.append(replace(shot, index=index, digest=digest))
    stop = placed[-1].stop
    plan = Plan(
        name="try",
        title="A try",
        width=32,
        height=18,
        fps=FPS,
        duration=stop / FPS,
        frame_count=stop,
        quality=Quality("sketch", ("tiny",), 3, 3, 4, 4, 16),
        seed=7,
        shots=tuple(placed),
        audio=None,
        marks={},
        story="title: A try\n",
        digest=hashlib.sha256(repr([s.digest for s in placed]).encode()).hexdigest(),
        own_quality="sketch",
    )
    return replace(plan, **changes)


@pytest.fixture
def shot() -> Callable[..., ShotPlan]:
    """Makes shots; see `make_shot`."""
    return make_shot


@pytest.fixture
def film() -> Callable[..., Plan]:
    """Makes plans; see `make_plan`."""
    return make_plan


@pytest.fixture
def plan() -> Plan:
    """Two shots that flow, and a third after a cut: 4 + 3 + 3 frames."""
    return make_plan(
        make_shot("dawn", 0, 4, prompt="red"),
        make_shot("night sky", 4, 3, prompt="blue"),
        make_shot("fire", 7, 3, prompt="orange", fresh=True, chain=1),
    )
