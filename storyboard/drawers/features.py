"""What the levels of an encoder answer to a picture, for the style of a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn


@contextmanager
def answers(modules: Mapping[str, nn.Module]) -> Iterator[dict[str, Tensor]]:
    """Put the output of each of ``modules`` into the mapping given, by name, within the block."""
    found: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _given: Any, output: Tensor) -> None:
            found[name] = output.float()

        return hook

    hooks = [module.register_forward_hook(keep(name)) for name, module in modules.items()]
    try:
        yield found
    finally:
        for one in hooks:
            one.remove()
