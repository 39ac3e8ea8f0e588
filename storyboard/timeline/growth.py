"""Growth in the plan: how many steps each frame films, and what cannot be where a picture grows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby

import numpy as np

from storyboard.curves.clock import Clock
from storyboard.curves.instants import SampleTimes
from storyboard.drawers import drawers
from storyboard.errors import BadValue
from storyboard.plan import Floats, GrowthPlan, Quality, ShotPlan
from storyboard.story.growth import GrowthSpec
from storyboard.story.source import written
from storyboard.timeline.cascade import Setting, SettingsByName
from storyboard.timeline.report import Report
from storyboard.timeline.settings import DRAWER, NumberSetting, sampled
from storyboard.times import parse_time

STEPS_PER_FRAME = 2
_RATE = NumberSetting(STEPS_PER_FRAME, 0, 100_000)
_OWN = ("steps", "steps_first", "hold", "reveal", "color_hold")
"""Settings of frames that flow on, which a growing picture has no use for."""


def grown_quality(settings: SettingsByName, quality: Quality) -> Quality:
    """Return ``quality`` for a shot: one that grows and names no drawer needs one with steps."""
    if "growth" in settings and drawers.record(quality.drawer).paints:
        return replace(quality, drawer=DRAWER)
    return quality


def growth_of(
    settings: SettingsByName, shot: ShotPlan, at: SampleTimes, clock: Clock, report: Report
) -> ShotPlan:
    """Return ``shot`` growing, where ``settings`` say so; its steps are set by `with_steps`."""
    if "growth" not in settings:
        return shot
    spec, path = settings["growth"]
    _refuse(settings, shot, report)
    rate = None
    if spec.steps_per_frame is not None:
        rate = Setting(spec.steps_per_frame, (*path, "steps_per_frame"))
    default = STEPS_PER_FRAME if spec.steps is None else 0
    rates = sampled(rate, default, at, report=report, number=_RATE)
    with report.at((*path, "hold_last")):
        held = round(_held_s(spec, clock, shot.end) * clock.painted_fps)
        if held >= shot.frame_count > 0:
            raise BadValue("the picture is held for the whole shot: it has no frame to grow in")
        growth = GrowthPlan(bool(spec.best), spec.steps, held, written(path))
        return replace(shot, growth=growth, values={**_free(shot, settings), "steps": rates})
    return shot


def _held_s(spec: GrowthSpec, clock: Clock, end: Fraction) -> Fraction:
    """Return how long the finished picture stays, in seconds. Raises `BadValue`."""
    if spec.hold_last is None:
        return Fraction(0)
    return clock.duration_of(parse_time(spec.hold_last), whole=clock.end, start=end)


def growth_length(spec: GrowthSpec, clock: Clock) -> Fraction | None:
    """Return how long a film of ``spec`` lasts that says so itself: ``steps`` at a constant
    ``steps_per_frame``, and ``hold_last``; None for one that does not. Raises `BadValue`.
    """
    rate = spec.steps_per_frame
    if spec.steps is None or not isinstance(rate, int | float) or rate <= 0:
        return None
    return math.ceil(spec.steps / rate) / clock.painted_fps + _held_s(spec, clock, Fraction(0))


def _free(shot: ShotPlan, settings: SettingsByName) -> Mapping[str, Floats]:
    """Return the values of ``shot`` without what holds a frame to the one before."""
    none = np.zeros(shot.frame_count)
    free = {"hold": none, "color_hold": none, "novelty": none}
    return {**shot.values, **free, **({} if "lr" in settings else {"lr": none + 1})}


def _refuse(settings: SettingsByName, shot: ShotPlan, report: Report) -> None:
    """Report what a growing picture cannot have, and warn of what it does not use."""
    path = settings["growth"].path
    if shot.drawer in drawers and drawers.record(shot.drawer).paints:
        where = settings["drawer"].path if "drawer" in settings else path
        hint = "say drawer: fft, pixel, vqgan, clipdraw, siren or gaussians"
        message = f"drawer {shot.drawer!r} makes a picture in one go: there are no steps to film"
        report.error(where, message, hint=hint)
    if shot.video is not None:
        message = "a picture grows from its own beginning, not from a clip"
        report.error(path, message, hint="leave growth out, or video")
    ends = [list(vars(pose).values()) for pose in (shot.entry, shot.exit)]
    if np.ptp(np.vstack([shot.poses, *ends]), axis=0).any():
        message = "the camera moves, and a picture that grows stays where it is"
        report.error(path, message, hint="leave motion out of the shots that grow")
    for name in _OWN:
        if name in settings and settings[name].path[:-1] == path[:-1]:
            message = f"{name} is not used while a picture grows"
            report.warn(settings[name].path, message, hint="say growth: {steps_per_frame: 2}")


def with_steps(shots: Sequence[ShotPlan]) -> tuple[ShotPlan, ...]:
    """Return ``shots`` with the steps of every frame that grows.

    Shots that flow into one another and have their growth from the same place are one growth: its
    ``steps`` are spread over all of them, and only the last holds its picture.
    """
    done: list[ShotPlan] = []
    for growing, same in groupby(shots, key=lambda shot: shot.growth and (shot.chain, shot.growth)):
        run = list(same)
        done += _grown(run) if growing else run
    return tuple(done)


def _grown(run: Sequence[ShotPlan]) -> list[ShotPlan]:
    """Return the shots of one growth with their steps."""
    growth, edges = run[-1].growth, np.cumsum([shot.frame_count for shot in run])[:-1]
    if growth is None:
        return list(run)
    rates = np.concatenate([shot.values["steps"] for shot in run])
    growing = len(rates) - min(growth.held, len(rates))
    most = growth.steps
    if most is not None and not rates.any():
        rates = np.full(len(rates), most / max(growing, 1))
    rates[growing:] = 0
    reached = np.floor(np.cumsum(rates) + 0.5)
    reached = reached if most is None else np.minimum(reached, most)
    parts = np.split(np.diff(reached, prepend=0.0), edges)
    return [
        replace(shot, values={**shot.values, "steps": steps})
        for shot, steps in zip(run, parts, strict=True)
    ]
