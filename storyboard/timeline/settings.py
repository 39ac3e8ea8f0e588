"""The numbers of a shot that are neither prompts nor camera: defaults, bounds, values per frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from storyboard.curves.curves import read_curve
from storyboard.curves.instants import SampleTimes
from storyboard.errors import BadValue
from storyboard.options import bounds_of
from storyboard.plan import Floats, Quality
from storyboard.timeline.cascade import Setting, SettingsByName
from storyboard.timeline.report import Report


@dataclass(frozen=True)
class NumberSetting:
    """A curve of a shot: its default (None: the quality's), bounds, and whether it is whole."""

    default: float | None
    low: float
    high: float
    whole: bool = False


NUMBERS: dict[str, NumberSetting] = {
    "steps_first": NumberSetting(None, 0, 100_000, whole=True),
    "steps": NumberSetting(None, 0, 100_000, whole=True),
    "lr": NumberSetting(None, 0, 1000),
    "cuts": NumberSetting(None, 1, 100_000, whole=True),
    "cut_hold": NumberSetting(0.5, 0, 1),
    "hold": NumberSetting(1.0, 0, 1000),
    "reveal": NumberSetting(0.5, 0, 10),
    "color_hold": NumberSetting(0.5, 0, 1),
}
"""Every number that a shot has, in the order of the docs."""

WARPS: dict[str, Any] = {
    "border": "reflect",
    "border_color": (0.0, 0.0, 0.0),
    "resample": "bicubic",
}
"""How moved pictures are resampled where a shot does not say it."""

DRAWER = "fft"

DEFAULT_SIZE = (512, 288)
"""A film's width and height where the story does not say it."""


def values_per_frame(
    settings: SettingsByName,
    quality: Quality,
    at: SampleTimes,
    *,
    fresh: bool,
    novelty: Floats,
    report: Report,
) -> dict[str, Floats]:
    """Return every number at every frame; a ``fresh`` shot begins with ``steps_first`` steps.

    New prompts relax the defaults of ``lr`` and ``hold``: in frames whose ``novelty`` is 1 the
    learning rate is the drawer's full one, and nothing is held. The
    quality's own loss is among the values, for the story's to replace.
    """
    values = {"losses.smoothness": constant(len(at), quality.smoothness)}
    for name, number in NUMBERS.items():
        default = getattr(quality, name) if number.default is None else number.default
        values[name] = sampled(settings.get(name), default, at, report=report, number=number)
    if "lr" not in settings:
        values["lr"] = values["lr"] + (1 - values["lr"]) * novelty
    if "hold" not in settings:
        values["hold"] = values["hold"] * (1 - novelty)
    first = values.pop("steps_first")
    if fresh and len(at):
        values["steps"] = np.concatenate([first[:1], values["steps"][1:]])
    return {**values, "novelty": novelty}


def sampled(
    setting: Setting | None,
    default: float,
    at: SampleTimes,
    *,
    report: Report,
    number: NumberSetting | None = None,
) -> Floats:
    """Return the curve that was ``setting`` at every instant, or the default where it cannot be
    read.
    """
    if setting is None:
        return constant(len(at), float(default))
    with report.at(setting.path):
        values = read_curve(setting.value, names=at.scope.names).sample(at)
        return values if number is None else bounded(values, number, at)
    return constant(len(at), float(default))


@lru_cache(maxsize=256)
def constant(count: int, value: float) -> Floats:
    """Return ``count`` times ``value``: one array, which nobody may write to, for all who ask."""
    values = np.full(count, value)
    values.flags.writeable = False
    return values


def bounded(values: Floats, number: NumberSetting, at: SampleTimes) -> Floats:
    """Return ``values``, rounded half up where they count something.

    Raises `BadValue` where one is out of bounds, for the first frame at which it is.
    """
    if number.whole:
        values = np.floor(values + 0.5)
    wrong = (values < number.low) | (values > number.high)
    if np.any(wrong):
        n = int(np.argmax(wrong))
        where = "" if np.all(wrong) else f" at {max(at.after[n], 0):.6g}s of the shot"
        bounds = bounds_of(number.low, number.high)
        ranged = where and np.isfinite([number.low, number.high]).all()
        hint = f"clamp(..., {number.low:g}, {number.high:g}) holds it there" if ranged else None
        shown = f"{values[n]:g}"
        if float(shown) in (number.low, number.high):  # 1.000000002 is more than 1
            shown = f"{values[n]:.16g}"
        raise BadValue(f"{shown}{where} must be {bounds}", hint=hint)
    return values


def once_every(every: Fraction | None, count: int, fps: Fraction) -> Floats:
    """Return 1 for the first of ``count`` frames in each ``every`` seconds, 0 for the others; 1 for
    all of them where that is None.
    """
    if every is None:
        return np.ones(count)
    turns = [n / fps // every for n in range(count)]
    return np.array([n == 0 or turns[n] != turns[n - 1] for n in range(count)], float)


def option(settings: SettingsByName, name: str, default: Any) -> Any:
    """Return the value of a setting that is no curve."""
    return settings[name].value if name in settings else default


def weights_of(settings: SettingsByName) -> Mapping[str, Setting]:
    """Return the weight of each perceptor that was set, by name; a weight not set is 1."""
    if "perceptors" not in settings:
        return {}
    specs, path = settings["perceptors"]
    return {
        spec.name: Setting(1.0 if spec.weight is None else spec.weight, (*path, index, "weight"))
        for index, spec in enumerate(specs)
    }
