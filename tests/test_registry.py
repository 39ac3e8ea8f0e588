"""Registries: lazy, without duplicates, open to plug-ins, helpful about unknown names."""

from __future__ import annotations

import sys
from importlib import metadata

import pytest

from storyboard.errors import StoryboardError, UnknownName
from storyboard.registry import Registry


@pytest.fixture
def shapes() -> Registry[object]:
    return Registry(
        "shape",
        "storyboard.test_shapes",
        {"fraction": ("fractions:Fraction", "a number"), "broken": ("no_such_module:x", "")},
    )


def test_built_ins_are_imported_when_asked_for(shapes: Registry[object]) -> None:
    from fractions import Fraction

    assert shapes.get("fraction") is Fraction
    assert shapes.names() == ["broken", "fraction"]
    assert "no_such_module" not in sys.modules
    with pytest.raises(ModuleNotFoundError):
        shapes.get("broken")


def test_the_decorator_adds_and_refuses_a_second(shapes: Registry[object]) -> None:
    @shapes.register("round", summary="no corners")
    def round_shape() -> None: ...

    assert shapes.get("round") is round_shape
    assert shapes.entries()["round"].summary == "no corners"
    with pytest.raises(StoryboardError, match="'round' is registered twice"):
        shapes.register("round")(round_shape)


def test_an_unknown_name_is_reported_with_the_nearest(shapes: Registry[object]) -> None:
    with pytest.raises(UnknownName, match="did you mean 'fraction'"):
        shapes.get("fractoin")


def test_temporary_names_go_away(shapes: Registry[object]) -> None:
    with shapes.temporary(fraction="fake", other=1):
        assert shapes.get("fraction") == "fake"
        assert "other" in shapes
    assert "other" not in shapes
    assert shapes.get("fraction") != "fake"


def test_entry_points_of_other_packages_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    point = metadata.EntryPoint("decimal", "decimal:Decimal", "storyboard.test_shapes")
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: [point])
    shapes: Registry[object] = Registry("shape", "storyboard.test_shapes", {})
    from decimal import Decimal

    assert shapes.names() == ["decimal"]
    assert shapes.get("decimal") is Decimal


def test_a_plugin_may_not_take_a_built_in_name(monkeypatch: pytest.MonkeyPatch) -> None:
    point = metadata.EntryPoint("fft", "decimal:Decimal", "storyboard.test_shapes")
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: [point])
    shapes: Registry[object] = Registry("shape", "storyboard.test_shapes", {"fft": ("a:b", "")})
    with pytest.raises(StoryboardError, match="registered twice"):
        shapes.names()


def test_a_former_entry_point_group_is_read_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    point = metadata.EntryPoint("sway", "film_tools:SWAY", "storyboard.motions")
    found = {"storyboard.movements": [], "storyboard.motions": [point]}
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: found[group])
    registry: Registry[object] = Registry(
        "movement", "storyboard.movements", {}, former_group="storyboard.motions"
    )
    with pytest.warns(DeprecationWarning, match=r"motions is now storyboard\.movements"):
        assert registry.names() == ["sway"]
