"""Every curve of a film as a table: a row a frame."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from storyboard.interchange.exporters import Exported
from storyboard.interchange.exporters.columns import columns
from storyboard.plan import Plan


def to_csv(plan: Plan) -> Exported:
    """Return frame, second, shot, pose, every other value, and the weight of every prompt.

    A pose counts from the start of its shot. What a shot does not have is empty.
    """
    table = columns(plan)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["frame", "second", "shot", *table])
    curves = [values.tolist() for values in table.values()]
    writer.writerows(_rows(plan, curves))
    return Exported(file.getvalue())


def _rows(plan: Plan, curves: list[list[float]]) -> Iterator[list[Any]]:
    for shot in plan.shots:
        for number in range(shot.first, shot.stop):
            numbers = (_short(curve[number]) for curve in curves)
            yield [number, f"{float(number / plan.fps):.6f}", shot.name, *numbers]


def _short(value: float) -> str:
    """Format a number with enough digits to identify it; an empty text for None."""
    return "" if value != value else f"{value:.12g}"
