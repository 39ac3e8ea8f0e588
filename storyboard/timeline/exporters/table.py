"""Every curve of a film as a table: a row a frame."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from storyboard.timeline.exporters import Exported
from storyboard.timeline.plan import Plan, ShotPlan
from storyboard.timeline.pose import POSE_FIELDS


def to_csv(plan: Plan) -> Exported:
    """Frame, second, shot, pose, every other value, and the weight of every prompt.

    A pose counts from the start of its shot. What a shot does not have is empty.
    """
    values = sorted({name for shot in plan.shots for name in shot.values})
    texts = list(dict.fromkeys(track.text for shot in plan.shots for track in shot.tracks))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    prompts = [f"prompt: {' '.join(text.split())}" for text in texts]
    writer.writerow(["frame", "second", "shot", *POSE_FIELDS, *values, *prompts])
    for shot in plan.shots:
        writer.writerows(_rows(plan, shot, values, texts=texts))
    return Exported(file.getvalue())


def _rows(
    plan: Plan, shot: ShotPlan, values: list[str], *, texts: list[str]
) -> Iterator[list[Any]]:
    for local in range(shot.frame_count):
        number = shot.first + local
        weights: dict[str, float] = {}
        for track in shot.tracks:
            weights[track.text] = weights.get(track.text, 0.0) + float(track.weights[local])
        yield [
            number,
            f"{float(number / plan.fps):.6f}",
            shot.name,
            *(_short(value) for value in shot.poses[local]),
            *(_short(shot.values[n][local]) if n in shot.values else "" for n in values),
            *(_short(weights[text]) if text in weights else "" for text in texts),
        ]


def _short(value: float) -> str:
    """As many digits as say the number to a millionth."""
    return f"{float(value):.7g}"
