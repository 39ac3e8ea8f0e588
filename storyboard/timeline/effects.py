"""Losses and filters of a shot: a curve each, and options beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from storyboard import filters, losses
from storyboard.options import Options, mistakes, resolve
from storyboard.registry import Registry
from storyboard.timeline.cascade import Said, Sayings, group
from storyboard.timeline.instants import Instants
from storyboard.timeline.names import known_name
from storyboard.timeline.plan import Floats
from storyboard.timeline.report import Report
from storyboard.timeline.settings import Number, sampled


class _Room(NamedTuple):
    """Where effects of a kind live, and what their curve is called beside options."""

    registry: Registry[Any]
    option_table: Callable[[str], Options]
    curve: str


_ROOMS = {
    "losses": _Room(losses.losses, losses.option_table, "weight"),
    "filters": _Room(filters.filters, filters.option_table, "amount"),
}


@dataclass
class Effects:
    """Effects of one kind over a shot, by name and in their order; ``values`` by ``KIND.NAME``."""

    values: dict[str, Floats] = field(default_factory=dict)
    options: dict[str, Mapping[str, Any]] = field(default_factory=dict)


def effects_of(kind: str, said: Sayings, at: Instants, report: Report) -> Effects:
    """The ``losses`` or ``filters`` of a shot; every mistake goes to ``report``."""
    room, effects = _ROOMS[kind], Effects()
    for name, entry in group(said, kind).items():
        if not known_name(room.registry, name, entry, report):
            continue
        table = room.option_table(name)
        curve, given = _parted(entry, table, room.curve)
        table = {key: option for key, option in table.items() if key != room.curve}
        owner, wrong = f"{room.registry.kind} {name!r}", False
        for mistake in mistakes(given, table, owner=owner):
            report.bad_value(entry.path, mistake)
            wrong = True
        bounds = _bounds(room.option_table(name), room.curve)
        effects.values[f"{kind}.{name}"] = sampled(curve, 1.0, at, report=report, number=bounds)
        effects.options[name] = {} if wrong else resolve(given, table, owner=owner)
    return effects


def _parted(said: Said, table: Options, curve: str) -> tuple[Said | None, dict[str, Any]]:
    """The curve and the options: a mapping that names an option is no mapping of keys."""
    value, path = said
    if not isinstance(value, Mapping) or not ({curve, *table} & set(value)):
        return said, {}
    options = {name: item for name, item in value.items() if name != curve}
    return (Said(value[curve], (*path, curve)) if curve in value else None), options


def _bounds(table: Options, curve: str) -> Number | None:
    """Within what the curve has to stay, where the effect says so."""
    option = table.get(curve)
    return None if option is None else Number(option.default, option.low, option.high)
