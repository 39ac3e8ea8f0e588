"""Parts of the picture that prompts are for, seen by the `tiny` perceptor."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from storyboard.perceptors import Guide, GuideStep, Spot, load
from storyboard.perceptors.spots import relevance
from storyboard.perceptors.views import ViewSeeds, draw_views, window_views
from storyboard.plan import Prompt, TextPrompt

STEP = GuideStep(number=0, frame_seed=5, hold_seed=7, cuts=8, cut_batch=3)
SIZE = (36, 64)
RED = torch.tensor([0.9, 0.1, 0.1])[:, None, None]


@pytest.fixture
def guide() -> Guide:
    return Guide([(load("tiny", device="cpu"), 1.0)])


def half() -> torch.Tensor:
    """1 on the left half."""
    mask = torch.zeros(1, 1, *SIZE)
    mask[..., : SIZE[1] // 2] = 1
    return mask


def slope(
    guide: Guide, picture: torch.Tensor, mask: torch.Tensor | None
) -> tuple[float, torch.Tensor]:
    """The sum of the objectives of red within ``mask``, and its gradient."""
    leaf, total = picture.clone().requires_grad_(), 0.0
    spot = Spot.of(mask)
    for objective in guide.objectives([Prompt(TextPrompt("red"))], STEP, lambda _: spot):
        loss = objective(leaf)
        loss.backward()
        total += float(loss.detach())
    assert leaf.grad is not None
    return total, leaf.grad


def test_only_the_part_is_painted(guide: Guide) -> None:
    picture = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    loss, gradient = slope(guide, picture, half())
    assert loss > 0
    assert bool((gradient[..., : SIZE[1] // 2] != 0).any())
    assert not bool(gradient[..., SIZE[1] // 2 :].any())


def test_nothing_is_asked_of_an_empty_part(guide: Guide) -> None:
    loss, gradient = slope(guide, torch.rand(1, 3, *SIZE), torch.zeros(1, 1, *SIZE))
    assert (loss, bool(gradient.any())) == (0.0, False)


def test_what_lies_outside_the_part_is_not_seen(guide: Guide) -> None:
    """And a part that is the whole frame, seen alone, is like the picture of it."""
    red = RED.expand(1, 3, *SIZE)
    other = red.clone()
    other[..., SIZE[1] // 2 :] = torch.tensor([0.1, 0.2, 0.9])[:, None, None]
    assert slope(guide, red, half())[0] == slope(guide, other, half())[0]
    assert slope(guide, red, half())[0] < slope(guide, other, 1 - half())[0]


def test_the_micro_batch_changes_only_rounding(guide: Guide) -> None:
    picture = torch.rand(1, 3, *SIZE, generator=torch.Generator().manual_seed(1))
    spot, found = Spot.of(half()), []
    for batch in (1, 3, 8):
        step = replace(STEP, cut_batch=batch)
        objectives = guide.objectives([Prompt(TextPrompt("blue"))], step, lambda _: spot)
        found.append(sum(float(objective(picture)) for objective in objectives))
    assert found == pytest.approx([found[0]] * 3, rel=1e-5)


def test_views_count_by_how_much_of_the_part_they_show() -> None:
    mask = torch.zeros(1, 1, *SIZE)
    mask[..., :8, :8] = mask[..., -8:, -8:] = 1  # two corners: the box is the whole frame
    spot = Spot.of(mask)
    assert spot is not None
    views = draw_views(24, SIZE[1] / SIZE[0], ViewSeeds(1, 2, 0.5, 0))
    shares = spot.shares(views)
    assert float(shares.mean()) == pytest.approx(1, abs=1e-5)
    assert float(shares.max()) > 2 * float(shares.min())


@pytest.mark.parametrize("width", [1, 5, 64])
def test_the_bounding_box_has_a_least_size(width: int) -> None:
    mask = torch.zeros(1, 1, *SIZE)
    mask[..., 20:21, :width] = 1
    spot = Spot.of(mask)
    assert spot is not None
    assert spot.columns.stop - spot.columns.start >= max(width, SIZE[1] // 8)
    assert spot.rows.start <= 20 < spot.rows.stop <= SIZE[0]


def test_words_are_found_where_the_picture_shows_them(guide: Guide) -> None:
    picture = torch.full((1, 3, *SIZE), 0.5)
    picture[..., 4:20, 40:60] = RED
    found = relevance(guide.perceptors, picture, "red")
    inside = found[..., 8:16, 45:55].mean()
    assert float(inside) > 0.8
    assert float(found[..., :30].mean()) < 0.05
    assert 0.03 < float(found.mean()) < 0.4
    assert not bool(relevance(guide.perceptors, torch.full((1, 3, *SIZE), 0.5), "red").any())


@pytest.mark.parametrize("aspect", [1.0, 16 / 9, 9 / 16])
def test_windows_cover_the_picture(aspect: float) -> None:
    views, (rows, columns) = window_views(aspect, 0.5)
    assert len(views) == rows * columns
    corners = torch.tensor([[-1, -1, 1], [1, 1, 1]], dtype=torch.float64)
    places = (corners @ views.matrix.transpose(1, 2))[..., :2]
    assert places.amin().item() == pytest.approx(-1)
    assert places.amax().item() == pytest.approx(1)
    sides = (places[0, 1] - places[0, 0]) * torch.tensor([aspect, 1.0], dtype=torch.float64)
    assert sides[0].item() == pytest.approx(sides[1].item())
