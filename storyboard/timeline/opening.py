"""The picture that a shot begins with: its share in what each frame starts from."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from storyboard.curves.instants import SampleTimes
from storyboard.files import file_digest
from storyboard.media.picture_files import read_picture
from storyboard.plan import Floats, OpeningPlan, ShotPlan
from storyboard.timeline.cascade import Setting, SettingsByName
from storyboard.timeline.prompt_sources import Reader
from storyboard.timeline.report import Report
from storyboard.timeline.settings import NumberSetting, once_every, sampled
from storyboard.times import parse_time

SHARE = NumberSetting(1.0, 0, 1)


def opened(settings: SettingsByName, shot: ShotPlan, reader: Reader) -> ShotPlan:
    """Return ``shot`` with the picture that it begins with, and with its share in every frame.

    What all shots say counts for those that start from a fresh picture.
    """
    if "init" not in settings:
        return shot
    spec, path = settings["init"]
    own = path[:1] in (("shots",), ("prompts",))
    if spec.image is False or not (shot.fresh or own):
        return shot
    at, report, file = reader.at, reader.report, reader.folder / spec.image
    with report.at((*path, "image")):
        read_picture(file)
        weight = None if spec.weight is None else Setting(spec.weight, (*path, "weight"))
        share = sampled(weight, 1.0, at, report=report, number=SHARE)
        share = share * _mixed(settings["init"], at, report)
        plan = OpeningPlan(file, file_digest(file))
        return replace(shot, opening=plan, values={**shot.values, "init": share})
    return shot


def _mixed(setting: Setting, at: SampleTimes, report: Report) -> Floats:
    """Return 1 for the frames that start from the picture, 0 for the others."""
    until, every = (_length(key, setting, at, report) for key in ("until", "every"))
    fps, count = at.scope.clock.painted_fps, len(at)
    if until is None:
        until = 1 / fps if every is None else at.scope.end - at.scope.start
    before_end = np.array([n / fps < until for n in range(count)], float)
    return before_end * once_every(every, count, fps)


def _length(key: str, setting: Setting, at: SampleTimes, report: Report) -> Fraction | None:
    """Return the seconds that ``key`` says; None where it is not set or not read."""
    written, path = getattr(setting.value, key), (*setting.path, key)
    if written is None:
        return None
    scope = at.scope
    with report.at(path):
        whole = scope.end - scope.start
        length = scope.clock.duration_of(parse_time(written), whole=whole, start=scope.start)
        if length > 0:
            return length
        report.error(path, f"{key} must be longer than nothing", hint=f"say {key}: 2s")
    return None
