"""What a frame begins from, and that it is handed to the drawer once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from storyboard.catalogue import Record
from storyboard.drawers import PaintResult, PaintTask, drawers, option_table
from storyboard.drawers.fft import FFTDrawer
from storyboard.losses import LossContext, losses
from storyboard.motion.path import move
from storyboard.options import Option
from storyboard.plan import Plan, ShotPlan
from storyboard.render.carry.begin import FrameBegin, fitted
from storyboard.render.chain_session import Studio
from storyboard.render.loop import advance
from storyboard.render.state import ChainState, Fading, load_state

Shots = Callable[..., ShotPlan]
Films = Callable[..., Plan]
CPU = torch.device("cpu")
DEFAULTS = {"hold": 1.0, "color_hold": 0.5, "reveal": 0.5, "novelty": 0.0, "steps": 2}
"""What a story that says nothing gets (`storyboard.timeline.settings.NUMBERS`)."""


def counting(kind: type[Any], calls: Counter[str]) -> type[Any]:
    """A drawer of ``kind`` that counts how often it is encoded and carried."""

    class Counted(kind):  # type: ignore[misc]
        def encode(self, canvas: Tensor) -> None:
            calls["encode"] += 1
            super().encode(canvas)

        def carry(self, start: Any) -> None:
            calls["carry"] += 1
            super().carry(start)

    return Counted


def panned(shot: Shots, count: int, **changes: Any) -> ShotPlan:
    """A shot whose camera pans, zooms and turns, so that every frame uncovers something."""
    made = shot(count=count, values=DEFAULTS | changes.pop("values", {}), **changes)
    made.poses[:, 2] = 0.1 * np.arange(count)
    return made


def pictures(plan: Plan) -> Iterator[tuple[ChainState, np.ndarray]]:
    studio, state = Studio(plan, CPU), None
    for frame in plan.frames:
        state, drawn = advance(studio, state, frame)
        yield state, drawn.picture


WITHOUT_MODEL = [name for name in drawers.names() if "model" not in option_table(name)]
"""Drawers that need no weights; those that do count their encodes in their own tests."""


@pytest.mark.parametrize("name", WITHOUT_MODEL)
def test_a_frame_encodes_at_most_once_and_never_where_parameters_move(
    shot: Shots, film: Films, name: str
) -> None:
    calls: Counter[str] = Counter()
    plan = film(panned(shot, 4, drawer="counted"))
    kind: Any = drawers.get(name)
    most = 0 if kind.native else 1
    record = replace(drawers.record(name), target=counting(kind, calls))
    with drawers.temporary(counted=record):
        for number, _ in enumerate(pictures(plan)):
            assert calls["carry"] == (number > 0)
            assert calls["encode"] <= most * (number > 0)
            calls.clear()


def test_a_still_camera_and_nothing_held_does_not_touch_the_drawer(
    shot: Shots, film: Films
) -> None:
    calls: Counter[str] = Counter()
    still = shot(count=3, drawer="counted", values=DEFAULTS | {"color_hold": 0})
    still.poses[:] = still.poses[0]
    with drawers.temporary(counted=counting(FFTDrawer, calls)):
        list(pictures(film(still)))
    assert not calls


def test_frames_without_steps_never_encode(shot: Shots, film: Films) -> None:
    calls: Counter[str] = Counter()
    moving = panned(shot, 4, drawer="counted")
    moving.values["steps"][1:] = 0
    with drawers.temporary(counted=counting(FFTDrawer, calls)):
        list(pictures(film(moving)))
    assert not calls


def test_points_go_where_the_picture_goes(shot: Shots, film: Films) -> None:
    plan = film(panned(shot, 3))
    studio, state = Studio(plan, CPU), next(pictures(plan))[0]
    start = FrameBegin(studio, state, plan.frames[2], move(plan, 0, 2), None)
    places = torch.tensor([[0.1, -0.2], [0.0, 0.0], [-0.4, 0.3]])
    there, seen = start.points(places)
    assert bool(seen.all())
    m = start.matrix
    assert m is not None
    flat = torch.cat([places.double(), torch.ones(3, 1)], 1) @ m.T
    torch.testing.assert_close(there.double(), flat[:, :2] / flat[:, 2:], atol=1e-6, rtol=0)


def test_a_colour_matrix_is_the_change_where_that_is_linear() -> None:
    matrix = torch.tensor([[0.9, 0.1, 0.0], [0.0, 0.8, 0.1], [0.1, 0.0, 0.7]])
    offset = torch.tensor([0.05, -0.02, 0.1])

    def change(colors: Tensor) -> Tensor:
        return torch.einsum("rc,bchw->brhw", matrix, colors) + offset.view(3, 1, 1)

    picture = torch.rand(1, 3, 60, 80, generator=torch.Generator().manual_seed(0))
    found, shift = fitted(change, picture)
    torch.testing.assert_close(found, matrix, atol=0.01, rtol=0)
    torch.testing.assert_close(shift, offset, atol=0.01, rtol=0)
    flat_matrix, flat_offset = fitted(change, torch.full((1, 3, 8, 8), 0.5))
    grey = torch.full((3,), 0.5)
    torch.testing.assert_close(
        flat_matrix @ grey + flat_offset, matrix @ grey + offset, atol=2e-3, rtol=0
    )


class Sgd(FFTDrawer):
    """A drawer with an optimiser of its own, with momentum."""

    def optimiser(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), momentum=0.9)


class Keyed(FFTDrawer):
    """A drawer that paints in its own way: a new anchor every third frame, noise between."""

    tasks: list[PaintTask]

    def paint(self, task: PaintTask) -> PaintResult:
        type(self).tasks.append(task)
        noise = torch.Generator().manual_seed(task.seed)
        anchor = task.first or task.age_s > 0.2
        with torch.no_grad():
            self.spectrum.add_(torch.randn(self.spectrum.shape, generator=noise), alpha=0.02)
        losses = [float(f(task.filters(self.draw()).detach())) for _, f in task.objectives(0)]
        return PaintResult(1, sum(losses), anchor=anchor, fade_s=0.2)


@pytest.fixture(autouse=True)
def toys() -> Iterator[None]:
    Keyed.tasks = []
    with drawers.temporary(sgd=Sgd, keyed=Keyed):
        yield


@pytest.mark.parametrize("name", ["sgd", "keyed"])
@pytest.mark.parametrize("after", [0, 2, 4, 5])
def test_a_checkpoint_leads_to_the_same_bits(
    shot: Shots, film: Films, name: str, after: int
) -> None:
    plan = film(panned(shot, 8, drawer=name))
    straight = [picture for _, picture in pictures(plan)]
    state, _ = next(islice(pictures(plan), after, None))
    again: ChainState | None = load_state(
        state.to_bytes(after), plan.shots[0], (18, 32), CPU, frame=after
    )
    studio = Studio(plan, CPU)
    for number in range(after + 1, 8):
        again, drawn = advance(studio, again, plan.frames[number])
        assert np.array_equal(drawn.picture, straight[number])


def test_its_own_optimiser_learns_at_the_rate_of_the_story(shot: Shots, film: Films) -> None:
    plan = film(panned(shot, 2, drawer="sgd", values={"lr": 0.5}))
    (_, _), (state, _) = pictures(plan)
    assert isinstance(state.optimiser, torch.optim.SGD)
    assert [group["lr"] for group in state.optimiser.param_groups] == [0.5 * 0.05]


def test_a_drawer_decides_what_becomes_the_anchor(shot: Shots, film: Films) -> None:
    plan = film(panned(shot, 8, drawer="keyed"))
    anchors = [state.anchor_frame for state, _ in pictures(plan)]
    assert anchors == [0, 0, 0, 3, 3, 3, 6, 6]
    assert [round(task.age_s * 12) for task in Keyed.tasks] == [0, 1, 2, 3, 1, 2, 3, 1]
    assert [task.first for task in Keyed.tasks] == [True] + [False] * 7
    assert Keyed.tasks[1].revealed > 0
    assert Keyed.tasks[0].prompts == plan.frames[0].prompts


def test_a_frame_that_is_no_anchor_leaves_the_drawer_at_the_anchor(
    shot: Shots, film: Films
) -> None:
    plan = film(panned(shot, 3, drawer="keyed"))
    states = pictures(plan)
    first = next(states)[0].drawer.draw().detach()
    state, _ = next(states)
    assert torch.equal(state.drawer.draw(), first)
    assert torch.equal(state.anchor, first)


def test_neighbouring_anchors_fade_into_each_other() -> None:
    old, new = torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 2, 2)
    fading = Fading(old, 4 / 12)
    shares = [float(fading.over(new, n / 12, 12).mean()) for n in range(5)]
    assert 0 < shares[0] < 0.2
    assert shares == sorted(shares)
    assert shares[4] == 1
    steps = np.diff([0.0, *shares])
    assert steps.max() < 0.4


class Older:
    """A drawer as plug-ins of version 0.1.0 made them: ``move`` in place of ``carry``."""

    def __init__(self, size: Any, options: Any, **others: Any) -> None:
        self._fft = FFTDrawer(size, options, **others)
        self.size = size

    def move(self, warp: Callable[[Tensor], Tensor]) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        if name == "carry":
            raise AttributeError(name)
        return getattr(self._fft, name)


def test_a_drawer_of_the_older_kind_paints_the_same_film_and_is_reported(
    shot: Shots, film: Films
) -> None:
    plan = film(panned(shot, 4))
    old = film(panned(shot, 4, drawer="older"))
    with drawers.temporary(older=Older):
        for (_, one), (_, other) in zip(pictures(plan), pictures(old), strict=True):
            assert np.array_equal(one, other)
        warnings = Studio(old, CPU).prepare(old.shots)
    assert any("older" in warning and "carry" in warning for warning in warnings)


def test_losses_are_given_size_step_and_what_the_perceptors_see(shot: Shots, film: Films) -> None:
    seen: list[tuple[Any, ...]] = []

    def curious(context: LossContext) -> Callable[[Tensor], Tensor]:
        def objective(picture: Tensor) -> Tensor:
            assert context.embed is not None
            (vector,) = context.embed(picture)
            seen.append((context.size, context.step(), float(vector.detach().norm())))
            return vector.sum()

        return objective

    plan = film(shot(count=1, values={"losses.curious": 1.0, "steps": 3}))
    with losses.temporary(curious=curious):
        list(pictures(plan))
    assert [(size, step) for size, step, _ in seen] == [((18, 32), n) for n in range(3)]
    assert all(abs(norm - 1) < 1e-5 for *_, norm in seen)


def test_a_loss_is_given_the_picture_that_its_option_names(
    shot: Shots, film: Films, tmp_path: Path
) -> None:
    Image.new("RGB", (64, 64), (51, 102, 204)).save(tmp_path / "blue.png")
    seen: list[Tensor] = []

    def near(context: LossContext) -> Callable[[Tensor], Tensor]:
        assert context.image is not None
        target = context.image("picture")
        seen.append(target)
        return lambda picture: (picture - target).square().mean()

    record = Record(near, options={"picture": Option(None, "image", "what to come near to")})
    options = {"near": {"picture": tmp_path / "blue.png"}}

    def distance(weight: float) -> float:
        values = {"losses.near": weight, "steps": 20}
        plan = film(shot(count=1, values=values, loss_options=options))
        with losses.temporary(near=record):
            ((state, _),) = pictures(plan)
        return float((state.anchor - seen[0]).abs().mean())

    assert distance(1000.0) < 0.8 * distance(0.001)
    assert seen[0].shape == (1, 3, 18, 32)
    torch.testing.assert_close(seen[0].mean((0, 2, 3)), torch.tensor([0.2, 0.4, 0.8]))
