"""The losses that look through a perceptor's embeddings and layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from storyboard.errors import BadValue
from storyboard.losses import LossContext, losses
from storyboard.losses.dream import loudness
from storyboard.losses.scores import read_layers, score
from storyboard.losses.style import moments, style_distance, transport


def noise(seed: int = 0) -> Tensor:
    return torch.rand(1, 3, 24, 32, generator=torch.Generator().manual_seed(seed))


def stripes(period: int, *, along: int = -1) -> Tensor:
    wave = (torch.arange(32) // period % 2).float().expand(1, 3, 32, 32)
    return (0.2 + 0.6 * wave).transpose(along, -1)


def layers(picture: Tensor) -> list[dict[str, Tensor]]:
    """Answers of three layers: slopes of the picture and of a softer one, and that one."""
    small = F.avg_pool2d(picture, 3, stride=1)
    return [{"fine": _slopes(picture), "middle": _slopes(small), "coarse": small}]


def _slopes(picture: Tensor) -> Tensor:
    x = picture[..., 1:, 1:] - picture[..., 1:, :-1]
    y = picture[..., 1:, 1:] - picture[..., :-1, 1:]
    return torch.cat([x, y, x * x, y * y], dim=1)


def embed(picture: Tensor) -> tuple[Tensor, ...]:
    return (F.normalize(F.adaptive_avg_pool2d(picture, 2).flatten(), dim=0),)


def context(**changes: Any) -> LossContext:
    def lettering(picture: Tensor) -> Tensor:
        return (embed(picture)[0][0] - 0.1).clamp(min=0)

    return LossContext(embed=embed, layers=layers, lettering=lettering, **changes)


@pytest.fixture
def head(tmp_path: Path) -> Path:
    """A model of two layers whose score is ten times the first number of the embedding, plus 1."""
    file = tmp_path / "head.safetensors"
    first, last = torch.eye(12)[:3].contiguous(), torch.tensor([[10.0, 0, 0]])
    bias = {"layers.2.bias": torch.zeros(3), "layers.10.bias": torch.ones(1)}
    save_file({"layers.10.weight": last, "layers.2.weight": first, **bias}, file)
    return file


@pytest.fixture
def objective(head: Path) -> Callable[..., Callable[[Tensor], Tensor]]:
    """Return a loss of a name with what it needs."""
    needed = {
        "aesthetic": {"model": head},
        "memorability": {"model": head},
        "dream": {},
        "style": {"image": "p.jpg"},
        "steady": {},
        "textoff": {},
    }

    def make(name: str, wanted: Tensor | None = None, **options: object):
        wanted = noise(7) if wanted is None else wanted
        given = {**needed[name], **options}
        return losses.get(name)(
            context(options=given, image=lambda _: wanted, reference=0.5 * wanted.flip(3))
        )

    return make


NAMES = ["aesthetic", "dream", "memorability", "steady", "style", "textoff"]


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_true_and_lowers_it(name: str, objective) -> None:
    loss = objective(name)
    if name != "style":
        leaf = noise().double()[..., :6, :8].clone().requires_grad_()
        assert torch.autograd.gradcheck(objective(name, noise(7).double()), leaf)
    picture = noise().requires_grad_()
    optimiser = torch.optim.Adam([picture], lr=0.02)
    first = loss(picture).item()
    for _ in range(12):
        optimiser.zero_grad()
        loss(picture).backward()
        assert torch.isfinite(picture.grad).all()
        optimiser.step()
    assert loss(picture).item() < first - 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_without_a_perceptor_they_ask_for_nothing(name: str, head: Path) -> None:
    options = {"model": head} if name in ("aesthetic", "memorability") else {}
    leaf = noise().requires_grad_()
    value = losses.get(name)(LossContext(options=options, image=lambda _: noise()))(leaf)
    value.backward()
    assert value == 0 and leaf.grad.abs().max() == 0


def test_a_picture_is_in_its_own_style_and_a_moved_one_nearly(objective) -> None:
    own = noise(7)
    loss = objective("style")
    moved, other = loss(own.roll((8, 8), (2, 3))), loss(stripes(4)[..., :24, :])
    assert loss(own) < 1e-4 < moved < 0.3 * other


class Eyes:
    """A drawer whose encoder answers as `layers` does."""

    def features_of(self, picture: Tensor) -> dict[str, Tensor]:
        return layers(picture)[0]


def test_style_may_be_seen_by_the_drawer(objective) -> None:
    options = {"image": "p.jpg", "eyes": "drawer"}
    own = noise(7)

    def value(picture: Tensor, coder: object) -> Tensor:
        made = context(options=options, image=lambda _: own, coder=coder)
        return losses.get("style")(made)(picture)

    assert value(own, Eyes()) < 1e-4
    assert value(stripes(4)[..., :24, :], Eyes()) == objective("style")(stripes(4)[..., :24, :])
    assert value(stripes(4)[..., :24, :], None) == 0


def test_style_knows_upright_stripes_from_lying_ones(objective) -> None:
    """Whatever their place: three of a period look alike, and unlike those across."""
    loss = objective("style", stripes(4), color=0)
    alike = loss(stripes(4).roll(3, 3))
    across, finer = loss(stripes(4, along=-2)), loss(stripes(2))
    assert alike < 0.5 * across and alike < 0.9 * finer


@pytest.mark.parametrize("which", ["early", "late", "all"])
def test_style_of_some_layers(which: str, objective) -> None:
    assert objective("style", layers=which)(noise()) > 0


def test_samples_of_one_distribution_are_near() -> None:
    draws = torch.randn(3, 400, 6, generator=torch.Generator().manual_seed(1))
    assert moments(draws[0], draws[0]) < 1e-6 > transport(draws[0], draws[0]) - 1e-6
    assert moments(draws[0], draws[1]) < 0.2 < moments(draws[0], draws[1] + 1)
    assert transport(draws[0], draws[1]) < transport(draws[0], draws[1] + 1)
    one = [{"a": draws[:1, :5, :, None]}]
    assert style_distance(one, one) < 1e-6


def test_a_dream_listens_to_its_layer(objective) -> None:
    picture = noise()
    fine, middle, _ = layers(picture)[0].values()
    assert objective("dream")(picture) == -loudness(middle)
    assert objective("dream", layer="fine")(picture) == -loudness(fine)
    assert objective("dream", layer="fine", channel=2)(picture) == -loudness(fine[:, 2])
    for options, message in (
        ({"layer": "fnie"}, "unknown layer 'fnie'\n  hint: did you mean 'fine'"),
        ({"layer": "fine", "channel": 90}, "channels 0 to 11"),
    ):
        with pytest.raises(BadValue, match=message):
            objective("dream", **options)(picture)


def test_a_score_is_read_by_its_layers_in_order(objective, head: Path) -> None:
    picture = noise()
    first = embed(picture)[0][0]
    torch.testing.assert_close(score(embed(picture)[0], read_layers(head)), 10 * first + 1)
    expected = ((10 * first + 1 - 4) / 10) ** 2
    torch.testing.assert_close(objective("aesthetic", target=4)(picture), expected)
    torch.testing.assert_close(objective("memorability", target=4)(picture), 100 * expected)


def test_a_state_dict_is_read_and_a_program_is_not(tmp_path: Path) -> None:
    file = tmp_path / "head.pth"
    torch.save({"weight": torch.ones(1, 4)}, file)
    assert score(torch.ones(4), read_layers(file)) == 4
    torch.save({"weight": Path}, file)
    with pytest.raises(BadValue, match="cannot be read as weights"):
        read_layers(file)


REFUSED = [
    ({"weight": torch.ones(2, 4)}, "do not lead"),
    ({"a.weight": torch.ones(3, 4), "b.weight": torch.ones(1, 2)}, "do not lead"),
    ({"weight": torch.ones(1, 4), "bias": torch.ones(2)}, "do not lead"),
    ({"weight": torch.ones(1, 4, 3, 3)}, "no linear layers"),
    ({"x": torch.ones(1, 4)}, "no linear layers"),
]


@pytest.mark.parametrize(("state", "message"), REFUSED)
def test_what_is_no_score_is_refused(state: dict, message: str, tmp_path: Path) -> None:
    save_file(state, tmp_path / "head.safetensors")
    with pytest.raises(BadValue, match=message):
        read_layers(tmp_path / "head.safetensors")


def test_a_model_of_another_perceptor_is_named(objective, tmp_path: Path) -> None:
    save_file({"weight": torch.ones(1, 4)}, tmp_path / "x.safetensors")
    with pytest.raises(BadValue, match="embeddings of 4 numbers, which no perceptor has"):
        objective("aesthetic", model=tmp_path / "x.safetensors")(noise())
    with pytest.raises(BadValue, match="does not exist"):
        objective("aesthetic", model=tmp_path / "y.safetensors")


def test_what_goes_on_as_before_is_steady(objective) -> None:
    wanted = noise(7)
    loss = objective("steady", wanted)
    assert loss(0.5 * wanted.flip(3)) < 1e-6 < 1e-4 < loss(stripes(4))
