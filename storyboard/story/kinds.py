"""Types of the parts of a story, declared once: how each is read, written and described.

A part is a frozen dataclass whose fields are made with `spec_field`. One gives the reader,
which reports every error and goes on without what is wrong, the canonical YAML, and the JSON
Schema. It is small on purpose: a story is checked while it is typed, and the libraries that do the
same take longer to import than a story takes to check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import Any, Generic, Literal, Never, Protocol, TypeVar, overload

from storyboard.errors import BadValue, Problem, did_you_mean, nearest
from storyboard.foreign_words import hint_for, keys_meant
from storyboard.story.source import KeyPath, SourceText
from storyboard.story.text import odd_blank, odd_quotes
from storyboard.values import expected

INVALID: Never = object()  # type: ignore[assignment]
"""What a reader gives for a value that it could not read."""

Schema = dict[str, Any]

T = TypeVar("T")
U = TypeVar("U")
T_co = TypeVar("T_co", covariant=True)

MOST_EXPLAINED = 100
"""Problems of a story from which on an unknown key gets neither place nor hint."""

MOST_WARNINGS = 1000
"""Warnings that reading a story keeps."""

COMMA_HINT = "inside { } and [ ] a text that holds a comma needs quotes"


def is_private(key: str) -> bool:
    """Return True for the keys that a writer may add freely: ``notes`` and ``x-...``."""
    return key == "notes" or key.startswith("x-")


@dataclass
class ParseContext:
    """Errors found while a story is read, and the paths that were left out for them."""

    source: SourceText
    problems: list[Problem] = field(default_factory=list)
    pruned: set[KeyPath] = field(default_factory=set)
    unknown: set[KeyPath] = field(default_factory=set)
    warnings: dict[tuple[KeyPath, str], Problem] = field(default_factory=dict)

    def report(
        self, path: KeyPath, message: str, *, hint: str | None = None, at_key: bool = False
    ) -> None:
        """Note an error; what is at ``path`` is left out."""
        missing = message.startswith("missing value") or message.endswith("got None")
        if path in self.source.comments and missing:
            hint = "a # begins a comment: put a value with a # in quotes"
        self.problems.append(self.source.problem(path, message, hint=hint, at_key=at_key))
        self.pruned.add(path)

    def warn(self, path: KeyPath, message: str, *, hint: str) -> None:
        """Note what can be read but was hardly meant; at most `MOST_WARNINGS` in all."""
        if len(self.warnings) < MOST_WARNINGS and (path, message) not in self.warnings:
            problem = self.source.problem(path, message, hint=hint, severity="warning")
            self.warnings[path, message] = problem

    def warn_of_comment(self, path: KeyPath) -> None:
        """Note a comment behind a text, where it may have been meant as part of it."""
        place = self.source.comments.get(self.source.known(path))
        if place is not None and len(self.warnings) < MOST_WARNINGS:
            message = "what follows the # is a comment, not part of the text"
            hint = "put the text in quotes, or a blank behind the #"
            problem = self.source.at(place, message, path=path, hint=hint, severity="warning")
            self.warnings[path, message] = problem

    def report_unknown(self, path: KeyPath, message: str, hint: str, known: list[str]) -> None:
        """Note a key that is none of the ``known`` ones; those it may have been meant for count as
        left out.
        """
        self.problems.append(self.source.problem(path, message, hint=hint, at_key=True))
        self.unknown.add(path)
        self.pruned |= {(*path[:-1], key) for key in keys_meant(str(path[-1]), known)}


class FieldType(Protocol[T_co]):
    """A kind of value. A field made with it is annotated as what `read` returns; mypy checks it."""

    def read(self, value: Any, path: KeyPath, context: ParseContext) -> T_co:
        """Return the meaning of ``value``, or `INVALID` once the error is reported."""

    def write(self, value: Any) -> Any:
        """Return plain data that reads as ``value``."""

    def schema(self) -> Schema:
        """Return the JSON Schema of the written form."""


@overload
def spec_field(
    kind: FieldType[T],
    doc: str,
    *,
    required: Literal[True],
    key: str | None = ...,
    instead_of: tuple[str, ...] = ...,
) -> T: ...
@overload
def spec_field(
    kind: FieldType[T], doc: str, *, key: str | None = ..., instead_of: tuple[str, ...] = ...
) -> T | None: ...
def spec_field(
    kind: FieldType[Any],
    doc: str,
    *,
    required: bool = False,
    key: str | None = None,
    instead_of: tuple[str, ...] = (),
) -> Any:
    """Declare a field of a part; None means unset, a ``required`` one must be set. ``key`` is how
    it is written where that is no name for a field. ``instead_of`` are keys, this one among them,
    of which exactly one must be given.
    """
    meaning = {"kind": kind, "doc": doc, "key": key, "instead_of": instead_of}
    return field(metadata=meaning) if required else field(default=None, metadata=meaning)


@dataclass(frozen=True)
class Scalar(Generic[T]):
    """A single value: ``reader`` raises `BadValue`, ``form`` is its JSON Schema; ``prose`` is text
    that people write freely, and whose oddities are warned of.
    """

    reader: Callable[[Any], T]
    form: Schema
    writer: Callable[[Any], Any] = lambda value: value
    prose: bool = False

    def read(self, value: Any, path: KeyPath, context: ParseContext) -> T:
        """Read ``value``, see `FieldType`."""
        try:
            read = self.reader(value)
        except BadValue as error:
            context.report(path, error.message, hint=error.hint)
            return INVALID
        if self.prose:
            context.warn_of_comment(path)
            for message, hint in odd_quotes(read):
                context.warn(path, message, hint=hint)
        return read

    def write(self, value: Any) -> Any:
        """Return plain data, see `FieldType`."""
        return self.writer(value)

    def schema(self) -> Schema:
        """Return the JSON Schema, see `FieldType`."""
        return self.form


@dataclass(frozen=True)
class ListOf(Generic[T]):
    """Values of one kind in order. ``instead`` stands for an item that cannot be read.

    With ``single`` one item may stand for the list of it; with ``spread`` an item may mean several;
    ``odd`` gives message and hint of what was hardly meant in an item as written. More than
    ``most`` items are an error, so that the work for any story has a bound. ``what`` is
    what messages call the list.
    """

    item: FieldType[T]
    what: str = "a list"
    instead: Any = INVALID
    single: bool = False
    spread: Callable[[Any], list[Any]] = lambda item: [item]
    odd: Callable[[Any], Iterable[tuple[str, str]]] = lambda item: ()
    most: int = 1000

    def read(self, value: Any, path: KeyPath, context: ParseContext) -> tuple[T, ...]:
        """Read ``value``, see `FieldType`."""
        if value is None or not (isinstance(value, list) or self.single):
            error = expected(self.what, value)
            context.report(path, error.message, hint=error.hint)
            return INVALID
        if isinstance(value, list) and len(value) > self.most:
            context.report(path, f"{len(value)} entries; {self.most} are the most")
            return INVALID
        result = []
        for index, written in enumerate(value if isinstance(value, list) else [value]):
            place = (*path, index) if isinstance(value, list) else path
            for message, hint in self.odd(written):
                context.warn(place, message, hint=hint)
            for one in self._spread(written, place, context):
                read = INVALID if one is INVALID else self.item.read(one, place, context)
                result.append(self.instead if read is INVALID else read)
        return INVALID if any(item is INVALID for item in result) else tuple(result)

    def _spread(self, item: Any, path: KeyPath, context: ParseContext) -> list[Any]:
        try:
            return self.spread(item)
        except BadValue as error:
            context.report(path, error.message, hint=error.hint)
            return [INVALID]

    def write(self, value: Any) -> Any:
        """Return plain data, see `FieldType`."""
        return [self.item.write(item) for item in value]

    def schema(self) -> Schema:
        """Return the JSON Schema, see `FieldType`."""
        several = {"type": "array", "items": self.item.schema()}
        return {"anyOf": [self.item.schema(), several]} if self.single else several


@dataclass(frozen=True)
class MapOf(Generic[T]):
    """Values of one kind by names that the writer chooses; ``example`` shows one. More than
    ``most`` are an error, so that the work for any story has a bound; ``named`` raises `BadValue`
    for a name that cannot be.
    """

    item: FieldType[T]
    example: str
    most: int = 1000
    named: Callable[[str], None] = lambda name: None

    def read(self, value: Any, path: KeyPath, context: ParseContext) -> Mapping[str, T]:
        """Read ``value``, see `FieldType`."""
        if not isinstance(value, dict):
            error = expected("a mapping", value)
            context.report(path, error.message, hint=error.hint or f"such as {self.example}")
            return INVALID
        if len(value) > self.most:
            context.report(path, f"{len(value)} entries; {self.most} are the most")
            return INVALID
        for key in [key for key, one in value.items() if one is None]:
            context.report((*path, key), expected("a value", None).message, hint=COMMA_HINT)
        for key in value:
            try:
                self.named(key)
            except BadValue as error:
                context.report((*path, key), error.message, hint=error.hint, at_key=True)
        given = {key: one for key, one in value.items() if one is not None}
        read = {key: self.item.read(one, (*path, key), context) for key, one in given.items()}
        return {key: one for key, one in read.items() if one is not INVALID}

    def write(self, value: Any) -> Any:
        """Return plain data, see `FieldType`."""
        return {key: self.item.write(one) for key, one in value.items()}

    def schema(self) -> Schema:
        """Return the JSON Schema, see `FieldType`."""
        return {"type": "object", "additionalProperties": self.item.schema()}


@dataclass(frozen=True)
class Either(Generic[T, U]):
    """A single value, or a mapping in its place."""

    single: FieldType[T]
    part: FieldType[U]

    def read(self, value: Any, path: KeyPath, context: ParseContext) -> T | U:
        """Read ``value``, see `FieldType`."""
        return (self.part if isinstance(value, dict) else self.single).read(value, path, context)

    def write(self, value: Any) -> Any:
        """Return plain data, see `FieldType`."""
        model = self.part.model if isinstance(self.part, RecordOf) else Mapping
        return (self.part if isinstance(value, model) else self.single).write(value)

    def schema(self) -> Schema:
        """Return the JSON Schema, see `FieldType`."""
        return {"anyOf": [self.single.schema(), self.part.schema()]}


@dataclass(frozen=True)
class Listed(Generic[T, U]):
    """A mapping, or a list in its place."""

    mapping: MapOf[T]
    listed: ListOf[U]

    def read(
        self, value: Any, path: KeyPath, context: ParseContext
    ) -> Mapping[str, T] | tuple[U, ...]:
        """Read ``value``, see `FieldType`."""
        kind = self.listed if isinstance(value, list) else self.mapping
        return kind.read(value, path, context)

    def write(self, value: Any) -> Any:
        """Return plain data, see `FieldType`."""
        return (self.listed if isinstance(value, tuple) else self.mapping).write(value)

    def schema(self) -> Schema:
        """Return the JSON Schema, see `FieldType`."""
        return {"anyOf": [self.mapping.schema(), self.listed.schema()]}


@dataclass(frozen=True)
class RecordOf(Generic[T]):
    """A mapping with known keys: the dataclass ``model``.

    ``short`` is the key that a single text or number stands for; ``shorten`` turns any other short
    form into the mapping, and ``forms`` are the kinds of those; ``rest`` is the field that takes
    all keys that the part does not know. ``beside`` are keys that do not belong in here but beside
    the part, where many look for them.
    """

    model: type[T]
    short: str | None = None
    shorten: Callable[[Any], Any] = lambda value: value
    rest: str | None = None
    beside: tuple[str, ...] = ()
    forms: tuple[FieldType[Any], ...] = ()

    def read(self, value: Any, path: KeyPath, context: ParseContext) -> T:
        """Read ``value``, see `FieldType`."""
        value = self.shorten(value)
        if self.short and isinstance(value, str | int | float):
            return self._read({self.short: value}, path, context, places={self.short: path})
        if not isinstance(value, dict):
            error = expected("a mapping of keys and values", value)
            context.report(path, error.message, hint=error.hint)
            return INVALID
        return self._read(value, path, context, places={})

    def _read(
        self,
        data: dict[str, Any],
        path: KeyPath,
        context: ParseContext,
        places: Mapping[str, KeyPath],
    ) -> T:
        known = declared(self.model)
        given: dict[str, Any] = {}
        others: dict[str, Any] = {}
        for key, written in data.items():
            if key in known:
                place = places.get(key, (*path, key))
                value = known[key].metadata["kind"].read(written, place, context)
                if value is not INVALID:
                    given[known[key].name] = value
            elif self.rest:
                others[key] = written
            elif not is_private(key):
                if len(context.problems) < MOST_EXPLAINED:
                    message, hint = self._unknown(key, written, path)
                    context.report_unknown((*path, key), message, hint, list(known))
                else:
                    context.problems.append(Problem(f"unknown key {key!r}", context.source.file))
        if self.rest:
            given[self.rest] = others
        return self._whole(data, given, path, context)

    def _whole(
        self,
        data: Mapping[str, Any],
        given: Mapping[str, Any],
        path: KeyPath,
        context: ParseContext,
    ) -> T:
        """Return the part itself, or `INVALID` where a needed key is not there."""
        required = necessary(self.model)
        for key in required:
            if key not in data:
                context.report(path, f"{key!r} is missing here")
        chosen = [self._chosen(keys, data, path, context) for keys in alternatives(self.model)]
        return self.model(**given) if all(key in given for key in (*required, *chosen)) else INVALID

    def _chosen(
        self, keys: tuple[str, ...], data: Mapping[str, Any], path: KeyPath, context: ParseContext
    ) -> str:
        """Return the first of ``keys`` in ``data``; report where there is another, or none, and
        no unknown key that may have been meant for it.
        """
        written = [key for key in data if key in keys]
        known = declared(self.model)
        if not written and all(key in known or is_private(key) for key in data):
            hint = f"write one of {', '.join(keys)}"
            context.report(path, f"{' or '.join(map(repr, keys))} is missing here", hint=hint)
        for other in written[1:]:
            message = f"{other!r} cannot stand beside {written[0]!r}"
            context.report((*path, other), message, hint="write two entries of a list", at_key=True)
        return written[0] if written else ""

    def _unknown(self, key: str, written: Any, path: KeyPath) -> tuple[str, str]:
        """Return message and hint for a key that the part does not have."""
        if key in self.beside:
            message = f"{key!r} belongs beside {path[-1]}, not in it"
            return message, f"write {path[-1]}: {{...}} and {key}: ... as two keys of the same"
        blank = odd_blank(key)
        text = f"unknown key {key!r}" + (f": it holds {blank}" if blank else "")
        hint = _unknown_hint(key, written, list(declared(self.model)))
        return text, "YAML is indented with plain spaces" if blank else hint

    def write(self, value: Any) -> Any:
        """Return plain data, see `FieldType`."""
        written = {
            key: one.metadata["kind"].write(getattr(value, one.name))
            for key, one in declared(self.model).items()
            if getattr(value, one.name) is not None
        }
        return {**written, **(getattr(value, self.rest) if self.rest else {})}

    def schema(self) -> Schema:
        """Return the JSON Schema, see `FieldType`."""
        reference = {"$ref": f"#/$defs/{self.model.__name__}"}
        if self.short is None:
            return reference
        short = declared(self.model)[self.short].metadata["kind"]
        return {"anyOf": [*(kind.schema() for kind in (short, *self.forms)), reference]}


def _once(make: Callable[[type], U]) -> Callable[[type], U]:
    """Compute ``make`` once a part; unlike `cache` mypy takes a generic part for it."""
    return cache(make)


@_once
def declared(model: type) -> dict[str, Field[Any]]:
    """Return the fields of a part made with `spec_field`, by the keys they are written with."""
    made = (one for one in fields(model) if "kind" in one.metadata)
    return {one.metadata["key"] or one.name: one for one in made}


@_once
def necessary(model: type) -> tuple[str, ...]:
    """Return the keys of a part that must be given."""
    return tuple(key for key, one in declared(model).items() if one.default is MISSING)


@_once
def alternatives(model: type) -> list[tuple[str, ...]]:
    """Return the groups of keys of a part of which exactly one must be given."""
    found = (one.metadata["instead_of"] for one in declared(model).values())
    return list(dict.fromkeys(keys for keys in found if keys))


def _unknown_hint(key: str, value: Any, known: list[str]) -> str:
    if value is None and hint_for(key) is None and not nearest(key, known):
        return COMMA_HINT
    hint = hint_for(key) or did_you_mean(key, known)
    return hint or "known here: " + ", ".join(known)
