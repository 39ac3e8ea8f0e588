"""Catalogues: registries whose entries are described as data.

A room has one table of records (``drawers/catalogue.py`` and the like): a name, where the code is,
one line, the options, and what must be there before it can work. Nothing of it imports torch, so a
story is checked, listed and described by the records alone.

::

    drawers.get("fft")                 the factory, imported now
    drawers.record("fft").options      its options, without importing it

Another package brings a `Record` as the entry point's object. A bare class or function works too:
its ``OPTIONS``, its ``needs`` and the first line of its docstring make the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from storyboard.files import exists
from storyboard.options import Options, resolve
from storyboard.registry import Entry, Registry

T = TypeVar("T")


@dataclass(frozen=True)
class Need:
    """A file, or weights, without which a drawer, loss, filter or perceptor cannot work.

    Attributes:
        what: what it is, as a noun phrase: ``the weights of generator 'flowers'``.
        path: where it must lie; a folder counts too.
        kind: ``file`` or ``weights``.
        todo: what to do where it is missing, for the hint.
        option: the option that asks for it, whose line in the story is shown; empty for none.
        fetched: whether it is fetched on first use: then only a warning where it is missing.
        fault: why what lies at the path cannot be used, a whole clause; empty where it can.
    """

    what: str
    path: Path
    kind: Literal["file", "weights"] = "file"
    todo: str = ""
    option: str = ""
    fetched: bool = False
    fault: str = ""

    @property
    def missing(self) -> bool:
        """Return whether nothing that can be used lies at the path."""
        return bool(self.fault) or not exists(self.path)

    @property
    def message(self) -> str:
        """Return what is wrong where it is missing, as goes on after ``drawer 'x'``."""
        return (
            f": {self.fault}" if self.fault else f" needs {self.what}: {self.path} does not exist"
        )


Phrases = Mapping[str, Sequence[Sequence[str]]]
"""Phrases by group, those of one meaning together."""

Needs = Callable[[Mapping[str, Any]], Iterable[Need]]
"""What the resolved options ask for. Must not import torch."""


@dataclass(frozen=True)
class Record:
    """Description of a name, as data.

    Attributes:
        target: the factory, or where it is: ``"module:attribute"``.
        summary: one line that says what it does.
        options: what a story may set, by name.
        needs: the files and weights that given options ask for, or where that function is:
            ``"module:attribute"``; None for nothing.
        vectors: of a drawer: whether its pictures are made of shapes, see
            `storyboard.drawers.DrawsVectors`.
        paints: of a drawer: whether it paints in its own way, so that the steps of a story say
            nothing of its time, see `storyboard.drawers.PaintsItself`.
        vocabulary: of a drawer that reads the texts itself: the function that returns the phrases
            it paints by group, those of one meaning together, or where it is; None for any other.
        chooses: of a drawer: whether objectives only choose among pictures of its own, so that
            steps, learning rates and the weights of losses change no pixel.
        latents: of a drawer: whether losses may look at its latents and at the features of its
            encoder, see `storyboard.drawers.HasLatents`.
    """

    target: Any
    summary: str = ""
    options: Options = field(default_factory=dict)
    needs: Needs | str | None = None
    vectors: bool = False
    paints: bool = False
    vocabulary: Callable[[], Phrases] | str | None = None
    chooses: bool = False
    latents: bool = False

    @classmethod
    def of(cls, value: Any) -> Record:
        """Return the record of an object that is none, from its own attributes."""
        if isinstance(value, Record):
            return value
        lines = (getattr(value, "__doc__", None) or "").strip().splitlines()
        summary = getattr(value, "SUMMARY", lines[0] if lines else "")
        options = getattr(value, "OPTIONS", {})
        vectors = hasattr(value, "svg") and hasattr(value, "draw_at")
        needs, paints = getattr(value, "needs", None), hasattr(value, "paint")
        known, latents = getattr(value, "vocabulary", None), hasattr(value, "latents_now")
        return cls(value, summary, options, needs, vectors, paints, known, latents=latents)

    def factory(self) -> Any:
        """Return the factory, imported now."""
        return _loaded(self.target)

    def phrases(self) -> Phrases:
        """Return by group the phrases that a drawer paints, those of one meaning together."""
        return {} if self.vocabulary is None else cast(Phrases, _loaded(self.vocabulary)())

    def words(self) -> frozenset[str]:
        """Return every word of `phrases`."""
        rows = (row for rows in self.phrases().values() for row in rows)
        return frozenset(word for row in rows for phrase in row for word in phrase.split())

    def asked(self, options: Mapping[str, Any]) -> list[Need]:
        """Return the needs of the resolved ``options``, those that are there too."""
        asks: Needs | None = _loaded(self.needs)
        return [] if asks is None else list(asks(options))

    def missing(self, options: Mapping[str, Any]) -> list[Need]:
        """Return the needs of the resolved ``options`` that are not there."""
        return [need for need in self.asked(options) if need.missing]


class Catalogue(Registry[T]):
    """A registry of records; `get` gives the factory of one."""

    def __init__(
        self, kind: str, group: str, records: Mapping[str, Record], *, former_group: str = ""
    ) -> None:
        super().__init__(kind, group, {}, former_group=former_group)
        self._entries = {name: Entry(record, record.summary) for name, record in records.items()}

    def register(
        self,
        name: str,
        *,
        summary: str = "",
        options: Options | None = None,
        needs: Needs | str | None = None,
    ) -> Callable[[T], T]:
        """Return a decorator that adds a factory, or a whole `Record`, under ``name``."""

        def add(value: T) -> T:
            record = Record.of(value)
            record = replace(
                record,
                summary=summary or record.summary,
                options=record.options if options is None else options,
                needs=needs or record.needs,
            )
            package = getattr(value, "__module__", "user code").partition(".")[0]
            self._add(name, Entry(record, record.summary, package))
            return value

        return add

    def get(self, name: str) -> T:
        """Return the factory of ``name``, imported now. Raises `UnknownName`."""
        return cast(T, self.record(name).factory())

    def record(self, name: str) -> Record:
        """Return the record of ``name``; of a plug-in that brings none, its code is imported.

        Raises `UnknownName`.
        """
        return Record.of(super().get(name))

    def entries(self) -> dict[str, Entry]:
        """Return every name with its origin and summary, sorted. Plug-ins are loaded for theirs."""
        return {name: self._summarised(name, entry) for name, entry in super().entries().items()}

    def records(self) -> dict[str, Record]:
        """Return every record by name, sorted, without the plug-ins that cannot be loaded."""
        found = {}
        for name in self.names():
            with suppress(ImportError, AttributeError):
                found[name] = self.record(name)
        return found

    def resolve(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return every option of ``name`` with its value, given or default. Raises `BadValue`."""
        return resolve(given, self.record(name).options, owner=f"{self.kind} {name!r}")

    def _summarised(self, name: str, entry: Entry) -> Entry:
        if entry.summary or not entry.lazy:
            return entry
        try:
            return replace(entry, summary=self.record(name).summary)
        except (ImportError, AttributeError) as error:
            return replace(entry, summary=f"cannot be loaded: {error}")


def _loaded(target: Any) -> Any:
    """Return what ``"module:attribute"`` names; anything but a text is returned as it is."""
    if not isinstance(target, str):
        return target
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)
