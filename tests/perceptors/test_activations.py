"""The layers of a perceptor are read the way it computes them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from storyboard.errors import UsageError
from storyboard.perceptors import Guide, load
from storyboard.perceptors.activations import layers_of

from .conftest import RESNET, VIT

KINDS = [
    (VIT, ["block1", "block2"], (32, 4, 4)),
    (RESNET, ["layer1", "layer2", "layer3", "layer4"], (256, 1, 1)),
]


@pytest.mark.parametrize(("vision", "names", "last"), KINDS)
def test_layers_by_name_and_shape(
    vision: dict, names: list[str], last: tuple, model_folder
) -> None:
    perceptor = load(str(model_folder(vision)), device="cpu")
    picture = torch.rand(1, 3, 24, 40, generator=torch.Generator().manual_seed(0))
    leaf = picture.requires_grad_()
    (found,) = Guide([(perceptor, 0.5)]).layers(leaf)
    assert list(found) == names and found[names[-1]].shape[1:] == last
    sum(value.square().mean() for value in found.values()).backward()
    assert torch.isfinite(leaf.grad).all() and leaf.grad.abs().max() > 0


def test_the_last_block_leads_to_the_embedding(model_folder) -> None:
    """Reading layers computes what embedding does: the same gradient paths, no other weights."""
    perceptor = load(str(model_folder(VIT)), device="cpu")
    views = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    kept = {}
    hook = perceptor.tower.visual.ln_post.register_forward_pre_hook(
        lambda _m, given: kept.setdefault("seen", given[0])
    )
    perceptor.embed_views(views)
    hook.remove()
    assert kept and perceptor.activations(views)["block2"].shape == (2, 32, 4, 4)


def test_a_perceptor_without_layers_says_so() -> None:
    other = SimpleNamespace(name="other", size=8, mean=(0.0,) * 3, std=(1.0,) * 3)
    with pytest.raises(UsageError, match="layers of perceptor 'other' cannot be read"):
        layers_of(other, torch.zeros(1, 3, 8, 8))  # type: ignore[arg-type]
