"""The towers of an open_clip model, one at a time and with one copy of their weights in memory.

A text is embedded once, pictures in every step: so the tower that reads is loaded when there is
something to read, and let go.
"""

from __future__ import annotations

import copy
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import open_clip
import torch
from open_clip import factory
from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_parameter_registration_hook,
)
from torch.overrides import TorchFunctionMode
from torch.utils.serialization import config

_HANDFUL = 32 << 20
"""Bytes of weights that are read at a time. As much of the file is in memory beside the weights."""


@dataclass(frozen=True)
class Checkpoint:
    """A model whose weights are in a file, not in memory.

    ``skeleton`` is the whole model, its parameters without memory (on the meta device), its buffers
    as they were built; ``file`` has the weights, in any format that open_clip reads.
    """

    skeleton: nn.Module
    file: Path
    build: Callable[[], nn.Module]

    @classmethod
    def of(cls, name: str, **options: Any) -> Self:
        """Return the model that ``open_clip.create_model(name, **options)`` would load.

        Fetches the file where it is not here, and raises as that function does.
        """
        build = partial(open_clip.create_model, name, require_pretrained=True, **options)
        with _files_only() as files, _without_weights():
            skeleton = build(device="meta")
        return cls(skeleton.eval().requires_grad_(False), files[0], build)

    def image_tower(self) -> nn.Module:
        """Return the image tower: the model's ``visual``, frozen, in evaluation mode, on the
        CPU.
        """
        return _filled(self.skeleton.visual, self._values("visual."))  # type: ignore[arg-type]

    def text_tower(self) -> nn.Module:
        """Return the text tower: the model without ``visual``, frozen, in evaluation mode, on the
        CPU.
        """
        model = copy.copy(self.skeleton)
        model._modules = {k: m for k, m in model._modules.items() if k != "visual"}
        return _filled(model, self._values(""))

    def _values(self, prefix: str) -> dict[str, Tensor]:
        """Return weights and buffers by their names after ``prefix``; without one all but
        ``visual.``.
        """
        state = self.skeleton.state_dict()
        wanted = {
            name: like
            for name, like in state.items()
            if (name.startswith(prefix) if prefix else not name.startswith("visual."))
        }
        values: dict[str, Tensor] = {}
        for names in _handfuls(wanted, _HANDFUL if self._is_mapped() else None):
            values |= self._read({name: wanted[name] for name in names})
        return {name.removeprefix(prefix): value for name, value in values.items()}

    def _read(self, wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return those of the file's values, copied: what of the file was mapped is free at the
        return.
        """
        if self.file.suffix in (".npz", ".npy"):
            found = self.build().state_dict()
        else:
            model = copy.deepcopy(self.skeleton)
            model.load_state_dict = partial(model.load_state_dict, assign=True)  # type: ignore
            with config.patch("load.mmap", self._is_mapped()):  # type: ignore[attr-defined]
                open_clip.load_checkpoint(model, str(self.file))
            del model.load_state_dict  # which holds the model, and with it the whole file
            found = model.state_dict()
        return {
            name: torch.empty(like.shape, dtype=like.dtype).copy_(found[name])
            for name, like in wanted.items()
        }

    def _is_mapped(self) -> bool:
        """Return True if the file's values can be looked at without reading all of them."""
        return self.file.suffix == ".safetensors" or (
            self.file.suffix != ".npz" and zipfile.is_zipfile(self.file)
        )


def _filled(model: nn.Module, values: Mapping[str, Tensor]) -> nn.Module:
    filled = copy.deepcopy(model)
    filled.load_state_dict(values, assign=True)
    return filled


def _handfuls(wanted: Mapping[str, Tensor], limit: int | None) -> Iterator[Sequence[str]]:
    """Yield the names in turn, as many at a time as have ``limit`` bytes; all at once
    without one.
    """
    names: list[str] = []
    size = 0
    for name, like in wanted.items():
        size += like.nbytes
        if names and limit is not None and size > limit:
            yield names
            names, size = [], like.nbytes
        names.append(name)
    yield names


@contextmanager
def _files_only() -> Iterator[list[Path]]:
    """Keep `open_clip.create_model` from loading weights within the block; yields their files."""
    files: list[Path] = []
    before = factory.load_checkpoint
    factory.load_checkpoint = lambda _model, path, **_: files.append(Path(path))
    try:
        yield files
    finally:
        factory.load_checkpoint = before


@contextmanager
def _without_weights() -> Iterator[None]:
    """Allocate no memory for parameters of new modules within the block; buffers, which a file does
    not always have, are real whatever device is meant.
    """
    buffers: list[tuple[nn.Module, str, Tensor]] = []

    def to_meta(_module: nn.Module, _name: str, parameter: nn.Parameter | None) -> Any:
        return None if parameter is None else nn.Parameter(parameter.to("meta"))

    def keep(module: nn.Module, name: str, buffer: Tensor | None) -> None:
        if buffer is not None:
            buffers.append((module, name, buffer))

    hooks = (
        register_module_parameter_registration_hook(to_meta),
        register_module_buffer_registration_hook(keep),
    )
    try:
        with _Unwritten():
            yield
    finally:
        for hook in hooks:
            hook.remove()
    for module, name, buffer in buffers:
        setattr(module, name, buffer)


class _Unwritten(TorchFunctionMode):
    """Within the block no parameter gets the random numbers that modules begin with.

    On the meta device they would be nothing, but the first of them loads torch's compiler.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        written = next(iter((*args, *(kwargs or {}).values())), None)
        in_place = func.__name__.endswith("_") and not func.__name__.endswith("__")
        if in_place and isinstance(written, nn.Parameter):
            return written
        return func(*args, **(kwargs or {}))
