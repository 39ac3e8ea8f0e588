"""A foreign file's text as plain data: JSON, YAML, or a dictionary as Python writes it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
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
    twice: list[str] = []
    if re.match(r"""\s*["']?\d+["']?\s*:\s*["']""", text):
        text = "{" + text.strip().rstrip(",") + "}"  # the lines of a schedule without their braces
    data = _parsed(text, name, twice)
    if not isinstance(data, dict):
        raise StoryError(Problem("settings are a mapping of names to values", name))
    found = Settings({key: _plain(key, value) for key, value in _flat(data).items()})
    found.twice = twice
    if found and all(key.isdigit() and isinstance(one, str) for key, one in found.items()):
        return Settings({"animation_prompts": dict(found)}, twice)
    return found


def _parsed(text: str, name: str, twice: list[str]) -> Any:
    """What a text holds; keys that stand twice go to ``twice``. Raises `StoryError`."""
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, twice))
    except RecursionError:
        raise StoryError(Problem("nested too deeply to be settings", name)) from None
    except json.JSONDecodeError as error:
        if text.lstrip().startswith("{") and '":' in text and "'" not in text.partition(":")[0]:
            return _json_like(text, name, error)
        return parse_yaml(text, file=name)[0]
    except ValueError as error:  # a number of thousands of digits
        raise StoryError(Problem(f"not JSON: {error}"[:200], name)) from None


class Settings(dict[str, Any]):
    """Settings by name; ``twice`` are the keys that the file has more than once in one mapping."""

    def __init__(self, data: Mapping[str, Any], twice: Sequence[str] = ()) -> None:
        super().__init__(data)
        self.twice = list(twice)


def _object(pairs: list[tuple[str, Any]], twice: list[str]) -> dict[str, Any]:
    """A mapping of JSON; of a key that comes again the last value counts, which ``twice`` tells."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice += [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
    return found


def _plain(key: str, value: Any) -> Any:
    """A value as it is meant: prompts that a tool saved as a text of JSON become data again."""
    if isinstance(value, str) and "prompt" in key and value.strip()[:1] in ("{", "["):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return value
        listed = isinstance(found, list) and all(isinstance(one, str | dict) for one in found)
        return found if isinstance(found, dict) or listed else value
    return _python_words(value)


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
