"""The prompts of every shot over its frames, those that it takes over from included."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from storyboard.curves.instants import Instants, Span
from storyboard.plan import PromptTrack, Source
from storyboard.story.model import PromptSpec
from storyboard.timeline.cascade import Said, Sayings
from storyboard.timeline.prompts import cross
from storyboard.timeline.report import Report
from storyboard.timeline.settings import option, sampled
from storyboard.timeline.slots import Slot
from storyboard.timeline.sources import source_of
from storyboard.times import parse_time


@dataclass(frozen=True)
class Tracks:
    """A shot's prompts over its frames; ``last`` holds its own prompts' weights at its end."""

    tracks: tuple[PromptTrack, ...]
    last: tuple[PromptTrack, ...]


def prompt_tracks(
    slot: Slot,
    settings: Sayings,
    at: Instants,
    *,
    before: Tracks | None,
    folder: Path,
    report: Report,
) -> Tracks:
    """The tracks of the shot at ``slot``; ``before`` is what the shot before it wanted.

    Pictures and vectors are looked for in ``folder``.
    """
    own = _own(slot, settings, at, folder=folder, report=report)
    last = _own(slot, settings, at.span.at([slot.end]), folder=folder, report=report)
    fade = _fade(slot, settings, at.span, report, before=before is not None)
    if before is None or not fade:
        return Tracks(tuple(t for t in own if np.any(t.weights)), last)
    going = [PromptTrack(t.source, np.full(len(at), t.weights[0]), t.stop) for t in before.last]
    progress = np.clip(at.after / float(fade), 0.0, 1.0)
    shape = option(settings, "fade_shape", "linear")
    return Tracks(cross(going, own, progress=progress, shape=shape), last)


def _own(
    slot: Slot, settings: Sayings, at: Instants, *, folder: Path, report: Report
) -> tuple[PromptTrack, ...]:
    """The shot's own prompts, without those before it."""
    if "prompt" not in settings:
        hint = "say what the picture should show: prompt: a sunset over the sea"
        if slot.path and not any(report.touched((*way, "prompt")) for way in ((), ("defaults",))):
            message = f"shot {slot.name!r} has no prompt"
            report.error(slot.path, message, hint=hint, about=("prompt",))
        return ()
    specs, path = settings["prompt"]
    sources = [source_of(s, (*path, n), folder=folder, report=report) for n, s in enumerate(specs)]
    tracks = tuple(
        _track(spec, source, Said(spec.weight, (*path, index, "weight")), at, report)
        for index, (spec, source) in enumerate(zip(specs, sources, strict=True))
    )
    if not any(np.any(track.weights) for track in tracks) and len(at) > 1:
        report.error(path, f"every prompt of shot {slot.name!r} weighs nothing")
    return tracks


def _track(
    spec: PromptSpec, source: Source, weight: Said, at: Instants, report: Report
) -> PromptTrack:
    settings = None if spec.weight is None else weight
    stop = float("-inf") if spec.stop is None else spec.stop
    return PromptTrack(source, sampled(settings, 1.0, at, report=report), stop)


def _fade(slot: Slot, settings: Sayings, span: Span, report: Report, *, before: bool) -> Fraction:
    """Seconds that the prompts take to cross over, at the shot's start; none after a cut."""
    if "fade" not in settings:
        return Fraction(0)
    written, path = settings["fade"]
    length, fade = slot.end - slot.start, Fraction(0)
    with report.at(path):
        fade = span.clock.length(parse_time(written), whole=length, start=slot.start)
    if not option(settings, "cut", False):
        if before and fade > length > 0 and not report.failed(slot.path):
            message = f"the fade is longer than shot {slot.name!r}, which ends before it is done"
            report.warn(path, message)
        return fade
    if fade and slot.spec.cut and slot.spec.fade is not None:
        hint = "a fresh picture has nothing to fade from; leave one out"
        report.error(path, f"shot {slot.name!r} says both cut and fade", hint=hint)
    return Fraction(0)
