"""The inner loop, with small fakes for those who look at the picture."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from storyboard.drawers.fft import FFTDrawer
from storyboard.drawers.pixel import PixelDrawer
from storyboard.errors import StoryboardError
from storyboard.render import painter
from storyboard.render.painter import PATIENCE, Objectives, Settled, make_optimiser, paint, set_rate

SIZE = (12, 16)


def drawer_of(kind: Callable[..., FFTDrawer] = FFTDrawer) -> FFTDrawer:
    return kind(SIZE, {}, generator=torch.Generator().manual_seed(3))


def toward(level: float) -> Callable[[Tensor], Tensor]:
    return lambda picture: (picture - level).square().mean()


def same(picture: Tensor) -> Tensor:
    return picture


def always(*named: tuple[str, Callable[[Tensor], Tensor]]) -> Objectives:
    return lambda _step: named


def painted_picture(objectives: Objectives, *, steps: int = 5) -> Tensor:
    drawer = drawer_of()
    paint(drawer, make_optimiser(drawer), objectives, filters=same, steps=steps)
    return drawer.draw().detach()


@pytest.mark.parametrize("kind", [FFTDrawer, PixelDrawer])
def test_the_picture_comes_to_what_is_looked_for(kind: Callable[..., FFTDrawer]) -> None:
    drawer = drawer_of(kind)
    done = paint(
        drawer, make_optimiser(drawer), always(("light", toward(0.8))), filters=same, steps=60
    )
    assert abs(float(drawer.draw().detach().mean()) - 0.8) < 0.05
    assert done.loss is not None
    assert done.loss < 0.01


def test_objectives_may_come_in_any_number_of_pieces() -> None:
    whole = painted_picture(always(("all", lambda p: toward(0.2)(p) + toward(0.6)(p))))
    pieces = painted_picture(always(("one", toward(0.2)), ("two", toward(0.6))))
    assert torch.allclose(whole, pieces, atol=1e-4)


def test_the_drawer_draws_once_a_step_whatever_looks_at_it() -> None:
    drawer, drawn = drawer_of(), 0
    draw = drawer.draw

    def counted() -> Tensor:
        nonlocal drawn
        drawn += 1
        return draw()

    drawer.draw = counted  # type: ignore[method-assign]
    many = always(*(("x", toward(0.1 * n)) for n in range(8)))
    paint(drawer, make_optimiser(drawer), many, filters=same, steps=4)
    assert drawn == 4


def test_the_filters_stand_between_what_is_drawn_and_what_is_seen() -> None:
    drawer = drawer_of()
    paint(
        drawer,
        make_optimiser(drawer),
        always(("light", toward(0.2))),
        filters=lambda picture: 1 - picture,
        steps=60,
    )
    assert abs(float(drawer.draw().detach().mean()) - 0.8) < 0.05


def test_each_step_asks_for_its_own_objectives() -> None:
    asked: list[int] = []

    def objectives(step: int) -> list[tuple[str, Callable[[Tensor], Tensor]]]:
        asked.append(step)
        return [("light", toward(0.5))]

    painted_picture(objectives, steps=4)
    assert asked == [0, 1, 2, 3]


def test_without_objectives_nothing_changes() -> None:
    drawer = drawer_of()
    before = drawer.draw().detach().clone()
    done = paint(drawer, make_optimiser(drawer), always(), filters=same, steps=9)
    assert (done.steps, done.loss) == (1, None)
    assert torch.equal(drawer.draw(), before)


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A device whose numbers cost a wait; how many were read at each."""
    read: list[int] = []
    tolist = Tensor.tolist

    def noted(tensor: Tensor) -> object:
        read.append(tensor.numel())
        return tolist(tensor)

    monkeypatch.setattr(painter, "reading_waits", lambda device: True)
    monkeypatch.setattr(Tensor, "tolist", noted)
    return read


@pytest.mark.parametrize(("steps", "settles"), [(5, True), (PATIENCE, True), (60, False)])
def test_where_reading_waits_a_frame_is_read_once(
    request: pytest.FixtureRequest, steps: int, settles: bool
) -> None:
    pair = always(("one", toward(0.2)), ("two", toward(0.6)))

    def painted() -> tuple[Tensor, int, float | None]:
        drawer, given = drawer_of(), {"filters": same, "steps": steps, "settles": settles}
        done = paint(drawer, make_optimiser(drawer), pair, **given)  # type: ignore[arg-type]
        return drawer.draw().detach(), done.steps, done.loss

    at_once = painted()
    waiting = request.getfixturevalue("waiting")
    late = painted()
    assert torch.equal(late[0], at_once[0])
    assert late[1:] == at_once[1:]
    assert waiting == [3 * steps]


def test_where_reading_waits_a_long_frame_still_stops_when_it_has_settled(
    waiting: list[int],
) -> None:
    drawer = drawer_of()
    still = always(("still", lambda picture: 0 * picture.sum() + 1))
    done = paint(drawer, make_optimiser(drawer), still, filters=same, steps=90)
    assert done.steps == PATIENCE + 1
    assert len(waiting) == done.steps


def test_where_reading_waits_the_first_bad_loss_is_named_at_the_end(waiting: list[int]) -> None:
    drawer = drawer_of()

    def objectives(step: int) -> list[tuple[str, Callable[[Tensor], Tensor]]]:
        odd = math.nan if step > 1 else 1.0
        return [("the prompts", toward(0.5)), (f"step {step}", lambda p: p.mean() * odd)]

    with pytest.raises(StoryboardError, match="the loss of step 2 is nan"):
        paint(drawer, make_optimiser(drawer), objectives, filters=same, steps=5)
    assert waiting == [15]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_named_and_changes_nothing(value: float) -> None:
    drawer = drawer_of()
    before = drawer.draw().detach().clone()
    bad = always(("the prompts", toward(0.5)), ("loss 'odd'", lambda p: p.sum() * value))
    with pytest.raises(StoryboardError, match="loss of loss 'odd' is"):
        paint(drawer, make_optimiser(drawer), bad, filters=same, steps=3)
    assert torch.equal(drawer.draw(), before)


def test_a_gradient_that_is_no_number_is_told() -> None:
    root = always(("edge", lambda p: (p - p).abs().sqrt().sum()))
    drawer = drawer_of()
    with pytest.raises(StoryboardError, match="gradient of edge is nan"):
        paint(drawer, make_optimiser(drawer), root, filters=same, steps=1)


def test_the_rate_is_a_factor_of_the_drawers_own() -> None:
    drawer = drawer_of()
    optimiser = make_optimiser(drawer)
    own = drawer.parameters()[0]["lr"]
    for factor in (0.5, 2.0, 1.0):
        set_rate(optimiser, factor)
        assert optimiser.param_groups[0]["lr"] == own * factor


def steps_until_settled(losses: Callable[[int], float], most: int = 500) -> int:
    settled = Settled()
    return next((n + 1 for n in range(most) if settled(losses(n))), most)


@pytest.mark.parametrize(
    ("name", "losses", "low", "high"),
    [
        ("constant", lambda n: 1.0, PATIENCE + 1, PATIENCE + 1),
        ("zero", lambda n: 0.0, PATIENCE + 1, PATIENCE + 1),
        ("rising", lambda n: 1 + 0.01 * n, PATIENCE + 1, PATIENCE + 1),
        ("falling", lambda n: 0.98**n, 500, 500),
        ("falling below zero", lambda n: -0.01 * n, 500, 500),
        ("falling, then still", lambda n: max(1 - 0.01 * n, 0.5), 70, 150),
        ("noisy but falling", lambda n: 1 - 0.004 * n + 0.05 * math.sin(9.1 * n), 500, 500),
        ("noisy and still", lambda n: 1 + 0.05 * math.sin(9.1 * n), PATIENCE, 80),
    ],
)
def test_when_a_loss_has_settled(
    name: str, losses: Callable[[int], float], low: int, high: int
) -> None:
    assert low <= steps_until_settled(losses) <= high, name


def test_painting_stops_when_the_loss_has_settled() -> None:
    drawer = drawer_of()
    flat = always(("flat", lambda picture: 0 * picture.sum() + 1))
    done = paint(drawer, make_optimiser(drawer), flat, filters=same, steps=400)
    assert done.steps == PATIENCE + 1
