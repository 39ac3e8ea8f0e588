"""The frames at which a Parseq formula is evaluated: its keyframes, the film, the names it reads.

All values are arrays with one number per frame, or floats where ``frames`` is one number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from storyboard.errors import BadValue

CONSTANTS = {
    **{"PI": math.pi, "E": math.e, "SQRT2": math.sqrt(2), "SQRT1_2": math.sqrt(0.5)},
    **{"LN2": math.log(2), "LN10": math.log(10)},
    **{"LOG2E": 1 / math.log(2), "LOG10E": 1 / math.log(10)},
}


@dataclass(frozen=True)
class Series:
    """Values at ascending places, which are frames, or milliseconds."""

    places: tuple[float, ...]
    values: tuple[float, ...]
    milliseconds: bool

    def at(self, frames: Any, fps: float, *, straight: bool = False) -> Any:
        """Return the value before a frame, held, or on a straight line; the ends hold.

        A step happens behind its place, as in the source.
        """
        place = frames / fps * 1000 if self.milliseconds else frames
        if straight:
            return np.interp(place, self.places, self.values)
        before = np.searchsorted(self.places, place, side="left") - 1
        return np.asarray(self.values)[np.maximum(before, 0)]


def read_series(given: Any) -> dict[str, Series]:
    """Return the time series of a document by name. Raises `BadValue`."""
    try:
        return {str(row["alias"]): _series(row["ts"]) for row in given or ()}
    except (TypeError, KeyError, ValueError, AttributeError):
        hint = '[{"alias": "bass", "ts": {"timestampType": 0, "data": [{"x": 0, "y": 1}]}}]'
        raise BadValue("timeSeries: expected a list of series", hint=hint) from None


def _series(given: Mapping[str, Any]) -> Series:
    points = sorted((float(point["x"]), float(point["y"])) for point in given["data"])
    places, values = zip(*points, strict=True)
    return Series(places, values, given.get("timestampType", 0) in (1, "1", "Millisecond", "ms"))


@dataclass(frozen=True)
class FormulaFilm:
    """Values shared by all fields; ``labels`` are the keyframes in order, each with its ``info``
    text or ``None``.
    """

    fps: float = 20.0
    bpm: float = 140.0
    cadence: float = 1.0
    labels: tuple[tuple[int, str | None], ...] = ()
    last: int = 0
    series: Mapping[str, Series] = field(default_factory=dict)

    @property
    def beat(self) -> float:
        """Return the frames of a beat."""
        return self.fps * 60.0 / self.bpm


@dataclass(frozen=True)
class Keys:
    """The frames at which a field has a value, ascending, and those values."""

    frames: tuple[int, ...]
    values: tuple[float, ...]

    def straight(self, frames: Any) -> Any:
        """Return the values on straight lines from key to key."""
        return np.interp(frames, self.frames, self.values)

    def through(self, frames: Any, *, spline: bool) -> Any:
        """Return the values of the natural cubic spline, or of one polynomial, through all."""
        if len(self.frames) < 2:
            return np.full_like(frames, self.values[0])
        return _through(self, spline=spline)(frames)


@lru_cache(maxsize=64)
def _through(keys: Keys, *, spline: bool) -> Callable[[Any], Any]:
    from scipy import interpolate

    if spline:
        return interpolate.CubicSpline(keys.frames, keys.values, bc_type="natural")  # type: ignore[no-any-return]
    return interpolate.KroghInterpolator(keys.frames, keys.values)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class FormulaFrames:
    """Frames of a field, from where its formula begins on.

    ``active`` and ``active_value`` are those of the last keyframe, ``span`` is how many frames lie
    between it and the next. ``positive`` says which of a prompt's two texts is made, None outside
    of prompts.
    """

    frames: Any
    keys: Keys
    film: FormulaFilm
    positive: bool | None = None
    active: Any = field(init=False)
    active_value: Any = field(init=False)
    next_value: Any = field(init=False)
    span: Any = field(init=False)

    def __post_init__(self) -> None:
        """Find the keyframes around the frames."""
        places, values = (np.asarray(row, float) for row in (self.keys.frames, self.keys.values))
        coming = np.searchsorted(places, self.frames, side="right")
        k, ahead = np.maximum(coming - 1, 0), np.minimum(coming, len(places) - 1)
        found = {"active": places[k], "active_value": values[k], "next_value": values[ahead]}
        for name, value in {**found, "span": places[ahead] - places[k]}.items():
            object.__setattr__(self, name, value)

    @property
    def since(self) -> Any:
        """Return the frames since the last keyframe."""
        return self.frames - self.active

    def names(self) -> dict[str, Any]:
        """Return the value of every name that any formula may read, but C and P."""
        film, beats = self.film, self.frames / self.film.beat
        last, series = float(film.last), film.series.items()
        return {
            **{"L": self.keys.straight(self.frames), "S": self.active_value, "f": self.frames},
            **{"k": self.since, "s": self.frames / film.fps, "b": beats, "wb": np.floor(beats)},
            **{"fps": film.fps, "bpm": film.bpm, "cadence": film.cadence, "@beat": film.beat},
            **{"last_frame": last, "final_frame": last, "next_keyframe": self.active + self.span},
            **{"active_keyframe": self.active, "active_keyframe_value": self.active_value},
            **{"prev_keyframe": self.active, "prev_keyframe_value": self.active_value},
            **{"next_keyframe_value": self.next_value, "@span": self.span, **CONSTANTS},
            **{name: one.at(self.frames, film.fps) for name, one in series},
        }
