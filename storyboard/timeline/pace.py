"""How long a film takes on this machine: what was measured while films were made, added up.

Every render (`storyboard.render.pace_meter`) keeps the time of its frames beside what decides it
(size, drawer, perceptors, views ...), below `storyboard.audio.cache.folder`. Nothing is inferred
from another size or another perceptor: what was never painted here has no time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from storyboard.audio import cache
from storyboard.drawers import drawers
from storyboard.errors import StoryboardError
from storyboard.files import sha256, write_whole
from storyboard.plan import Floats, Plan, ShotPlan

MOST_FRAMES = 200
"""Frames that a kept figure counts for at most, so that it follows a machine that changes."""

VERSION = 1


@dataclass(frozen=True)
class Line:
    """Seconds of a frame by its steps, the least squares over ``frames`` of them.

    The other fields are sums over the frames: of the steps, their squares, the seconds, and of
    steps times seconds.
    """

    frames: float = 0.0
    steps: float = 0.0
    squares: float = 0.0
    seconds: float = 0.0
    products: float = 0.0

    def __add__(self, other: Line) -> Line:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Line(*(one + another for one, another in pairs))

    @classmethod
    def of(cls, steps: float, seconds: float) -> Line:
        """Return the line of a single frame."""
        return cls(1.0, steps, steps * steps, seconds, steps * seconds)

    def at_most(self, frames: float) -> Line:
        """Return the line with the weight of no more than so many frames."""
        share = min(1.0, frames / self.frames) if self.frames else 1.0
        return Line(*(one * share for one in vars(self).values()))

    def at(self, steps: Floats) -> Floats:
        """Return the seconds of frames of so many ``steps``; neither a step nor a frame takes less
        than nothing.
        """
        n, spread = self.frames, self.frames * self.squares - self.steps**2
        mean_steps, mean = self.steps / n, self.seconds / n
        slope = mean / mean_steps if mean_steps else 0.0
        if spread > 1e-9 * self.squares * n:
            slope = min(max((n * self.products - self.steps * self.seconds) / spread, 0), slope)
        return np.maximum(mean + slope * (steps - mean_steps), 0)


def steps_of(shot: ShotPlan, share: float = 1.0) -> Floats:
    """Return what the time of the shot's frames goes with: a ``share`` of their steps, 1 for a
    drawer that paints in one go.
    """
    if drawers.record(shot.drawer).paints:
        return np.ones(shot.frame_count)
    steps = shot.values["steps"]
    if share == 1 or shot.growth is not None:
        return steps * share
    return np.where(steps > 0, np.maximum(np.floor(steps * share + 0.5), 1), 0)


@dataclass(frozen=True)
class Kinds:
    """The names under which the times of a film are kept: of its frames by shot, of its start, and
    of its finishing.
    """

    frames: tuple[str, ...]
    start: str
    finish: str

    @classmethod
    def of(cls, plan: Plan, device: str) -> Kinds:
        """Return those of ``plan`` where ``device`` is asked for."""
        shots = plan.painted.shots
        size, finish = (plan.width, plan.height), plan.finish
        parts = (plan.film_size, plan.film.fps / plan.fps, plan.format, finish.interpolate.method)
        more = (finish.upscale is not None, len(finish.overlays), len(finish.captions) > 0)
        seeing = sorted({name for shot in shots for name in shot.perceptors})
        drawn = sorted({shot.drawer for shot in shots})
        return cls(
            tuple(_key("frames", device, size, plan.stereo, _of_shot(shot)) for shot in shots),
            _key("start", device, seeing, drawn),
            _key("finish", size, parts, more),
        )


def _of_shot(shot: ShotPlan) -> list[Any]:
    """Return what decides how long a step of the shot takes."""
    on = sorted(
        name
        for name, curve in shot.values.items()
        if name.startswith(("losses.", "filters.")) and np.any(curve)
    )
    cuts = round(float(np.mean(shot.values["cuts"]))) if shot.frame_count else 0
    given = sorted((key, str(value)) for key, value in shot.drawer_options.items())
    prompts = len(shot.sources)
    clip, growth = shot.video is not None, shot.growth and shot.growth.best
    masks = sum(track.mask is not None for track in shot.tracks)
    depth = shot.depth and shot.depth.kind
    parts = [shot.drawer, given, sorted(shot.moving), shot.perceptors, cuts, shot.cut_batch]
    moves = shot.frame_count > 0 and bool(np.ptp(shot.poses, axis=0).any())
    return [*parts, on, prompts, masks, clip, growth, depth, moves]


def _key(kind: str, *parts: object) -> str:
    machine = (VERSION, os.cpu_count(), os.environ.get("OMP_NUM_THREADS"))
    return f"{kind}-{sha256(repr((machine, parts)).encode())[:24]}"


def _file(key: str) -> Path:
    return cache.folder() / "pace" / f"{key}.json"


def read_line(key: str) -> tuple[Line, str] | None:
    """Return the line that is kept under ``key`` and the day of its last frame; None for none."""
    with suppress(OSError, ValueError, TypeError, LookupError):
        data = json.loads(_file(key).read_bytes())
        line = Line(*map(float, data["sums"]))
        whole = len(data["sums"]) == len(vars(line)) and np.isfinite(data["sums"]).all()
        if whole and line.frames > 0:
            return line, str(data["day"])
    return None


def keep(key: str, line: Line) -> None:
    """Add ``line`` to what is kept under ``key``; what cannot be written is measured again."""
    if not line.frames:
        return
    known = read_line(key)
    if known is not None:
        line = line.at_most(MOST_FRAMES) + known[0].at_most(MOST_FRAMES / 2)
    text = json.dumps({"sums": list(vars(line).values()), "day": date.today().isoformat()})
    with suppress(OSError, StoryboardError):
        write_whole(_file(key), text.encode())


@dataclass(frozen=True)
class Estimate:
    """How long a film takes on this machine, by what was measured.

    ``seconds`` is None where something was never measured; ``unknown`` then names the shots, or is
    empty where only start or finishing are not known. ``day`` is the oldest day of a figure.
    """

    seconds: float | None
    unknown: tuple[str, ...] = ()
    day: str = ""


def estimate(
    plan: Plan,
    device: str = "auto",
    measured: Mapping[str, Line] | None = None,
    *,
    share: float = 1.0,
) -> Estimate:
    """Return how long all frames of ``plan`` and its film take, start included, with a ``share`` of
    the steps: by what was ``measured`` just now, and what is kept beside it.
    """
    kinds, shots, now = Kinds.of(plan, device), plan.painted.shots, measured or {}
    keys = {*kinds.frames, kinds.start, kinds.finish}
    known = {key: (now[key], "") if key in now else read_line(key) for key in keys}
    lines = {key: found[0] for key, found in known.items() if found is not None}
    unknown = (s.name for s, key in zip(shots, kinds.frames, strict=True) if key not in lines)
    if len(lines) < len(keys):
        return Estimate(None, tuple(dict.fromkeys(unknown)))
    painted = sum(
        float(lines[key].at(steps_of(shot, share)).sum())
        for shot, key in zip(shots, kinds.frames, strict=True)
    )
    start = float(lines[kinds.start].at(np.ones(1))[0])
    finish = float(lines[kinds.finish].at(np.array([plan.film.frame_count]))[0])
    days = [found[1] for found in known.values() if found is not None and found[1]]
    return Estimate(start + painted + finish, (), min(days, default=""))
