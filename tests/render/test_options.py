"""Options that move while a film is rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from storyboard.drawers import drawers
from storyboard.drawers.fft import FFTDrawer
from storyboard.drawers.pixel import PixelDrawer
from storyboard.errors import Interrupted, UsageError
from storyboard.filters import filters
from storyboard.losses import LossContext, losses
from storyboard.options import Option
from storyboard.plan import Plan, ShotPlan
from storyboard.render import render
from storyboard.render.chain_session import Studio
from storyboard.render.loop import advance
from storyboard.render.state import ChainState, drawer_key, load_state
from storyboard.timeline import load_story_text, make_plan

Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]
CPU = torch.device("cpu")

STORY = """\
output: {size: 32x18, fps: 4, format: png}
perceptors: tiny
steps_first: 3
steps: 2
cuts: 4
DRAWER
losses: {exposure: {weight: 1, brightness: {0s: 0.2, 1s: 0.8}}}
filters: {vignette: {inner: 0.2 + 0.5*u}}
shots: [{prompt: a red sky, duration: 1s, motion: {zoom_per_s: 1.1}}]
"""

DRAWERS = {
    "fft": "drawer: {name: fft, decay: 1.5 + t, colors: 1.5 - t, lr: 0.05 + 0.1*t}",
    "pixel": "drawer: {name: pixel, cell: 2 + 4*t}",
}


def plan_of(drawer: str) -> Plan:
    return make_plan(load_story_text(STORY.replace("DRAWER", drawer)))


def run(plan: Plan, until: int | None = None) -> tuple[ChainState, list[np.ndarray]]:
    studio, state, pictures = Studio(plan, CPU), None, []
    for frame in list(plan.frames)[:until]:
        state, drawn = advance(studio, state, frame)
        pictures.append(drawn.picture)
    assert state is not None
    return state, pictures


def moving(shot: ShotPlan, **options: Any) -> ShotPlan:
    return replace(shot, moving={f"drawer.{n}": np.array(v) for n, v in options.items()})


@pytest.mark.parametrize("name", DRAWERS)
def test_a_checkpoint_knows_how_the_drawer_is_tuned(name: str) -> None:
    plan = plan_of(DRAWERS[name])
    state, _ = run(plan, until=3)
    shot, frame = plan.shots[0], plan.frames[3]
    again = load_state(state.to_bytes(2), shot, (18, 32), CPU, frame=2)
    assert again.tuned == state.tuned
    (one, drawn), (two, redrawn) = (advance(Studio(plan, CPU), s, frame) for s in (state, again))
    assert torch.equal(one.anchor, two.anchor)
    assert np.array_equal(drawn.picture, redrawn.picture)


@pytest.mark.parametrize("name", DRAWERS)
def test_a_resumed_film_with_moving_options_is_the_same(name: str, tmp_path: Path) -> None:
    plan = plan_of(DRAWERS[name])
    render(plan, out=tmp_path / "whole" / "film.mp4")
    seen = 0

    def stop_later(event: Any) -> None:
        nonlocal seen
        seen += event.kind == "frame"
        if seen == 2:
            raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        render(plan, out=tmp_path / "parts" / "film.mp4", on_event=stop_later)
    render(plan, out=tmp_path / "parts" / "film.mp4")
    whole, parts = (
        [file.read_bytes() for file in sorted((tmp_path / name).glob("shots/*/*.png"))]
        for name in ("whole", "parts")
    )
    assert len(whole) == 4
    assert whole == parts


def test_a_drawer_that_retunes_is_made_once(shot: Shots, film: Films) -> None:
    made = []

    class Watched(FFTDrawer):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            made.append(given[1])

    plan = film(moving(shot(count=4, drawer="watched"), decay=[1, 1.5, 2, 2], lr=[0.1] * 4))
    with drawers.temporary(watched=Watched):
        state, _ = run(plan)
    assert made == [{"decay": 1.0, "lr": 0.1}]
    assert state.tuned == {"decay": 2.0, "lr": 0.1}
    assert state.optimiser.param_groups[0]["initial_lr"] == 0.1


def test_a_drawer_that_cannot_retune_is_made_anew_from_the_anchor(shot: Shots, film: Films) -> None:
    given: list[Tensor] = []

    class Watched(PixelDrawer):
        def encode(self, canvas: Tensor) -> None:
            given.append(canvas)
            super().encode(canvas)

    plan = film(moving(shot(count=4, drawer="watched"), cell=[4, 4, 6, 6]))
    with drawers.temporary(watched=Watched):
        state, _ = run(plan, until=2)
        first, anchor = state.drawer, state.anchor
        assert given == []
        state, _ = advance(Studio(plan, CPU), state, plan.frames[2])
    assert state.drawer is not first
    assert len(given) == 1 and given[0] is anchor
    assert state.drawer.cells.shape[2:] == (3, 5)


def test_a_moving_option_does_not_make_another_drawer_but_another_set_of_them_does(
    shot: Shots,
) -> None:
    one, two = moving(shot(), decay=[1, 2, 3, 4]), moving(shot(), decay=[4, 3, 2, 1])
    assert drawer_key(one) == drawer_key(two) != drawer_key(shot())
    assert drawer_key(moving(shot(), colors=[1, 1, 2, 2])) != drawer_key(one)


SEEING = "losses: {style: {image: p.png}, dream: LAYER, steady: 1, histogram: {image: p.png}}"


def test_losses_look_through_the_perceptors(tmp_path: Path) -> None:
    """Films with them are painted; one that does not fit ends the render before its first frame."""
    Image.new("RGB", (64, 36), "teal").save(tmp_path / "p.png")

    def film(name: str, layer: str) -> Path:
        losses = SEEING.replace("LAYER", layer)
        text = STORY.replace("DRAWER", "drawer: fft").replace("losses:", f"{losses}\nhold:", 1)
        text = text.replace("hold: {exposure: {weight: 1, brightness: {0s: 0.2, 1s: 0.8}}}", "")
        plan = make_plan(load_story_text(text, folder=tmp_path))
        render(plan, out=tmp_path / name, device="cpu")
        return tmp_path / name

    assert film("film", "{layer: fine}").exists()
    with pytest.raises(UsageError, match=r"shot 'shot-001': loss 'dream'.*unknown layer 'fnie'"):
        film("other", "{layer: fnie}")
    assert not list((tmp_path / "other").rglob("*.png"))


def test_losses_and_filters_have_the_options_of_the_frame(shot: Shots, film: Films) -> None:
    seen: dict[str, list[Any]] = {"loss": [], "filter": []}

    def loss(context: LossContext) -> Callable[[Tensor], Tensor]:
        seen["loss"].append(dict(context.options))
        return lambda picture: picture.mean()

    def change(options: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
        seen["filter"].append(dict(options))
        return lambda picture: picture

    change.OPTIONS = {"amount": Option(1.0, "number", "x")}  # type: ignore[attr-defined]
    values = {"losses.toy": 1, "filters.toy": 0.5}
    one = shot(count=2, values=values, loss_options={"toy": {"b": 3}}, filter_options={"toy": {}})
    one = replace(one, moving={"losses.toy.a": np.array([1, 2]), "filters.toy.c": np.ones((2, 3))})
    with losses.temporary(toy=loss), filters.temporary(toy=change):
        run(film(one))
    assert seen["loss"] == [{"b": 3, "a": 1}, {"b": 3, "a": 2}]
    assert seen["filter"][0] == {"c": (1.0, 1.0, 1.0), "amount": 0.5}
