"""Catalogues: what is known of a name without importing its code, and what plug-ins bring."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from storyboard.catalogue import Catalogue, Need, Record
from storyboard.errors import BadValue, StoryboardError
from storyboard.options import Option

SIZE = {"size": Option(2.0, "number", "how large", 0, 9)}


class Bare:
    """Has no record.

    And says more below.
    """

    OPTIONS = SIZE

    @staticmethod
    def needs(options: Mapping[str, Any]) -> Iterator[Need]:
        if options["size"] > 5:
            yield Need("a large file", Path("no/such/file"), option="size")


@pytest.fixture
def shapes() -> Catalogue[Any]:
    return Catalogue(
        "shape",
        "storyboard.test_shapes",
        {
            "fraction": Record("fractions:Fraction", "a number", SIZE),
            "broken": Record("no_such_module:x", "not there", SIZE),
        },
    )


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A package with entry points: a record, a bare class, and one that cannot be imported."""
    module = ModuleType("brought_shapes")
    module.RECORD = Record("decimal:Decimal", "a plug-in's line", SIZE)  # type: ignore[attr-defined]
    module.Bare = Bare  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "brought_shapes", module)
    targets = {"record": "RECORD", "bare": "Bare", "gone": "Gone"}
    points = [
        metadata.EntryPoint(name, f"brought_shapes:{target}", "storyboard.test_shapes")
        for name, target in targets.items()
    ]
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: points)
    return module


def test_a_record_is_read_without_importing_the_code(shapes: Catalogue[Any]) -> None:
    assert shapes.record("broken").options == SIZE
    assert shapes.entries()["broken"].summary == "not there"
    assert shapes.resolve("broken", {}) == {"size": 2.0}
    with pytest.raises(BadValue, match="shape 'broken' has no option 'sise'"):
        shapes.resolve("broken", {"sise": 1})
    with pytest.raises(ModuleNotFoundError):
        shapes.get("broken")


@pytest.mark.usefixtures("brought")
def test_plug_ins_bring_records_or_bare_classes(shapes: Catalogue[Any]) -> None:
    from decimal import Decimal

    assert shapes.get("record") is Decimal
    assert shapes.get("bare") is Bare
    assert shapes.record("record").options == shapes.record("bare").options == SIZE
    summaries = {name: entry.summary for name, entry in shapes.entries().items()}
    assert summaries["record"] == "a plug-in's line"
    assert summaries["bare"] == "Has no record."
    assert summaries["gone"].startswith("cannot be loaded: ")


def test_the_decorator_takes_the_parts_of_a_record(shapes: Catalogue[Any]) -> None:
    @shapes.register("round", summary="no corners", options=SIZE)
    def round_shape() -> None: ...

    assert shapes.get("round") is round_shape
    assert shapes.entries()["round"].summary == "no corners"
    assert shapes.resolve("round", {"size": 3}) == {"size": 3.0}
    with pytest.raises(StoryboardError, match="'round' is registered twice"):
        shapes.register("round")(round_shape)


def test_needs_are_reported_only_if_missing(shapes: Catalogue[Any], tmp_path: Path) -> None:
    with shapes.temporary(bare=Bare):
        record = shapes.record("bare")
        assert record.missing(shapes.resolve("bare", {})) == []
        (need,) = record.missing(shapes.resolve("bare", {"size": 6}))
        assert (need.what, need.option) == ("a large file", "size")
    assert not Need("a folder", tmp_path).missing
