"""Data -> `StorySpec`, with every mistake told in plain words and what is bad taken out.

What is left after the bad parts are taken out is still worth planning: that finds the mistakes
that only the clock can see, so that one run tells them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from storyboard.errors import Problem, did_you_mean
from storyboard.story.fields import shown
from storyboard.story.model import StorySpec
from storyboard.story.source import KeyPath, Source

_ROUNDS = 20


@dataclass
class Checked:
    """A validated story, the problems found, and the paths that were taken out."""

    spec: StorySpec
    problems: list[Problem] = field(default_factory=list)
    pruned: set[KeyPath] = field(default_factory=set)


def validate(data: dict[str, Any], source: Source) -> Checked:
    """Validate as much of ``data`` as can be; ``data`` itself is changed."""
    problems: list[Problem] = []
    pruned: set[KeyPath] = set()
    for _ in range(_ROUNDS):
        try:
            return Checked(StorySpec.model_validate(data), problems, pruned)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                problems.append(_problem(detail, data, source))
                path = _prunable(_written(detail["loc"], data), data)
                pruned.add(path)
                _prune(data, path)
    return Checked(StorySpec(), problems, pruned)


def _problem(detail: ErrorDetails, data: dict[str, Any], source: Source) -> Problem:
    path, kind = detail["loc"], detail["type"]
    if kind == "extra_forbidden":
        message, hint = _unknown_key(path, detail["input"])
        return source.problem(path, message, hint=hint, at_key=True)
    if kind == "missing":
        message = f"{path[-1]!r} is missing here"
        return source.problem(_written(path, data), message)
    context: Mapping[str, Any] = detail.get("ctx", {})
    if kind == "story":
        return source.problem(path, context["message"], hint=context["hint"])
    what = {"list_type": "a list", "tuple_type": "a list"}.get(kind, "a mapping of keys and values")
    value = detail["input"]
    if value is None:
        return source.problem(path, f"nothing is written here; {what} is expected")
    return source.problem(path, f"{what} is expected here, not {shown(value)}")


def _unknown_key(path: KeyPath, value: Any) -> tuple[str, str | None]:
    """What to say about a key that nothing knows."""
    key = str(path[-1])
    model = model_at(path[:-1])
    known = list(model.model_fields) if model else []
    hint = did_you_mean(key, known)
    if hint is None and value is None:
        hint = "inside { } and [ ] a text that holds a comma needs quotes"
    if hint is None and known:
        hint = _elsewhere(key) or "known here: " + ", ".join(known)
    return f"unknown key {key!r}", hint


def _elsewhere(key: str) -> str | None:
    """Where a key belongs that is right but in the wrong place."""
    for home in ("output", "audio", "motion"):
        model = model_at((home,))
        if model and key in model.model_fields:
            return f"{key!r} belongs under {home!r}"
    if key in StorySpec.model_fields:
        return f"{key!r} belongs at the top level of the story"
    return None


def model_at(path: KeyPath) -> type[BaseModel] | None:
    """The model that describes what stands at ``path``; None where there is none."""
    model: Any = StorySpec
    for part in path:
        if isinstance(part, int):
            continue
        if not isinstance(model, type) or part not in model.model_fields:
            return None
        model = _inner_model(model.model_fields[part].annotation)
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def _inner_model(annotation: Any) -> Any:
    """The first model inside an annotation such as ``Annotated[tuple[X, ...], ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if found := _inner_model(inner):
            return found
    return None


def _written(path: KeyPath, data: Any) -> KeyPath:
    """The longest beginning of ``path`` that ``data`` has."""
    for depth, part in enumerate(path):
        has = isinstance(data, dict) and part in data
        has = has or (isinstance(data, list) and isinstance(part, int) and part < len(data))
        if not has:
            return path[:depth]
        data = data[part]
    return path


def _prunable(path: KeyPath, data: Any) -> KeyPath:
    """``path`` up to the first list that cannot lose an item (every list but ``shots``)."""
    for depth, part in enumerate(path):
        if isinstance(part, int) and path[:depth] != ("shots",):
            return path[:depth]
    return path


def _prune(data: Any, path: KeyPath) -> None:
    """Take what is at ``path`` out of ``data``; a shot becomes an empty one, to keep the count."""
    path = _written(path, data)
    if not path:
        return
    for part in path[:-1]:
        data = data[part]
    if isinstance(data, list):
        data[path[-1]] = {}  # type: ignore[call-overload]
    else:
        del data[path[-1]]
