"""Parseq's time series: numbers by frame or by millisecond, read by name in formulas."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storyboard.errors import BadValue


@dataclass(frozen=True)
class Series:
    """Values at ascending places, which are frames, or milliseconds."""

    places: tuple[float, ...]
    values: tuple[float, ...]
    milliseconds: bool

    def at(self, frame: float, fps: float, *, straight: bool = False) -> float:
        """The value before a frame, held, or on a straight line; the ends hold.

        At a place of its own the step is not yet done, as in the source.
        """
        place = frame / fps * 1000 if self.milliseconds else frame
        k = bisect_left(self.places, place)
        if k in (0, len(self.places)):
            return self.values[k - 1 if k else 0]
        (x0, x1), (y0, y1) = self.places[k - 1 : k + 1], self.values[k - 1 : k + 1]
        return y0 + (place - x0) / (x1 - x0) * (y1 - y0) if straight else y0


def read_series(given: Any) -> dict[str, Series]:
    """The series of a document by name. Raises `BadValue`."""
    if given in (None, ""):
        return {}
    try:
        return dict(_one(row) for row in given)
    except (TypeError, KeyError, ValueError, AttributeError):
        hint = '[{"alias": "bass", "ts": {"timestampType": 0, "data": [{"x": 0, "y": 1}]}}]'
        raise BadValue("timeSeries: this is no list of series", hint=hint) from None


def _one(row: Mapping[str, Any]) -> tuple[str, Series]:
    data: Sequence[Mapping[str, Any]] = row["ts"]["data"]
    points = sorted((float(point["x"]), float(point["y"])) for point in data)
    places, values = zip(*points, strict=True)
    kind = row["ts"].get("timestampType", 0)
    return str(row["alias"]), Series(places, values, kind in (1, "1", "Millisecond", "ms"))
