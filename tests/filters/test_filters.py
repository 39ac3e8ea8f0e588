"""Every filter: nothing at amount 0, in range, a way for the gradient; then each one's own."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import torch
from torch import Tensor

from storyboard.errors import BadValue, UnknownName
from storyboard.filters import Moment, filters, is_seen, made, option_table, remembers
from storyboard.filters.catalogue import PALETTE
from storyboard.filters.grayscale import grayscale
from storyboard.filters.kaleidoscope import wedge
from storyboard.filters.light import light
from storyboard.filters.mirror import mirror
from storyboard.filters.sharpen import sharpen
from storyboard.filters.trails import trails
from storyboard.filters.vignette import falloff
from storyboard.palette import lookup

NAMES = [name for name in filters.names() if not remembers(name)]
STRAIGHT = {"lookup", "posterize"}
SCALED = {"aberration", "blur", "frame", "glitch", "hue", "scanlines"}
MOMENT = Moment(seed=1, frame_seed=2, time_s=0.5)


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A look-up table that swaps red and blue, and raises green."""
    file = tmp_path_factory.mktemp("luts") / "swap.cube"
    corners = [(b, 0.2 + 0.8 * g, r) for b, g, r in product((0, 1), repeat=3)]
    rows = "\n".join(" ".join(map(str, corner)) for corner in corners)
    file.write_text(f'TITLE "swap"\nLUT_3D_SIZE 2\n{rows}\n')
    return file


@pytest.fixture
def make(cube: Path):
    """Return the filter of a name with options, and what it cannot do without."""

    def make(name: str, **options: object):
        needed = {"lut": {"file": cube}, "frame": {"width": 20}, "blur": {"radius": 8}}.get(
            name, {}
        )
        return made(name, {**needed, **options}, MOMENT)

    return make


def noise(height: int = 12, width: int = 16, *, batch: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(batch, 3, height, width, generator=generator)


@pytest.mark.parametrize("size", [(48, 64), (31, 45)])
@pytest.mark.parametrize("name", NAMES)
def test_smoke(name: str, size: tuple[int, int], make) -> None:
    picture = noise(*size, batch=2)
    out = make(name)(picture)
    assert out.shape == picture.shape
    assert out.min() >= 0 and out.max() <= 1
    assert (out - picture).abs().max() > 0.05
    assert torch.equal(out, make(name)(picture))


@pytest.mark.parametrize("name", NAMES)
def test_amount_zero_changes_nothing_and_half_is_between(name: str, make) -> None:
    picture = 0.25 + 0.5 * noise()
    none, half, whole = (make(name, amount=a)(picture) for a in (0, 0.5, 1))
    assert torch.equal(none, picture)
    if name in SCALED:
        assert not torch.equal(half, whole) or name == "glitch"
        return
    torch.testing.assert_close(half, (none + whole) / 2, atol=1e-2, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_reaches_the_picture(name: str, make) -> None:
    picture = noise().requires_grad_()
    make(name)(picture).square().sum().backward()
    assert torch.isfinite(picture.grad).all()
    assert picture.grad.abs().max() > 0.1


@pytest.mark.parametrize("name", sorted(set(NAMES) - STRAIGHT))
def test_the_gradient_is_true(name: str, make) -> None:
    picture = (0.3 + 0.4 * noise(6, 7)).double().requires_grad_()
    assert torch.autograd.gradcheck(make(name, amount=0.3), picture)


@pytest.mark.parametrize("name", NAMES)
def test_options_are_checked_and_explained(name: str) -> None:
    with pytest.raises(BadValue, match="no option 'ammount'") as caught:
        made(name, {"ammount": 1}, MOMENT)
    assert "amount" in caught.value.hint
    with pytest.raises(BadValue, match="must be between 0 and"):
        made(name, {"amount": -0.1}, MOMENT)
    assert filters.entries()[name].summary
    for option in option_table(name).values():
        assert option.doc
        option.read(option.default)


def test_an_unknown_filter_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="vignette"):
        option_table("vignete")


def test_grayscale() -> None:
    red, green, blue = torch.eye(3)
    for color, luma in ((red, 0.2126), (green, 0.7152), (blue, 0.0722), (red + green + blue, 1.0)):
        out = grayscale(color[None, :, None, None])
        torch.testing.assert_close(out, torch.full((1, 3, 1, 1), luma))


def test_lookup_shows_only_the_palette_and_the_nearest_of_it() -> None:
    palette = torch.rand(7, 3, generator=torch.Generator().manual_seed(1))
    picture = noise(9, 11, batch=2)
    out = lookup(picture, palette)
    distance = (out[:, None] - palette[:, :, None, None]).abs().sum(2)
    assert (distance.amin(1) == 0).all()
    to_all = (picture[:, None] - palette[:, :, None, None]).square().sum(2)
    chosen = (picture - out).square().sum(1)
    torch.testing.assert_close(chosen, to_all.amin(1))


def test_lookup_passes_the_gradient_straight_through() -> None:
    picture = noise().requires_grad_()
    weights = noise(12, 16)
    (lookup(picture, torch.eye(3)) * weights).sum().backward()
    assert torch.equal(picture.grad, weights)


def test_lookup_takes_its_colours_from_the_story() -> None:
    out = filters.get("lookup")({"colors": ["#000000", [1, 1, 1]]})(noise())
    assert set(out.unique().tolist()) == {0.0, 1.0}
    shown = filters.get("lookup")({})(noise(40, 40))
    assert len(shown[0].flatten(1).T.unique(dim=0)) <= len(PALETTE) == len(set(PALETTE))


def test_lookup_in_parts_is_lookup(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lookup(noise(), torch.eye(3))
    monkeypatch.setattr("storyboard.palette._AT_ONCE", 20)
    assert torch.equal(lookup(noise(), torch.eye(3)), whole)


@pytest.mark.parametrize("width", [1, 6, 7])
def test_mirror(width: int) -> None:
    picture = noise(4, width)
    out = mirror(picture)
    assert torch.equal(out, out.flip(3))
    half = (width + 1) // 2
    assert torch.equal(out[..., :half], picture[..., :half])


def test_sharpen_steepens_an_edge_and_leaves_a_flat_picture() -> None:
    flat = torch.full((1, 3, 20, 20), 0.3)
    torch.testing.assert_close(sharpen(flat, amount=2, radius=10), flat)
    edge = torch.full((1, 3, 20, 20), 0.4)
    edge[..., 10:] = 0.6
    out = sharpen(edge, amount=1, radius=5)[0, 0, 10]
    assert out[9] < 0.37 and out[10] > 0.63
    torch.testing.assert_close(out[0], torch.tensor(0.4))
    torch.testing.assert_close(out + out.flip(0), torch.ones(20))


def test_vignette_darkens_the_corners_alike() -> None:
    light = falloff((9, 16), inner=0.4)
    assert light[4, 8] == 1
    assert light[0, 0] < 0.1
    for mirrored in (light.flip(0), light.flip(1)):
        torch.testing.assert_close(light, mirrored)
    assert (light[4, 8:].diff() <= 0).all()


def seen_through(picture: Tensor, folds: int, angle: float = 0.0) -> Tensor:
    return filters.get("kaleidoscope")({"folds": folds, "angle": angle})(picture)


def test_a_kaleidoscope_turns_into_itself() -> None:
    """A square one of two folds: left as right, top as bottom, and the wedge itself untouched."""
    picture = noise(16, 16)
    out = seen_through(picture, 2)
    torch.testing.assert_close(out, out.flip(3))
    torch.testing.assert_close(out, out.flip(2))
    torch.testing.assert_close(out[..., :8, 8:], picture[..., :8, 8:], atol=1e-5, rtol=0)
    four = seen_through(picture, 4)
    torch.testing.assert_close(four, four.rot90(1, (2, 3)), atol=1e-5, rtol=0)
    torch.testing.assert_close(four, four.mT, atol=1e-5, rtol=0)


def test_the_wedge_begins_at_the_angle_and_circles_stay_circles() -> None:
    x, y = wedge((90, 160), folds=3, angle=100.0).unbind(-1)
    right, up = x * 160 / 90, -y
    degrees = torch.atan2(up, right).rad2deg().remainder(360)
    assert degrees.min() >= 100 - 1e-9 and degrees.max() <= 160 + 1e-9
    there = torch.meshgrid(
        ((torch.arange(90) + 0.5) / 45 - 1).double(),
        ((torch.arange(160) + 0.5) / 45 - 160 / 90).double(),
        indexing="ij",
    )
    torch.testing.assert_close(torch.hypot(right, up), torch.hypot(*there))


def test_one_fold_is_the_upper_half_over_the_lower() -> None:
    picture = noise()
    out = seen_through(picture, 1)
    torch.testing.assert_close(out[..., :6, :], picture[..., :6, :], atol=1e-5, rtol=0)
    torch.testing.assert_close(out, out.flip(2))


def test_light_doubles_the_dark_and_its_opposite_is_its_mirror_image() -> None:
    picture = noise()
    torch.testing.assert_close(light(picture, stops=0), picture)
    dark = torch.full((1, 3, 4, 4), 1e-3)
    torch.testing.assert_close(light(dark, stops=2), 4 * dark, rtol=5e-3, atol=0)
    mirrored = 1 - light(1 - picture, stops=-1.5)
    torch.testing.assert_close(light(picture, stops=1.5), mirrored)
    for ends in (torch.zeros(1, 3, 1, 1), torch.ones(1, 3, 1, 1)):
        assert torch.equal(light(ends, stops=3), ends)


@pytest.mark.parametrize("name", filters.names())
def test_the_catalogue_says_of_each_factory_whether_it_is_seen_and_remembers(name: str) -> None:
    factory = filters.get(name)
    assert is_seen(name) == getattr(factory, "SEEN", True)
    assert remembers(name) == getattr(factory, "REMEMBERS", False)


def test_trails_fall_to_a_tenth_in_their_time_at_any_rate() -> None:
    lit, dark = torch.ones(1, 3, 2, 2), torch.zeros(1, 3, 2, 2)
    for steps in (1, 5, 24):
        kept = trails(lit, None, decay_s=0.5, passed_s=0.1)
        for _ in range(steps):
            kept = trails(dark, kept, decay_s=0.5, passed_s=0.5 / steps)
        torch.testing.assert_close(kept, torch.full_like(lit, 0.1))


def test_trails_keep_what_is_brighter_and_mix_by_their_amount() -> None:
    before, now = noise(), noise(batch=1).flip(3)
    none, half = (filters.get("trails")({"amount": amount}) for amount in (0.0, 0.5))
    shown, kept = none(now, before, 0.1)
    assert torch.equal(shown, now)
    assert torch.equal(kept, torch.maximum(now, before * 0.1**0.2))
    torch.testing.assert_close(half(now, before, 0.1)[0], (now + kept) / 2)
    assert torch.equal(half(now, None, 0.1)[0], now)
