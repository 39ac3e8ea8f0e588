"""Changes to a story from outside: ``shots.intro.duration=4b`` and the like."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from storyboard.errors import BadValue, StoryError, did_you_mean
from storyboard.files import sha256
from storyboard.story.output import short_output
from storyboard.story.source import KeyPath, SourceText
from storyboard.story.yaml_loader import plain_value
from storyboard.values import brief

_LONGEST_NAME = 60
"""Characters of a variant's name, before it is cut."""

#: Keys whose short form is a text; setting a key below it needs the long one.
_LONG_FORM = {
    "audio": "file",
    "drawer": "name",
    "effort": "steps",
    "growth": "steps_per_frame",
    "lyrics": "file",
    "paint": "size",
    "snap": "to",
}

#: The same for what stands below these: a loss's weight, a filter's amount.
_LONG_FORM_WITHIN = {"losses": "weight", "filters": "amount"}


def apply(data: dict[str, Any], source: SourceText, overrides: Mapping[str, Any]) -> SourceText:
    """Set every path of ``overrides`` in ``data``; texts are read as YAML values.

    A path has keys separated by dots, shots by name or number from 0: ``shots.intro.duration``,
    ``shots[0].motion.zoom``. Gives back ``source`` knowing what was set. Raises `StoryError` for
    every path that leads nowhere; a wrong last key is found when the story is validated.
    """
    pinned, problems = dict(source.pinned), []
    for written, value in overrides.items():
        try:
            path = _resolve(data, written)
            _put(data, path, plain_value(value) if isinstance(value, str) else value)
            pinned[path] = f"{written}={brief(value)}"
        except BadValue as error:
            problems.append(source.problem((), error.message, hint=error.hint))
    if problems:
        raise StoryError(problems)
    return replace(source, pinned=pinned)


_NAMED_ELSEWHERE = ("quality", "output.format")
"""Overrides that the name of a film shows already: its quality, its suffix."""


def variant_name(overrides: Mapping[str, Any]) -> str:
    """Return the suffix that names a film with ``overrides``; empty for none.

    >>> variant_name({"seed": 77, "output.size": "36x64"})
    'seed-77.size-36x64'
    """
    written = {path: str(v) for path, v in overrides.items() if path not in _NAMED_ELSEWHERE}
    if isinstance(overrides.get("effort"), Mapping):  # chosen for a budget, which has a name
        del written["effort"]
    parts = [f"{path.rpartition('.')[2]}-{value}" for path, value in written.items()]
    name = ".".join(re.sub(r"[^\w.-]+", "-", part).strip("-.") for part in parts)
    if len(name) <= _LONGEST_NAME:
        return name
    return f"{name[:_LONGEST_NAME]}-{sha256(repr(sorted(written.items())).encode())[:8]}"


def _resolve(data: dict[str, Any], written: str) -> KeyPath:
    """Return the key path that ``written`` means in ``data``. Raises `BadValue`."""
    head, _, rest = re.sub(r"\[(\d+)\]", r".\1", written).partition(".")
    if not head or (head in ("shots", "prompts") and not rest):
        hint = "such as output.size=160x90 or shots.intro.duration=4b"
        raise BadValue(f"{written!r} names nothing that can be set", hint=hint)
    if head == "shots":
        return _in_shots(data, written, rest)
    if head == "prompts":
        return _in_prompts(data, written, rest)
    return (head, *(rest.split(".") if rest else ()))


def _in_shots(data: dict[str, Any], written: str, rest: str) -> KeyPath:
    shots = data.get("shots") if isinstance(data.get("shots"), list) else []
    names = [_shot_name(shot, index) for index, shot in enumerate(shots or [])]
    matching = [n for n in names if rest == n or rest.startswith(n + ".")]
    if matching:
        name = max(matching, key=len)
        index, rest = names.index(name), rest[len(name) + 1 :]
    else:
        name, _, rest = rest.partition(".")
        index = int(name) if name.isdigit() else len(names)
    if index >= len(names):
        hint = did_you_mean(name, names) or "shots: " + ", ".join(names or ["none"])
        raise BadValue(f"{written!r}: there is no shot {name!r}", hint=hint)
    return ("shots", index, *(rest.split(".") if rest else ()))


def _shot_name(shot: Any, index: int) -> str:
    name = shot.get("name") if isinstance(shot, dict) else None
    return str(name) if name else f"shot-{index + 1:03d}"


def _in_prompts(data: dict[str, Any], written: str, rest: str) -> KeyPath:
    listed = data.get("prompts")
    keys = list(listed) if isinstance(listed, dict) else []
    if isinstance(listed, list):
        keys = [str(number) for number in range(len(listed))]
    matching = [key for key in keys if rest == key or rest.startswith(key + ".")]
    if not matching:
        hint = did_you_mean(rest, keys) or "times: " + ", ".join(keys or ["none"])
        raise BadValue(f"{written!r}: nothing is keyed to {rest!r}", hint=hint)
    key = max(matching, key=len)
    below = rest[len(key) + 1 :]
    return ("prompts", key, *(below.split(".") if below else ()))


def _put(data: Any, path: KeyPath, value: Any) -> None:
    """Set ``value`` at ``path``, making mappings and long forms on the way."""
    *above, last = path
    for depth, part in enumerate(above):
        if isinstance(data, dict):
            data[str(part)] = _long_form(data.setdefault(str(part), {}), above[: depth + 1])
        elif isinstance(data, list) and above[:1] == ["prompts"] and str(part).isdigit():
            data[int(part)] = _long_form(data[int(part)], above[: depth + 1])
        data = _step(data, part)
    if isinstance(last, str) and last.isdigit() and isinstance(data, list):
        last = int(last)
    if isinstance(data, dict):
        data[str(last)] = value
    elif isinstance(data, list) and isinstance(last, int) and last < len(data):
        data[last] = value
    else:
        raise BadValue(f"{'.'.join(map(str, path))!r} leads into a plain value")


def _long_form(written: Any, path: Sequence[str | int]) -> Any:
    """Return what is ``written`` at ``path`` as a mapping where it is the short form of one."""
    part, before = path[-1], path[-2] if len(path) > 1 else None
    if part == "output" or before == "outputs":
        shape = short_output(written)
        return {"size": shape} if isinstance(shape, str) else shape
    if before in _LONG_FORM_WITHIN and isinstance(written, str | int | float):
        return {_LONG_FORM_WITHIN[str(before)]: written}
    if part in _LONG_FORM and isinstance(written, str | int | float):
        return {_LONG_FORM[str(part)]: written}
    if not isinstance(written, str):
        return written
    return {"prompt": written} if len(path) == 2 else written


def _step(data: Any, part: str | int) -> Any:
    try:
        return data[int(part)] if isinstance(data, list) else data[part]
    except (KeyError, IndexError, ValueError, TypeError):
        raise BadValue(f"{part!r} leads nowhere") from None
