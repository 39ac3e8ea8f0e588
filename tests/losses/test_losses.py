"""Every loss: zero where nothing is wrong, a finite and true gradient, which way it pulls."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from storyboard.errors import BadValue, UnknownName, UsageError
from storyboard.losses import LossContext, losses, option_table
from storyboard.losses.contrast import contrast, detail
from storyboard.losses.exposure import exposure
from storyboard.losses.histogram import color_distance, directions
from storyboard.losses.hold import hold
from storyboard.losses.palette import off_palette
from storyboard.losses.saturation import colorfulness
from storyboard.losses.smoothness import total_variation
from storyboard.losses.symmetry import asymmetry
from storyboard.losses.tileable import seam

SEEING = {"aesthetic", "dream", "memorability", "steady", "style", "textoff"}
NAMES = [name for name in losses.names() if name not in SEEING]
GREY = torch.full((1, 3, 12, 16), 0.5)
BLACK = torch.zeros(1, 3, 12, 16)


def noise(seed: int = 0, *, height: int = 12, width: int = 16) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def objective(name: str, **options: object):
    return losses.get(name)(context(noise(9), **options))


def context(reference: Tensor, **options: object) -> LossContext:
    """A context with a picture that came over, and one behind every option."""
    return LossContext(reference, options=options, image=lambda _: 0.3 * reference.flip(0, 1))


@pytest.mark.parametrize("name", NAMES)
def test_a_scalar_for_any_batch(name: str) -> None:
    picture = torch.cat([noise(0), noise(1)])
    reference = torch.cat([noise(2), noise(3)])
    assert losses.get(name)(context(reference))(picture).shape == ()


@pytest.mark.parametrize("picture", [GREY, BLACK, 1 - BLACK], ids=["grey", "black", "white"])
@pytest.mark.parametrize("name", NAMES)
def test_flat_pictures_have_a_finite_gradient(name: str, picture: Tensor) -> None:
    leaf = picture.clone().requires_grad_()
    value = objective(name)(leaf)
    (gradient,) = torch.autograd.grad(value, leaf)
    assert torch.isfinite(value) and torch.isfinite(gradient).all()


@pytest.mark.parametrize("name", NAMES)
def test_gradient(name: str) -> None:
    picture = noise(height=5, width=6).double().requires_grad_()
    reference = noise(1, height=5, width=6).double()
    assert torch.autograd.gradcheck(losses.get(name)(context(reference)), picture)


@pytest.mark.parametrize("name", NAMES)
def test_following_the_gradient_lowers_it(name: str) -> None:
    picture = noise().requires_grad_()
    optimizer = torch.optim.Adam([picture], lr=0.02)
    first = objective(name)(picture).item()
    for _ in range(10):
        optimizer.zero_grad()
        objective(name)(picture).backward()
        optimizer.step()
    assert objective(name)(picture).item() < first - 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_options_are_checked_and_explained(name: str) -> None:
    with pytest.raises(BadValue, match="no option 'shine'"):
        losses.get(name)(LossContext(options={"shine": 1}))
    assert losses.entries()[name].summary
    for option in option_table(name).values():
        read = option.read(option.default)
        assert option.doc and option.read(read) == read


def test_an_unknown_loss_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="smoothness"):
        option_table("smothness")


RED = torch.tensor([1.0, 0, 0])[:, None, None]
RAMP = (0.1 * torch.arange(16)).expand(1, 3, 12, 16)
STRIPES = (torch.arange(16) % 2).float().expand(1, 3, 12, 16)


def inside(margin: int) -> Tensor:
    """Noise with a black border of so many pixels."""
    picture = BLACK.clone()
    picture[..., margin:-margin, margin:-margin] = noise()[..., margin:-margin, margin:-margin]
    return picture


# loss, picture, its value
VALUES = [
    (total_variation, GREY, 0),
    (asymmetry, GREY, 0),
    (colorfulness, GREY, 0),
    (colorfulness, noise()[:, :1].expand(-1, 3, -1, -1), 0),
    (lambda p: hold(p, GREY), GREY, 0),
    (lambda p: exposure(p, brightness=0.5, contrast=0), GREY, 0),
    (lambda p: exposure(p, brightness=0.3, contrast=0), GREY, 0.04),
    # stripes of 0 and 1 in each of three channels: mean slope sqrt(3) a pixel, 12 pixels high
    (total_variation, (torch.arange(16) % 2).float().expand(1, 3, 12, 16), 3**0.5 * 0.12),
    (lambda p: hold(p, BLACK, scale=0), BLACK + 0.8, 0.78),
    (asymmetry, torch.cat([BLACK, BLACK + 1], dim=3), 1),
    # red: rg = 1, yb = 1/2 everywhere, so only the offset counts
    (colorfulness, BLACK + torch.tensor([1.0, 0, 0])[:, None, None], 0.3 * 1.25**0.5),
    # even ramps have a slope and no change of it; 0.1 a pixel, 12 pixels high, in each channel
    (lambda p: total_variation(p, order=2), RAMP, 0),
    (lambda p: total_variation(p, scale=25), RAMP, 0.1 * 3**0.5 * 0.12),
    (lambda p: total_variation(p, type="clipped"), 10 * RAMP, 3**0.5 * 0.12),
    (lambda p: total_variation(p, type="clipped"), 90 * RAMP, 0.5),
    (lambda p: total_variation(p, type="log"), 10 * RAMP, math.log1p(3**0.5 * 0.12)),
    (lambda p: off_palette(p, torch.eye(3)), BLACK + RED, 0),
    (lambda p: off_palette(p, torch.eye(3)), BLACK + 0.75 * RED, 0.24),
    (lambda p: objective("edge", color="#000000")(p), inside(3), 0),
    (lambda p: objective("edge", thickness=0, left=25)(p), BLACK, 1),
    (lambda p: objective("edge", thickness=0)(p), BLACK, 0),
    (lambda p: objective("gaussian", width=1000)(p), BLACK, 0),
    (lambda p: objective("gaussian", width=0.1)(p), BLACK, 0.99),
    (contrast, GREY, 0),
    (contrast, STRIPES, 0.5),
    (lambda p: contrast(p, scale=20), STRIPES, 0.471),
    (detail, GREY, 0),
    (detail, STRIPES, 0.615),
    (seam, GREY, 0),
    (lambda p: color_distance(p, p.flip(2, 3)), noise(4), 0),
    (lambda p: color_distance(p, BLACK), BLACK + RED, directions()[:, 0].square().mean().item()),
]


@pytest.mark.parametrize(("loss", "picture", "expected"), VALUES)
def test_values(loss, picture: Tensor, expected: float) -> None:
    assert loss(picture).item() == pytest.approx(expected, abs=2e-3)


def test_total_variation_does_not_depend_on_the_resolution() -> None:
    y, x = torch.meshgrid(torch.linspace(0, 1, 180), torch.linspace(0, 1, 320), indexing="ij")
    large = (0.5 + 0.4 * torch.sin(9 * x + 5 * y)).expand(1, 3, -1, -1)
    small = F.interpolate(large, scale_factor=0.25, mode="area")
    assert total_variation(small).item() == pytest.approx(total_variation(large).item(), rel=0.05)


def test_total_variation_is_the_same_in_every_direction() -> None:
    y, x = torch.meshgrid(torch.arange(20.0), torch.arange(20.0), indexing="ij")
    upright, slanted = x / 40, (0.6 * x + 0.8 * y) / 40
    values = [total_variation(ramp.expand(1, 3, 20, 20)).item() for ramp in (upright, slanted)]
    assert values[0] == pytest.approx(values[1], rel=1e-3)


def test_colour_counts_as_people_see_it() -> None:
    """A checker of red and blue is more colourful than the same in pastel, and than one of grey."""
    checker = ((torch.arange(12)[:, None] + torch.arange(16)) % 2).float()
    vivid = torch.stack([checker, 0 * checker, 1 - checker])[None]
    pastel, grey = 0.6 + 0.3 * vivid, checker.expand(1, 3, -1, -1)
    assert colorfulness(vivid) > 2 * colorfulness(pastel) > 4 * colorfulness(grey)


def test_hold_lets_go_where_something_new_came_into_view() -> None:
    reference = noise()
    changed = reference.clone()
    changed[..., 8:] = 1 - changed[..., 8:]
    revealed = torch.zeros(1, 1, 12, 16)
    revealed[..., 8:] = 1
    assert hold(changed, reference) > 0.1
    assert hold(changed, reference, revealed=revealed) == 0
    leaf = changed.clone().requires_grad_()
    hold(leaf, 0 * reference, revealed=revealed).backward()
    assert leaf.grad[..., 8:].abs().max() == 0 and leaf.grad[..., :8].abs().max() > 0
    assert hold(changed, reference, revealed=torch.ones(1, 1, 12, 16)) == 0


def test_the_known_part_weighs_the_same_however_small_it_is() -> None:
    reference, picture = BLACK, BLACK + 0.5
    half = torch.zeros(1, 1, 12, 16)
    half[..., :8] = 1
    whole = hold(picture, reference)
    torch.testing.assert_close(hold(picture, reference, revealed=half), whole)
    both = hold(picture.expand(2, -1, -1, -1), reference.expand(2, -1, -1, -1), revealed=half)
    torch.testing.assert_close(both, whole)


def test_hold_leaves_the_texture_alone() -> None:
    """Differences finer than its scale count less than those of shape."""
    checker = ((torch.arange(40)[:, None] + torch.arange(40)) % 2).float() * 0.2 - 0.1
    reference = torch.full((1, 3, 40, 40), 0.5)
    texture, shift = reference + checker, reference + 0.1
    assert hold(texture, reference, scale=10) < 1e-6
    assert hold(shift, reference, scale=10) > 0.05
    assert hold(texture, reference, scale=0) > 0.05


def test_hold_pulls_with_a_bounded_force() -> None:
    forces = []
    for distance in (0.01, 0.1, 0.9):
        leaf = (BLACK + distance).requires_grad_()
        hold(leaf, BLACK, scale=0).backward()
        forces.append(leaf.grad.sum().item())
    assert forces[0] < 0.5
    assert 0.95 < forces[1] <= forces[2] <= 1


def test_hold_without_a_reference_holds_nothing() -> None:
    leaf = noise().requires_grad_()
    value = losses.get("hold")(LossContext())(leaf)
    value.backward()
    assert value == 0 and leaf.grad.abs().max() == 0


def test_hold_compares_pictures_of_one_shape() -> None:
    with pytest.raises(UsageError, match="one shape"):
        hold(noise(), noise(height=6))


def test_the_colours_of_a_picture_are_compared_without_their_places() -> None:
    """Along every direction; so a picture of other colours is farther than a mirrored one."""
    assert torch.allclose(directions().norm(dim=1), torch.ones(16, dtype=torch.float64))
    one, other = noise(), noise(3)
    assert color_distance(one, other) < 0.01 < color_distance(one, other * 0.5)


AXES = {
    "vertical": lambda p: p.flip(3),
    "horizontal": lambda p: p.flip(2),
    "both": lambda p: p.flip(2),
    "diagonal": lambda p: p.mT,
    "rotation": lambda p: p.flip(2, 3),
}


@pytest.mark.parametrize("axis", AXES)
def test_a_symmetric_picture_has_no_loss(axis: str) -> None:
    picture = noise(height=16)
    move = AXES[axis]
    same = (picture + move(picture)) / 2
    if axis == "both":
        same = (same + same.flip(3)) / 2
    loss = objective("symmetry", axis=axis)
    assert loss(same) < 1e-9 < 0.05 < loss(picture)


def test_turns_about_the_centre() -> None:
    picture = noise(height=16)
    quarters = torch.stack([picture.rot90(n, (2, 3)) for n in range(4)]).mean(0)
    loss = objective("symmetry", axis="rotation", folds=4)
    assert loss(quarters) < 1e-9 < 0.05 < loss(picture)
    wide = noise(height=16, width=48)
    wide[..., 16:32] = quarters
    assert loss(wide) < 1e-9, "only what a turn keeps inside the frame counts"


def test_a_seam_is_seen_along_its_axis_and_not_after_a_roll() -> None:
    y, x = torch.meshgrid(torch.arange(32.0), torch.arange(48.0), indexing="ij")
    closed = (0.5 + 0.4 * torch.sin(2 * math.pi * x / 48)) * torch.ones(1, 3, 1, 1)
    rising = closed + 0.01 * y
    both, across, down = (objective("tileable", axis=a) for a in ("both", "horizontal", "vertical"))
    assert both(closed) < 0.1 * both(rising) and across(rising) < 0.1 * down(rising)


def test_a_border_has_the_colours_of_a_picture() -> None:
    wanted = noise(5)
    given = LossContext(options={"image": "p.png"}, image=lambda _: wanted)
    loss = losses.get("edge")(given)
    framed = wanted.clone()
    framed[..., 3:9, 3:13] = 0
    assert loss(framed) == 0 < loss(1 - framed)
    leaf = noise().requires_grad_()
    loss(leaf).backward()
    assert leaf.grad[..., 6, 8].abs().max() == 0 < leaf.grad[..., 0, 0].abs().max()
