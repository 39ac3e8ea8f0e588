"""The prompts of every shot over its frames, those that it takes over from included."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from storyboard.curves.instants import ShotScope
from storyboard.plan import ClipPrompt, PromptTrack, Source
from storyboard.story.guidance import AVOIDED, PromptSpec
from storyboard.story.prompts import with_suffix
from storyboard.timeline.cascade import Setting, SettingsByName
from storyboard.timeline.crossfade import cross
from storyboard.timeline.masks import mask_of
from storyboard.timeline.prompt_sources import Reader
from storyboard.timeline.report import Report
from storyboard.timeline.settings import NumberSetting, option, sampled
from storyboard.timeline.slots import PlacedShot
from storyboard.times import parse_time


@dataclass(frozen=True)
class Tracks:
    """A shot's prompts over its frames; ``find_last`` works out `last`."""

    tracks: tuple[PromptTrack, ...]
    find_last: Callable[[], tuple[PromptTrack, ...]]

    @cached_property
    def last(self) -> tuple[PromptTrack, ...]:
        """Return the shot's own prompts with their weights at its end, for a shot that fades."""
        return self.find_last()


def prompt_tracks(
    slot: PlacedShot, settings: SettingsByName, reader: Reader, *, before: Tracks | None
) -> Tracks:
    """Return the tracks of the shot at ``slot``; ``before`` is what the shot before it wanted."""
    at, report = reader.at, reader.report
    own = _own(slot, settings, reader)

    def last() -> tuple[PromptTrack, ...]:
        return _own(slot, settings, replace(reader, at=at.scope.exact([slot.end])))

    fade = _fade(slot, settings, at.scope, report, before=before is not None)
    if before is None or not fade:
        return Tracks(tuple(t for t in own if t.weights.any()), last)
    going = [_held(track, len(at)) for track in before.last]
    progress = np.clip(at.after / float(fade), 0.0, 1.0)
    shape = option(settings, "fade_shape", "linear")
    return Tracks(cross(going, own, progress=progress, shape=shape), last)


def _held(last: PromptTrack, count: int) -> PromptTrack:
    """Return a prompt as it was at its shot's end, for ``count`` frames of the next."""
    weights, mask = np.full(count, last.weights[0]), last.mask and last.mask.at(0)
    return replace(last, source=_still(last.source), weights=weights, mask=mask)


def _still(source: Source) -> Source:
    return source.at(0) if isinstance(source, ClipPrompt) else source


def _own(slot: PlacedShot, settings: SettingsByName, reader: Reader) -> tuple[PromptTrack, ...]:
    """Return the shot's own prompts, without those before it."""
    report = reader.report
    if "prompt" not in settings:
        hint = "say what the picture should show: prompt: a sunset over the sea"
        if slot.path and not any(report.touched((*way, "prompt")) for way in ((), ("defaults",))):
            message = f"shot {slot.name!r} has no prompt"
            report.error(slot.path, message, hint=hint, about=("prompt",))
        return ()
    path = settings["prompt"].path
    pulling, pushing = (_tracks(key, settings, reader) for key in ("prompt", "avoid"))
    tracks = (*pulling, *pushing)
    if not any(track.weights.any() for track in tracks) and len(reader.at) > 1:
        report.error(path, f"every prompt of shot {slot.name!r} weighs nothing")
    return tracks


def _tracks(key: str, settings: SettingsByName, reader: Reader) -> Iterator[PromptTrack]:
    """Yield the prompts of ``prompt``, or those of ``avoid``, whose weights push away."""
    if key not in settings:
        return
    sign, default, number = _SIGNS[key]
    for index, spec in enumerate(settings[key].value):
        path = (*settings[key].path, index)
        weight = None if spec.weight is None else Setting(spec.weight, (*path, "weight"))
        weights = sampled(weight, default, reader.at, report=reader.report, number=number)
        stop = float("-inf") if spec.stop is None else spec.stop
        if key == "prompt":
            spec = suffixed(spec, settings)
        source, mask = reader.source(spec, path), mask_of(spec.where, (*path, "where"), reader)
        yield PromptTrack(source, sign * weights, stop, mask=mask)


def suffixed(spec: PromptSpec, settings: SettingsByName) -> PromptSpec:
    """Return ``spec`` with the shot's ``suffix`` in its text; itself where there is none, where it
    is no text, and where its weight is a negative number.
    """
    suffix = option(settings, "suffix", False)
    away = isinstance(spec.weight, int | float) and spec.weight < 0
    if not suffix or spec.text is None or away:
        return spec
    return replace(spec, text=with_suffix(spec.text, suffix))


_SIGNS = {"prompt": (1, 1.0, None), "avoid": (-1, AVOIDED, NumberSetting(AVOIDED, 0, 1000))}
"""By key: the sign of its weights, the weight where none is set, and what bounds them."""


def _fade(
    slot: PlacedShot, settings: SettingsByName, scope: ShotScope, report: Report, *, before: bool
) -> Fraction:
    """Return seconds that the prompts take to cross over, at the shot's start; none after a cut."""
    if "fade" not in settings:
        return Fraction(0)
    written, path = settings["fade"]
    length, fade = slot.end - slot.start, Fraction(0)
    with report.at(path):
        fade = scope.clock.duration_of(parse_time(written), whole=length, start=slot.start)
    if not option(settings, "cut", False):
        if before and fade > length > 0 and not report.failed(slot.path):
            message = f"fade is longer than shot {slot.name!r} and will be cut off"
            report.warn(path, message)
        return fade
    if fade and slot.spec.cut and slot.spec.fade is not None:
        hint = "a fresh picture has nothing to fade from; leave one out"
        report.error(path, f"cut and fade are mutually exclusive in shot {slot.name!r}", hint=hint)
    return Fraction(0)
