"""Modules that moved: the old name still works, with a warning that gives the new one."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any


def moved(old: str, new: str) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of module ``old``, whose names are now those of module ``new``.

    It warns with `DeprecationWarning` and raises `AttributeError` for a name that ``new`` lacks.
    """

    def find(name: str) -> Any:
        value = getattr(import_module(new), name)
        if not name.startswith("__"):
            message = f"{old}.{name} is now {new}.{name}; the old name will go in version 0.2"
            warnings.warn(message, DeprecationWarning, stacklevel=2)
        return value

    return find
