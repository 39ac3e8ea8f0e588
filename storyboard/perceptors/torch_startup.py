"""Imports open_clip without the compiler of torch, which nothing here uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import RLock
from types import ModuleType
from typing import Any

import torch

_COMPILER = "torch._dynamo.utils"
_ONE_AT_A_TIME = RLock()


def import_lightly(module: str) -> ModuleType:
    """Return ``module``, imported without torch's compiler where that can be done.

    Two libraries that open_clip needs load all of the compiler as they are imported: torchvision,
    to ask whether it is supported here, for an operator that no perceptor has; timm, to mark what
    must not be compiled. That costs 150 MB and half of the time until the first step. Nothing here
    is compiled, so both get their answer without it; the compiler can still be imported later.
    Where another version of them asks for more, it gets the compiler.
    """
    if _COMPILER in sys.modules or module in sys.modules:
        return import_module(module)
    with _ONE_AT_A_TIME, _no_compiler():
        return import_module(module)


@contextmanager
def _no_compiler() -> Iterator[None]:
    """Disable compilation within the block, so that nothing needs to be exempted from it."""
    answer = ModuleType(_COMPILER)
    vars(answer)["is_compile_supported"] = lambda _device: False
    vars(answer)["__getattr__"] = _from_the_compiler
    sys.modules[_COMPILER] = answer
    mark = torch.compiler.disable
    vars(torch.compiler)["disable"] = _as_it_is
    try:
        yield
    finally:
        vars(torch.compiler)["disable"] = mark
        if sys.modules.get(_COMPILER) is answer:
            del sys.modules[_COMPILER]


def _from_the_compiler(name: str) -> Any:
    """Return the attribute ``name`` of the real module."""
    if name.startswith("__"):  # what importing itself asks for
        raise AttributeError(name)
    sys.modules.pop(_COMPILER, None)
    return getattr(import_module(_COMPILER), name)


def _as_it_is(function: Callable[..., Any] | None = None, *_: Any, **__: Any) -> Callable[..., Any]:
    """Return `torch.compiler.disable`, as a decorator with arguments or without: the function
    itself.
    """
    return function if function is not None else lambda given: given
