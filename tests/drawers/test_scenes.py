"""The scenes that prompts ask for, chosen by objectives, moved by the camera, resumed exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from storyboard.drawers import PaintTask, drawers
from storyboard.drawers.scenes import ScenesDrawer
from storyboard.errors import BadValue, Interrupted
from storyboard.motion.moves import pixel_grid
from storyboard.plan import Prompt, TextPrompt

SIZE = (36, 64)


def make(**options: Any) -> ScenesDrawer:
    made = drawers.get("scenes")(SIZE, options, generator=torch.Generator().manual_seed(1))
    assert isinstance(made, ScenesDrawer)
    return made


def task(
    *texts: str,
    age_s: float = 0.0,
    first: bool = True,
    seed: int = 3,
    objective: Callable[[Tensor], Tensor] | None = None,
) -> PaintTask:
    def objectives(step: int) -> Iterator[tuple[str, Callable[[Tensor], Tensor]]]:
        if objective:
            yield "it", objective

    prompts = tuple(Prompt(TextPrompt(text)) for text in texts)
    return PaintTask(objectives, lambda p: p, 1, 1.0, prompts, seed, first, age_s, 0.0, 0.0)


def moved(matrix: Tensor | None, canvas: Tensor | None = None, *, mixes: bool = False) -> Any:
    """A `FrameStart` with what this drawer asks for."""
    return SimpleNamespace(matrix=matrix, canvas=canvas, mixes=mixes)


def zoom(factor: float) -> Tensor:
    return torch.diag(torch.tensor([factor, factor, 1.0], dtype=torch.float64))


def test_the_objectives_choose_among_candidates() -> None:
    def dark(picture: Tensor) -> Tensor:
        return picture.mean()

    chosen, alone = make(candidates=12), make(candidates=1)
    chosen.paint(task("mountains", objective=dark))
    alone.paint(task("mountains", objective=dark))
    assert float(chosen.draw().mean()) < float(alone.draw().mean())


def test_moving_in_small_steps_is_moving_at_once() -> None:
    slow, quick = make(), make()
    for drawer in (slow, quick):
        drawer.paint(task("a boat on the sea"))
    for _ in range(10):
        slow.carry(moved(zoom(1.1)))
    quick.carry(moved(zoom(1.1**10)))
    assert torch.allclose(slow.draw(), quick.draw(), atol=1e-4)


def test_a_scene_goes_on_until_the_prompts_change() -> None:
    drawer = make(pace=0)
    assert drawer.paint(task("a city at night")).anchor
    before = drawer.draw().clone()
    assert drawer.paint(task("a city at night", first=False, age_s=2.0)).anchor
    assert torch.equal(drawer.draw(), before)
    changed = drawer.paint(task("a red rose", first=False, age_s=0.1))
    assert changed.anchor and changed.fade_s == 1.0
    assert not torch.equal(drawer.draw(), before)
    assert not drawer.paint(task("a red rose", first=False, age_s=0.5)).anchor  # while it fades


def test_another_scene_every_so_often() -> None:
    drawer = make(every=1.0, pace=0)
    drawer.paint(task("a castle"))
    before = drawer.draw().clone()
    drawer.paint(task("a castle", first=False, age_s=1.0, seed=99))
    assert not torch.equal(drawer.draw(), before)


def test_under_a_clip_the_canvas_is_shown() -> None:
    drawer, canvas = make(), torch.rand(1, 3, *SIZE)
    drawer.paint(task("fire"))
    drawer.carry(moved(zoom(1.1), canvas, mixes=True))
    assert torch.equal(drawer.draw(), canvas)
    assert not drawer.paint(task("fire", first=False, age_s=0.1)).anchor


def test_places_bend_the_scene_as_a_matrix_would() -> None:
    by_matrix, by_places = make(pace=0, fade=0), make(pace=0, fade=0)
    for drawer in (by_matrix, by_places):
        drawer.paint(task("a castle on green hills"))
    by_matrix.carry(moved(zoom(1.25)))
    places = pixel_grid(SIZE) / 1.25
    by_places.carry(SimpleNamespace(matrix=None, mixes=False, places=lambda: places))
    assert torch.allclose(by_matrix.draw(), by_places.draw(), atol=1e-4)
    assert by_matrix.paint(task("a castle on green hills", first=False, age_s=0.1)).anchor
    assert not by_places.paint(task("a castle on green hills", first=False, age_s=0.1)).anchor


def test_a_state_is_the_same_picture_and_the_same_future() -> None:
    one, two = make(), make()
    one.paint(task("waves at sunset"))
    one.carry(moved(zoom(1.3)))
    one.paint(task("waves at sunset", first=False, age_s=1.5))
    two.load_state_dict(one.state_dict())
    assert torch.equal(one.draw(), two.draw())
    for drawer in (one, two):
        drawer.carry(moved(zoom(1.2)))
        drawer.paint(task("waves at sunset", first=False, age_s=0.25))
    assert torch.equal(one.draw(), two.draw())


@pytest.mark.parametrize("options", [{"candidates": 0}, {"fade": -1}, {"candidats": 3}])
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(BadValue):
        make(**options)


@pytest.mark.parametrize("size", [(37, 65), (64, 36), (144, 256)])
def test_any_size(size: tuple[int, int]) -> None:
    drawer = drawers.get("scenes")(size, {}, generator=torch.Generator().manual_seed(1))
    drawer.paint(task("green hills under a rainbow"))  # type: ignore[attr-defined]
    assert drawer.draw().shape == (1, 3, *size)


STORY = """
version: 1
output: {size: 64x36, fps: 6}
quality: sketch
seed: 4
defaults: {motion: {zoom_per_s: 1.5, rotate_per_s: 20}}
shots:
  - {prompt: a sunset over the sea, duration: 1s}
  - {prompt: a city at night, duration: 1s}
"""


def test_a_film_that_was_stopped_is_the_film(tmp_path: Path) -> None:
    """A render that stops after five frames and goes on gives the frames of one without."""
    import storyboard

    frames, seen = [], 0

    def after_five() -> bool:
        nonlocal seen
        seen += 1
        return seen == 5

    path = tmp_path / "story.yaml"
    path.write_text(STORY)
    plan = storyboard.make_plan(storyboard.load_story(path))
    for name in ("whole", "parts"):
        out = tmp_path / name / "f.mp4"
        if name == "parts":
            with pytest.raises(Interrupted):
                storyboard.render(plan, out=out, device="cpu", stop=after_five)
        storyboard.render(plan, out=out, device="cpu")
        frames.append([path.read_bytes() for path in sorted((tmp_path / name).rglob("*.png"))])
    assert frames[0] == frames[1] and len(frames[0]) == 12
