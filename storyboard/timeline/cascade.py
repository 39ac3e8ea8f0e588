"""Resolve shot settings: the shot overrides ``defaults``, which override the top level."""

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
    """Return what ``settings``, written at ``path``, sets; ``motion.zoom`` and the options of a
    drawer, such as ``drawer.decay``, have names of their own.
    """
    said: dict[str, Said] = {}
    for name in declared(Settings) if settings is not None else ():
        value = getattr(settings, name)
        if value is None:
            continue
        if name not in MERGED:
            said[name] = Said(value, (*path, name))
            if isinstance(value, DrawerSpec):
                options = value.options.items()
                said |= {f"drawer.{key}": Said(one, (*path, name, key)) for key, one in options}
            continue
        entries = value if isinstance(value, Mapping) else vars(value)
        for key, item in entries.items():
            if item is not None:
                said[f"{name}.{key}"] = Said(item, (*path, name, key))
    return said


def merge(*layers: Sayings) -> dict[str, Said]:
    """Return the sayings of all layers; later ones count before earlier ones.

    Options of a drawer are kept only as long as it is the same drawer.
    """
    merged: dict[str, Said] = {}
    for layer in layers:
        before = merged.get("drawer")
        if "drawer" in layer and before and before.value.name != layer["drawer"].value.name:
            merged = {name: one for name, one in merged.items() if not name.startswith("drawer.")}
        merged |= layer
    return merged


def group(settings: Sayings, name: str) -> dict[str, Said]:
    """The entries of a merged setting: ``group(said, "losses")`` by the loss's name."""
    head = name + "."
    return {key.removeprefix(head): item for key, item in settings.items() if key.startswith(head)}
