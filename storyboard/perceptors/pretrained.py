"""open_clip's table of pretrained weights, read from its source without importing it.

Importing open_clip imports torch and takes seconds; a wrong tag should be reported at once.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Weights:
    """Location of the weights of a tag: an address, or ``org/model[/file]`` on the hub."""

    url: str = ""
    hub: str = ""


def tags(architecture: str) -> Mapping[str, Weights]:
    """Return the pretrained tags of ``architecture``; empty where there are none, or none can be
    read.
    """
    return _table().get(architecture, {})


@cache
def package() -> Path | None:
    """Return the folder of the installed open_clip."""
    spec = find_spec("open_clip")
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0]) if folders else None


@cache
def _table() -> dict[str, dict[str, Weights]]:
    """Return every architecture with its tags; empty where open_clip writes them in another way
    than now, so that a tag is then looked up when the model is loaded.
    """
    folder = package()
    if folder is None or not (folder / "pretrained.py").is_file():
        return {}
    module = ast.parse((folder / "pretrained.py").read_text(encoding="utf-8"))
    values = {
        node.targets[0].id: node.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    table: dict[str, dict[str, Weights]] = {}
    try:
        for key, value in _items(values["_PRETRAINED"]):
            named = values[value.id] if isinstance(value, ast.Name) else value
            table[key] = {tag: _weights(call) for tag, call in _items(named)}
            quick = {tag: _weights(call) for tag, call in _items(named) if _is_quick(call)}
            if quick:
                table[f"{key}-quickgelu"] = quick
    except (KeyError, ValueError):
        return {}
    return table


def _items(node: ast.expr) -> list[tuple[str, ast.expr]]:
    """Return the entries of ``{"key": value}`` or ``dict(key=value)``. Raises `ValueError`."""
    if isinstance(node, ast.Dict):
        return [(ast.literal_eval(k), v) for k, v in zip(node.keys, node.values, strict=True) if k]
    if isinstance(node, ast.Call):
        return [(word.arg, word.value) for word in node.keywords if word.arg]
    raise ValueError(f"line {node.lineno} is no table")


def _weights(node: ast.expr) -> Weights:
    fields = {key: ast.literal_eval(v) for key, v in _items(node) if key in ("url", "hf_hub")}
    return Weights(fields.get("url", ""), fields.get("hf_hub", ""))


def _is_quick(node: ast.expr) -> bool:
    return any(key == "quick_gelu" and ast.literal_eval(v) for key, v in _items(node))
