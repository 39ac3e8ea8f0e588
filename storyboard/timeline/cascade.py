"""Who says what about a shot: its own word first, then ``defaults``, then the top level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from storyboard.story.kinds import declared
from storyboard.story.model import DrawerSpec, Settings
from storyboard.story.source import KeyPath

#: Settings that are merged key by key; every other one replaces what stood before.
MERGED = ("motion", "losses", "filters")


class Said(NamedTuple):
    """A setting's value and where it was written."""

    value: Any
    path: KeyPath


Sayings = Mapping[str, Said]


def sayings(settings: Settings | None, path: KeyPath) -> dict[str, Said]:
    """What ``settings``, written at ``path``, says; ``motion.zoom`` is a name of its own."""
    said: dict[str, Said] = {}
    for name in declared(Settings) if settings is not None else ():
        value = getattr(settings, name)
        if value is None:
            continue
        if name not in MERGED:
            said[name] = Said(value, (*path, name))
            continue
        entries = value if isinstance(value, Mapping) else vars(value)
        for key, item in entries.items():
            if item is not None:
                said[f"{name}.{key}"] = Said(item, (*path, name, key))
    return said


def merge(*layers: Sayings) -> dict[str, Said]:
    """The layers' sayings, later ones counting before earlier ones."""
    merged: dict[str, Said] = {}
    for layer in layers:
        for name, said in layer.items():
            before = merged.get(name)
            if name == "drawer" and before is not None:
                said = Said(_same_drawer(before.value, said.value), said.path)
            merged[name] = said
    return merged


def _same_drawer(before: DrawerSpec, after: DrawerSpec) -> DrawerSpec:
    """``after`` with the options of ``before`` that it does not say, where both are one drawer."""
    if before.name != after.name:
        return after
    return DrawerSpec(name=after.name, options={**before.options, **after.options})


def group(said: Sayings, name: str) -> dict[str, Said]:
    """The entries of a merged setting: ``group(said, "losses")`` by the loss's name."""
    head = name + "."
    return {key.removeprefix(head): item for key, item in said.items() if key.startswith(head)}
