"""Drawer, losses and filters of a shot: their options, and the curve of each effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from storyboard import filters, losses
from storyboard.catalogue import Catalogue
from storyboard.curves.instants import SampleTimes
from storyboard.drawers import drawers
from storyboard.options import Options
from storyboard.plan import Floats, Mask, Quality, ShotPlan
from storyboard.story.model import DrawerSpec
from storyboard.timeline.cascade import Setting, SettingsByName, group
from storyboard.timeline.known_names import known_name
from storyboard.timeline.masks import mask_of
from storyboard.timeline.option_values import Chooser, ChosenOptions
from storyboard.timeline.prompt_sources import Reader
from storyboard.timeline.report import Report
from storyboard.timeline.settings import DRAWER, NumberSetting, sampled
from storyboard.times import TimeError, parse_time


class _Registry(NamedTuple):
    """The registry of a kind of effects, and what their curve is called beside options."""

    catalogue: Catalogue[Any]
    curve: str


_ROOMS = {
    "losses": _Registry(losses.losses, "weight"),
    "filters": _Registry(filters.filters, "amount"),
}


@dataclass
class Effects:
    """Effects of one kind over a shot, by name and in their order; ``values`` by ``KIND.NAME``,
    ``moving`` and the ``times`` of clips by ``KIND.NAME.OPTION``, ``masks`` by name.
    """

    values: dict[str, Floats] = field(default_factory=dict)
    options: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    moving: dict[str, Floats] = field(default_factory=dict)
    times: dict[str, tuple[Fraction, ...]] = field(default_factory=dict)
    masks: dict[str, Mask] = field(default_factory=dict)


def effects_of(kind: str, settings: SettingsByName, chooser: Chooser) -> Effects:
    """Return the ``losses`` or ``filters`` of a shot; every error goes to the chooser's report."""
    room, effects, report = _ROOMS[kind], Effects(), chooser.report
    for name, entry in group(settings, kind).items():
        if not known_name(room.catalogue, name, entry, report):
            continue
        table = room.catalogue.record(name).options
        curve, given = _parted(entry, table, room.curve, chooser.at)
        if kind == "losses":
            effects.masks |= _masked(name, given, chooser)
        chosen = chooser.chosen(room.catalogue, name, given, entry, beside=(room.curve,))
        bounds = _bounds(table, room.curve)
        effects.values[f"{kind}.{name}"] = sampled(
            curve, 1.0, chooser.at, report=report, number=bounds
        )
        fixed = room.catalogue.resolve(name, chosen.fixed)
        effects.options[name] = {
            option: value
            for option, value in fixed.items()
            if option != room.curve and option not in chosen.moving
        }
        effects.moving |= chosen.named(f"{kind}.{name}")
        times = chosen.times.items()
        effects.times |= {f"{kind}.{name}.{option}": clip for option, clip in times}
    return effects


WHERE = "where"
"""The key of a loss for the part of the frame that it is for."""


def _masked(name: str, given: dict[str, Setting], chooser: Chooser) -> dict[str, Mask]:
    """Take the mask of the loss ``name`` out of what is ``given`` to it; nothing without one."""
    where = given.pop(WHERE, None)
    if where is None:
        return {}
    reader = Reader(chooser.at, chooser.folder, chooser.report, chooser.shot)
    mask = mask_of(where.value, where.path, reader)
    return {} if mask is None else {name: mask}


_BY_DRAWER = (("target", "measure", "latent"), ("style", "eyes", "drawer"))
"""Losses that look through the drawer's own encoder: a loss, its option, and the value."""


def check_encoder(shot: ShotPlan, settings: SettingsByName, report: Report) -> None:
    """Report every loss that needs the latents of a drawer that has none."""
    if drawers.record(shot.drawer).latents:
        return
    for name, key, value in _BY_DRAWER:
        if shot.loss_options.get(name, {}).get(key) == value:
            known = [one for one in drawers.names() if drawers.record(one).latents]
            message = f"{key}: {value} needs a drawer with latents, not {shot.drawer!r}"
            hint = f"set drawer: {' or '.join(known)}"
            report.error((*settings[f"losses.{name}"].path, key), message, hint=hint)


def drawer_of(
    settings: SettingsByName, chooser: Chooser, quality: Quality
) -> tuple[str, ChosenOptions]:
    """Return the name of a shot's drawer, and its options as far as they are set.

    The quality's own drawer knows the words that its own perceptors know, so it goes with them. It
    may draw by rules, so a picture to begin with, or to come to, has another one paint.
    """
    if "drawer" not in settings:
        others = {"perceptors", "init", "losses.target"} & settings.keys()
        return DRAWER if others else quality.drawer, ChosenOptions()
    spec: DrawerSpec = settings["drawer"].value
    if spec.name not in drawers:
        return spec.name, ChosenOptions()
    place = Setting(spec, (*settings["drawer"].path, "name"))
    return spec.name, chooser.chosen(drawers, spec.name, group(settings, "drawer"), place)


def filter_of(value: str) -> str:
    """Return ``light`` for the keys ``filters.light`` and ``filters.light.stops``, else
    nothing.
    """
    room, _, name = value.partition(".")
    return name.partition(".")[0] if room == "filters" else ""


def unseen_filters(shot: ShotPlan) -> tuple[str, ...]:
    """Return the filters of ``shot`` that change only the finished film, in the story's order."""
    names = dict.fromkeys(filter(None, map(filter_of, shot.values)))
    return tuple(name for name in names if not filters.is_seen(name))


def _parted(
    setting: Setting, table: Options, curve: str, at: SampleTimes
) -> tuple[Setting | None, dict[str, Setting]]:
    """Return the curve and the options: a mapping of keys has a time among them."""
    value, path = setting
    if not isinstance(value, Mapping):
        return setting, {}
    if not {curve, WHERE, *table} & set(value) and any(_is_key(name, at) for name in value):
        return setting, {}
    parts = {name: Setting(item, (*path, name)) for name, item in value.items()}
    return parts.pop(curve, None), parts


def _is_key(name: object, at: SampleTimes) -> bool:
    """Return whether ``name`` can stand for a time in the keys of a curve."""
    try:
        anchor = parse_time(str(name)).anchor
    except TimeError:
        return str(name)[:1].isdigit()
    return anchor is None or anchor == "end" or anchor in at.scope.clock.marks


def _bounds(table: Options, curve: str) -> NumberSetting | None:
    """Return the bounds of the curve, where the effect declares some."""
    option = table.get(curve)
    return None if option is None else NumberSetting(option.default, option.low, option.high)
