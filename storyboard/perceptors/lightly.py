"""Imports open_clip without the compiler of torch, which nothing here uses."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from types import ModuleType

_COMPILER = "torch._dynamo.utils"


def import_lightly(module: str) -> ModuleType:
    """``module``, imported without torch's compiler where that can be done.

    torchvision, which open_clip needs, asks the compiler whether it is supported here, for an
    operator that no perceptor has. Importing all of it for that answer costs 150 MB and half of
    the time until the first step. So the answer stands in its place while ``module`` is imported;
    the compiler itself can still be imported later. Where another version of torchvision asks for
    more, it gets the compiler.
    """
    if _COMPILER in sys.modules or module in sys.modules:
        return import_module(module)
    answer = ModuleType(_COMPILER)
    vars(answer)["is_compile_supported"] = lambda _device: False
    sys.modules[_COMPILER] = answer
    try:
        with suppress(ImportError):
            return import_module(module)
    finally:
        if sys.modules.get(_COMPILER) is answer:
            del sys.modules[_COMPILER]
    return import_module(module)
