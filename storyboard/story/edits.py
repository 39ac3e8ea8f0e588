"""Edits of a story's text: one value, key or item changes, every other byte stays.

::

    with_value(text, ("shots", 1, "prompt"), "rain")     sets a value, or adds its key
    with_key(text, ("prompts", "0:12"), "0:14")          renames a key
    with_item(text, ("shots",), 2, {"duration": "2s"})   adds an item before the one at place 2
    without(text, ("shots", 2))                          removes a key or an item

Each returns the changed text. Comments, order, quotes and line ends stay. What an edit gives is
read again and compared with what was meant; `UsageError` is raised where the two differ, such as in
a value that an alias shares with others.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import yaml

from storyboard.errors import StoryError, UsageError
from storyboard.story.source import KeyPath, written
from storyboard.story.yaml_loader import parse_yaml

Pair = tuple[yaml.Node, yaml.Node]

LATE = ("defaults", "shots", "prompts", "lyrics", "overlays", "captions")
"""Keys of a story before which new ones are written."""


class _Change(NamedTuple):
    """The piece of the text that is replaced, and by what."""

    start: int
    stop: int
    new: str


def with_value(text: str, path: KeyPath, value: Any, *, after: str | None = None) -> str:
    """Return ``text`` with ``value`` at ``path``; missing keys on the way there are added, behind
    the key ``after`` if that is given.

    Raises `UsageError` where that cannot be written, `StoryError` for a text that is no story.
    """

    def expect(data: Any) -> None:
        place = data
        for part, below in pairwise(path):
            if isinstance(place, dict) and place.get(str(part)) is None:
                place[str(part)] = [] if isinstance(below, int) else {}
            place = place[part if isinstance(place, list) else str(part)]
        place[path[-1]] = value

    node, known = _nearest(text, path)
    rest = path[known:]
    if not rest:
        return _checked(text, _replaced(text, node, value), expect, path)
    nested = value
    for part in reversed(rest[1:]):
        nested = {str(part): nested}
    return _checked(text, _added(text, node, str(rest[0]), nested, after=after), expect, path)


def with_key(text: str, path: KeyPath, key: str) -> str:
    """Return ``text`` with the key at the end of ``path`` called ``key``. Errors as `with_value`;
    also `UsageError` for a key that is there already.
    """

    def expect(data: Any) -> None:
        place = _at(data, path[:-1])
        if key in place:
            raise UsageError(f"there is a {key!r} already")
        entries = [(key if name == path[-1] else name, value) for name, value in place.items()]
        place.clear()
        place.update(entries)

    old: Any = next(k for k, _ in _pairs(_node(text, path[:-1])) if k.value == str(path[-1]))
    new = scalar_text(key, within_flow=True, style=old.style)
    return _checked(text, _Change(old.start_mark.index, _end(old), new), expect, path)


def with_item(text: str, path: KeyPath, place: int, value: Any) -> str:
    """Return ``text`` with ``value`` as a new item, at ``place`` of the list at ``path``. Errors as
    `with_value`.
    """
    node = _node(text, path)
    if not isinstance(node, yaml.SequenceNode) or not 0 < place <= len(node.value):
        raise UsageError(f"{written(path)} has no place {place} for a new item")
    before, shown = node.value[place - 1], flow_text(value)
    end = _end(before)
    if node.flow_style:
        change = _Change(end, end, f", {shown}")
    else:
        dash = text.rfind("-", 0, before.start_mark.index)
        indent = text[text.rfind("\n", 0, dash) + 1 : dash]
        end = _line_end(text, end)
        change = _Change(end, end, f"\n{indent}- {shown}")
    return _checked(text, change, lambda data: _at(data, path).insert(place, value), path)


def without(text: str, path: KeyPath) -> str:
    """Return ``text`` without the key or item at ``path``. Errors as `with_value`."""

    def expect(data: Any) -> None:
        del _at(data, path[:-1])[path[-1]]

    parent = _node(text, path[:-1])
    spans = _spans(parent)
    place = _place(parent, path[-1])
    start, stop = spans[place]
    if parent.flow_style:
        change = _cut_from_flow(spans, place)
    elif len(spans) == 1:
        raise UsageError(f"{written(path)} is all that there is; remove what holds it")
    else:
        first = text.rfind("\n", 0, start) + 1
        if isinstance(parent, yaml.SequenceNode):
            first = text.rfind("\n", 0, text.rfind("-", 0, start)) + 1
        elif text[first:start].strip():
            after = spans[place + 1][0]  # the first key of an item, on the line of its dash
            return _checked(text, _Change(start, after, ""), expect, path)
        change = _Change(first, min(_line_end(text, stop) + 1, len(text)), "")
    return _checked(text, change, expect, path)


def flow_text(value: Any) -> str:
    """Return ``value`` as YAML in one line.

    >>> flow_text({"name": "night", "weight": {"0s": 0, "100%": 1}})
    '{name: night, weight: {0s: 0, 100%: 1}}'
    """
    if isinstance(value, Mapping):
        pairs = (
            f"{scalar_text(str(k), within_flow=True)}: {flow_text(v)}" for k, v in value.items()
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow_text, value)) + "]"
    return scalar_text(value, within_flow=True)


def scalar_text(value: Any, *, within_flow: bool = False, style: str | None = None) -> str:
    """Return a text, number or bool as YAML that is read as the same, with as few quotes as that
    needs; of ``style`` (``'`` or ``"``) where it can be.

    >>> scalar_text("a castle: night"), scalar_text("rain"), scalar_text("0:12")
    ("'a castle: night'", 'rain', '0:12')
    """
    if not isinstance(value, str):
        return json.dumps(value)
    forms = {None: value, "'": "'" + value.replace("'", "''") + "'"}
    tried = [forms[style]] if style in forms else []
    tried = [*tried, *forms.values()] if style != '"' else []
    for form in tried:
        if _reads_as(form, value, within_flow):
            return form
    return json.dumps(value, ensure_ascii=False)


def _reads_as(form: str, value: str, within_flow: bool) -> bool:
    if "\n" in form or form != form.strip():
        return False
    around = "k: {{v: {0}, {0}: 1}} # c" if within_flow else "k: {{v: 1}}\nv: {0} # c"
    try:
        data, _ = parse_yaml(around.format(form))
    except StoryError:
        return False
    wanted = {"k": {"v": value, value: 1}} if within_flow else {"k": {"v": 1}, "v": value}
    return bool(data == wanted)


def _checked(text: str, change: _Change, expect: Callable[[Any], None], path: KeyPath) -> str:
    """Return the changed text, if what it holds is what the edit means to give."""
    data, _ = parse_yaml(text)
    wanted = copy.deepcopy(data)
    expect(wanted)
    new = text[: change.start] + change.new + text[change.stop :]
    try:
        found, _ = parse_yaml(new)
    except StoryError:
        found = {}
    if found != wanted:
        where = written(path) or "the story"
        raise UsageError(f"{where} cannot be changed from here; change it in the text")
    return new


def _node(text: str, path: KeyPath) -> Any:
    node, known = _nearest(text, path)
    if known < len(path):
        raise UsageError(f"{written(path)} is not written in the story")
    return node


def _nearest(text: str, path: KeyPath) -> tuple[Any, int]:
    """Return the node at the longest beginning of ``path`` that is written, and its length."""
    parse_yaml(text)  # raises a `StoryError` with the place of what is wrong
    node: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    for length, part in enumerate(path):
        try:
            node = _child(node, part)
        except (KeyError, IndexError):
            return node, length
    return node, len(path)


def _child(node: Any, part: str | int) -> Any:
    """Return the value at ``part`` of ``node``. Raises `KeyError`, `IndexError`."""
    if isinstance(node, yaml.SequenceNode):
        return node.value[int(part)]
    return {key.value: value for key, value in _pairs(node)}[str(part)]


def _pairs(node: Any) -> list[Pair]:
    return node.value if isinstance(node, yaml.MappingNode) else []


def _at(data: Any, path: KeyPath) -> Any:
    for part in path:
        data = data[part]
    return data


def _end(node: Any) -> int:
    """Return the offset behind the last sign of ``node``, blank lines and comments left out."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        key, value = last if isinstance(last, tuple) else (last, last)
        return max(_end(key), _end(value))
    end: int = node.end_mark.index
    if getattr(node, "style", None) in ("|", ">"):
        end = node.start_mark.index + len(_content(node).rstrip())
    return end


def _content(node: Any) -> str:
    """Return the text of a node as it is written."""
    mark = node.start_mark
    return str(mark.buffer[mark.pointer : mark.pointer + node.end_mark.index - mark.index])


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _spans(node: Any) -> list[tuple[int, int]]:
    """Return where each entry of a mapping or list starts and ends."""
    if isinstance(node, yaml.MappingNode):
        return [(k.start_mark.index, max(_end(k), _end(v))) for k, v in node.value]
    return [(item.start_mark.index, _end(item)) for item in node.value]


def _place(node: Any, part: str | int) -> int:
    if isinstance(node, yaml.SequenceNode):
        return int(part)
    return [key.value for key, _ in _pairs(node)].index(str(part))


def _cut_from_flow(spans: Sequence[tuple[int, int]], place: int) -> _Change:
    """Return the cut of an entry within brackets, with one comma."""
    if place:
        return _Change(spans[place - 1][1], spans[place][1], "")
    return _Change(spans[0][0], spans[1][0] if len(spans) > 1 else spans[0][1], "")


def _replaced(text: str, node: Any, value: Any) -> _Change:
    """Return the change of a node's text to ``value``; a scalar keeps its quotes."""
    start, stop = node.start_mark.index, _end(node)
    if isinstance(value, Mapping | list | tuple):
        shown = flow_text(value)
    else:
        style = node.style if isinstance(node, yaml.ScalarNode) else None
        shown = scalar_text(value, within_flow=_within_flow(text, start), style=style)
    if start == stop:  # nothing is written behind the key
        return _Change(start, stop, shown if text[start - 1 : start].isspace() else f" {shown}")
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        key_end = text.rfind(":", 0, start) + 1  # a block below its key goes up beside it
        return _Change(key_end, stop, f" {shown}")
    return _Change(start, stop, shown)


def _within_flow(text: str, at: int) -> bool:
    """Return whether the offset ``at`` is within brackets."""
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if token.start_mark.index >= at:
            break
        opened = isinstance(token, yaml.FlowMappingStartToken | yaml.FlowSequenceStartToken)
        closed = isinstance(token, yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken)
        depth += opened - closed
    return depth > 0


def _added(text: str, node: Any, key: str, value: Any, *, after: str | None) -> _Change:
    """Return the change that adds ``key`` to the mapping ``node``, behind the key ``after``."""
    if not isinstance(node, yaml.MappingNode):
        if isinstance(node, yaml.ScalarNode) and not node.value:
            return _replaced(text, node, {key: value})
        raise UsageError(f"{key!r} cannot be added to what is written there; change the text")
    entry = f"{scalar_text(key, within_flow=True)}: {flow_text(value)}"
    if node.flow_style:
        if not node.value:
            return _Change(node.start_mark.index, node.end_mark.index, "{" + entry + "}")
        end = _spans(node)[_last_before(node, after)][1]
        return _Change(end, end, f", {entry}")
    column = node.value[0][0].start_mark.column
    end = _line_end(text, _spans(node)[_last_before(node, after)][1])
    return _Change(end, end, f"\n{' ' * column}{entry}")


def _last_before(node: Any, after: str | None) -> int:
    """Return the place of the entry behind which a new one goes: ``after``, else the last; in a
    story the last before the shots.
    """
    names = [key.value for key, _ in node.value]
    if after in names:
        return names.index(after)
    is_story = node.start_mark.column == 0
    late = [n for n, name in enumerate(names) if name in LATE] if is_story else []
    return late[0] - 1 if late and late[0] > 0 else len(names) - 1
