"""YAML as a story means it: YAML 1.2 scalars, no duplicate keys, a place for everything.

What the common YAML 1.1 reading gets wrong and this one does not: ``1:23`` and ``0:45`` stay text
(no base-60 numbers), so do ``on``, ``off``, ``yes``, ``no``, dates and a bare ``=``; ``010`` is
ten; ``1e-3`` is a number. Keys of mappings are always text, exactly as written. A key set twice,
a ``!tag``, a value that holds itself, and aliases that multiply beyond measure are errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from storyboard.errors import Problem, StoryError
from storyboard.story.source import KeyPath, SourcePosition, SourceText
from storyboard.story.text import odd_blank

MAX_BYTES = 5_000_000
MAX_DEPTH = 40
MAX_VALUES = 200_000
MAX_DIGITS = 1000
MOST_PLACED = 500

_STR, _MAP, _SEQ = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq"))
_NULL = re.compile(r"(|~|null|Null|NULL)\Z")
_BOOL = re.compile(r"(true|True|TRUE|false|False|FALSE)\Z")
_INT = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")

_TELLING = frozenset(("", *"~nNtTfF.+-0123456789"))
"""What a plain scalar begins with that is perhaps no text."""

_COMMENT = re.compile(r"[ \t]+#(?=[^\s#])")
_HASH = re.compile(r"[\[,{:]\s*#\w")

_QUOTES = "a text that holds ': ' or ' #', or starts with [ { } @ % * & ! | > ' \", needs quotes"


@dataclass
class _Node:
    """A piece of the file: ``value`` is text, a list of nodes, or a list of (key, node) pairs."""

    kind: str
    value: Any
    place: SourcePosition
    plain: bool = False
    comment: SourcePosition | None = None


@dataclass
class _YamlReader:
    """Builds nodes from the parser's events, keeping depth within `MAX_DEPTH`."""

    file: str | None
    lines: list[str]
    events: Iterator[yaml.Event]
    anchors: dict[str, _Node] = field(default_factory=dict)

    def fail(self, mark: Any, message: str, hint: str | None = None) -> NoReturn:
        place = mark if isinstance(mark, SourcePosition) else _place(mark)
        raise StoryError(SourceText(self.file, self.lines).at(place, message, hint=hint))

    def document(self) -> _Node | None:
        """Return the only document of the file; None where there is none."""
        event = next(self.events)
        while isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            event = next(self.events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        root = self.node(event, 0)
        next(self.events)
        if not isinstance(after := next(self.events), yaml.StreamEndEvent):
            self.fail(after.start_mark, "a second document starts here; a story is one document")
        return root

    def node(self, event: Any, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            self.fail(event.start_mark, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        place = _place(event.start_mark)
        if event.tag is not None:
            self.refuse_tag(event)
        if isinstance(event, yaml.ScalarEvent):
            plain = event.implicit[0] and not event.tag
            comment = self.comment(event) if plain else None
            node = _Node("scalar", event.value, place, plain, comment)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = _Node("list", list(self.items(yaml.SequenceEndEvent, depth)), place)
        else:
            flat = list(self.items(yaml.MappingEndEvent, depth))
            node = _Node("map", list(zip(flat[::2], flat[1::2], strict=True)), place)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def comment(self, event: yaml.ScalarEvent) -> SourcePosition | None:
        """Return the place of a comment right behind a plain scalar, whose # no blank follows."""
        mark: Any = event.end_mark
        if mark.line >= len(self.lines) or mark.column >= len(self.lines[mark.line]):
            return None
        found = _COMMENT.match(self.lines[mark.line], mark.column)
        return found and SourcePosition(mark.line + 1, found.end())

    def items(self, end: type[yaml.Event], depth: int) -> Iterator[_Node]:
        while not isinstance(event := next(self.events), end):
            yield self.node(event, depth + 1)

    def alias(self, event: Any) -> _Node:
        node = self.anchors.get(event.anchor)
        if node is None:
            hint = f"write &{event.anchor} before what it should repeat; a text needs quotes"
            self.fail(event.start_mark, f"*{event.anchor} repeats something not named yet", hint)
        return node

    def refuse_tag(self, event: Any) -> None:
        if event.tag not in ("!", _STR, _MAP, _SEQ):
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            hint = "a text that starts with ! needs quotes"
            self.fail(event.start_mark, f"tags such as {tag!r} are not part of a story", hint)


@dataclass
class _TreeBuilder:
    """Turns nodes into plain values and notes the place of each."""

    reader: _YamlReader
    values: dict[KeyPath, SourcePosition] = field(default_factory=dict)
    keys: dict[KeyPath, SourcePosition] = field(default_factory=dict)
    comments: dict[KeyPath, SourcePosition] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    count: int = 0
    known: dict[int, list[tuple[_Node, _Node]]] = field(default_factory=dict)

    def counted(self, node: _Node, values: int) -> None:
        """Count what is built or merged; repetitions by aliases must not multiply."""
        self.count += values
        if self.count > MAX_VALUES:
            self.reader.fail(node.place, f"more than {MAX_VALUES} values once aliases are repeated")

    def build(self, node: _Node, path: KeyPath) -> Any:
        self.counted(node, 1)
        self.values[path] = node.place
        if node.comment is not None:
            self.comments[path] = node.comment
        if node.kind == "scalar":
            return _scalar(node.value) if node.plain else node.value
        if node.kind == "list":
            return [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
        return self.mapping(node, path)

    def mapping(self, node: _Node, path: KeyPath) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key, value in self.pairs(node):
            child = (*path, key.value)
            self.keys[child] = key.place
            built[key.value] = self.build(value, child)
        return built

    def pairs(self, node: _Node) -> list[tuple[_Node, _Node]]:
        """Return the entries of a mapping; those merged with ``<<`` first, its own after, no key
        twice.

        Each node is worked out once, however many aliases repeat it.
        """
        if id(node) not in self.known:
            self.known[id(node)] = self.entries(node)
        return self.known[id(node)]

    def entries(self, node: _Node) -> list[tuple[_Node, _Node]]:
        own: dict[str, tuple[_Node, _Node]] = {}
        merged: dict[str, tuple[_Node, _Node]] = {}
        for key, value in node.value:
            if key.kind != "scalar":
                hint = "a text that starts with [ or { needs quotes"
                self.reader.fail(key.place, "a list or mapping cannot be a key", hint)
            if key.plain and key.value == "<<":
                merged = {**self.merged(value), **merged}
            elif key.value in own:
                self.duplicate(own[key.value][0], key)
            else:
                own[key.value] = (key, value)
        return list({**merged, **own}.values())

    def merged(self, node: _Node) -> dict[str, tuple[_Node, _Node]]:
        sources = node.value if node.kind == "list" else [node]
        entries: dict[str, tuple[_Node, _Node]] = {}
        for source in reversed(sources):
            if source.kind != "map":
                self.reader.fail(source.place, "'<<' merges mappings; this is none")
            pairs = self.pairs(source)
            self.counted(source, len(pairs))
            entries.update({key.value: (key, value) for key, value in pairs})
        return entries

    def duplicate(self, first: _Node, second: _Node) -> None:
        message = f"key {second.value!r} is set twice; first in line {first.place.line}"
        if len(self.problems) < MOST_PLACED:
            source = SourceText(self.reader.file, self.reader.lines)
            self.problems.append(source.at(second.place, message, hint="keep one of the two"))
        else:
            self.problems.append(Problem(message, self.reader.file, second.place.line))


def parse_yaml(
    text: str, *, file: str | None = None, problems: list[Problem] | None = None
) -> tuple[dict[str, Any], SourceText]:
    """Return the mapping that ``text`` holds, and the place of everything in it.

    Values are dict, list, str, int, float, bool and None; keys are str. Raises `StoryError` with
    the place of what cannot be read. Duplicate keys are added to ``problems`` where that is given,
    the first of each counting, and are raised all at once where it is not.
    """
    lines = text.splitlines()
    _refuse_size(len(text), file)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _YamlReader(file, lines, yaml.parse(text.removeprefix("\ufeff"), Loader=loader))
    try:
        root = reader.document()
    except yaml.YAMLError as error:
        raise StoryError(_syntax_problem(error, SourceText(file, lines))) from None
    if root is None or (root.kind == "scalar" and root.plain and not root.value):
        raise StoryError(Problem("the story is empty", file, hint="`storyboard new` writes one"))
    if root.kind != "map":
        reader.fail(root.place, "a story is a mapping of keys and values", "start: `version: 1`")
    builder = _TreeBuilder(reader)
    data = builder.build(root, ())
    if builder.problems and problems is None:
        raise StoryError(builder.problems)
    if problems is not None:
        problems += builder.problems
    return data, SourceText(file, lines, builder.values, builder.keys, comments=builder.comments)


def decode(raw: bytes, *, file: str | None = None) -> str:
    """Return the text of a story file: UTF-8, with or without a byte order mark. Raises
    `StoryError`.
    """
    _refuse_size(len(raw), file)
    if kind := _other_kind(raw):
        message, hint = kind
        raise StoryError(Problem(message, file, hint=hint))
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = Problem("this is not UTF-8 text", file, line, hint="save the file as UTF-8")
        raise StoryError(problem) from None


_SOUND = ("this is a sound, not a story", "`storyboard new --audio FILE` writes one for it")
_FILM = ("this is a film, not a story", "write a story that names it: video: FILE")
_PICTURE = ("this is a picture, not a story", "write a story that names it: video: FILE")
_ARCHIVE = ("this is an archive or a document, not a story", "unpack it; a story is a text")
_KINDS = (
    (rb"ID3|\xff[\xe2-\xfb]|OggS|fLaC|FORM....AIF|RIFF....WAVE|MThd|....ftypM4A", _SOUND),
    (rb"....ftyp|\x1a\x45\xdf\xa3|RIFF....AVI |FLV|\x00\x00\x01[\xb3\xba]", _FILM),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|BM....\x00\x00\x00\x00|II\*\x00|MM\x00\*", _PICTURE),
    (rb"PK\x03\x04|%PDF|\x1f\x8b|7z\xbc|Rar!", _ARCHIVE),
)


def _other_kind(raw: bytes) -> tuple[str, str] | None:
    """Return message and hint where ``raw`` begins as a file that is no text."""
    found = (reply for pattern, reply in _KINDS if re.match(pattern, raw[:16], re.DOTALL))
    return None if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else next(found, None)


def plain_value(text: str) -> Any:
    """Return a value given on the command line, read as YAML; invalid YAML is taken as text."""
    try:
        data, _ = parse_yaml("value: " + text)
    except StoryError:
        return text
    return data["value"] if len(data) == 1 else text


def _refuse_size(size: int, file: str | None) -> None:
    if size > MAX_BYTES:
        message = f"the story has {size / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} are read"
        raise StoryError(Problem(message, file, hint="is this the right file?"))


def _place(mark: Any) -> SourcePosition:
    return SourcePosition(mark.line + 1, mark.column + 1)


def _scalar(text: str) -> Any:
    """Convert a plain scalar by the YAML 1.2 core schema."""
    if text[:1] not in _TELLING:
        return text
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text.lower() == "true"
    if _INT.match(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text, base) if len(text) < MAX_DIGITS else float("inf")
    if _FLOAT.match(text):
        return float(text)
    if _SPECIAL.match(text):
        return float(text.replace(".", "").lower())
    return text


_SYNTAX = (
    ("cannot start any token", "this character cannot start a value", _QUOTES),
    ("mapping values are not allowed", "a second ': ' in one line", _QUOTES),
    ("control characters", "a control character, which no text file holds", None),
    ("special characters", "a control character, which no text file holds", None),
    ("did not find expected key", "this is no key of the mapping that starts above", _QUOTES),
    ("did not find expected ',' or", "a bracket is not closed, or a comma is missing", _QUOTES),
    ("could not find expected ':'", "a key without ':' and a value", "write `key: value`"),
    ("did not find expected '-'", "this line is indented unlike the list items above", None),
    ("found unexpected end of stream", "a quote is not closed before the end of the file", None),
    ("did not find expected node content", "a value is missing here", _QUOTES),
    ("while scanning an alias", "a text that starts with * or & is a YAML alias", _QUOTES),
    ("while scanning an anchor", "a text that starts with * or & is a YAML alias", _QUOTES),
    ("hexdecimal", "a \\ within double quotes", "write / between folders, or take single quotes"),
    ("escape", "a \\ within double quotes", "write / between folders, or take single quotes"),
    ("while scanning a block scalar", "a text that starts with | or > is a YAML block", _QUOTES),
)


def _syntax_problem(error: yaml.YAMLError, source: SourceText) -> Problem:
    """Return the parser's complaint in plain words, at its place."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    message = f"{getattr(error, 'context', None) or ''} {getattr(error, 'problem', None) or error}"
    found = next((row[1:] for row in _SYNTAX if row[0] in message), (message.strip(), None))
    message, hint = found
    if mark is None:
        line = str(getattr(error, "position", ""))
        return Problem(f"not YAML: {message}", source.file, hint=hint and f"{hint} {line}".strip())
    place = _place(mark)
    line = source.lines[place.line - 1] if place.line <= len(source.lines) else ""
    if "\t" in line[: place.column]:
        message, hint = "a tab", "YAML is indented with spaces"
    elif odd := _odd_line(source.lines[_start(error, place) : place.line + 1]):
        message, hint = odd
    return source.at(place, f"not YAML: {message}", hint=hint)


def _start(error: yaml.YAMLError, place: SourcePosition) -> int:
    """Return the number, from 0, of the line from which on to look for the cause of an error."""
    context = getattr(error, "context_mark", None)
    line = place.line - 2 if context is None else min(context.line, place.line - 2)
    return max(0, line, place.line - 100)


def _odd_line(lines: Sequence[str]) -> tuple[str, str] | None:
    """Return message and hint for signs in ``lines``, near an error, that YAML reads otherwise than
    people do: blanks that are none, a # before a value, a colon of another script.
    """
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        if blank := odd_blank(indent):
            return f"{blank} in the indentation", "YAML is indented with plain spaces"
    for line in lines:
        if _HASH.search(line):
            return "a # before a value begins a comment", 'put it in quotes: "#ff8800"'
        if "\uff1a" in line:
            return "a full-width colon", "write a plain : and a blank"
    return None
