"""Prompt novelty per frame: new prompts relax `hold` and `lr`.

A frame that flows on is held to the one before, and learns slowly, so that the picture follows the
camera. A story that goes from a sunset to snow wants another picture, and holding it would keep the
sunset. So where the prompts change, the defaults of ``hold`` and ``lr`` give way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from storyboard.plan import Floats, PromptTrack, ShotPlan, Source

MEMORY_S = 2.0
"""The time constant: what is new now is a third as new two seconds later."""


@dataclass(frozen=True)
class PromptChange:
    """The novelty of every frame of a shot, 0 while the prompts stay to 1 when all have changed.

    ``shares`` is the part that each source has in the last frame's prompts, ``last`` the novelty of
    that frame; a shot without frames has both from the one before.
    """

    values: Floats
    shares: Mapping[Source, float] = field(default_factory=dict)
    last: float = 0.0


def novelty_after(shot: ShotPlan) -> PromptChange:
    """Return the novelty at the end of ``shot``, for frames that flow on from it."""
    count = shot.frame_count
    shares = {source: float(part[-1]) for source, part in _parts(shot.tracks, count).items()}
    return PromptChange(np.zeros(0), shares, float(shot.values["novelty"][-1]))


def prompt_novelty(
    tracks: Sequence[PromptTrack], count: int, fps: Fraction, before: PromptChange | None = None
) -> PromptChange:
    """Return the novelty of ``count`` frames with ``tracks``; ``before`` is the shot that it flows
    from.

    What changes in the prompts from a frame to the next adds to it, and it fades with `MEMORY_S`.
    The first frame of a fresh picture is all new, and the camera has it from the second on.
    """
    if not count:
        return replace(before, values=np.zeros(0)) if before else PromptChange(np.zeros(0))
    shares = dict(before.shares) if before else {}
    if (steady := _steady(tracks)) is not None:
        return _settling(steady, count, fps, before)
    parts = _parts(tracks, count)
    parts |= {source: np.zeros(count) for source in shares if source not in parts}
    rows = np.array(list(parts.values())).reshape(len(parts), count)
    start = np.array([shares.get(source, 0.0) for source in parts]) if shares else rows[:, 0]
    rows = _carried(np.column_stack([start, rows]))
    change = np.abs(np.diff(rows, axis=1)).sum(0) / 2
    kept, novelty = math.exp(-1 / float(fps) / MEMORY_S), before.last if before else 0.0
    values = np.empty(count)
    for n in range(count):
        values[n] = novelty = min(novelty * kept + change[n], 1.0)
    if before is None:
        values[0] = 1.0
    last = dict(zip(parts, rows[:, -1].tolist(), strict=True))
    return PromptChange(values, _wanted(last), float(values[-1]))


def _wanted(parts: Mapping[Source, float]) -> Mapping[Source, float]:
    """Return ``parts`` without those of nothing, so that they do not add up from shot to shot."""
    return {source: part for source, part in parts.items() if part} or parts


def _steady(tracks: Sequence[PromptTrack]) -> dict[Source, float] | None:
    """Return the part of each source where none of the weights changes; None where one does, or
    where nothing has weight.
    """
    weights: dict[Source, float] = {}
    for track in tracks:
        first = float(track.weights[0])
        if track.mixes is not None or track.toward is not None or (track.weights != first).any():
            return None
        weights[track.source] = weights.get(track.source, 0.0) + abs(first)
    total = sum(weights.values())
    return {source: weight / total for source, weight in weights.items()} if total else None


def _settling(
    parts: Mapping[Source, float], count: int, fps: Fraction, before: PromptChange | None
) -> PromptChange:
    """Return what `prompt_novelty` does for ``parts`` that stay as they are."""
    shares = before.shares if before else {}
    start = shares or parts
    sources = {**parts, **shares}
    change = sum(abs(parts.get(one, 0.0) - start.get(one, 0.0)) for one in sources) / 2
    kept, novelty = math.exp(-1 / float(fps) / MEMORY_S), before.last if before else 0.0
    values = np.empty(count)
    values[0] = novelty = min(novelty * kept + change, 1.0)
    for n in range(1, count):
        values[n] = novelty = novelty * kept
    if before is None:
        values[0] = 1.0
    return PromptChange(values, _wanted(parts), float(values[-1]))


def _parts(tracks: Sequence[PromptTrack], count: int) -> dict[Source, Floats]:
    """Return the part of each source in the weights of all, at every frame; 0 where nothing has
    weight.
    """
    weights: dict[Source, Floats] = {}
    for track in tracks:
        mixes = np.zeros(count) if track.mixes is None else track.mixes
        for source, part in ((track.source, 1 - mixes), (track.toward, mixes)):
            if source is not None:
                weights[source] = weights.get(source, 0.0) + np.abs(track.weights) * part
    total = sum(weights.values(), np.zeros(count))
    return {source: weight / np.where(total, total, 1.0) for source, weight in weights.items()}


def _carried(rows: Floats) -> Floats:
    """Return ``rows`` (sources, frames), with what was last wanted where nothing is wanted at
    all.
    """
    wanted = np.asarray(rows.any(axis=0))
    source = np.maximum.accumulate(np.where(wanted, np.arange(len(wanted)), 0))
    return np.take(rows, source, axis=1)
