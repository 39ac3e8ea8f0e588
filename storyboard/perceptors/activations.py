"""What the layers of a perceptor answer to a picture: for styles and for dreams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

import torch
from torch import Tensor, nn

from storyboard.errors import UsageError
from storyboard.perceptors.cutouts import cut
from storyboard.perceptors.sources import lens_of
from storyboard.perceptors.views import fixed_views

if TYPE_CHECKING:
    from storyboard.perceptors import Perceptor

STAGES = ("layer1", "layer2", "layer3", "layer4")
"""The layers of a ResNet that are listened to."""


@runtime_checkable
class HasLayers(Protocol):
    """A perceptor whose layers can be read."""

    def activations(self, views: Tensor) -> Mapping[str, Tensor]:
        """Return the answers of each layer to normalised views: (N, C, h, w), from first to last,
        differentiable.
        """


def layers_of(perceptor: Perceptor, picture: Tensor) -> Mapping[str, Tensor]:
    """Return the activations of ``perceptor`` for the fixed views of ``picture`` (1, 3, H, W).

    Each layer's are (V, C, h, w) for V views: the whole picture and crops of it. Raises
    `UsageError` for a perceptor whose layers cannot be read.
    """
    if not isinstance(perceptor, HasLayers):
        raise UsageError(f"the layers of perceptor {perceptor.name!r} cannot be read")
    views = fixed_views(picture.shape[-1] / picture.shape[-2])
    bank = torch.zeros(1, device=picture.device)
    return perceptor.activations(cut(picture, views, lens_of(perceptor), bank))


def of_module(tower: nn.Module, views: Tensor) -> dict[str, Tensor]:
    """Return what the stages of ``tower`` answer to ``views`` by their names: (N, C, h, w).

    Stages are those of a ResNet (`STAGES`), or the children of a module called ``stages``, as in
    ConvNeXt. Without any the result is empty.
    """
    found: dict[str, Tensor] = {}
    with _recorded(dict(_stages(tower)), found):
        tower(views)
    return {name: value for name, value in found.items() if value.dim() == 4}


def _stages(tower: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for path, module in tower.named_modules():
        parent, _, name = path.rpartition(".")
        if name in STAGES and not parent:
            yield name, module
        elif parent.rpartition(".")[2] == "stages":
            yield f"stage{name}", module


@contextmanager
def _recorded(modules: Mapping[str, nn.Module], found: dict[str, Tensor]) -> Iterator[None]:
    """Put the outputs of ``modules`` within the block into ``found``, by name."""

    def record(name: str) -> object:
        def hook(_module: nn.Module, _given: object, output: object) -> None:
            found[name] = cast("Tensor", output)

        return hook

    hooks = [m.register_forward_hook(record(name)) for name, m in modules.items()]  # type: ignore
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
