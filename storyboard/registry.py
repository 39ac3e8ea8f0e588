"""Registries with lazy imports, suggestions and plug-ins.

A registry maps a name to an object. Built-in names are given as ``"module:attribute"`` texts, so
that nothing is imported before it is used; other packages add names through entry points of the
registry's group; user code adds them with the decorator. A duplicate name is an error, an unknown
one lists the nearest.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, TypeVar, cast

from storyboard.errors import StoryboardError, UnknownName

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """The object behind a name, a one-line summary, and the package that provides it.

    ``target`` is the object itself, or, with ``lazy``, ``"module:attribute"`` or an entry point.
    """

    target: Any
    summary: str = ""
    package: str = "storyboard"
    lazy: bool = False


class Registry(Generic[T]):
    """Names of one kind (``drawer``, ``loss`` ...) and the objects behind them.

    ``builtins`` maps a name to ``(target, summary)`` with target ``"module:attribute"``; ``group``
    is the entry point group in which other packages register theirs, ``former_group`` what it was
    called before: names in there are found too, with a warning.
    """

    def __init__(
        self,
        kind: str,
        group: str,
        builtins: Mapping[str, tuple[str, str]],
        *,
        former_group: str = "",
    ) -> None:
        self.kind, self.group, self.former_group = kind, group, former_group
        self._entries = {
            name: Entry(target, summary, lazy=True) for name, (target, summary) in builtins.items()
        }
        self._plugins_read = False

    def register(self, name: str, *, summary: str = "") -> Callable[[T], T]:
        """Return a decorator that adds an object under ``name``."""

        def add(value: T) -> T:
            module = getattr(value, "__module__", "user code")
            self._add(name, Entry(value, summary, module.partition(".")[0]))
            return value

        return add

    def names(self) -> list[str]:
        """Return every known name, sorted, those of plug-ins included."""
        self._read_plugins()
        return sorted(self._entries)

    def entries(self) -> dict[str, Entry]:
        """Return every name with its origin and summary, sorted, without importing any."""
        self._read_plugins()
        return dict(sorted(self._entries.items()))

    def __contains__(self, name: object) -> bool:
        if name not in self._entries:
            self._read_plugins()
        return name in self._entries

    def get(self, name: str) -> T:
        """Return the object behind ``name``, imported now. Raises `UnknownName`."""
        if name not in self._entries:
            self._read_plugins()
        try:
            entry = self._entries[name]
        except KeyError:
            raise UnknownName(self.kind, name, self._entries) from None
        if not entry.lazy:
            return cast(T, entry.target)
        if not isinstance(entry.target, str):
            return cast(T, entry.target.load())
        module, _, attribute = entry.target.partition(":")
        return cast(T, getattr(import_module(module), attribute))

    @contextmanager
    def temporary(self, **values: T) -> Iterator[None]:
        """Replace the given names by the given objects within the block."""
        saved = dict(self._entries)
        self._entries.update({name: Entry(value) for name, value in values.items()})
        try:
            yield
        finally:
            self._entries = saved

    def _add(self, name: str, entry: Entry) -> None:
        if name in self._entries:
            other = self._entries[name].package
            raise StoryboardError(
                f"{self.kind} {name!r} is registered twice, by {other} and by {entry.package}"
            )
        self._entries[name] = entry

    def _read_plugins(self) -> None:
        if self._plugins_read:
            return
        self._plugins_read = True
        from importlib import metadata  # brings the standard library's mail and zip with it

        for group in filter(None, (self.group, self.former_group)):
            for point in metadata.entry_points(group=group):
                package = point.dist.name if point.dist else "?"
                if group == self.former_group:
                    message = f"{package}: the entry point group {group} is now {self.group}"
                    warnings.warn(message, DeprecationWarning, stacklevel=2)
                self._add(point.name, Entry(point, package=package, lazy=True))
