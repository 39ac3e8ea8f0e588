"""A film's curves in columns, frame after frame: what tables and drawings of a plan are made of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from storyboard.plan import (
    POSE_FIELDS,
    Floats,
    Plan,
    ShotPlan,
    Source,
    distinct_labels,
)

PROMPT = "prompt: "
"""What the name of a prompt's column begins with."""

_RGB = ("red", "green", "blue")


def columns(plan: Plan) -> dict[str, Floats]:
    """Return every number of every frame by its name: the pose, all other values, then ``prompt:
    LABEL``. Of options that move every number has a column: ``filters.lookup.colors.1.red``.

    Each is (frames,), NaN where a shot does not have it. The weight of a prompt that turns into
    another is shared between the two.
    """
    table: dict[str, Floats] = {name: _nothing(plan) for name in POSE_FIELDS}
    numbers = [{**shot.values, **dict(_channels(shot))} for shot in plan.shots]
    for name in sorted({name for found in numbers for name in found}):
        table[name] = _nothing(plan)
    labels = distinct_labels(source for shot in plan.shots for source in shot.sources)
    for shot, found in zip(plan.shots, numbers, strict=True):
        here = slice(shot.first, shot.stop)
        for place, name in enumerate(POSE_FIELDS):
            table[name][here] = shot.poses[:, place]
        for name, values in found.items():
            table[name][here] = values
        for source, weights in _weights(shot):
            column = table.setdefault(PROMPT + " ".join(labels[source].split()), _nothing(plan))[
                here
            ]
            column[:] = np.where(np.isnan(column), 0.0, column) + weights
    return table


def _channels(shot: ShotPlan) -> Iterator[tuple[str, Floats]]:
    """Return the numbers of the shot's moving options, (frames,) each, by name."""
    for name, values in shot.moving.items():
        for place in np.ndindex(values.shape[1:]):
            parts = [str(number) for number in place]
            if len(place) and values.shape[-1] == len(_RGB):
                parts[-1] = _RGB[place[-1]]
            yield ".".join([name, *parts]), values[(slice(None), *place)]


def _weights(shot: ShotPlan) -> Iterator[tuple[Source, Floats]]:
    """Yield each prompt's source with its weight in every frame; a source may come twice."""
    for track in shot.tracks:
        mixes = 0.0 if track.mixes is None else track.mixes
        yield track.source, track.weights * (1 - mixes)
        if track.toward is not None:
            yield track.toward, track.weights * mixes


def _nothing(plan: Plan) -> Floats:
    return np.full(plan.frame_count, np.nan)
