"""A film's curves in columns, frame after frame: what tables and drawings of a plan are made of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from storyboard.timeline.plan import (
    POSE_FIELDS,
    Floats,
    Plan,
    ShotPlan,
    Source,
    distinct_labels,
)

PROMPT = "prompt: "
"""What the name of a prompt's column begins with."""


def columns(plan: Plan) -> dict[str, Floats]:
    """Every number of every frame by its name: the pose, all other values, then ``prompt: LABEL``.

    Each is (frames,), NaN where a shot does not have it. The weight of a prompt that turns into
    another is shared between the two.
    """
    table: dict[str, Floats] = {name: _nothing(plan) for name in POSE_FIELDS}
    for name in sorted({name for shot in plan.shots for name in shot.values}):
        table[name] = _nothing(plan)
    labels = distinct_labels(source for shot in plan.shots for source in shot.sources)
    for shot in plan.shots:
        here = slice(shot.first, shot.stop)
        for place, name in enumerate(POSE_FIELDS):
            table[name][here] = shot.poses[:, place]
        for name, values in shot.values.items():
            table[name][here] = values
        for source, weights in _weights(shot):
            column = table.setdefault(PROMPT + " ".join(labels[source].split()), _nothing(plan))[
                here
            ]
            column[:] = np.where(np.isnan(column), 0.0, column) + weights
    return table


def _weights(shot: ShotPlan) -> Iterator[tuple[Source, Floats]]:
    """Each prompt's source with its weight in every frame; a source may come twice."""
    for track in shot.tracks:
        mixes = 0.0 if track.mixes is None else track.mixes
        yield track.source, track.weights * (1 - mixes)
        if track.toward is not None:
            yield track.toward, track.weights * mixes


def _nothing(plan: Plan) -> Floats:
    return np.full(plan.frame_count, np.nan)
