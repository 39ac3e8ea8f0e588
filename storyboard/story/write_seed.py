"""Writing a seed into a story's text: one value changes, every other byte stays."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any

import yaml

from storyboard.errors import UsageError
from storyboard.story.guidance import SOURCES
from storyboard.story.model import StorySpec
from storyboard.story.source import KeyPath, written
from storyboard.story.yaml_loader import parse_yaml

_BY_HAND = "write the seed by hand"


def shot_path(spec: StorySpec, index: int) -> KeyPath:
    """Return where the shot ``index`` of the film is written. Raises `UsageError` for lyrics."""
    if spec.shots is not None:
        return ("shots", index)
    if isinstance(spec.prompts, tuple):
        return ("prompts", index)
    if spec.prompts is not None:
        return ("prompts", list(spec.prompts)[index])
    if spec.lyrics is not None and not (spec.lyrics.burn and spec.prompt):
        raise UsageError("shots of lyrics have no place for a seed; `storyboard new --lyrics`")
    return ()


def with_seed(text: str, path: KeyPath, seed: int) -> str:
    """Return the story ``text`` in which the shot at ``path`` has ``seed``; comments, order and
    everything else stay as they are. Raises `UsageError` where it cannot be written there.
    """
    before, _ = parse_yaml(text)
    start, stop, new = _change(text, _node(text, path), path, seed)
    changed = text[:start] + new + text[stop:]
    after, _ = parse_yaml(changed)
    if after != _expected(before, path, seed):
        raise UsageError(f"{written(path) or 'the story'} is shared with others; {_BY_HAND}")
    return changed


def _expected(data: Any, path: KeyPath, seed: int) -> Any:
    data = copy.deepcopy(data)
    if not path:
        return {**data, "seed": seed}
    place = data
    for part in path[:-1]:
        place = place[part]
    shot = place[path[-1]]
    is_shot = isinstance(shot, dict) and not shot.keys() & set(SOURCES)
    place[path[-1]] = {**(shot if is_shot else {"prompt": shot}), "seed": seed}
    return data


def _node(text: str, path: KeyPath) -> yaml.Node:
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for part in path:
        if isinstance(node, yaml.SequenceNode):
            node = node.value[int(part)]
        else:
            node = next(value for key, value in node.value if key.value == str(part))
    found: yaml.Node = node
    return found


def _change(text: str, node: yaml.Node, path: KeyPath, seed: int) -> tuple[int, int, str]:
    """Return what of ``text`` is replaced, its start and end, and by what."""
    start, stop = node.start_mark.index, node.end_mark.index
    is_map = isinstance(node, yaml.MappingNode)
    keys = {key.value: value for key, value in node.value} if is_map else {}
    if not is_map or (path and keys.keys() & set(SOURCES)):
        prompt = text[start:stop]
        if isinstance(node, yaml.ScalarNode):
            prompt = json.dumps(node.value, ensure_ascii=False) if node.style is None else prompt
        elif not _is_flow(node):
            raise UsageError(f"{written(path)} is written over several lines; {_BY_HAND}")
        return start, stop, f"{{prompt: {prompt}, seed: {seed}}}"
    if "seed" in keys:
        old = keys["seed"]
        return old.start_mark.index, old.end_mark.index, str(seed)
    if _is_flow(node):
        inside = text[start : stop - 1].rstrip()
        end = start + len(inside)
        return end, end, f"{'' if inside.endswith(',') else ','} seed: {seed}"
    return _new_line(text, node.value, seed)


def _is_flow(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _new_line(
    text: str, pairs: Sequence[tuple[yaml.Node, yaml.Node]], seed: int
) -> tuple[int, int, str]:
    """Return a line of its own for the seed, behind the first key that is on a single line."""
    indent = " " * pairs[0][0].start_mark.column
    for key, value in pairs:
        if isinstance(value, yaml.ScalarNode) and value.end_mark.line == key.start_mark.line:
            end = text.find("\n", value.end_mark.index)
            end = len(text) if end < 0 else end
            return end, end, f"\n{indent}seed: {seed}"
    first = pairs[0][0].start_mark.index
    return first, first, f"seed: {seed}\n{indent}"
