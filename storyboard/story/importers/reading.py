"""A foreign file's text as plain data: JSON, YAML, or a dictionary as Python writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storyboard.errors import Problem, StoryError
from storyboard.files import read_bounded
from storyboard.story.yaml_loader import MAX_BYTES, decode, parse_yaml


def read_file(path: Path) -> dict[str, Any]:
    """The data of a file. Raises `StoryError`."""
    try:
        raw = read_bounded(path, MAX_BYTES)
    except FileNotFoundError:
        raise StoryError(Problem("there is no such file", str(path))) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoryError(Problem(f"cannot be read: {reason}", str(path))) from None
    return read_data(decode(raw, file=str(path)), str(path))


def read_data(text: str, name: str) -> dict[str, Any]:
    """The mapping that a text holds: JSON, YAML, or a dictionary as Python writes it."""
    if not text.strip():
        raise StoryError(Problem("the file is empty", name))
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        if text.lstrip().startswith("{") and '":' in text and "'" not in text.partition(":")[0]:
            data = _json_like(text, name, error)
        else:
            data, _ = parse_yaml(text, file=name)
    if not isinstance(data, dict):
        raise StoryError(Problem("settings are a mapping of names to values", name))
    return {key: _python_words(value) for key, value in _flat(data).items()}


def _json_like(text: str, name: str, error: json.JSONDecodeError) -> Any:
    """JSON that YAML forgives (a comma too many, a comment), else JSON's own complaint."""
    try:
        return parse_yaml(text, file=name)[0]
    except StoryError:
        told = Problem(f"not JSON: {error.msg}", name, error.lineno, error.colno)
        raise StoryError(told) from None


def _flat(data: dict[str, Any]) -> dict[str, Any]:
    """The settings where a file keeps them in groups (``args``, ``anim_args`` ...)."""
    groups = [key for key in data if key.endswith("args") and isinstance(data[key], Mapping)]
    flat = {key: value for key, value in data.items() if key not in groups}
    for group in groups:
        flat = {**data[group], **flat}
    return flat


def _python_words(value: Any) -> Any:
    """``None`` and ``True`` as Python writes them."""
    if isinstance(value, str) and value in ("None", "True", "False"):
        return {"None": None, "True": True, "False": False}[value]
    return value
