"""Resolve shot settings: the shot overrides ``defaults``, which override the top level."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from storyboard.story.kinds import declared
from storyboard.story.model import DrawerSpec, Settings
from storyboard.story.source import KeyPath

#: Settings that are merged key by key; every other one replaces what stood before.
MERGED = ("motion", "losses", "filters")


class Setting(NamedTuple):
    """A setting's value and where it was written."""

    value: Any
    path: KeyPath


SettingsByName = Mapping[str, Setting]


def collect_settings(spec: Settings | None, path: KeyPath) -> dict[str, Setting]:
    """Return the settings of ``spec``, written at ``path``, by name.

    Entries of merged settings and options of a drawer have names of their own, such as
    ``motion.zoom`` and ``drawer.decay``.
    """
    settings: dict[str, Setting] = {}
    for name in declared(Settings) if spec is not None else ():
        value = getattr(spec, name)
        if value is None:
            continue
        if name not in MERGED:
            settings[name] = Setting(value, (*path, name))
            if isinstance(value, DrawerSpec):
                options = value.options.items()
                settings |= {
                    f"drawer.{key}": Setting(one, (*path, name, key)) for key, one in options
                }
            continue
        entries = value if isinstance(value, Mapping) else vars(value)
        for key, item in entries.items():
            if item is not None:
                settings[f"{name}.{key}"] = Setting(item, (*path, name, key))
    return settings


def merge(*layers: SettingsByName) -> dict[str, Setting]:
    """Merge layers of settings; a later layer overrides an earlier one.

    Options of a drawer are inherited only while the drawer stays the same.
    """
    merged: dict[str, Setting] = {}
    for layer in layers:
        before = merged.get("drawer")
        if "drawer" in layer and before and before.value.name != layer["drawer"].value.name:
            merged = {name: one for name, one in merged.items() if not name.startswith("drawer.")}
        merged |= layer
    return merged


def group(settings: SettingsByName, name: str) -> dict[str, Setting]:
    """Return the entries of a merged setting: ``group(settings, "losses")``, by the loss's name."""
    head = name + "."
    return {key.removeprefix(head): item for key, item in settings.items() if key.startswith(head)}
