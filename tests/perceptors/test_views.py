"""The random views of a step: Pixray's distributions as homographies."""

from __future__ import annotations

import pytest
import torch

from storyboard.perceptors.views import Views, ViewSeeds, draw_views, fixed_views, homography

DICE = ViewSeeds(frame=1, hold=2, held=0.0, step=0)
ASPECTS = [1.0, 16 / 9, 4 / 5, 3.0]
CORNERS = torch.tensor([[-1.0, -1], [1, -1], [1, 1], [-1, 1]], dtype=torch.float64)


def seen_from(matrix: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Points ``(P, 2)`` through matrices ``(N, 3, 3)``: ``(N, P, 2)``."""
    lifted = torch.cat([points, torch.ones(len(points), 1, dtype=points.dtype)], dim=1)
    moved = lifted @ matrix.transpose(1, 2)
    return moved[..., :2] / moved[..., 2:]


def area(quad: torch.Tensor) -> torch.Tensor:
    """Areas of quadrilaterals ``(N, 4, 2)`` as shares of the picture, whose area is 4."""
    x, y = quad.unbind(-1)
    return ((x * y.roll(-1, 1) - y * x.roll(-1, 1)).sum(1) / 2).abs() / 4


def test_six_in_ten_are_zoom_views_the_rest_wide() -> None:
    views = draw_views(30, 1.0, DICE)
    assert views.grey.isnan().tolist() == [True] * 18 + [False] * 12


@pytest.mark.parametrize("aspect", ASPECTS)
def test_wide_views_hold_the_whole_picture(aspect: float) -> None:
    wide = draw_views(500, aspect, DICE)[300:]
    in_view = seen_from(torch.linalg.inv(wide.matrix), CORNERS)
    assert in_view.abs().max().item() <= 1 + 1e-9
    assert area(in_view).min().item() > 0.2 / max(aspect, 1 / aspect)


@pytest.mark.parametrize("aspect", [1.0, 16 / 9, 4 / 5])
def test_zoom_views_show_a_quarter_to_nearly_all(
    aspect: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.perceptors.views.PERSPECTIVE_SHARE", 0.0)
    zoom = draw_views(1000, aspect, DICE)[:600]
    quads = seen_from(zoom.matrix, CORNERS)
    share = area(quads)
    assert 0.25 <= share.min().item() < 0.3
    assert share.max().item() <= 0.95
    assert quads.abs().max().item() <= 1 + 1e-9, "inside the picture"
    sides = quads.amax(1) - quads.amin(1)
    shape = sides[:, 1] / sides[:, 0] / aspect
    assert 0.85 - 1e-9 <= shape.min().item() < 0.87 < 1.18 < shape.max().item() <= 1.2 + 1e-9


def test_a_very_wide_picture_is_seen_from_end_to_end() -> None:
    quads = seen_from(draw_views(400, 6.0, DICE)[:240].matrix, CORNERS)
    assert quads[..., 0].min().item() < -0.95
    assert quads[..., 0].max().item() > 0.95


@pytest.mark.parametrize(("held", "same"), [(0.0, (0, 0)), (0.5, (6, 4)), (1.0, (12, 8))])
def test_the_held_share_of_each_set_is_the_same_in_every_frame(
    held: float, same: tuple[int, int]
) -> None:
    one, two = (draw_views(20, 1.5, ViewSeeds(frame, 9, held, 4)) for frame in (1, 2))
    equal = (one.matrix == two.matrix).flatten(1).all(1) & (one.noise == two.noise)
    assert equal.tolist() == (
        [True] * same[0] + [False] * (12 - same[0]) + [True] * same[1] + [False] * (8 - same[1])
    )


@pytest.mark.parametrize(
    "other", [ViewSeeds(1, 2, 0.5, 1), ViewSeeds(1, 3, 0.5, 0), ViewSeeds(2, 2, 0.5, 0)]
)
def test_every_seed_and_the_step_matter(other: ViewSeeds) -> None:
    base = draw_views(20, 1.0, ViewSeeds(1, 2, 0.5, 0))
    assert not torch.equal(base.matrix, draw_views(20, 1.0, other).matrix)
    assert torch.equal(base.matrix, draw_views(20, 1.0, ViewSeeds(1, 2, 0.5, 0)).matrix)


@pytest.mark.parametrize("cuts", [1, 2, 7])
def test_any_number_of_views_can_be_drawn(cuts: int) -> None:
    views = draw_views(cuts, 1.0, DICE)
    assert len(views) == cuts
    assert bool(views.matrix.isfinite().all())


def test_jitter_leaves_grey_grey_and_two_in_ten_alone() -> None:
    views = draw_views(1000, 1.0, DICE)
    grey = torch.full((3, 1), 0.5, dtype=torch.float64)
    out = (views.color @ grey)[..., 0] + views.shift
    torch.testing.assert_close(out, out[:, :1].expand(-1, 3), atol=2e-4, rtol=0)
    alone = torch.isclose(views.color, torch.eye(3, dtype=torch.float64)).all(-1).all(-1)
    assert 0.15 < alone.double().mean().item() < 0.25
    assert 0.0 <= views.noise.min().item() < 0.01 < 0.09 < views.noise.max().item() < 0.1


def test_homography_maps_four_points_to_four() -> None:
    target = CORNERS * 0.7 + torch.tensor([[0.1, 0.0], [-0.1, 0.2], [0.0, 0.05], [0.2, 0.1]])
    matrix = homography(CORNERS[None], target[None])
    torch.testing.assert_close(seen_from(matrix, CORNERS)[0], target)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_judge_sees_the_whole_and_the_corners(aspect: float) -> None:
    views: Views = fixed_views(aspect)
    quads = seen_from(views.matrix, CORNERS)
    assert quads[0].abs().amax(0).min().item() == pytest.approx(1.0), "as large as it can be"
    assert quads[1:].abs().max().item() == pytest.approx(1.0), "crops end at the border"
